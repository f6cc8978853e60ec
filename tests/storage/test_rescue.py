"""A damaged file: what can be read is saved, what is saved can be used, and the damaged file stays as it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from filling import ANSWER, NEW, all_of, fill_notebook, fill_rehearsal

from rehearse.errors import LearnerError, StorageError
from rehearse.storage.rescue import rescue
from rehearse.storage.store import RehearsalStore

PAGE = 4096


def _pages_of(database: Path, table: str) -> list[int]:
    """The leaf pages of a table, counted from 1; our SQLite has no dbstat, so by what is written in them."""
    content = database.read_bytes()
    word = {"turn": b"learner-", "rehearsal": b"opening-"}[table]
    pages = [content[n : n + PAGE] for n in range(0, len(content), PAGE)]
    return [n for n, page in enumerate(pages, 1) if page[:1] == b"\r" and word in page]


def _destroy(database: Path, pages: list[int]) -> bytes:
    content = bytearray(database.read_bytes())
    for page in pages:
        content[(page - 1) * PAGE : page * PAGE] = b"\xa5" * PAGE
    database.write_bytes(content)
    return bytes(content)


@pytest.fixture
def filled(file_store: RehearsalStore) -> RehearsalStore:
    for n in range(15):
        fill_rehearsal(file_store, f"number-{n}")
    fill_notebook(file_store, "mine")
    return file_store


def test_a_whole_file_is_saved_whole(filled: RehearsalStore, database: Path, tmp_path: Path) -> None:
    wanted = all_of(filled)
    done = rescue(database, tmp_path / "new.db")
    assert (done.saved["rehearsal"], done.saved["turn"], sum(done.adrift.values())) == (15, 15, 0)
    again = RehearsalStore(tmp_path / "new.db")
    assert all_of(again) == wanted
    again.close()


def test_what_lies_around_a_damaged_page_is_saved(filled: RehearsalStore, database: Path, tmp_path: Path) -> None:
    wanted = {summary.rehearsal_id: filled.get(summary.rehearsal_id) for summary in filled.list()}
    filled.close()
    pages = _pages_of(database, "turn")
    content = _destroy(database, [pages[len(pages) // 3], pages[len(pages) // 2]])

    done = rescue(database, tmp_path / "new.db")

    assert database.read_bytes() == content
    assert done.saved["rehearsal"] == 15
    assert 10 <= done.saved["turn"] < 15
    again = RehearsalStore(tmp_path / "new.db")
    whole = [s.rehearsal_id for s in again.list() if s.turns]
    assert len(whole) == done.saved["turn"]
    assert all(again.get(rehearsal_id) == wanted[rehearsal_id] for rehearsal_id in whole)
    assert again.notebook.offer() == '"card-mine"'
    again.close()


def test_turns_of_lost_rehearsals_are_counted_and_left_out(filled: RehearsalStore, database: Path, tmp_path: Path) -> None:
    for n in range(20):
        fill_rehearsal(filled, f"more than one page of them, {n}")
    filled.close()
    _destroy(database, _pages_of(database, "rehearsal")[:1])
    done = rescue(database, tmp_path / "new.db")
    lost = 35 - done.saved["rehearsal"]
    assert 0 < lost < 35
    assert (done.adrift["turn"], done.adrift["contest"]) == (lost, lost)
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_no_turn_after_one_that_is_lost(file_store: RehearsalStore, database: Path, tmp_path: Path) -> None:
    rehearsal_id = file_store.create(NEW)
    for number in range(1, 6):
        file_store.add_learner_turn(rehearsal_id, number, f"turn {number}")
        file_store.add_answer(rehearsal_id, number, ANSWER)
    file_store.close()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE turn SET learner = CAST(x'ff00ff' AS TEXT) WHERE number = 3")
    done = rescue(database, tmp_path / "new.db")
    assert (done.saved["turn"], done.adrift["turn"]) == (2, 2)
    again = RehearsalStore(tmp_path / "new.db")
    assert [t.text for t in again.get(rehearsal_id).turns] == ["turn 1", "turn 2"]
    again.add_learner_turn(rehearsal_id, 3, "and on it goes")
    again.close()


def test_the_last_turns_that_are_only_in_the_log_are_saved(filled: RehearsalStore, database: Path, tmp_path: Path) -> None:
    assert database.with_name("rehearse.db-wal").stat().st_size > 0
    rehearsal_id = fill_rehearsal(filled, "just now")
    rescue(database, tmp_path / "new.db")
    again = RehearsalStore(tmp_path / "new.db")
    assert again.get(rehearsal_id).opening == "opening-just now"
    again.close()


def test_a_file_that_was_cut_short_is_read_as_far_as_it_goes(filled: RehearsalStore, database: Path, tmp_path: Path) -> None:
    filled.close()
    content = database.read_bytes()
    database.write_bytes(content[: len(content) * 2 // 3 // PAGE * PAGE])
    done = rescue(database, tmp_path / "new.db")
    assert 0 < done.saved["turn"] < 15


@pytest.mark.parametrize("content", [b"", b"These are my holiday notes. " * 300, b"SQLite format 3\0" + b"\xa5" * 9000])
def test_where_nothing_can_be_read_no_file_is_made(database: Path, tmp_path: Path, content: bytes) -> None:
    database.parent.mkdir()
    database.write_bytes(content)
    with pytest.raises(StorageError, match=r"Nothing in .* can be read any more"):
        rescue(database, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    assert database.read_bytes() == content


def test_no_file_is_replaced_and_none_is_guessed(file_store: RehearsalStore, database: Path, tmp_path: Path) -> None:
    with pytest.raises(LearnerError, match="exists already"):
        rescue(database, database)
    with pytest.raises(LearnerError, match="is not there"):
        rescue(tmp_path / "nothing.db", tmp_path / "new.db")
