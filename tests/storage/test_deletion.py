"""What was deleted is gone: from every table, and from the files of SQLite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from rehearse.errors import StorageError
from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer
from rehearse.storage.tables import Base, TurnRow


def _fill(store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer, word: str) -> str:
    """A word in every place where words are kept."""
    rehearsal_id = store.create(replace(new, opening=f"opening-{word}", offer_json=f'"offer-{word}"'))
    store.add_learner_turn(rehearsal_id, 1, f"learner-{word} " * 400)
    store.add_answer(rehearsal_id, 1, replace(answer, text=f"counterpart-{word}", inner_json=f'"inner-{word}"'))
    store.update_assessment(rehearsal_id, 1, f'"assessment-{word}"')
    store.end(rehearsal_id, "left", f'"debrief-{word}"', scores_json=f'"scores-{word}"')
    store.save_check_in(rehearsal_id, f'"check-in-{word}"')
    store.notebook.add_contest(rehearsal_id, 1, "purpose", f"reason-{word}", f'"contest-{word}"')
    return rehearsal_id


def _fill_notebook(store: RehearsalStore, word: str) -> None:
    store.notebook.save_offer(f'"card-{word}"')
    store.notebook.save_own_persona("my-boss", f"name: {word}")
    store.notebook.add_document(f"title-{word}", f"{word}.pdf", [f"passage-{word}"])


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def _rows(store: RehearsalStore) -> dict[str, int]:
    with store.database.reading() as session:
        return {t.name: session.scalar(select(func.count()).select_from(t)) or 0 for t in Base.metadata.sorted_tables}


@pytest.mark.parametrize("everything", [True, False])
def test_deleted_words_are_gone_from_the_files(
    file_store: RehearsalStore, database: Path, new: NewRehearsal, answer: StoredAnswer, everything: bool
) -> None:
    rehearsal_id = _fill(file_store, new, answer, "canary")
    if everything:
        _fill_notebook(file_store, "canary")
    assert b"learner-canary" in _bytes_of(database.parent)

    file_store.delete_all() if everything else file_store.delete(rehearsal_id)

    assert b"canary" not in _bytes_of(database.parent)
    assert set(_rows(file_store).values()) == {0}
    assert file_store.create(new)


def test_pages_of_the_notebook_are_gone_from_the_files(file_store: RehearsalStore, database: Path) -> None:
    _fill_notebook(file_store, "canary")
    file_store.notebook.save_offer('"another card"')
    file_store.notebook.delete_own_persona("my-boss")
    file_store.notebook.delete_document(file_store.notebook.documents()[0].document_id)
    assert b"canary" not in _bytes_of(database.parent)
    assert file_store.notebook.offer() == '"another card"'


def test_all_of_one_person_goes_and_nothing_of_another(store: RehearsalStore, new: NewRehearsal, answer: StoredAnswer) -> None:
    other = store.for_person("ana")
    kept_id = _fill(other, new, answer, "hers")
    _fill_notebook(other, "hers")
    before, notebook = other.get(kept_id), other.notebook
    contests, documents = notebook.contests(kept_id), notebook.documents()
    _fill(store, new, answer, "mine")
    _fill_notebook(store, "mine")

    store.delete_all()

    assert other.get(kept_id) == before
    assert (notebook.contests(kept_id), notebook.documents()) == (contests, documents)
    assert (notebook.offer(), len(notebook.own_personas())) == ('"card-hers"', 1)
    assert store.count() == 0
    assert set(_rows(store).values()) == {1}
    other.delete_all()
    assert set(_rows(store).values()) == {0}


def test_deleting_while_another_reads_says_what_is_left_to_do(
    file_store: RehearsalStore, database: Path, new: NewRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearse.storage.sqlite.BUSY_SECONDS", 0.05)
    quick = RehearsalStore(database)
    file_store.create(new)
    with file_store.database.reading() as session:
        session.execute(TurnRow.__table__.select()).all()
        with pytest.raises(StorageError, match="Close other copies of it and delete again"):
            quick.delete_all()
    assert file_store.count() == 0
    quick.delete_all()
    quick.close()
