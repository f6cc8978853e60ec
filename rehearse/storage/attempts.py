"""How often signing in failed, counted where every process sees it: guesses are slowed down, and nobody is told who exists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from rehearse.storage.account_tables import AttemptRow
from rehearse.storage.database import Database


@dataclass(frozen=True)
class Limit:
    """So many attempts are free; each one after them has to wait, twice as long each time."""

    free: int
    first: timedelta = timedelta(seconds=30)
    most: timedelta = timedelta(minutes=15)
    forgotten: timedelta = timedelta(hours=1)
    """After so long without an attempt nothing is counted any more."""

    def wait(self, failures: int) -> timedelta | None:
        """How long nothing is tried after so many failures in a row; None while they are free."""
        beyond = failures - self.free
        return None if beyond < 0 else min(self.most, self.first * 2 ** min(beyond, 20))


class Attempts:
    """Attempts by account and by address. What they are counted under is hashed: people type passwords into the wrong box."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def begin(self, wanted: Mapping[str, Limit]) -> float:
        """Count an attempt before it is made, so that many at once do not slip through; the seconds to wait if it may not be."""
        now = datetime.now(UTC)
        with self.database.writing() as session:
            rows = []
            for key, limit in sorted(wanted.items()):
                self.database.take_turn(session, _id(key))
                row = session.get(AttemptRow, _id(key))
                if row is None:
                    row = AttemptRow(id=_id(key), failures=0, last_at=now, blocked_until=None)
                    session.add(row)
                if row.last_at < now - limit.forgotten and (row.blocked_until is None or row.blocked_until <= now):
                    row.failures, row.blocked_until = 0, None
                rows.append((row, limit))
            waits = [
                (row.blocked_until - now).total_seconds() for row, _ in rows if row.blocked_until and row.blocked_until > now
            ]
            if waits:
                return max(waits)
            for row, limit in rows:
                row.failures, row.last_at = row.failures + 1, now
                wait = limit.wait(row.failures)
                row.blocked_until = None if wait is None else now + wait
            return 0.0

    def succeeded(self, forgiven: str, uncounted: str) -> None:
        """Forget what was counted for the account; take back this one attempt for the address."""
        with self.database.writing() as session:
            session.execute(delete(AttemptRow).where(AttemptRow.id == _id(forgiven)))
            row = session.get(AttemptRow, _id(uncounted), with_for_update=True)
            if row is not None:
                row.failures, row.blocked_until = max(0, row.failures - 1), None

    def sweep(self, older: timedelta = timedelta(days=1)) -> None:
        """Forget what is long ago."""
        with self.database.writing() as session:
            session.execute(delete(AttemptRow).where(AttemptRow.last_at < datetime.now(UTC) - older))


def _id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
