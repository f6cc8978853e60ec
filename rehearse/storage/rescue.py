"""Saving what can still be read of a damaged SQLite file, row by row, into a new one."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from rehearse.errors import LearnerError, StorageError
from rehearse.storage.account_tables import ShareRow
from rehearse.storage.rows import KEPT, Row, write_rows
from rehearse.storage.sqlite import SqliteDatabase
from rehearse.storage.tables import ContestRow, RehearsalRow, TurnRow, UtcDateTime

Rows = dict[str, list[dict[str, Any]]]
_TRIES = 20_000
_ROWS_A_PAGE = 100
_HEADER = 32
"""So many bytes of the file tell the size of a page (from 16) and how many there are (from 28)."""
_MOST_CUT = 1000
"""A length beyond so many times what is there is taken for damage, too."""


@dataclass(frozen=True)
class Rescued:
    """Rows per table: those that were saved, and those that could be read but hang in the air without a lost one."""

    saved: dict[str, int]
    adrift: dict[str, int]


def rescue(damaged: Path, new: Path) -> Rescued:
    """Copy every readable row of a damaged file into a new file. The damaged one is only read.

    A turn without its rehearsal, or after one that is lost, is left out: a rehearsal that is saved can be taken up again.
    """
    if new.exists():
        raise LearnerError(f"{new} exists already; nothing was written. Choose another name.")
    if not damaged.is_file():
        raise LearnerError(f"{damaged} is not there. Name the damaged file with --from.")
    with tempfile.TemporaryDirectory(prefix="rehearse-rescue-") as folder:
        copy = Path(folder) / "copy.db"
        # With its log, in which the last turns may stand; what SQLite mends while it reads, it mends in the copy.
        try:
            for ending in ("", "-wal"):
                part = damaged.with_name(damaged.name + ending)
                if part.exists():
                    shutil.copyfile(part, copy.with_name(copy.name + ending))
            _fill_up(copy)
        except OSError as error:
            raise StorageError(f"{damaged} cannot be copied ({error.strerror}). It was left as it is.") from None
        found = {table.name: list(_readable(copy, table)) for table in KEPT}
    if not any(found.values()):
        raise StorageError(f"Nothing in {damaged} can be read any more. It was left as it is; no new file was made.")
    whole = _whole(found)
    database = SqliteDatabase(new)
    try:
        with database.writing() as session:
            saved = {table.name: write_rows(session, table, whole[table.name]) for table in KEPT}
    finally:
        database.close()
    return Rescued(saved, {name: len(rows) - saved[name] for name, rows in found.items()})


def _readable(copy: Path, table: Table) -> Iterator[dict[str, Any]]:
    """Every row that can be read and has what each row must have."""
    needed = {c.key for c in table.columns if not c.nullable and c.server_default is None}
    kinds = {c.key: str if isinstance(c.type, UtcDateTime) else c.type.python_type for c in table.columns}
    with closing(sqlite3.connect(copy)) as connection:
        connection.row_factory = sqlite3.Row
        if not _known(connection, table.name):
            return
        for raw in _scan(connection, table.name):
            row = dict(raw)
            if all(row.get(key) is not None for key in needed) and all(_fits(row.get(k), kind) for k, kind in kinds.items()):
                yield row


def _fits(value: object, kind: type) -> bool:
    # SQLite knows neither; both are kept as whole numbers.
    return value is None or isinstance(value, kind) or (kind in (float, bool) and isinstance(value, int))


def _fill_up(copy: Path) -> None:
    """Give a file that was cut short its length back: SQLite refuses it otherwise, also what is still there."""
    with copy.open("r+b") as file:
        header = file.read(_HEADER)
        length = int.from_bytes(header[16:18]) * int.from_bytes(header[28:32])
        if header.startswith(b"SQLite") and copy.stat().st_size < length < _MOST_CUT * copy.stat().st_size:
            file.truncate(length)


def _known(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the file can be opened at all and has such a table; older ones have fewer."""
    try:
        return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None
    except sqlite3.Error:
        return False


def _scan(connection: sqlite3.Connection, table: str) -> Iterator[sqlite3.Row]:
    """The rows of a table in whatever stretches can be read: where reading fails, what is left is tried in halves.

    The longest stretches come first, and after `_TRIES` failures no more is tried: what is left then are crumbs.
    """
    stretches = deque([(0, _last(connection, table))])
    failures = 0
    while stretches and failures < _TRIES:
        low, high = stretches.popleft()
        reached = low - 1
        try:
            # `NOT INDEXED`: an index may be damaged where the table is whole. The names of tables are our own.
            query = f"SELECT rowid AS row_number, * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608
            for row in connection.execute(query, (low, high)):
                reached = row["row_number"]
                yield row
        except sqlite3.Error:
            failures += 1
            rest = reached + 1
            if rest < high:
                middle = (rest + high) // 2
                stretches += [(rest, middle), (middle + 1, high)]


def _last(connection: sqlite3.Connection, table: str) -> int:
    """The greatest number of a row; where that cannot be read, more than such a file has room for."""
    try:
        return int(connection.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0)  # noqa: S608
    except sqlite3.Error:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        return int(pages) * _ROWS_A_PAGE


def _whole(found: Rows) -> dict[str, list[Row]]:
    """What belongs together: no row without the one it hangs on."""
    rehearsals = {row["id"] for row in found[RehearsalRow.__tablename__]}
    whole: dict[str, list[Row]] = {name: list(rows) for name, rows in found.items()}
    whole[RehearsalRow.__tablename__] = [
        row | {"parent_id": row["parent_id"] if row["parent_id"] in rehearsals else None}
        for row in found[RehearsalRow.__tablename__]
    ]
    numbered: dict[str, dict[int, Row]] = defaultdict(dict)
    for row in found[TurnRow.__tablename__]:
        numbered[row["rehearsal_id"]][row["number"]] = row
    whole[TurnRow.__tablename__] = [
        row for rehearsal_id in sorted(rehearsals & numbered.keys()) for row in _unbroken(numbered[rehearsal_id])
    ]
    for table in (ContestRow.__tablename__, ShareRow.__tablename__):
        whole[table] = [row for row in found[table] if row["rehearsal_id"] in rehearsals]
    return whole


def _unbroken(turns: dict[int, Row]) -> Iterator[Row]:
    number = 1
    while number in turns:
        yield turns[number]
        number += 1
