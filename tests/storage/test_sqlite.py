"""The SQLite file: made, brought up to date, shared between processes, and what is said when it cannot be used."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from rehearse.errors import StorageError
from rehearse.storage.opening import database_file
from rehearse.storage.store import NewRehearsal, RehearsalStore

WRITER = """
import sys
import threading
from pathlib import Path
from rehearse.storage.store import NewRehearsal, RehearsalStore
store = RehearsalStore(Path(sys.argv[1]))
rehearsal_id = store.create(NewRehearsal("pitch-to-boss", "ruth-abelson", "normal", 1, "embedded", "Yes?"))
print(rehearsal_id, flush=True)
for number in range(1, int(sys.argv[2]) + 1):
    store.add_learner_turn(rehearsal_id, number, f"turn {number}")
    print(number, flush=True)
"""


def _writer(database: Path, turns: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WRITER, str(database), str(turns)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no such modes.")
def test_nobody_else_on_the_machine_reads_the_file(database: Path, new: NewRehearsal) -> None:
    before = os.umask(0o022)
    try:
        store = RehearsalStore(database)
        store.create(new)
        beside = sorted(path for path in database.parent.iterdir() if path.name != f"{database.name}.lock")
        assert [path.suffix for path in beside] == [".db", ".db-shm", ".db-wal"]
        assert {path.name: path.stat().st_mode & 0o077 for path in beside} == {path.name: 0 for path in beside}
        store.close()
    finally:
        os.umask(before)


def test_settings_of_each_connection(file_store: RehearsalStore) -> None:
    with file_store.database.reading() as session:
        found = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "secure_delete", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000}


def test_opening_again_keeps_everything(file_store: RehearsalStore, database: Path, new: NewRehearsal) -> None:
    rehearsal_id = file_store.create(new)
    again = RehearsalStore(f"sqlite:///{database}")
    assert again.get(rehearsal_id) == file_store.get(rehearsal_id)
    again.close()


def test_two_processes_make_and_fill_one_file_at_once(database: Path) -> None:
    writers = [_writer(database, 5) for _ in range(2)]
    said = [writer.communicate(timeout=60)[0].split() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    store = RehearsalStore(database)
    assert store.count() == 2
    for rehearsal_id, *_ in said:
        assert [t.text for t in store.get(rehearsal_id).turns] == [f"turn {n}" for n in range(1, 6)]
    store.close()


def test_a_killed_process_loses_no_turn_that_it_said_was_kept(database: Path) -> None:
    writer = _writer(database, 100_000)
    assert writer.stdout is not None
    rehearsal_id = writer.stdout.readline().strip()
    for _ in range(10):
        writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    kept = 10 + len(writer.stdout.read().split())
    writer.stdout.close()
    writer.wait(timeout=20)

    store = RehearsalStore(database)
    turns = store.get(rehearsal_id).turns
    assert [t.number for t in turns] == list(range(1, len(turns) + 1))
    assert len(turns) in {kept, kept + 1}
    store.add_learner_turn(rehearsal_id, len(turns) + 1, "and on it goes")
    store.close()


def test_a_half_done_migration_leaves_nothing_behind(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rehearse.storage.database as module

    def fail(config: object, revision: str) -> None:
        config.attributes["connection"].exec_driver_sql("CREATE TABLE rehearsal (id TEXT)")  # type: ignore[attr-defined]
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module.command, "upgrade", fail)
        with pytest.raises(StorageError, match="No space left on device"):
            RehearsalStore(database)
    store = RehearsalStore(database)
    assert store.count() == 0
    store.close()


def test_a_file_that_is_no_database_is_left_as_it_is(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"These are my holiday notes. " * 300)
    with pytest.raises(StorageError, match=r"damaged and cannot be read\. It was left as it is"):
        RehearsalStore(database)
    assert database.read_bytes() == b"These are my holiday notes. " * 300


def test_a_file_that_was_cut_short(file_store: RehearsalStore, database: Path, new: NewRehearsal) -> None:
    for _ in range(200):
        file_store.create(new)
    file_store.close()
    database.write_bytes(database.read_bytes()[: 5 * 4096] + b"\xff" * 4096)

    def read() -> None:
        RehearsalStore(database).list(limit=1000)

    with pytest.raises(StorageError, match="damaged and cannot be read"):
        read()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Check that it is a file"):
        RehearsalStore(tmp_path)


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="Set REHEARSE_HOME"):
        RehearsalStore(tmp_path / "taken" / "rehearse.db")


def test_a_file_of_a_newer_version_is_left_alone(file_store: RehearsalStore, database: Path) -> None:
    file_store.close()
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer version of Rehearse"):
        RehearsalStore(database)


def test_a_file_that_another_program_holds(
    file_store: RehearsalStore, database: Path, new: NewRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rehearse.storage.sqlite.BUSY_SECONDS", 0.05)
    impatient = RehearsalStore(database)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="in use by another process"):
            impatient.create(new)
        assert impatient.count() == 0
        other.execute("ROLLBACK")
    impatient.create(new)
    impatient.close()


def test_a_file_that_may_only_be_read(file_store: RehearsalStore, new: NewRehearsal) -> None:
    with file_store.database.reading() as session:
        session.connection().exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StorageError, match="may not be written to"):
        file_store.create(new)


@pytest.mark.parametrize("given", ["mysql://somewhere/db", "sqlite:///", ":memory:", ""])
def test_only_files_and_postgresql(given: str) -> None:
    with pytest.raises(StorageError, match="nothing was opened"):
        database_file(given)


def test_threads_that_wait_to_write_hold_no_connection(file_store: RehearsalStore) -> None:
    database = file_store.database
    waiting = threading.Event()
    written: list[int] = []

    def write(number: int) -> None:
        waiting.set()
        with database.writing() as session:
            session.connection()
            written.append(number)

    with database.writing() as session:
        session.connection()
        threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        assert waiting.wait(5)
        for thread in threads:
            thread.join(0.01)
        held = database.engine.pool.checkedout()  # type: ignore[attr-defined]
        # Whoever only reads is not kept waiting by more writers than there are connections.
        assert file_store.count() == 0
        assert written == []
    for thread in threads:
        thread.join(10)
    assert held == 1
    assert sorted(written) == list(range(20))
