"""Rehearsals as they are kept: each turn committed before it is answered, each answer once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import OperationalError
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session, lazyload, load_only

from rehearse.errors import RehearsalOverError, StorageError, UnknownIdError
from rehearse.storage.database import WRITES, database_file, open_database, said_plainly
from rehearse.storage.tables import RehearsalRow, TurnRow


@dataclass(frozen=True, slots=True)
class NewRehearsal:
    """What is known when a rehearsal begins; `parent_id` and `parent_turn` where it branches off another."""

    scenario_id: str
    persona_id: str
    difficulty: str
    seed: int
    engine: str
    opening: str
    focus: str | None = None
    parent_id: str | None = None
    parent_turn: int | None = None


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The counterpart's answer, with what is needed to return to it; the JSON is opaque to the store."""

    text: str
    exchange_json: str
    inner_json: str
    assessment_json: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One learner turn; `answer` is None where the process died before it was given."""

    number: int
    text: str
    said_at: datetime
    answer: StoredAnswer | None


@dataclass(frozen=True, slots=True)
class RehearsalSummary:
    """A line of the history. `turns` counts the learner's turns; scores are 0-100, None where not rated or not ended."""

    rehearsal_id: str
    scenario_id: str
    persona_id: str
    difficulty: str
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    turns: int
    trust: float | None
    empathy: int | None
    clarity: int | None
    guess: int | None
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class StoredRehearsal:
    """A whole rehearsal as it is kept."""

    rehearsal_id: str
    scenario_id: str
    persona_id: str
    difficulty: str
    seed: int
    engine: str
    opening: str
    focus: str | None
    parent_id: str | None
    parent_turn: int | None
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    guess: int | None
    trust: float | None
    empathy: int | None
    clarity: int | None
    debrief_json: str | None
    turns: tuple[StoredTurn, ...]


class RehearsalStore:
    """Rehearsals in one SQLite file. Safe to use from several threads and processes; a session a call."""

    def __init__(self, url_or_path: str | Path) -> None:
        self.path = database_file(url_or_path)
        self._engine = open_database(self.path)
        self._writer = self._engine.execution_options(**{WRITES: True})

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with said_plainly(self.path), Session(self._engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A transaction, committed at the end; one at a time over all processes, so that what it reads still holds."""
        with said_plainly(self.path), Session(self._writer) as session, session.begin():
            yield session

    def create(self, new: NewRehearsal) -> str:
        """Keep a new rehearsal; its id. `UnknownIdError` if it branches off one that is not there."""
        rehearsal_id = uuid4().hex
        with self._writing() as session:
            if new.parent_id is not None:
                self._row(session, new.parent_id)
            session.add(
                RehearsalRow(
                    id=rehearsal_id,
                    scenario_id=new.scenario_id,
                    persona_id=new.persona_id,
                    difficulty=new.difficulty,
                    seed=new.seed,
                    engine=new.engine,
                    opening=new.opening,
                    focus=new.focus,
                    parent_id=new.parent_id,
                    parent_turn=new.parent_turn,
                    started_at=datetime.now(UTC),
                )
            )
        return rehearsal_id

    def add_learner_turn(self, rehearsal_id: str, number: int, text: str) -> None:
        """Commit a turn of the learner. The same turn again is no turn more; other words under its number are refused."""
        with self._writing() as session:
            row = self._row(session, rehearsal_id)
            kept = session.get(TurnRow, (rehearsal_id, number))
            if kept is not None:
                if kept.learner != text:
                    raise StorageError(
                        f"Turn {number} was already said in other words, perhaps in another tab. Nothing was overwritten; reload "
                        "the page to go on from there."
                    )
                return
            if row.ending is not None:
                raise RehearsalOverError("This conversation has ended. Look back at it, or go back to an earlier turn.")
            session.add(TurnRow(rehearsal_id=rehearsal_id, number=number, learner=text, said_at=datetime.now(UTC)))

    def add_answer(self, rehearsal_id: str, number: int, answer: StoredAnswer) -> None:
        """Commit the answer to a turn; the first answer stays."""
        with self._writing() as session:
            row = session.get(TurnRow, (rehearsal_id, number))
            if row is None:
                raise UnknownIdError("turn", f"{rehearsal_id}/{number}", [])
            if row.counterpart is None:
                row.counterpart = answer.text
                row.exchange_json = answer.exchange_json
                row.inner_json = answer.inner_json
                row.assessment_json = answer.assessment_json

    def end(
        self,
        rehearsal_id: str,
        ending: str,
        debrief_json: str,
        *,
        trust: float | None = None,
        empathy: int | None = None,
        clarity: int | None = None,
    ) -> None:
        """Keep how a rehearsal ended and its debrief; the first ending stays, the debrief is renewed."""
        with self._writing() as session:
            row = self._row(session, rehearsal_id)
            if row.ending is None:
                row.ending, row.ended_at = ending, datetime.now(UTC)
            row.debrief_json = debrief_json
            row.trust, row.empathy, row.clarity = trust, empathy, clarity

    def save_guess(self, rehearsal_id: str, guess: int) -> None:
        """Keep the learner's own guess, 0-100."""
        if not 0 <= guess <= 100:
            raise ValueError(f"a guess is between 0 and 100, not {guess}")
        with self._writing() as session:
            self._row(session, rehearsal_id).guess = guess

    def get(self, rehearsal_id: str) -> StoredRehearsal:
        """One rehearsal, whole; `UnknownIdError` where there is none."""
        with self._reading() as session:
            return _stored(self._row(session, rehearsal_id))

    def list(self, search: str = "", scenario_id: str | None = None, limit: int = 50, offset: int = 0) -> list[RehearsalSummary]:
        """Rehearsals, newest first; `search` looks into persona, scenario and what was said."""
        turns = select(func.count()).where(TurnRow.rehearsal_id == RehearsalRow.id).correlate(RehearsalRow).scalar_subquery()
        query = select(RehearsalRow, turns).options(lazyload(RehearsalRow.turns), load_only(*_SUMMARY))
        for condition in _conditions(search, scenario_id):
            query = query.where(condition)
        query = query.order_by(RehearsalRow.started_at.desc(), RehearsalRow.id).limit(limit).offset(offset)
        with self._reading() as session:
            return [_summary(row, count) for row, count in session.execute(query)]

    def count(self) -> int:
        """How many rehearsals are kept."""
        with self._reading() as session:
            return session.scalar(select(func.count()).select_from(RehearsalRow)) or 0

    def delete(self, rehearsal_id: str) -> None:
        """Delete one rehearsal; its words are overwritten in the file."""
        with self._writing() as session:
            self._row(session, rehearsal_id)
            session.execute(delete(RehearsalRow).where(RehearsalRow.id == rehearsal_id))
        self._compact()

    def delete_all(self) -> None:
        """Delete every rehearsal; no word of them is left in the file."""
        with self._writing() as session:
            session.execute(delete(RehearsalRow))
        self._compact()

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _compact(self) -> None:
        """Shrink the file and empty the write-ahead log, where deleted words would otherwise stay a while."""
        with said_plainly(self.path):
            connection = self._engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM").close()
                busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except OperationalError as error:
                busy = "locked" in str(error)
                if not busy:
                    raise StorageError(self._uncompacted(str(error))) from error
            finally:
                connection.close()
        if busy:
            raise StorageError(self._uncompacted("another process is using it"))

    def _uncompacted(self, why: str) -> str:
        return (
            f"Deleted, but the files of {self.path} could not be cleaned of the words ({why}). They can no longer be read in "
            "Rehearse. Close other copies of it and delete again."
        )

    def _row(self, session: Session, rehearsal_id: str) -> RehearsalRow:
        row = session.get(RehearsalRow, rehearsal_id)
        if row is None:
            raise UnknownIdError("rehearsal", rehearsal_id, [])
        return row


_SUMMARY = (
    RehearsalRow.scenario_id,
    RehearsalRow.persona_id,
    RehearsalRow.difficulty,
    RehearsalRow.started_at,
    RehearsalRow.ended_at,
    RehearsalRow.ending,
    RehearsalRow.trust,
    RehearsalRow.empathy,
    RehearsalRow.clarity,
    RehearsalRow.guess,
    RehearsalRow.parent_id,
)


def _conditions(search: str, scenario_id: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scenario_id is not None:
        conditions.append(RehearsalRow.scenario_id == scenario_id)
    if search.strip():
        wanted = search.strip()
        said = select(TurnRow.rehearsal_id).where(
            or_(TurnRow.learner.icontains(wanted, autoescape=True), TurnRow.counterpart.icontains(wanted, autoescape=True))
        )
        in_id = wanted.lower().replace(" ", "-")
        conditions.append(
            or_(
                RehearsalRow.persona_id.contains(in_id, autoescape=True),
                RehearsalRow.scenario_id.contains(in_id, autoescape=True),
                RehearsalRow.id.in_(said),
            )
        )
    return conditions


def _summary(row: RehearsalRow, turns: int) -> RehearsalSummary:
    return RehearsalSummary(
        rehearsal_id=row.id,
        scenario_id=row.scenario_id,
        persona_id=row.persona_id,
        difficulty=row.difficulty,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ending=row.ending,
        turns=turns,
        trust=row.trust,
        empathy=row.empathy,
        clarity=row.clarity,
        guess=row.guess,
        parent_id=row.parent_id,
    )


def _stored(row: RehearsalRow) -> StoredRehearsal:
    return StoredRehearsal(
        rehearsal_id=row.id,
        scenario_id=row.scenario_id,
        persona_id=row.persona_id,
        difficulty=row.difficulty,
        seed=row.seed,
        engine=row.engine,
        opening=row.opening,
        focus=row.focus,
        parent_id=row.parent_id,
        parent_turn=row.parent_turn,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ending=row.ending,
        guess=row.guess,
        trust=row.trust,
        empathy=row.empathy,
        clarity=row.clarity,
        debrief_json=row.debrief_json,
        turns=tuple(_turn(turn) for turn in row.turns),
    )


def _turn(row: TurnRow) -> StoredTurn:
    answer = None
    if row.counterpart is not None:
        answer = StoredAnswer(row.counterpart, row.exchange_json or "", row.inner_json or "", row.assessment_json or "")
    return StoredTurn(row.number, row.learner, row.said_at, answer)
