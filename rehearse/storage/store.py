"""Rehearsals as they are kept: each turn committed before it is answered, each answer once, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, lazyload, load_only, selectinload

from rehearse.errors import RehearsalOverError, StorageError, UnknownIdError
from rehearse.storage.cited import cites_own, documents_of, without_removed
from rehearse.storage.database import Database
from rehearse.storage.notebook import Notebook, clear
from rehearse.storage.opening import open_database
from rehearse.storage.records import (
    LOCAL_PERSON,
    NewRehearsal,
    RehearsalSummary,
    Standing,
    StoredAnswer,
    StoredRehearsal,
    StoredTurn,
)
from rehearse.storage.search import folded, where_said
from rehearse.storage.tables import RehearsalRow, SaidRow, TurnRow

__all__ = ["NewRehearsal", "RehearsalStore", "RehearsalSummary", "StoredAnswer", "StoredRehearsal", "StoredTurn"]

_AT_ONCE = 500
"""How many ids stand in one statement; SQLite has a limit."""


class RehearsalStore:
    """One person's rehearsals; another person's id is an unknown one. Safe to use from several threads and processes."""

    def __init__(self, database: Database | str | Path, person_id: str = LOCAL_PERSON) -> None:
        """`database`: an opened one, its address, or the path of a file."""
        self.database = database if isinstance(database, Database) else open_database(database)
        self.person_id = person_id
        self._documents_in = self.database
        """Where the person's documents are."""

    def for_person(self, person_id: str) -> RehearsalStore:
        """Another person's rehearsals in the same database."""
        return RehearsalStore(self.database, person_id)

    @property
    def notebook(self) -> Notebook:
        """What the same person keeps beside the rehearsals."""
        return Notebook(self.database, self.person_id)

    def create(self, new: NewRehearsal) -> str:
        """Keep a new rehearsal; its id. `UnknownIdError` if it branches off one that is not there."""
        rehearsal_id = (self.database.id_prefix + uuid4().hex)[:32]
        with self.database.writing() as session:
            if new.parent_id is not None:
                self._row(session, new.parent_id)
            session.add(
                RehearsalRow(
                    id=rehearsal_id,
                    person_id=self.person_id,
                    scenario_id=new.scenario_id,
                    persona_id=new.persona_id,
                    difficulty=new.difficulty,
                    seed=new.seed,
                    engine=new.engine,
                    opening=new.opening,
                    focus=new.focus,
                    parent_id=new.parent_id,
                    parent_turn=new.parent_turn,
                    offer_json=new.offer_json,
                    started_at=datetime.now(UTC),
                )
            )
        return rehearsal_id

    def add_learner_turn(self, rehearsal_id: str, number: int, text: str) -> None:
        """Commit a turn of the learner. The same turn again is no turn more; other words under its number are refused."""
        with self.database.writing() as session:
            ending = self._lock(session, rehearsal_id)
            kept = session.scalar(select(TurnRow.learner).where(*_is(TurnRow, rehearsal_id, number)))
            if kept is not None:
                if kept != text:
                    raise StorageError(
                        f"Turn {number} was already said in other words, perhaps in another tab. Nothing was overwritten; reload "
                        "the page to go on from there."
                    )
                return
            if ending is not None:
                raise RehearsalOverError("This conversation has ended. Look back at it, or go back to an earlier turn.")
            # Statements rather than rows of the mapper, as in `add_answer`: they run twice in each turn of everybody.
            said = {"rehearsal_id": rehearsal_id, "number": number}
            session.execute(insert(TurnRow).values(**said, learner=text, said_at=datetime.now(UTC)))
            session.execute(insert(SaidRow).values(**said, words=folded(text)))

    def add_answer(self, rehearsal_id: str, number: int, answer: StoredAnswer) -> None:
        """Commit the answer to a turn; the first answer stays."""
        with self.database.writing() as session:
            concluded = self._concluded(session, answer.assessment_json)
            learner, answered = self._turn(session, rehearsal_id, number)
            if answered is not None:
                return
            session.execute(
                update(TurnRow)
                .where(*_is(TurnRow, rehearsal_id, number))
                .values(
                    counterpart=answer.text,
                    exchange_json=answer.exchange_json,
                    inner_json=answer.inner_json,
                    assessment_json=concluded,
                )
            )
            said = update(SaidRow).where(*_is(SaidRow, rehearsal_id, number))
            session.execute(said.values(words=folded(learner, answer.text)))

    def update_assessment(self, rehearsal_id: str, number: int, assessment_json: str) -> None:
        """Keep a later view of an answered turn in place of the first; `UnknownIdError` where nothing was answered yet."""
        with self.database.writing() as session:
            concluded = self._concluded(session, assessment_json)
            _, answered = self._turn(session, rehearsal_id, number)
            if answered is None:
                raise UnknownIdError("answered turn", f"{rehearsal_id}/{number}", [])
            session.execute(update(TurnRow).where(*_is(TurnRow, rehearsal_id, number)).values(assessment_json=concluded))

    def end(
        self,
        rehearsal_id: str,
        ending: str,
        debrief_json: str,
        *,
        trust: float | None = None,
        empathy: int | None = None,
        clarity: int | None = None,
        scores_json: str | None = None,
    ) -> None:
        """Keep how a rehearsal ended and its debrief; the first ending stays, debrief and scores are renewed."""
        with self.database.writing() as session:
            concluded = self._concluded(session, debrief_json)
            row = self._row(session, rehearsal_id, lock=True)
            if row.ending is None:
                row.ending, row.ended_at = ending, datetime.now(UTC)
            row.debrief_json = concluded
            row.trust, row.empathy, row.clarity = trust, empathy, clarity
            row.scores_json = scores_json

    def save_guess(self, rehearsal_id: str, guess: int) -> None:
        """Keep the learner's own guess, 0-100."""
        if not 0 <= guess <= 100:
            raise ValueError(f"a guess is between 0 and 100, not {guess}")
        with self.database.writing() as session:
            self._row(session, rehearsal_id).guess = guess

    def save_check_in(self, rehearsal_id: str, check_in_json: str) -> None:
        """Keep how the real talk went, in place of what was told before."""
        with self.database.writing() as session:
            self._row(session, rehearsal_id).check_in_json = check_in_json

    def get(self, rehearsal_id: str) -> StoredRehearsal:
        """One rehearsal, whole; `UnknownIdError` where there is none."""
        with self.database.reading() as session:
            return _stored(self._row(session, rehearsal_id))

    def standing(self, rehearsal_id: str) -> Standing:
        """How far a rehearsal has come, without its words; `UnknownIdError` where there is none."""
        query = select(RehearsalRow.ending, func.count(TurnRow.number).label("turns"), func.count(TurnRow.counterpart))
        query = query.outerjoin(TurnRow, TurnRow.rehearsal_id == RehearsalRow.id)
        query = query.where(RehearsalRow.id == rehearsal_id, self._mine).group_by(RehearsalRow.id, RehearsalRow.ending)
        with self.database.reading() as session:
            found = session.execute(query).first()
        if found is None:
            raise UnknownIdError("rehearsal", rehearsal_id, [])
        return Standing(*found)

    def recent(self, limit: int) -> list[StoredRehearsal]:
        """The last rehearsals that have ended, whole, oldest first."""
        query = select(RehearsalRow).where(self._mine, RehearsalRow.ending.is_not(None)).options(selectinload(RehearsalRow.turns))
        query = query.order_by(RehearsalRow.started_at.desc(), RehearsalRow.id).limit(limit)
        with self.database.reading() as session:
            return [_stored(row) for row in session.scalars(query)][::-1]

    def list(self, search: str = "", scenario_id: str | None = None, limit: int = 50, offset: int = 0) -> list[RehearsalSummary]:
        """Rehearsals, newest first; `search` looks into persona, scenario and what was said."""
        order = (RehearsalRow.started_at.desc(), RehearsalRow.id)
        wanted = select(RehearsalRow.id).where(self._mine, *_conditions(search, scenario_id))
        # First the page, then what stands on it: else the turns of all that come before it would be counted as well.
        page = wanted.order_by(*order).limit(limit).offset(offset).subquery()
        turns = select(func.count()).where(TurnRow.rehearsal_id == RehearsalRow.id).correlate(RehearsalRow).scalar_subquery()
        query = select(RehearsalRow, turns).where(RehearsalRow.id.in_(select(page.c.id))).order_by(*order)
        query = query.options(lazyload(RehearsalRow.turns), load_only(*_SUMMARY))
        with self.database.reading() as session:
            return [_summary(row, count) for row, count in session.execute(query)]

    def count(self) -> int:
        """How many rehearsals are kept."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(RehearsalRow).where(self._mine)) or 0

    def delete(self, rehearsal_id: str) -> None:
        """Delete one rehearsal and what was contested in it; its words are overwritten in the file."""
        with self.database.writing() as session:
            self._lock(session, rehearsal_id)
            session.execute(delete(RehearsalRow).where(RehearsalRow.id == rehearsal_id))
        self.database.compact()

    def delete_all(self) -> None:
        """Delete all that this person keeps, the notebook too; no word of it is left in the file."""
        with self.database.writing() as session:
            session.execute(delete(RehearsalRow).where(self._mine))
            clear(session, self.person_id)
        self.database.compact()

    def delete_talks(self) -> None:
        """Delete all rehearsals of this person, with what was contested in them and shared of them; the notebook stays."""
        with self.database.writing() as session:
            session.execute(delete(RehearsalRow).where(self._mine))
        self.database.compact()

    def expire(self, before: datetime) -> int:
        """Delete everybody's rehearsals in which nothing has happened since a moment; how many.

        What happened is the beginning, a turn, or the end. Notebooks stay, apart from what was contested in those rehearsals.
        """
        later = select(TurnRow.number).where(TurnRow.rehearsal_id == RehearsalRow.id, TurnRow.said_at >= before)
        old = (
            RehearsalRow.started_at < before,
            or_(RehearsalRow.ended_at.is_(None), RehearsalRow.ended_at < before),
            ~later.exists(),
        )
        with self.database.writing() as session:
            ids = session.scalars(select(RehearsalRow.id).where(*old).with_for_update()).all()
            for first in range(0, len(ids), _AT_ONCE):
                session.execute(delete(RehearsalRow).where(RehearsalRow.id.in_(ids[first : first + _AT_ONCE])))
        if ids:
            self.database.compact()
        return len(ids)

    def close(self) -> None:
        """Let go of the database, for every person."""
        self.database.close()

    def _concluded(self, session: Session, written: str) -> str:
        """What the coach concluded, as it may be kept: without passages of documents that are gone by now.

        To be called before any row is locked, as deleting a document takes its turn before it changes rows: in the other order
        the two could wait for each other.
        """
        if not cites_own(written):
            return written
        if self._documents_in is self.database:
            # Nobody deletes a document between this look and the commit.
            self.database.take_turn(session, self.person_id)
            return without_removed(written, documents_of(session, self.person_id))
        with self._documents_in.reading() as elsewhere:
            return without_removed(written, documents_of(elsewhere, self.person_id))

    @property
    def _mine(self) -> ColumnElement[bool]:
        return RehearsalRow.person_id == self.person_id

    def _row(self, session: Session, rehearsal_id: str, *, lock: bool = False) -> RehearsalRow:
        """The row of a rehearsal; `lock` lets one transaction at a time change it and its turns."""
        query = select(RehearsalRow).where(RehearsalRow.id == rehearsal_id, self._mine)
        # SQLite knows no such lock and needs none: there only one transaction writes at a time.
        row = session.scalar(query.with_for_update() if lock else query)
        if row is None:
            raise UnknownIdError("rehearsal", rehearsal_id, [])
        return row

    def _lock(self, session: Session, rehearsal_id: str) -> str | None:
        """Let one transaction at a time change a rehearsal and its turns; how it ended, None while it is open."""
        query = select(RehearsalRow.ending).where(RehearsalRow.id == rehearsal_id, self._mine)
        found = session.execute(query.with_for_update()).first()
        if found is None:
            raise UnknownIdError("rehearsal", rehearsal_id, [])
        ending: str | None = found.ending
        return ending

    def _turn(self, session: Session, rehearsal_id: str, number: int) -> tuple[str, str | None]:
        """What was said in a turn, the learner's words and the counterpart's, locked with its rehearsal."""
        self._lock(session, rehearsal_id)
        said = select(TurnRow.learner, TurnRow.counterpart).where(*_is(TurnRow, rehearsal_id, number))
        found = session.execute(said).first()
        if found is None:
            raise UnknownIdError("turn", f"{rehearsal_id}/{number}", [])
        learner, counterpart = found
        return learner, counterpart


def _is(table: type[TurnRow] | type[SaidRow], rehearsal_id: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return table.rehearsal_id == rehearsal_id, table.number == number


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
    RehearsalRow.parent_turn,
    RehearsalRow.scores_json,
)


def _conditions(search: str, scenario_id: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if scenario_id is not None:
        conditions.append(RehearsalRow.scenario_id == scenario_id)
    if search.strip():
        conditions.append(where_said(search.strip()))
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
        parent_turn=row.parent_turn,
        scores_json=row.scores_json,
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
        scores_json=row.scores_json,
        debrief_json=row.debrief_json,
        offer_json=row.offer_json,
        check_in_json=row.check_in_json,
        turns=tuple(_turn(turn) for turn in row.turns),
    )


def _turn(row: TurnRow) -> StoredTurn:
    answer = None
    if row.counterpart is not None:
        answer = StoredAnswer(row.counterpart, row.exchange_json or "", row.inner_json or "", row.assessment_json or "")
    return StoredTurn(row.number, row.learner, row.said_at, answer)
