"""Snapshots that a person shares by a link. What is read through a link is the snapshot, never the rehearsal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select

from rehearse.errors import UnknownIdError
from rehearse.storage.account_tables import ShareRow
from rehearse.storage.database import Database
from rehearse.storage.records import LOCAL_PERSON, StoredShare
from rehearse.storage.tables import RehearsalRow


class ShareStore:
    """One person's snapshots; `open` alone is for whoever has a link."""

    def __init__(self, database: Database, person_id: str = LOCAL_PERSON) -> None:
        self.database = database
        self.person_id = person_id

    def add(self, rehearsal_id: str, link_key: str, snapshot_json: str, lasts: timedelta) -> str:
        """Keep a snapshot of an own rehearsal; its id. `UnknownIdError` where there is no such rehearsal."""
        share_id, now = uuid4().hex, datetime.now(UTC)
        with self.database.writing() as session:
            mine = (RehearsalRow.id == rehearsal_id, RehearsalRow.person_id == self.person_id)
            if session.scalar(select(RehearsalRow.id).where(*mine)) is None:
                raise UnknownIdError("rehearsal", rehearsal_id, [])
            session.add(
                ShareRow(
                    id=share_id,
                    person_id=self.person_id,
                    rehearsal_id=rehearsal_id,
                    link_key=link_key,
                    snapshot_json=snapshot_json,
                    made_at=now,
                    expires_at=now + lasts,
                )
            )
        return share_id

    def list(self) -> list[StoredShare]:
        """What is shared now, the latest first."""
        query = select(ShareRow).where(ShareRow.person_id == self.person_id, ShareRow.expires_at > datetime.now(UTC))
        with self.database.reading() as session:
            return [_share(row) for row in session.scalars(query.order_by(ShareRow.made_at.desc(), ShareRow.id))]

    def count(self) -> int:
        """How many links work now."""
        query = select(func.count()).select_from(ShareRow)
        with self.database.reading() as session:
            mine = (ShareRow.person_id == self.person_id, ShareRow.expires_at > datetime.now(UTC))
            return session.scalar(query.where(*mine)) or 0

    def revoke(self, share_id: str) -> None:
        """Delete a snapshot, so that its link shows nothing; `UnknownIdError` where there is none."""
        with self.database.writing() as session:
            query = delete(ShareRow).where(ShareRow.id == share_id, ShareRow.person_id == self.person_id)
            if session.scalar(query.returning(ShareRow.id)) is None:
                raise UnknownIdError("share", share_id, [])
        self.database.compact()

    def open(self, link_key: str) -> StoredShare:
        """Whatever the link shows, whoever's it is; `UnknownIdError` where it has expired or was taken back."""
        with self.database.reading() as session:
            row = session.scalar(select(ShareRow).where(ShareRow.link_key == link_key, ShareRow.expires_at > datetime.now(UTC)))
            if row is None:
                raise UnknownIdError("shared talk", "", [])
            return _share(row)

    def expire(self) -> int:
        """Delete everybody's snapshots whose links no longer work; how many."""
        with self.database.writing() as session:
            query = delete(ShareRow).where(ShareRow.expires_at <= datetime.now(UTC))
            gone = len(session.scalars(query.returning(ShareRow.id)).all())
        if gone:
            self.database.compact()
        return gone


def _share(row: ShareRow) -> StoredShare:
    return StoredShare(row.id, row.rehearsal_id, row.snapshot_json, row.made_at, row.expires_at)
