"""PostgreSQL: made and brought up to date by several processes at once, turns in single file, and no password in any message."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from rehearse.errors import StorageError
from rehearse.storage.postgres import PostgresDatabase, place_of, postgres_address
from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer

OPENER = """
import sys
from rehearse.storage.store import NewRehearsal, RehearsalStore
store = RehearsalStore(sys.argv[1])
rehearsal_id = store.create(NewRehearsal("pitch-to-boss", "ruth-abelson", "normal", 1, "embedded", "Yes?"))
store.add_learner_turn(rehearsal_id, 1, "Hello.")
store.close()
"""


def test_several_processes_make_one_database_at_once(postgres: str) -> None:
    opening = [subprocess.Popen([sys.executable, "-W", "error", "-c", OPENER, postgres]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in opening] == [0, 0, 0]
    store = RehearsalStore(postgres)
    assert store.count() == 3
    store.close()


def test_different_words_under_one_number_are_kept_once(postgres: str, new: NewRehearsal) -> None:
    stores = [RehearsalStore(postgres) for _ in range(4)]
    rehearsal_id = stores[0].create(new)

    def say(n: int) -> str:
        try:
            stores[n].add_learner_turn(rehearsal_id, 1, f"words {n}")
        except StorageError:
            return ""
        return f"words {n}"

    with ThreadPoolExecutor(4) as pool:
        said = [words for words in pool.map(say, range(4)) if words]
    assert [t.text for t in stores[0].get(rehearsal_id).turns] == said
    for store in stores:
        store.close()


def test_own_pages_written_at_once_are_written_once(postgres: str) -> None:
    store = RehearsalStore(postgres)

    def write(n: int) -> None:
        store.notebook.save_offer(f'"{n}"')
        store.notebook.save_own_persona("my-boss", f"name: {n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(16)))
    assert len(store.notebook.own_personas()) == 1
    store.close()


def test_a_connection_that_was_cut_is_made_again(postgres: str, new: NewRehearsal) -> None:
    store, other = RehearsalStore(postgres), RehearsalStore(postgres)
    rehearsal_id = store.create(new)
    with other.database.reading() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    assert store.get(rehearsal_id).opening == new.opening
    store.close()
    other.close()


def test_a_large_seed(postgres: str, new: NewRehearsal) -> None:
    store = RehearsalStore(postgres)
    assert store.get(store.create(replace(new, seed=2**40))).seed == 2**40
    store.close()


def test_words_never_stand_in_the_error_or_what_caused_it(postgres: str, new: NewRehearsal, answer: StoredAnswer) -> None:
    store = RehearsalStore(postgres)
    rehearsal_id = store.create(new)
    with pytest.raises(StorageError, match="cannot be kept") as caught:
        store.add_learner_turn(rehearsal_id, 1, "my secret\0words")
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"
    store.close()


def test_a_newer_schema_is_left_alone(postgres: str) -> None:
    opened = PostgresDatabase(postgres)
    with opened.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    with pytest.raises(StorageError, match="newer version of Rehearse"):
        RehearsalStore(postgres)


def _refusal(address: str) -> str:
    with pytest.raises(StorageError) as caught:
        RehearsalStore(address)
    told = str(caught.value)
    whole, error = told, caught.value.__cause__
    while error is not None:
        whole, error = whole + str(error), error.__cause__
    assert "hunter2" not in whole
    return told


def test_what_is_said_when_nobody_listens() -> None:
    told = _refusal("postgresql://ana:hunter2@127.0.0.1:9/talks")
    assert told.startswith("The PostgreSQL database talks on 127.0.0.1:9 cannot be reached.")
    assert "ana" not in told


def test_what_is_said_when_the_database_is_not_there(postgres: str) -> None:
    address = make_url(postgres).set(database="nothing", password="hunter2").render_as_string(hide_password=False)
    assert "is not there. Nothing was opened." in _refusal(address)


def test_what_is_said_when_nobody_is_let_in(postgres: str) -> None:
    address = make_url(postgres).set(username="stranger", password="hunter2").render_as_string(hide_password=False)
    assert "does not let us in" in _refusal(address)


def test_what_is_said_of_an_address_that_cannot_be_read() -> None:
    assert "cannot be read; nothing was opened" in _refusal("postgresql://ana:hunter2@host:port/talks")


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("postgres://ana:hunter2@db.example/talks", "the PostgreSQL database talks on db.example"),
        ("postgresql+psycopg:///talks?host=/run/pg", "the PostgreSQL database talks on /run/pg"),
        ("postgresql:///talks", "the PostgreSQL database talks on this machine"),
    ],
)
def test_how_messages_call_it(given: str, place: str) -> None:
    assert place_of(postgres_address(given)) == place


def test_what_is_said_without_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StorageError, match=r"pip install 'rehearse\[postgres\]'"):
        PostgresDatabase("postgresql://127.0.0.1:9/talks")


def test_the_setting_is_used_and_does_not_show_the_password(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rehearse.config import load_settings
    from rehearse.workspace import Workspace

    address = make_url(postgres).set(password="hunter2").render_as_string(hide_password=False)
    monkeypatch.setenv("REHEARSE_DATABASE_URL", address)
    workspace = Workspace(load_settings())
    assert isinstance(workspace.store.database, PostgresDatabase)
    assert "hunter2" not in f"{workspace}{workspace.store.database.place}"
    workspace.store.close()


@pytest.mark.parametrize("postgres", ["ENCODING SQL_ASCII TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"], indirect=True)
def test_words_stay_words_in_a_database_that_knows_no_letters(postgres: str, new: NewRehearsal) -> None:
    store = RehearsalStore(postgres)
    rehearsal_id = store.create(new)
    store.add_learner_turn(rehearsal_id, 1, "Für Zoë, naïvely: 🙂")
    assert [turn.text for turn in store.get(rehearsal_id).turns] == ["Für Zoë, naïvely: 🙂"]
    assert [found.rehearsal_id for found in store.list(search="ZOË")] == [rehearsal_id]
    store.close()
