"""Stores filled with something of everything, for tests of deletion, backup and rescue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer
from rehearse.storage.tables import Base

NEW = NewRehearsal("pitch-to-boss", "ruth-abelson", "normal", 7, "embedded", "You wanted a word?", "purpose")
ANSWER = StoredAnswer(text="Go on.", exchange_json='{"turn": 1}', inner_json='{"memory": []}', assessment_json="{}")
FILLED = ("rehearsal", "turn", "said", "contest", "offer", "own_persona", "document")


def fill_rehearsal(store: RehearsalStore, word: str, **more: Any) -> str:
    """A rehearsal that has ended, with a word in every place where words are kept."""
    rehearsal_id = store.create(replace(NEW, opening=f"opening-{word}", offer_json=f'"offer-{word}"', **more))
    store.add_learner_turn(rehearsal_id, 1, f"learner-{word} " * 400)
    store.add_answer(rehearsal_id, 1, replace(ANSWER, text=f"counterpart-{word}", inner_json=f'"inner-{word}"'))
    store.update_assessment(rehearsal_id, 1, f'"assessment-{word}"')
    store.end(rehearsal_id, "left", f'"debrief-{word}"', trust=0.25, scores_json=f'"scores-{word}"')
    store.save_check_in(rehearsal_id, f'"check-in-{word}"')
    store.notebook.add_contest(rehearsal_id, 1, "purpose", f"reason-{word}", f'"contest-{word}"')
    return rehearsal_id


def fill_notebook(store: RehearsalStore, word: str) -> None:
    """A notebook with a word on every page."""
    store.notebook.save_offer(f'"card-{word}"')
    store.notebook.save_own_persona("my-boss", f"name: {word}")
    store.notebook.add_document(f"title-{word}", f"{word}.pdf", [f"passage-{word}"])


def count_rows(store: RehearsalStore) -> dict[str, int]:
    """How many rows of all people are in each table that is filled here."""
    with store.database.reading() as session:
        return {name: session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) or 0 for name in FILLED}


def all_of(store: RehearsalStore) -> list[object]:
    """Everything that one person keeps."""
    whole: list[object] = [store.get(summary.rehearsal_id) for summary in store.list(limit=1000)]
    notebook = store.notebook
    whole += [notebook.contests(summary.rehearsal_id) for summary in store.list(limit=1000)]
    return [*whole, notebook.offer(), notebook.own_personas(), notebook.documents()]
