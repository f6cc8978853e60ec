"""Several people in one database: whatever is another's does not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from rehearse.errors import UnknownIdError
from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer

Attempt = Callable[[RehearsalStore, str, StoredAnswer, NewRehearsal], object]

ATTEMPTS: dict[str, Attempt] = {
    "get": lambda store, hers, answer, new: store.get(hers),
    "say": lambda store, hers, answer, new: store.add_learner_turn(hers, 2, "May I?"),
    "say again": lambda store, hers, answer, new: store.add_learner_turn(hers, 1, "Hello."),
    "answer": lambda store, hers, answer, new: store.add_answer(hers, 1, answer),
    "assess": lambda store, hers, answer, new: store.update_assessment(hers, 1, "{}"),
    "end": lambda store, hers, answer, new: store.end(hers, "left", "{}"),
    "guess": lambda store, hers, answer, new: store.save_guess(hers, 5),
    "check in": lambda store, hers, answer, new: store.save_check_in(hers, "{}"),
    "delete": lambda store, hers, answer, new: store.delete(hers),
    "branch": lambda store, hers, answer, new: store.create(replace(new, parent_id=hers, parent_turn=1)),
    "contest": lambda store, hers, answer, new: store.notebook.add_contest(hers, 1, "purpose", "But why?", "{}"),
    "contests": lambda store, hers, answer, new: store.notebook.contests(hers),
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS.keys())
def test_the_id_of_another_is_an_unknown_one(
    store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer, attempt: Attempt
) -> None:
    ana = store.for_person("ana")
    hers = ana.create(new)
    ana.add_learner_turn(hers, 1, "Hello.")
    ana.add_answer(hers, 1, answer)
    before = ana.get(hers)
    with pytest.raises(UnknownIdError, match="Known: none"):
        attempt(store.for_person("ben"), hers, replace(answer, text="Something else."), new)
    assert ana.get(hers) == before
    attempt(ana, hers, answer, new)


def test_nobody_finds_counts_or_lists_what_is_another_s(store: RehearsalStore, new: NewRehearsal) -> None:
    ana, ben = store.for_person("ana"), store.for_person("ben")
    hers = ana.create(new)
    ana.add_learner_turn(hers, 1, "between you and me")
    ana.end(hers, "left", "{}")
    assert (ben.count(), ben.list(), ben.list("between you"), ben.list("ruth"), ben.recent(5)) == (0, [], [], [], [])
    assert (ana.count(), len(ana.list()), len(ana.list("between you")), len(ana.list("ruth")), len(ana.recent(5))) == (1,) * 5
    assert store.list() == []


def test_notebooks_are_apart(store: RehearsalStore) -> None:
    ana, ben = store.for_person("ana").notebook, store.notebook.for_person("ben")
    ana.save_offer('"hers"')
    ana.save_own_persona("my-boss", "name: Ana's boss")
    document_id = ana.add_document("House rules", "rules.pdf", ["Be kind."])
    ben.save_own_persona("my-boss", "name: Ben's boss")
    assert (ben.offer(), ben.documents()) == (None, [])
    with pytest.raises(UnknownIdError):
        ben.delete_document(document_id)
    ben.delete_own_persona("my-boss")
    with pytest.raises(UnknownIdError):
        ben.delete_own_persona("my-boss")
    assert [p.yaml for p in ana.own_personas()] == ["name: Ana's boss"]
    assert len(ana.documents()) == 1
