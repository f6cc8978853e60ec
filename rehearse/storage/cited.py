"""Passages of a person's own documents inside what the coach concluded: kept as long as their document is, and no longer.

Whatever the coach concluded is JSON that the store passes on unread, but for this: a remark may quote a document, and words of a
document that was deleted must not live on in it. Such a remark keeps its passage of the ideas, and says that another stood beside
it. Every conclusion is looked through before it is kept, in the same transaction, because a second reading may still be under way
when the document goes.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from rehearse.storage.tables import DocumentRow, RehearsalRow, TurnRow

OWN, REMOVED = "own", "own_removed"
"""Where a remark has the passage, and what says that there was one."""


def cites_own(written: str) -> bool:
    """Whether a conclusion may quote a document; quick, and True once too often rather than not once."""
    return f'"{OWN}"' in written


def documents_of(session: Session, person_id: str) -> set[str]:
    """The ids of a person's documents."""
    return set(session.scalars(select(DocumentRow.id).where(DocumentRow.person_id == person_id)))


def without_removed(written: str, there: Collection[str]) -> str:
    """A conclusion without passages of documents other than those that are there."""
    if not cites_own(written):
        return written
    told: dict[str, Any] = json.loads(written)
    gone = [r for r in told.get("remarks", ()) if OWN in r and r[OWN].get("document_id") not in there]
    for remark in gone:
        del remark[OWN]
        remark[REMOVED] = True
    return json.dumps(told, ensure_ascii=False) if gone else written


def forget_passages(session: Session, person_id: str, document_id: str, there: Collection[str]) -> None:
    """Take the passages of one document out of all that is kept of a person's rehearsals, in the caller's transaction."""
    turns = select(TurnRow).join(RehearsalRow, RehearsalRow.id == TurnRow.rehearsal_id)
    turns = turns.where(RehearsalRow.person_id == person_id, TurnRow.assessment_json.contains(document_id, autoescape=True))
    for turn in session.scalars(turns):
        turn.assessment_json = without_removed(turn.assessment_json or "", there)
    rehearsals = select(RehearsalRow).where(
        RehearsalRow.person_id == person_id, RehearsalRow.debrief_json.contains(document_id, autoescape=True)
    )
    for rehearsal in session.scalars(rehearsals.options(load_only(RehearsalRow.debrief_json))):
        rehearsal.debrief_json = without_removed(rehearsal.debrief_json or "", there)
