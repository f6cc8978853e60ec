"""What was deleted is gone: from every table, and from the files of SQLite."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filling import count_rows, fill_notebook, fill_rehearsal
from sqlalchemy import update

from rehearse.app import expire_daily
from rehearse.config import load_settings
from rehearse.errors import StorageError
from rehearse.storage.store import NewRehearsal, RehearsalStore
from rehearse.storage.tables import RehearsalRow, TurnRow
from rehearse.workspace import Workspace


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


def test_a_large_file_is_cleaned_in_the_background(
    file_store: RehearsalStore, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearse.storage.sqlite.LARGE", 0)
    canaries = [fill_rehearsal(file_store, f"canary-{n}") for n in range(4)]
    kept = fill_rehearsal(file_store, "kept")
    for rehearsal_id in canaries:
        file_store.delete(rehearsal_id)
        file_store.save_guess(kept, 50)
    file_store.close()
    assert b"canary" not in _bytes_of(database.parent)
    assert file_store.get(kept).guess == 50


def test_a_large_file_that_cannot_be_cleaned_is_in_the_log(
    file_store: RehearsalStore, new: NewRehearsal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rehearse.storage.sqlite.LARGE", 0)
    monkeypatch.setattr("rehearse.storage.sqlite.BUSY_SECONDS", 0.05)
    quick = RehearsalStore(f"sqlite:///{file_store.database.place}")
    rehearsal_id = quick.create(new)
    with file_store.database.reading() as session:
        session.execute(TurnRow.__table__.select()).all()
        quick.delete(rehearsal_id)
        quick.close()
    assert "Close other copies of it and delete again" in caplog.text


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


def _age(store: RehearsalStore, rehearsal_id: str, **days: int | None) -> None:
    """Make a rehearsal as old as if it had begun, been ended or been spoken in so many days ago."""
    moments = {key: None if n is None else datetime.now(UTC) - timedelta(days=n) for key, n in days.items()}
    said_at = moments.pop("said_at", moments["started_at"])
    with store.database.writing() as session:
        session.execute(update(RehearsalRow).where(RehearsalRow.id == rehearsal_id).values(**moments))
        session.execute(update(TurnRow).where(TurnRow.rehearsal_id == rehearsal_id).values(said_at=said_at))


def test_what_is_old_expires_whoever_it_belongs_to(store: RehearsalStore) -> None:
    ana = store.for_person("ana")
    fill_notebook(ana, "stays")
    old, hers, parent = fill_rehearsal(store, "old"), fill_rehearsal(ana, "hers"), fill_rehearsal(store, "parent")
    ended_late, still_open, young = (fill_rehearsal(store, word) for word in ("late", "open", "young"))
    branch = fill_rehearsal(store, "branch", parent_id=parent, parent_turn=1)
    for rehearsal_id in (old, hers, parent):
        _age(store, rehearsal_id, started_at=40, ended_at=31)
    _age(store, ended_late, started_at=40, ended_at=29)
    _age(store, still_open, started_at=40, ended_at=None, said_at=29)
    _age(store, young, started_at=29, ended_at=29)

    assert store.expire(datetime.now(UTC) - timedelta(days=30)) == 3
    assert store.expire(datetime.now(UTC) - timedelta(days=30)) == 0

    assert {s.rehearsal_id for s in store.list()} == {ended_late, still_open, young, branch}
    assert (ana.count(), ana.notebook.offer()) == (0, '"card-stays"')
    assert store.get(branch).parent_id is None
    assert count_rows(store) == {
        "rehearsal": 4, "turn": 4, "said": 4, "contest": 4, "offer": 1, "own_persona": 1, "document": 1,
    }  # fmt: skip


def test_expired_words_are_gone_from_the_files(file_store: RehearsalStore, database: Path) -> None:
    fill_rehearsal(file_store, "canary")
    assert file_store.expire(datetime.now(UTC) + timedelta(days=1)) == 1
    assert b"canary" not in _bytes_of(database.parent)


@pytest.mark.parametrize(("days", "left"), [(None, 1), (30, 0), (50, 1)])
def test_the_setting_decides_what_is_too_old(monkeypatch: pytest.MonkeyPatch, days: int | None, left: int) -> None:
    if days is not None:
        monkeypatch.setenv("REHEARSE_KEEP_DAYS", str(days))
    workspace = Workspace(load_settings())
    _age(workspace.store, fill_rehearsal(workspace.store, "old"), started_at=40, ended_at=40)
    assert workspace.expire() == 1 - left
    assert workspace.store.count() == left
    workspace.store.close()


def test_expiry_goes_on_when_the_database_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    workspace, stop = Workspace(load_settings(keep_days=5)), threading.Event()
    tried = []

    def expire(self: Workspace) -> int:
        tried.append(1)
        if len(tried) == 1:
            raise StorageError("It is in use by another process.")
        stop.set()
        return 0

    monkeypatch.setattr(Workspace, "expire", expire)
    expire_daily(workspace, stop, 0.01)
    assert len(tried) == 2
    assert "in use by another process" in caplog.text


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
