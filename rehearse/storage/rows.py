"""Whole tables in and out, as plain rows of JSON: what archives and rescued files are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from rehearse.storage.account_tables import PASSING
from rehearse.storage.search import folded
from rehearse.storage.tables import Base, RehearsalRow, SaidRow, UtcDateTime

Row = Mapping[str, Any]
"""A row with its moments as text."""

BATCH = 500
_LEFT = {SaidRow.__tablename__, *(table.name for table in PASSING)}
KEPT: tuple[Table, ...] = tuple(t for t in Base.metadata.sorted_tables if t.name not in _LEFT)
"""The tables that are taken along, those that others refer to first; what is searched is made again from the turns."""


def read_rows(session: Session, table: Table) -> Iterator[Row]:
    """All rows of a table, a few at a time in memory."""
    moments = _moments(table)
    for row in session.execute(select(table).order_by(*table.primary_key), execution_options={"yield_per": BATCH}).mappings():
        yield {key: value.isoformat() if key in moments and value is not None else value for key, value in row.items()}


def count_rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in KEPT}


def clear_rows(session: Session) -> None:
    """Delete every row of every person."""
    for table in reversed(Base.metadata.sorted_tables):
        session.execute(table.delete())


def write_rows(session: Session, table: Table, rows: Iterable[Row]) -> int:
    """Put rows into a table; how many. Columns that an older version did not know get their default.

    `KeyError` for a row without what it is known by.
    """
    moments, columns, count = _moments(table), set(table.columns.keys()), 0
    known_by = {column.name for column in table.primary_key}
    parents: list[tuple[str, str]] = []
    remaining = iter(rows)
    while batch := [_value(row, columns, moments, known_by) for row in islice(remaining, BATCH)]:
        if table is RehearsalRow.__table__:
            # A branch may come before the rehearsal that it branches off.
            parents += [(row["id"], row["parent_id"]) for row in batch if row.get("parent_id")]
            batch = [row | {"parent_id": None} for row in batch]
        session.execute(insert(table), batch)
        if table.name == "turn":
            session.execute(insert(SaidRow), [_said(row) for row in batch])
        count += len(batch)
    for rehearsal_id, parent_id in parents:
        session.execute(update(RehearsalRow).where(RehearsalRow.id == rehearsal_id).values(parent_id=parent_id))
    return count


def _moments(table: Table) -> set[str]:
    return {column.key for column in table.columns if isinstance(column.type, UtcDateTime)}


def _value(row: Row, columns: set[str], moments: set[str], known_by: set[str]) -> dict[str, Any]:
    if missing := known_by - row.keys():
        raise KeyError(*missing)
    return {key: _moment(value) if key in moments else value for key, value in row.items() if key in columns}


def _moment(value: str | None) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(row: Row) -> dict[str, Any]:
    return {
        "rehearsal_id": row["rehearsal_id"],
        "number": row["number"],
        "words": folded(row["learner"], row.get("counterpart")),
    }
