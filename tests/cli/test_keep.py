"""`backup`, `restore` and `rescue`: from one data folder into another, and what is said on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from rehearse.cli import app
from rehearse.storage.store import NewRehearsal, RehearsalStore


def _run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def kept(own_data_folder: Path) -> RehearsalStore:
    """A store in the data folder in which one turn was said; closed."""
    store = RehearsalStore(own_data_folder / "rehearse.db")
    rehearsal_id = store.create(NewRehearsal("pitch-to-boss", "ruth-abelson", "normal", 7, "embedded", "Yes?"))
    store.add_learner_turn(rehearsal_id, 1, "Hello.")
    store.close()
    return store


def _said(home: Path) -> list[str]:
    store = RehearsalStore(home / "rehearse.db")
    said = [turn.text for summary in store.list() for turn in store.get(summary.rehearsal_id).turns]
    store.close()
    return said


def test_from_one_machine_to_another(kept: RehearsalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "talks.zip"
    result = _run("backup", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 rehearsal, 1 turn." in result.stderr

    monkeypatch.setenv("REHEARSE_HOME", str(tmp_path / "other"))
    result = _run("restore", file, "--json")
    assert json.loads(result.stdout)["rows"]["turn"] == 1
    assert _said(tmp_path / "other") == ["Hello."]

    result = _run("restore", file)
    assert result.exit_code == 2
    assert "Add --replace" in result.stderr
    result = _run("restore", file, "--replace")
    assert result.exit_code == 0
    assert "What was there before is in" in result.stderr
    assert len(list((tmp_path / "other").glob("before-restore-*.zip"))) == 1


def test_an_existing_backup_is_replaced_only_when_asked(kept: RehearsalStore, tmp_path: Path) -> None:
    file = tmp_path / "talks.zip"
    file.write_text("mine")
    assert _run("backup", file).exit_code == 2
    assert file.read_text() == "mine"
    assert json.loads(_run("backup", file, "--replace", "--json").stdout)["rows"]["rehearsal"] == 1


def test_a_damaged_database_is_rescued(kept: RehearsalStore, own_data_folder: Path, tmp_path: Path) -> None:
    database = own_data_folder / "rehearse.db"
    database.write_bytes(database.read_bytes() + b"\xff" * 100)
    result = _run("rescue", tmp_path / "rehearse.db")
    assert result.exit_code == 0
    assert "1 rehearsal, 1 turn." in result.stderr
    assert f"move {database} away" in result.stderr
    assert _said(tmp_path) == ["Hello."]
    assert json.loads(_run("rescue", tmp_path / "b.db", "--from", database, "--json").stdout)["saved"]["turn"] == 1


def test_a_server_s_database_has_no_file_to_rescue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSE_DATABASE_URL", "postgresql://ana:hunter2@127.0.0.1:9/talks")
    result = _run("rescue", tmp_path / "new.db")
    assert result.exit_code == 2
    assert "Name a damaged file with --from" in result.stderr
    result = _run("backup", tmp_path / "talks.zip")
    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr
    assert "hunter2" not in result.stderr
