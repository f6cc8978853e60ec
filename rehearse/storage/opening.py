"""Which kind of database an address means."""

from __future__ import annotations

from pathlib import Path

from rehearse.errors import StorageError
from rehearse.storage.database import Database
from rehearse.storage.sqlite import SqliteDatabase

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


def database_file(url_or_path: str | Path) -> Path | None:
    """The file of a path or of an address `sqlite:///path`; None for PostgreSQL, `StorageError` for anything else."""
    given = str(url_or_path)
    kind, separator, _ = given.partition("://")
    kind = kind if separator else ""
    if kind in _POSTGRES:
        return None
    if given.startswith(_SQLITE):
        given = given.removeprefix(_SQLITE)
    elif kind:
        raise StorageError(
            f"{kind} databases are not supported; nothing was opened. Name a file, sqlite:///path/to/file, or "
            "postgresql://user:password@host/database."
        )
    if given in {"", ":memory:"}:
        raise StorageError("A database in memory would be lost; nothing was opened. Name a file.")
    return Path(given)


def open_database(url_or_path: str | Path) -> Database:
    """The database of an address or path, brought to the newest schema; a file is made if it is missing."""
    file = database_file(url_or_path)
    if file is not None:
        return SqliteDatabase(file)
    from rehearse.storage.postgres import PostgresDatabase

    return PostgresDatabase(str(url_or_path))
