"""What was deleted is gone: from every table, and from the files of SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest
from filling import count_rows, fill_notebook, fill_rehearsal

from rehearse.errors import StorageError
from rehearse.storage.store import NewRehearsal, RehearsalStore
from rehearse.storage.tables import TurnRow


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


@pytest.mark.parametrize("everything", [True, False])
def test_deleted_words_are_gone_from_the_files(
    file_store: RehearsalStore, database: Path, new: NewRehearsal, everything: bool
) -> None:
    rehearsal_id = fill_rehearsal(file_store, "canary")
    if everything:
        fill_notebook(file_store, "canary")
    assert b"learner-canary" in _bytes_of(database.parent)

    file_store.delete_all() if everything else file_store.delete(rehearsal_id)

    assert b"canary" not in _bytes_of(database.parent)
    assert set(count_rows(file_store).values()) == {0}
    assert file_store.create(new)


def test_pages_of_the_notebook_are_gone_from_the_files(file_store: RehearsalStore, database: Path) -> None:
    fill_notebook(file_store, "canary")
    file_store.notebook.save_offer('"another card"')
    file_store.notebook.delete_own_persona("my-boss")
    file_store.notebook.delete_document(file_store.notebook.documents()[0].document_id)
    assert b"canary" not in _bytes_of(database.parent)
    assert file_store.notebook.offer() == '"another card"'


def test_all_of_one_person_goes_and_nothing_of_another(store: RehearsalStore) -> None:
    other = store.for_person("ana")
    kept_id = fill_rehearsal(other, "hers")
    fill_notebook(other, "hers")
    before, notebook = other.get(kept_id), other.notebook
    contests, documents = notebook.contests(kept_id), notebook.documents()
    fill_rehearsal(store, "mine")
    fill_notebook(store, "mine")

    store.delete_all()

    assert other.get(kept_id) == before
    assert (notebook.contests(kept_id), notebook.documents()) == (contests, documents)
    assert (notebook.offer(), len(notebook.own_personas())) == ('"card-hers"', 1)
    assert store.count() == 0
    assert set(count_rows(store).values()) == {1}
    other.delete_all()
    assert set(count_rows(store).values()) == {0}


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
