"""What is off the record: kept nowhere but in memory, and there as anything is anywhere."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest
from filling import ANSWER, NEW, all_of, fill_rehearsal

from rehearse.errors import UnknownIdError
from rehearse.storage.notebook import Notebook
from rehearse.storage.off_record import DiscreetStore, is_off_record
from rehearse.storage.store import RehearsalStore


@pytest.fixture
def store(database: Path) -> DiscreetStore:
    return DiscreetStore(database)


def played(store: DiscreetStore, word: str) -> str:
    rehearsal_id = store.create_off_record(replace(NEW, opening=f"opening-{word}"))
    store.add_learner_turn(rehearsal_id, 1, f"learner-{word} " * 400)
    store.add_answer(rehearsal_id, 1, replace(ANSWER, text=f"counterpart-{word}"))
    store.update_assessment(rehearsal_id, 1, f'"assessment-{word}"')
    store.end(rehearsal_id, "left", f'"debrief-{word}"', trust=0.25)
    store.save_guess(rehearsal_id, 70)
    store.save_check_in(rehearsal_id, f'"check-in-{word}"')
    store.notebook.add_contest(rehearsal_id, 1, "purpose", f"reason-{word}", f'"contest-{word}"')
    return rehearsal_id


def test_it_is_all_there_and_in_no_file(store: DiscreetStore, database: Path) -> None:
    fill_rehearsal(store, "on-the-record")
    rehearsal_id = played(store, "between-us")
    assert is_off_record(rehearsal_id)
    assert len(rehearsal_id) == 32
    stored = store.get(rehearsal_id)
    assert (stored.ending, stored.guess, stored.check_in_json, len(stored.turns)) == ("left", 70, '"check-in-between-us"', 1)
    assert [c.reason for c in store.notebook.contests(rehearsal_id)] == ["reason-between-us"]
    assert (store.count(), len(store.list()), store.list("between-us"), len(store.recent(9))) == (1, 1, [], 1)
    store.close()
    files = {path: path.read_bytes() for path in database.parent.rglob("*") if path.is_file()}
    assert any(b"learner-on-the-record" in content for content in files.values())
    assert not [path for path, content in files.items() if b"between-us" in content]


def test_a_branch_stays_off_the_record_and_is_forgotten_with_the_rest(store: DiscreetStore) -> None:
    first = played(store, "word")
    second = store.create(replace(NEW, parent_id=first, parent_turn=1))
    assert is_off_record(second)
    store.delete(first)
    with pytest.raises(UnknownIdError):
        store.get(first)
    assert store.get(second).parent_id is None
    store.forget_off_record()
    with pytest.raises(UnknownIdError):
        store.get(second)


def test_nobody_else_knows_it(store: DiscreetStore) -> None:
    ana, ben = store.for_person("ana"), store.for_person("ben")
    hers = played(ana, "word")
    for attempt in (
        lambda: ben.get(hers),
        lambda: ben.delete(hers),
        lambda: ben.notebook.contests(hers),
        lambda: ben.create(replace(NEW, parent_id=hers, parent_turn=1)),
    ):
        with pytest.raises(UnknownIdError):
            attempt()
    ben.delete_all()
    assert ana.get(hers).ending == "left"
    assert all_of(ben) == [None, [], []]


@pytest.mark.parametrize("plain", [RehearsalStore, Notebook])
def test_everything_that_names_a_rehearsal_looks_in_both_places(store: DiscreetStore, plain: type) -> None:
    discreet = type(store) if plain is RehearsalStore else type(store.notebook)
    named = [
        name
        for name, method in inspect.getmembers(plain, inspect.isfunction)
        if not name.startswith("_") and "rehearsal_id" in inspect.signature(method).parameters
    ]
    assert named
    assert [name for name in named if name not in vars(discreet)] == []
