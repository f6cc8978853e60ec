"""What a person keeps beside the rehearsals: offer card, own personas, own guidance, and the ratings they contested."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from rehearse.errors import UnknownIdError
from rehearse.storage.account_tables import ShareRow
from rehearse.storage.cited import documents_of, forget_passages
from rehearse.storage.database import Database
from rehearse.storage.opening import open_database
from rehearse.storage.records import LOCAL_PERSON, OwnPersona, StoredContest, StoredDocument
from rehearse.storage.tables import ContestRow, DocumentRow, OfferRow, OwnPersonaRow, RehearsalRow


class Notebook:
    """One person's notebook; nobody else's can be read or changed through it. JSON and YAML are opaque to it."""

    def __init__(self, database: Database | str | Path, person_id: str = LOCAL_PERSON) -> None:
        self.database = database if isinstance(database, Database) else open_database(database)
        self.person_id = person_id

    def for_person(self, person_id: str) -> Notebook:
        """Another person's notebook in the same database."""
        return Notebook(self.database, person_id)

    # The offer card ---------------------------------------------------------------------------------------------------

    def offer(self) -> str | None:
        """The offer card in force, or None."""
        with self.database.reading() as session:
            row = session.get(OfferRow, self.person_id)
            return None if row is None else row.offer_json

    def save_offer(self, offer_json: str) -> None:
        """Keep the offer card in place of the one before."""
        with self.database.writing() as session:
            self.database.take_turn(session, self.person_id)
            session.merge(OfferRow(person_id=self.person_id, offer_json=offer_json, saved_at=datetime.now(UTC)))

    # Own personas -----------------------------------------------------------------------------------------------------

    def own_personas(self) -> list[OwnPersona]:
        """The counterparts that the person wrote, oldest first."""
        query = select(OwnPersonaRow).where(OwnPersonaRow.person_id == self.person_id)
        with self.database.reading() as session:
            rows = session.scalars(query.order_by(OwnPersonaRow.made_at, OwnPersonaRow.persona_id))
            return [OwnPersona(row.persona_id, row.yaml, row.made_at) for row in rows]

    def save_own_persona(self, persona_id: str, yaml: str) -> None:
        """Keep a counterpart; under a known id the text is replaced and its first date stays."""
        with self.database.writing() as session:
            self.database.take_turn(session, self.person_id)
            row = session.get(OwnPersonaRow, (self.person_id, persona_id))
            if row is None:
                session.add(OwnPersonaRow(person_id=self.person_id, persona_id=persona_id, yaml=yaml, made_at=datetime.now(UTC)))
            else:
                row.yaml = yaml

    def delete_own_persona(self, persona_id: str) -> None:
        """Delete a counterpart for good; `UnknownIdError` where there is none."""
        with self.database.writing() as session:
            row = session.get(OwnPersonaRow, (self.person_id, persona_id))
            if row is None:
                known = select(OwnPersonaRow.persona_id).where(OwnPersonaRow.person_id == self.person_id)
                raise UnknownIdError("persona of your own", persona_id, sorted(session.scalars(known)))
            session.delete(row)
        self.database.compact()

    # Own guidance -----------------------------------------------------------------------------------------------------

    def documents(self) -> list[StoredDocument]:
        """The guidance that the person brought along, oldest first."""
        query = select(DocumentRow).where(DocumentRow.person_id == self.person_id)
        with self.database.reading() as session:
            return [
                StoredDocument(row.id, row.title, row.file_name, row.added_at, tuple(json.loads(row.passages_json)))
                for row in session.scalars(query.order_by(DocumentRow.added_at, DocumentRow.id))
            ]

    def add_document(self, title: str, file_name: str, passages: Sequence[str]) -> str:
        """Keep a document; its id."""
        document_id = uuid4().hex
        with self.database.writing() as session:
            session.add(
                DocumentRow(
                    id=document_id,
                    person_id=self.person_id,
                    title=title,
                    file_name=file_name,
                    added_at=datetime.now(UTC),
                    passages_json=json.dumps(list(passages), ensure_ascii=False),
                )
            )
        return document_id

    def delete_document(self, document_id: str) -> None:
        """Delete a document for good, also where a remark quotes it; `UnknownIdError` where there is none."""
        with self.database.writing() as session:
            self.database.take_turn(session, self.person_id)
            row = session.get(DocumentRow, document_id)
            if row is None or row.person_id != self.person_id:
                raise UnknownIdError("document", document_id, [])
            session.delete(row)
            session.flush()
            forget_passages(session, self.person_id, document_id, documents_of(session, self.person_id))
        self.database.compact()

    # Contested ratings ------------------------------------------------------------------------------------------------

    def contests(self, rehearsal_id: str) -> list[StoredContest]:
        """The ratings contested in a rehearsal, oldest first; `UnknownIdError` where there is no such rehearsal."""
        query = select(ContestRow).where(ContestRow.rehearsal_id == rehearsal_id)
        with self.database.reading() as session:
            self._require(session, rehearsal_id)
            return [
                StoredContest(row.turn, row.criterion_id, row.reason, row.contest_json, row.made_at)
                for row in session.scalars(query.order_by(ContestRow.made_at, ContestRow.id))
            ]

    def add_contest(self, rehearsal_id: str, turn: int, criterion_id: str, reason: str, contest_json: str) -> None:
        """Keep a contested rating beside those before it; it goes when its rehearsal goes."""
        with self.database.writing() as session:
            self._require(session, rehearsal_id)
            session.add(
                ContestRow(
                    id=uuid4().hex,
                    person_id=self.person_id,
                    rehearsal_id=rehearsal_id,
                    turn=turn,
                    criterion_id=criterion_id,
                    reason=reason,
                    contest_json=contest_json,
                    made_at=datetime.now(UTC),
                )
            )

    def _require(self, session: Session, rehearsal_id: str) -> None:
        mine = (RehearsalRow.id == rehearsal_id, RehearsalRow.person_id == self.person_id)
        if session.scalar(select(RehearsalRow.id).where(*mine)) is None:
            raise UnknownIdError("rehearsal", rehearsal_id, [])


def clear(session: Session, person_id: str) -> None:
    """Delete all that a person keeps beside the rehearsals, in the caller's transaction."""
    for table in (ShareRow, ContestRow, OfferRow, OwnPersonaRow, DocumentRow):
        session.execute(delete(table).where(table.person_id == person_id))
