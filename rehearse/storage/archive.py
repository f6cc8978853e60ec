"""A backup: every table in one file that either kind of database can take in again.

A zip of `manifest.json` (format, schema, when, and per table its rows and SHA-256) and one file of JSON lines a table.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EINVAL
from lzma import LZMAError
from pathlib import Path
from typing import Any
from zlib import error as ZlibError  # noqa: N812

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table
from sqlalchemy.orm import Session

from rehearse.errors import LearnerError, StorageError
from rehearse.storage.database import Database, newest_schema
from rehearse.storage.opening import database_file, open_database
from rehearse.storage.rows import KEPT, Row, clear_rows, count_rows, read_rows, write_rows

FORMAT = "rehearse-backup-1"
_MANIFEST = "manifest.json"
_MOST_MANIFEST = 1 << 20
_MOST_LINE = 1 << 26
"""Bytes of one row; a longer line is cut, and is no JSON then. A few bytes of an archive can stand for gigabytes."""
_STAMP = "%Y%m%d-%H%M%S"
_UNREADABLE = (
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    RuntimeError,
    struct.error,
    ZlibError,
    LZMAError,
    zipfile.BadZipFile,
)
"""All that Python's reader of archives, and what is read from them, stumble with over a file that somebody changed."""


@dataclass(frozen=True)
class Restored:
    """What a restore did: rows per table, and where the state before it was kept, if there was one."""

    rows: dict[str, int]
    kept: Path | None


def write_backup(database: Database, file: Path, *, replace: bool = False) -> dict[str, int]:
    """Write all that the database holds at this moment to a file; the rows per table.

    Others may go on writing to the database meanwhile. The file is whole or not there, and for its owner's eyes only.
    """
    if file.exists() and not replace:
        raise LearnerError(f"{file} exists already; nothing was written. Choose another name, or add --replace.")
    half = file.with_name(f".{file.name}.{os.getpid()}.half")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive, database.snapshot() as session:
                tables = {table.name: _write_table(archive, session, table) for table in KEPT}
                manifest = {
                    "format": FORMAT,
                    "schema": _schema(session),
                    "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    "tables": tables,
                }
                archive.writestr(_MANIFEST, json.dumps(manifest, indent=2))
            raw.flush()
            os.fsync(raw.fileno())
        half.replace(file)
    except OSError as error:
        raise StorageError(f"{file} cannot be written ({error.strerror}). Nothing was lost. Choose another place.") from None
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    return {name: table["rows"] for name, table in tables.items()}


def restore_backup(address: str | Path, file: Path, home: Path, *, replace: bool = False) -> Restored:
    """Put a backup into a database, in one transaction: afterwards all of it is there, or what was there before.

    Without `replace` a database that holds anything is left alone. With it, what it held is kept first: as a backup in `home`,
    or, where an SQLite file is damaged, by moving that file aside.
    """
    with _opened(file) as archive:
        manifest = _verified(archive, file)
        if manifest["schema"] > newest_schema():
            raise StorageError(
                f"{file} was made by a newer version of Rehearse; nothing was changed. Install that version and restore it there."
            )
        database, kept = _open_or_move(address, replace)
        try:
            with database.reading() as session:
                held = sum(count_rows(session).values())
            if held and not replace:
                raise LearnerError(
                    f"{database.place} is not empty; nothing was changed. Add --replace: what is there is kept in a file first."
                )
            if held:
                kept = home / f"before-restore-{_stamp()}.zip"
                write_backup(database, kept)
            try:
                with database.writing() as session:
                    clear_rows(session)
                    rows = {table.name: write_rows(session, table, _lines(archive, table)) for table in KEPT}
            except _UNREADABLE:
                raise _damaged(file) from None
        finally:
            database.close()
    return Restored(rows, kept)


def _stamp() -> str:
    return datetime.now(UTC).strftime(_STAMP)


def _schema(session: Session) -> str:
    return MigrationContext.configure(session.connection()).get_current_revision() or ""


def _write_table(archive: zipfile.ZipFile, session: Session, table: Table) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as lines:
        for row in read_rows(session, table):
            line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
            lines.write(line)
            digest.update(line)
            count += 1
    return {"rows": count, "sha256": digest.hexdigest()}


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except OSError as error:
        # A place in the file that cannot be: the file could be opened, but it is no whole one.
        if error.errno != EINVAL:
            raise LearnerError(f"{file} cannot be read ({error.strerror}); nothing was changed.") from None
    except _UNREADABLE:
        pass
    raise StorageError(f"{file} is no backup, or only a part of one; nothing was changed. Use another backup.")


def _verified(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """The manifest, once every table was found to be what it says."""
    try:
        if archive.getinfo(_MANIFEST).file_size > _MOST_MANIFEST:
            raise ValueError(_MANIFEST)
        manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        if manifest["format"] != FORMAT:
            raise StorageError(f"{file} is a backup of another form ({manifest['format']}); nothing was changed.")
        for name, told in manifest["tables"].items():
            digest = hashlib.sha256()
            with archive.open(f"{name}.jsonl") as lines:
                while part := lines.read(1 << 20):
                    digest.update(part)
            if digest.hexdigest() != told["sha256"]:
                raise ValueError(name)
        str(manifest["schema"])
    except (OSError, *_UNREADABLE):
        raise _damaged(file) from None
    return manifest


def _damaged(file: Path) -> StorageError:
    return StorageError(f"{file} is damaged or no backup of Rehearse; nothing was changed. Use another backup.")


def _lines(archive: zipfile.ZipFile, table: Table) -> Iterator[Row]:
    if f"{table.name}.jsonl" in archive.namelist():
        with archive.open(f"{table.name}.jsonl") as lines:
            while line := lines.readline(_MOST_LINE):
                yield json.loads(line)


def _open_or_move(address: str | Path, replace: bool) -> tuple[Database, Path | None]:
    """The database; a file that is damaged is moved aside where it may be replaced."""
    path = database_file(address)
    try:
        database = open_database(address)
        try:
            database.check()
        except StorageError:
            database.close()
            raise
        return database, None
    except StorageError as error:
        if path is None or not replace or not path.is_file() or "damaged" not in str(error):
            raise
    kept = path.with_name(f"{path.name}.damaged-{_stamp()}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(kept.with_name(kept.name + ending))
    return open_database(address), kept
