"""Backups: whole or not there, true to what they hold, and never in the way of what is stored."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from pathlib import Path

import pytest
from filling import all_of, count_rows, fill_notebook, fill_rehearsal

from rehearse.errors import LearnerError, StorageError
from rehearse.storage.archive import restore_backup, write_backup
from rehearse.storage.opening import open_database
from rehearse.storage.store import NewRehearsal, RehearsalStore


@pytest.fixture
def backup(store: RehearsalStore, tmp_path: Path) -> Path:
    """A backup of two people's talks and notebooks, with a branch that comes before its parent."""
    parent_id = fill_rehearsal(store, "žluťoučký")
    child_id = fill_rehearsal(store, "branch", parent_id=parent_id, parent_turn=1)
    store.add_learner_turn(store.create(NewRehearsal("s", "p", "easy", 2**31 + 5, "embedded", "")), 1, "not answered")
    with store.database.writing() as session:
        session.connection().exec_driver_sql(f"UPDATE rehearsal SET started_at = '2020-01-01 00:00:00' WHERE id = '{child_id}'")
    fill_notebook(store, "mine")
    fill_rehearsal(store.for_person("ana"), "hers")
    file = tmp_path / "kept" / "talks.zip"
    assert write_backup(store.database, file) == {
        "rehearsal": 4, "turn": 4, "contest": 3, "offer": 1, "own_persona": 1, "document": 1, "person": 0, "share": 0,
    }  # fmt: skip
    return file


@pytest.mark.parametrize("into", ["sqlite", "postgres"])
def test_everything_comes_back_in_either_kind_of_database(
    store: RehearsalStore, backup: Path, tmp_path: Path, postgres: str, into: str
) -> None:
    wanted = [all_of(store), all_of(store.for_person("ana"))]
    address = f"sqlite:///{tmp_path / 'new' / 'rehearse.db'}"
    if into == "postgres":
        address = postgres
        if store.database.engine.name == "postgresql":
            store.delete_all()
            store.for_person("ana").delete_all()
    done = restore_backup(address, backup, tmp_path)
    again = RehearsalStore(address)
    assert [all_of(again), all_of(again.for_person("ana"))] == wanted
    assert len(again.list("LEARNER-ŽLUŤOUČKÝ")) == 1
    assert (done.kept, done.rows["turn"]) == (None, 4)
    rehearsal_id = again.list(limit=50)[-1].rehearsal_id
    again.delete(rehearsal_id)
    again.delete_all()
    again.for_person("ana").delete_all()
    assert set(count_rows(again).values()) == {0}
    again.close()


def test_what_is_stored_is_not_overwritten_unless_asked_and_is_kept_then(
    store: RehearsalStore, address: str, backup: Path, tmp_path: Path
) -> None:
    in_backup = all_of(store)
    store.delete_all()
    fill_rehearsal(store, "later")
    later = all_of(store)
    with pytest.raises(LearnerError, match=r"is not empty; nothing was changed\. Add --replace"):
        restore_backup(address, backup, tmp_path)
    assert all_of(store) == later

    done = restore_backup(address, backup, tmp_path, replace=True)

    assert all_of(store) == in_backup
    assert done.kept is not None
    assert done.kept.stat().st_mode & 0o777 == 0o600
    restore_backup(f"sqlite:///{tmp_path / 'undo.db'}", done.kept, tmp_path)
    undone = RehearsalStore(tmp_path / "undo.db")
    assert all_of(undone) == later
    undone.close()


def _changed(backup: Path, name: str, content: bytes) -> Path:
    changed = backup.with_name("changed.zip")
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return changed


def _manifest(backup: Path, **more: object) -> bytes:
    with zipfile.ZipFile(backup) as archive:
        return json.dumps(json.loads(archive.read("manifest.json")) | more).encode()


def _agreeing(backup: Path, tmp_path: Path, rows: list[dict[str, object]], **more: object) -> Path:
    """The backup with these rehearsals instead, and a manifest that agrees with them."""
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    told = {"rows": len(rows), "sha256": hashlib.sha256(lines).hexdigest()}
    tables = json.loads(_manifest(backup))["tables"] | {"rehearsal": told}
    half = _changed(backup, "rehearsal.jsonl", lines).rename(tmp_path / "half.zip")
    return _changed(half, "manifest.json", _manifest(backup, tables=tables, **more))


def _rehearsals(backup: Path) -> list[dict[str, object]]:
    with zipfile.ZipFile(backup) as archive:
        return [json.loads(line) for line in archive.read("rehearsal.jsonl").splitlines()]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "other", "newer", "notes", "manifest", "nameless"])
def test_a_damaged_backup_changes_nothing(store: RehearsalStore, address: str, backup: Path, tmp_path: Path, damage: str) -> None:
    before = all_of(store)
    if damage == "cut":
        backup.write_bytes(backup.read_bytes()[:-200])
    elif damage == "empty":
        backup.write_bytes(b"")
    elif damage == "notes":
        backup.write_bytes(b"my holiday notes " * 100)
    elif damage == "changed":
        with zipfile.ZipFile(backup) as archive:
            turns = archive.read("turn.jsonl")
        backup = _changed(backup, "turn.jsonl", turns.replace(b"not answered", b"not anssered"))
    elif damage == "nameless":
        backup = _agreeing(backup, tmp_path, [{k: v for k, v in row.items() if k != "id"} for row in _rehearsals(backup)])
    elif damage == "manifest":
        backup = _changed(backup, "manifest.json", b"[]")
    else:
        more = {"format": "another-1"} if damage == "other" else {"schema": "9999"}
        backup = _changed(backup, "manifest.json", _manifest(backup, **more))
    with pytest.raises(StorageError, match="nothing was changed"):
        restore_backup(address, backup, tmp_path, replace=True)
    assert all_of(store) == before


def test_a_restore_that_fails_half_way_changes_nothing(
    store: RehearsalStore, address: str, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = all_of(store)
    from rehearse.storage import archive

    write = archive.write_rows

    def fail_late(session: object, table: object, rows: object) -> int:
        if str(table) == "document":
            raise OSError(28, "No space left on device")
        return write(session, table, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "write_rows", fail_late)
    with pytest.raises(OSError, match="No space"):
        restore_backup(address, backup, tmp_path, replace=True)
    assert all_of(store) == before


def test_a_backup_of_an_older_schema_gets_the_defaults(backup: Path, tmp_path: Path) -> None:
    old = [{k: v for k, v in row.items() if k not in {"person_id", "offer_json"}} for row in _rehearsals(backup)]
    changed = _agreeing(backup, tmp_path, old, schema="0001")
    restore_backup(tmp_path / "old.db", changed, tmp_path)
    again = RehearsalStore(tmp_path / "old.db")
    assert again.count() == 4
    assert {again.get(s.rehearsal_id).offer_json for s in again.list()} == {None}
    again.close()


def test_a_backup_never_replaces_a_file_unasked(store: RehearsalStore, tmp_path: Path) -> None:
    file = tmp_path / "talks.zip"
    file.write_text("mine")
    with pytest.raises(LearnerError, match="exists already"):
        write_backup(store.database, file)
    assert file.read_text() == "mine"
    write_backup(store.database, file, replace=True)
    assert zipfile.is_zipfile(file)
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_backup(store.database, tmp_path / "taken" / "talks.zip")
    assert sorted(p.name for p in tmp_path.iterdir() if "half" in p.name) == []


def test_a_backup_is_of_one_moment_though_others_go_on(store: RehearsalStore, address: str, tmp_path: Path) -> None:
    """Turn and rehearsal are in different tables: a backup without a snapshot would hold turns without their rehearsal."""
    stop = threading.Event()
    other = RehearsalStore(address)

    def go_on() -> None:
        while not stop.is_set():
            fill_rehearsal(other, "x")

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for n in range(5):
            rows = write_backup(store.database, tmp_path / f"{n}.zip")
            restore_backup(tmp_path / f"{n}.db", tmp_path / f"{n}.zip", tmp_path)
            assert rows["turn"] <= rows["rehearsal"]
    finally:
        stop.set()
        writer.join()
        other.close()


def test_a_damaged_file_is_moved_aside_for_a_backup(file_store: RehearsalStore, database: Path, tmp_path: Path) -> None:
    fill_rehearsal(file_store, "kept")
    write_backup(file_store.database, tmp_path / "talks.zip")
    wanted = all_of(file_store)
    file_store.close()
    damaged = b"\0" * 4096 + database.read_bytes()[4096:]
    database.write_bytes(damaged)
    with pytest.raises(StorageError, match="damaged and cannot be read"):
        restore_backup(database, tmp_path / "talks.zip", tmp_path)

    done = restore_backup(database, tmp_path / "talks.zip", tmp_path, replace=True)

    assert done.kept is not None
    assert done.kept.read_bytes() == damaged
    again = RehearsalStore(database)
    assert all_of(again) == wanted
    again.close()


def test_a_check_finds_a_damaged_page(file_store: RehearsalStore, database: Path) -> None:
    for n in range(30):
        fill_rehearsal(file_store, str(n))
    file_store.close()
    content = bytearray(database.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    database.write_bytes(content)
    opened = open_database(database)
    with pytest.raises(StorageError, match="rehearse rescue NEWFILE"):
        opened.check()
    opened.close()
