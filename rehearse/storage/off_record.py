"""Rehearsals off the record: the same store on a database in memory, which no file ever holds.

They are known by their ids, stand in no list, and are gone when they are forgotten, after some hours, or with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, event
from sqlalchemy.orm import Session

from rehearse.storage.cited import forget_passages
from rehearse.storage.database import Database
from rehearse.storage.notebook import Notebook
from rehearse.storage.records import LOCAL_PERSON, NewRehearsal, Standing, StoredAnswer, StoredContest, StoredRehearsal
from rehearse.storage.store import RehearsalStore

PREFIX = "off"
"""What their ids begin with; no other id does, because the others are hexadecimal."""
KEPT_FOR = timedelta(hours=12)
"""How long one stays in memory after its last turn."""


def is_off_record(rehearsal_id: str) -> bool:
    """Whether an id is that of a rehearsal off the record."""
    return rehearsal_id.startswith(PREFIX)


class MemoryDatabase(Database):
    """A database in this process's memory, on one connection that one thread at a time uses."""

    id_prefix = PREFIX

    def __init__(self) -> None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}, hide_parameters=True)
        event.listen(engine, "connect", _settle)
        event.listen(engine, "begin", _begin)
        super().__init__("the memory of this process", engine)
        self._turn = threading.Lock()
        with self.said_plainly(), self.engine.begin() as connection:
            self.migrate(connection)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self._turn, super().reading() as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session that only reads."""
        with self.reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction."""
        with self._turn, super().writing() as session:
            yield session

    def take_turn(self, session: Session, key: str) -> None:
        """Nothing: there is one connection."""

    def check(self) -> None:
        """Nothing: no disk can have damaged it."""

    def compact(self) -> None:
        """Let go of compiled statements, which hold words; what was deleted is overwritten, and there is no file."""
        with self._turn:
            self.forget_statements()

    def plainly(self, problem: str, code: str) -> str:
        """What went wrong."""
        del code
        return f"This talk is off the record, and its memory could not be used ({problem}). Begin again."


def _settle(connection: Any, _: object) -> None:
    connection.isolation_level = None
    # Not even what is too large for a page of memory goes to a temporary file.
    for pragma in ("temp_store = MEMORY", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


class DiscreetStore(RehearsalStore):
    """A person's rehearsals: those in the database, and beside them those off the record."""

    def __init__(self, database: Database | str | Path, person_id: str = LOCAL_PERSON, memory: _Memory | None = None) -> None:
        super().__init__(database, person_id)
        self._memory = memory or _Memory()

    def for_person(self, person_id: str) -> DiscreetStore:
        """Another person's rehearsals in the same database and the same memory."""
        return DiscreetStore(self.database, person_id, self._memory)

    @property
    def notebook(self) -> Notebook:
        """What the person keeps beside the rehearsals; what is contested off the record stays off it."""
        return _DiscreetNotebook(self.database, self.person_id, self._memory)

    def create_off_record(self, new: NewRehearsal) -> str:
        """Hold a new rehearsal in memory; its id."""
        self.forget_overdue()
        return self._discreet.create(new)

    def create(self, new: NewRehearsal) -> str:
        """Keep a new rehearsal; one that branches off a talk off the record is off the record."""
        if new.parent_id is not None and is_off_record(new.parent_id):
            return self._discreet.create(new)
        return super().create(new)

    def add_learner_turn(self, rehearsal_id: str, number: int, text: str) -> None:
        """As in any store."""
        self._of(rehearsal_id).add_learner_turn(rehearsal_id, number, text)

    def add_answer(self, rehearsal_id: str, number: int, answer: StoredAnswer) -> None:
        """As in any store."""
        self._of(rehearsal_id).add_answer(rehearsal_id, number, answer)

    def update_assessment(self, rehearsal_id: str, number: int, assessment_json: str) -> None:
        """As in any store."""
        self._of(rehearsal_id).update_assessment(rehearsal_id, number, assessment_json)

    def end(self, rehearsal_id: str, ending: str, debrief_json: str, **scores: Any) -> None:
        """As in any store."""
        self._of(rehearsal_id).end(rehearsal_id, ending, debrief_json, **scores)

    def save_guess(self, rehearsal_id: str, guess: int) -> None:
        """As in any store."""
        self._of(rehearsal_id).save_guess(rehearsal_id, guess)

    def save_check_in(self, rehearsal_id: str, check_in_json: str) -> None:
        """As in any store."""
        self._of(rehearsal_id).save_check_in(rehearsal_id, check_in_json)

    def get(self, rehearsal_id: str) -> StoredRehearsal:
        """As in any store."""
        return self._of(rehearsal_id).get(rehearsal_id)

    def standing(self, rehearsal_id: str) -> Standing:
        """As in any store."""
        return self._of(rehearsal_id).standing(rehearsal_id)

    def delete(self, rehearsal_id: str) -> None:
        """As in any store."""
        self._of(rehearsal_id).delete(rehearsal_id)

    def delete_all(self) -> None:
        """Delete all that this person keeps, and forget what is off the record."""
        super().delete_all()
        self.forget_off_record()

    def delete_talks(self) -> None:
        """Delete all rehearsals of this person, those off the record too; the notebook stays."""
        super().delete_talks()
        self.forget_off_record()

    def forget_overdue(self) -> int:
        """Forget what anybody said off the record and left hours ago; how many talks."""
        return self._discreet.expire(datetime.now(UTC) - KEPT_FOR) if self._memory.opened else 0

    def forget_off_record(self) -> None:
        """Forget what this person said off the record."""
        if self._memory.opened:
            self._discreet.delete_all()

    @property
    def _discreet(self) -> RehearsalStore:
        return _InMemory(self._memory.database, self.person_id, self.database)

    def _of(self, rehearsal_id: str) -> RehearsalStore:
        if not is_off_record(rehearsal_id):
            return RehearsalStore(self.database, self.person_id)
        self.forget_overdue()
        return self._discreet


class _InMemory(RehearsalStore):
    """Rehearsals in memory, of somebody whose documents are in another database."""

    def __init__(self, database: Database, person_id: str, documents_in: Database) -> None:
        super().__init__(database, person_id)
        self._documents_in = documents_in


class _DiscreetNotebook(Notebook):
    """A notebook whose contested ratings lie where their rehearsal lies."""

    def __init__(self, database: Database, person_id: str, memory: _Memory) -> None:
        super().__init__(database, person_id)
        self._memory = memory

    def contests(self, rehearsal_id: str) -> list[StoredContest]:
        """As in any notebook."""
        return self._of(rehearsal_id).contests(rehearsal_id)

    def add_contest(self, rehearsal_id: str, turn: int, criterion_id: str, reason: str, contest_json: str) -> None:
        """As in any notebook."""
        self._of(rehearsal_id).add_contest(rehearsal_id, turn, criterion_id, reason, contest_json)

    def delete_document(self, document_id: str) -> None:
        """As in any notebook; what quotes it off the record forgets it as well."""
        super().delete_document(document_id)
        if self._memory.opened:
            there = {document.document_id for document in self.documents()}
            with self._memory.database.writing() as session:
                forget_passages(session, self.person_id, document_id, there)
            self._memory.database.compact()

    def _of(self, rehearsal_id: str) -> Notebook:
        return Notebook(self._memory.database if is_off_record(rehearsal_id) else self.database, self.person_id)


class _Memory:
    """The one database in memory of a process, made when somebody first needs it."""

    def __init__(self) -> None:
        self._made: MemoryDatabase | None = None
        self._guard = threading.Lock()

    @property
    def opened(self) -> bool:
        """Whether anybody was off the record yet."""
        return self._made is not None

    @property
    def database(self) -> MemoryDatabase:
        """The database."""
        with self._guard:
            if self._made is None:
                self._made = MemoryDatabase()
            return self._made
