"""A deleted document leaves no word in what the coach concluded, in either database, whoever writes at the same moment."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import text

from rehearse.storage.cited import without_removed
from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer

WORD = "quokka"


def concluded(*documents: str) -> str:
    """What the coach concludes, as it is written: one remark for each document that it quotes, and one that quotes none."""
    told = [
        {"why": f"Why {n}.", "own": {"document_id": d, "document": WORD, "heading": "", "text": f"Of {WORD}s, {n}."}}
        for n, d in enumerate(documents)
    ]
    return json.dumps({"ratings": {}, "remarks": [*told, {"why": "Šťastné 👩🏽‍🏫"}]}, ensure_ascii=False)


def kept_of(store: RehearsalStore, document_id: str, new: NewRehearsal, answer: StoredAnswer) -> str:
    """The id of a talk whose answer and debrief quote a document."""
    rehearsal_id = store.create(new)
    store.add_learner_turn(rehearsal_id, 1, "Hello.")
    store.add_answer(rehearsal_id, 1, replace(answer, assessment_json=concluded(document_id)))
    store.end(rehearsal_id, "left", concluded(document_id))
    return rehearsal_id


def everything(store: RehearsalStore) -> str:
    with store.database.reading() as session:
        rows = [session.execute(text(f"SELECT * FROM {table}")).all() for table in ("rehearsal", "turn", "document")]
    return repr(rows)


def test_its_passages_go_and_those_of_others_stay(store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer) -> None:
    mine, other = (store.notebook.add_document(WORD, "a.md", [f"Of {WORD}s."]) for _ in range(2))
    theirs = store.for_person("somebody-else")
    not_mine = theirs.notebook.add_document(WORD, "a.md", [f"Of {WORD}s."])
    talk, both, elsewhere = (
        kept_of(store, mine, new, answer),
        kept_of(store, other, new, answer),
        kept_of(theirs, not_mine, new, answer),
    )
    store.update_assessment(both, 1, concluded(mine, other))
    store.notebook.delete_document(mine)

    gone = store.get(talk)
    assert gone.debrief_json is not None
    assert gone.turns[0].answer is not None
    for written in (gone.debrief_json, gone.turns[0].answer.assessment_json):
        assert WORD not in written
        first, last = json.loads(written)["remarks"]
        assert first == {"why": "Why 0.", "own_removed": True}
        assert last == {"why": "Šťastné 👩🏽‍🏫"}
    half = store.get(both).turns[0].answer
    assert half is not None
    assert [("own" in r, r.get("own_removed", False)) for r in json.loads(half.assessment_json)["remarks"]] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert theirs.get(elsewhere).debrief_json == concluded(not_mine)


def test_what_is_written_afterwards_is_written_without_it(store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer) -> None:
    document = store.notebook.add_document(WORD, "a.md", [f"Of {WORD}s."])
    rehearsal_id = kept_of(store, document, new, answer)
    store.notebook.delete_document(document)
    again = store.create(new)
    store.add_learner_turn(again, 1, "Hello.")
    store.add_answer(again, 1, replace(answer, assessment_json=concluded(document)))
    store.update_assessment(rehearsal_id, 1, concluded(document))
    store.end(rehearsal_id, "left", concluded(document))
    assert WORD not in everything(store)


def test_nobody_who_writes_at_that_moment_brings_it_back(store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer) -> None:
    """Second readings come in while the document goes; none waits for ever, and none is lost."""
    document = store.notebook.add_document(WORD, "a.md", [f"Of {WORD}s."])
    talks = [kept_of(store, document, new, answer) for _ in range(4)]
    begin = threading.Barrier(5)

    def reads(rehearsal_id: str) -> None:
        begin.wait(30)
        for _ in range(15):
            store.update_assessment(rehearsal_id, 1, concluded(document))
            store.end(rehearsal_id, "left", concluded(document))

    def deletes() -> None:
        begin.wait(30)
        store.notebook.delete_document(document)

    with ThreadPoolExecutor(5) as pool:
        work = [*(pool.submit(reads, talk) for talk in talks), pool.submit(deletes)]
    for one in work:
        one.result(60)
    assert WORD not in everything(store)
    assert document not in everything(store)


def test_what_quotes_nothing_is_left_to_the_letter() -> None:
    for written in ('{"remarks":  [{"why": "a"}]}', "{}", "", '{"own": 1, "remarks": []}'):
        assert without_removed(written, ()) == written
    there = concluded("a")
    assert without_removed(there, {"a"}) == there
