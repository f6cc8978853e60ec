"""What a person keeps beside the rehearsals comes back as it went in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rehearse.errors import UnknownIdError
from rehearse.storage.notebook import Notebook
from rehearse.storage.store import NewRehearsal, RehearsalStore


@pytest.fixture
def notebook(store: RehearsalStore) -> Notebook:
    return store.notebook


def test_one_offer_card_is_in_force(notebook: Notebook) -> None:
    assert notebook.offer() is None
    notebook.save_offer('{"skills": ["šťastné čtení"]}')
    notebook.save_offer('{"skills": []}')
    assert notebook.offer() == '{"skills": []}'


def test_own_personas_are_replaced_and_deleted(notebook: Notebook) -> None:
    before = datetime.now(UTC)
    notebook.save_own_persona("my-boss", "name: One\n")
    notebook.save_own_persona("a-peer", "name: Peer\n")
    made_at = notebook.own_personas()[0].made_at
    notebook.save_own_persona("my-boss", "name: Two\n")
    assert [(p.persona_id, p.yaml) for p in notebook.own_personas()] == [("my-boss", "name: Two\n"), ("a-peer", "name: Peer\n")]
    assert before <= made_at == notebook.own_personas()[0].made_at
    notebook.delete_own_persona("my-boss")
    assert [p.persona_id for p in notebook.own_personas()] == ["a-peer"]
    with pytest.raises(UnknownIdError, match="Known: a-peer"):
        notebook.delete_own_persona("my-boss")


def test_documents_keep_their_passages_in_order(notebook: Notebook) -> None:
    first = notebook.add_document("House rules", "rules.pdf", ["Be “kind”.", "Zuhören\nzuerst."])
    second = notebook.add_document("Nothing in it", "empty.txt", [])
    found = notebook.documents()
    assert [(d.document_id, d.title, d.file_name) for d in found] == [
        (first, "House rules", "rules.pdf"),
        (second, "Nothing in it", "empty.txt"),
    ]
    assert [d.passages for d in found] == [("Be “kind”.", "Zuhören\nzuerst."), ()]
    assert found[0].added_at.tzinfo is UTC
    notebook.delete_document(first)
    assert [d.document_id for d in notebook.documents()] == [second]
    with pytest.raises(UnknownIdError):
        notebook.delete_document(first)


def test_contests_are_kept_in_order_and_go_with_their_rehearsal(store: RehearsalStore, new: NewRehearsal) -> None:
    notebook, kept_id, other_id = store.notebook, store.create(new), store.create(new)
    notebook.add_contest(kept_id, 3, "purpose", "I said “by June”.", '{"verdict": "changed"}')
    notebook.add_contest(kept_id, 1, "safety", "I did.", '{"verdict": "stands"}')
    notebook.add_contest(kept_id, 3, "purpose", "Once more.", '{"verdict": "stands"}')
    assert [(c.turn, c.criterion_id, c.reason) for c in notebook.contests(kept_id)] == [
        (3, "purpose", "I said “by June”."),
        (1, "safety", "I did."),
        (3, "purpose", "Once more."),
    ]
    assert notebook.contests(kept_id)[0].contest_json == '{"verdict": "changed"}'
    assert notebook.contests(other_id) == []
    store.delete(kept_id)
    with pytest.raises(UnknownIdError):
        notebook.contests(kept_id)
    with pytest.raises(UnknownIdError):
        notebook.add_contest(kept_id, 1, "purpose", "Too late.", "{}")
