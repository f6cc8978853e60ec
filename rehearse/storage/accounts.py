"""Who may sign in, and who is signed in where. What is secret comes in as a hash; none of it can be read back out."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from rehearse.errors import LearnerError, UnknownIdError
from rehearse.storage.account_tables import HandshakeRow, InvitationRow, LoginRow, PersonRow
from rehearse.storage.database import Database
from rehearse.storage.records import StoredLogin, StoredPerson
from rehearse.storage.store import RehearsalStore

MOST_NAME = 60
SEEN_EVERY = timedelta(minutes=5)
"""How exactly it is known when somebody was last here; each note of it is a write."""


def name_key(name: str) -> str:
    """What makes two names the same: neither case nor the way in which letters are composed."""
    return _shown(name).casefold()


def _shown(name: str) -> str:
    """A name as it is kept. Spaces last: the composed form of some signs begins with one."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


class AccountStore:
    """The accounts of one database. Safe to use from several threads and processes."""

    def __init__(self, database: Database) -> None:
        self.database = database

    # People -----------------------------------------------------------------------------------------------------------

    def add(self, name: str, password_hash: str | None = None, *, host: bool = False) -> StoredPerson:
        """A new account; `LearnerError` where the name is taken or no name."""
        with self.database.writing() as session:
            return _person(self._add(session, name, password_hash, host=host))

    def known_as(self, subject_key: str, name: str) -> StoredPerson:
        """The person whom somebody else vouches for; made at first sight, under a name that is free."""
        with self.database.writing() as session:
            self.database.take_turn(session, "people")
            row = session.scalar(select(PersonRow).where(PersonRow.subject_key == subject_key))
            if row is None:
                row = self._add(session, self._free(session, name), None, host=False)
                row.subject_key = subject_key
            return _person(row)

    def find(self, name: str) -> StoredPerson | None:
        """The person of a name, or None."""
        with self.database.reading() as session:
            row = session.scalar(select(PersonRow).where(PersonRow.name_key == name_key(name)))
            return None if row is None else _person(row)

    def everybody(self) -> list[StoredPerson]:
        """All accounts, by name."""
        with self.database.reading() as session:
            return [_person(row) for row in session.scalars(select(PersonRow).order_by(PersonRow.name_key))]

    def set_password(self, person_id: str, password_hash: str, *, keep: str | None = None, end_others: bool = True) -> None:
        """Change a password; every login ends but the one to keep."""
        with self.database.writing() as session:
            _row(session, person_id).password_hash = password_hash
            if end_others:
                _end(session, person_id, keep)

    def set_locked(self, person_id: str, *, locked: bool) -> None:
        """Keep somebody out, or let them in again; what they have stays. Locking ends every login."""
        with self.database.writing() as session:
            row = _row(session, person_id)
            row.locked_at = (row.locked_at or datetime.now(UTC)) if locked else None
            if locked:
                _end(session, person_id, None)

    def remove(self, person_id: str) -> None:
        """Delete an account and everything that the person keeps; no word of it is left in the file."""
        with self.database.writing() as session:
            session.delete(_row(session, person_id))
        # What is theirs goes last: the account that could make more of it is gone already.
        RehearsalStore(self.database, person_id).delete_all()

    # Logins -----------------------------------------------------------------------------------------------------------

    def begin_login(self, person_id: str, login_id: str, kind: str, lasts: timedelta, *, instead_of: str | None = None) -> None:
        """Note that somebody signed in; an earlier login of the same browser ends."""
        now = datetime.now(UTC)
        with self.database.writing() as session:
            _row(session, person_id)
            if instead_of is not None:
                session.execute(delete(LoginRow).where(LoginRow.id == instead_of))
            session.add(LoginRow(id=login_id, person_id=person_id, kind=kind, made_at=now, seen_at=now, expires_at=now + lasts))

    def who(self, login_id: str, idle: timedelta) -> StoredPerson | None:
        """Whose login it is; None where it has ended, has expired, was idle too long, or its person is locked."""
        now = datetime.now(UTC)
        # Values rather than rows of the mapper: this is asked with each request.
        asked = select(LoginRow.kind, LoginRow.seen_at, LoginRow.expires_at, *_OF_PERSON)
        with self.database.reading() as session:
            found: Any = session.execute(
                asked.join(PersonRow, PersonRow.id == LoginRow.person_id).where(LoginRow.id == login_id)
            ).first()
        if found is None:
            return None
        who = _person(found)
        asleep = found.kind == BROWSER and found.seen_at < now - idle
        if found.expires_at <= now or asleep or who.locked_at is not None:
            return None
        if found.seen_at < now - SEEN_EVERY:
            with self.database.writing() as session:
                kept = session.get(LoginRow, login_id)
                if kept is not None:
                    kept.seen_at = now
        return who

    def logins(self, person_id: str) -> list[StoredLogin]:
        """Where somebody is signed in, the latest first."""
        query = select(LoginRow).where(LoginRow.person_id == person_id, LoginRow.expires_at > datetime.now(UTC))
        with self.database.reading() as session:
            rows = session.scalars(query.order_by(LoginRow.made_at.desc(), LoginRow.id))
            return [StoredLogin(r.id, r.kind, r.made_at, r.seen_at, r.expires_at) for r in rows]

    def end_login(self, login_id: str) -> None:
        """Sign one browser out."""
        with self.database.writing() as session:
            session.execute(delete(LoginRow).where(LoginRow.id == login_id))

    def end_logins(self, person_id: str) -> None:
        """Sign a person out everywhere, programs too."""
        with self.database.writing() as session:
            _end(session, person_id, None)

    # Invitations ------------------------------------------------------------------------------------------------------

    def invite(self, invitation_id: str, lasts: timedelta, *, host: bool = False) -> None:
        """Let one person make an account."""
        now = datetime.now(UTC)
        with self.database.writing() as session:
            session.add(InvitationRow(id=invitation_id, host=host, made_at=now, expires_at=now + lasts))

    def invited(self, invitation_id: str) -> bool:
        """Whether an invitation can still be used."""
        with self.database.reading() as session:
            row = session.get(InvitationRow, invitation_id)
            return row is not None and row.expires_at > datetime.now(UTC)

    def accept(self, invitation_id: str, name: str, password_hash: str) -> StoredPerson:
        """Make the account that an invitation is for; `UnknownIdError` where it was used or is too old."""
        with self.database.writing() as session:
            query = delete(InvitationRow).where(InvitationRow.id == invitation_id, InvitationRow.expires_at > datetime.now(UTC))
            # Whoever deletes it has it: of two at the same moment, one.
            host = session.scalar(query.returning(InvitationRow.host))
            if host is None:
                raise UnknownIdError("invitation", "", [])
            return _person(self._add(session, name, password_hash, host=host))

    # While somebody is away at an identity provider -------------------------------------------------------------------

    def remember(self, handshake_id: str, told_json: str, lasts: timedelta) -> None:
        """Keep what is needed when they come back."""
        with self.database.writing() as session:
            session.add(HandshakeRow(id=handshake_id, told_json=told_json, expires_at=datetime.now(UTC) + lasts))

    def recall(self, handshake_id: str) -> str | None:
        """What was kept, once; None where there is nothing or it is too old."""
        query = delete(HandshakeRow).where(HandshakeRow.id == handshake_id, HandshakeRow.expires_at > datetime.now(UTC))
        with self.database.writing() as session:
            return session.scalar(query.returning(HandshakeRow.told_json))

    def sweep(self, idle: timedelta) -> None:
        """Delete what has expired."""
        now = datetime.now(UTC)
        with self.database.writing() as session:
            session.execute(
                delete(LoginRow).where(
                    or_(LoginRow.expires_at <= now, (LoginRow.seen_at < now - idle) & (LoginRow.kind == BROWSER))
                )
            )
            session.execute(delete(InvitationRow).where(InvitationRow.expires_at <= now))
            session.execute(delete(HandshakeRow).where(HandshakeRow.expires_at <= now))

    def _add(self, session: Session, name: str, password_hash: str | None, *, host: bool) -> PersonRow:
        shown = _shown(name)
        if not shown or len(shown) > MOST_NAME or not all(c.isprintable() for c in shown):
            raise LearnerError(f"A name has 1 to {MOST_NAME} signs. No account was made; choose another name.")
        self.database.take_turn(session, f"person:{name_key(shown)}")
        if session.scalar(select(PersonRow.id).where(PersonRow.name_key == name_key(shown))) is not None:
            raise LearnerError("That name is taken. No account was made; choose another name.")
        row = PersonRow(
            id=uuid4().hex,
            name=shown,
            name_key=name_key(shown),
            password_hash=password_hash,
            host=host,
            made_at=datetime.now(UTC),
        )
        session.add(row)
        session.flush()
        return row

    @staticmethod
    def _free(session: Session, name: str) -> str:
        wanted = "".join(c for c in _shown(name) if c.isprintable())[: MOST_NAME - 5].strip() or "somebody"
        taken = set(session.scalars(select(PersonRow.name_key).where(PersonRow.name_key.startswith(name_key(wanted)))))
        number = 1
        while name_key(found := wanted if number == 1 else f"{wanted} {number}") in taken:
            number += 1
        return found


BROWSER, PROGRAM = "browser", "program"
"""The kinds of login; a program's lasts as long as it was given for, however rarely it is used."""


def _row(session: Session, person_id: str) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None:
        raise UnknownIdError("person", person_id, [])
    return row


def _end(session: Session, person_id: str, keep: str | None) -> None:
    session.execute(delete(LoginRow).where(LoginRow.person_id == person_id, LoginRow.id != (keep or "")))


_OF_PERSON = (
    PersonRow.id,
    PersonRow.name,
    PersonRow.password_hash,
    PersonRow.host,
    PersonRow.made_at,
    PersonRow.locked_at,
)
"""What a `StoredPerson` is made of."""


def _person(row: PersonRow) -> StoredPerson:
    return StoredPerson(row.id, row.name, row.password_hash, row.host, row.made_at, row.locked_at)
