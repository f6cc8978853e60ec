from __future__ import annotations

import json
from pathlib import Path

import hosted
import pytest
from typer.testing import CliRunner, Result

from rehearse import cli_doctor
from rehearse.cli import app
from rehearse.config import load_settings
from rehearse.people.accounts import Accounts
from rehearse.workspace import Workspace


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["people", *words], input=typed)


@pytest.fixture
def workspace(own_data_folder: Path) -> Workspace:
    return Workspace(load_settings())


def both(password: str) -> str:
    return f"{password}\n{password}\n"


def test_add_list_lock_unlock(workspace: Workspace) -> None:
    assert run("add", "Ana", "--host-role", typed=both(hosted.PASSWORD)).exit_code == 0
    refused = run("add", "Ben", typed=both("password123"))
    assert (refused.exit_code, "first that anybody" in refused.output) == (2, True)
    assert "password123" not in refused.output
    assert run("add", "ana", typed=both(hosted.PASSWORD)).exit_code == 2
    told = json.loads(run("list", "--json").stdout)
    assert [(p["name"], p["host"], p["locked"]) for p in told] == [("Ana", True, False)]
    assert not [key for key in told[0] if "rehears" in key], "how much somebody rehearses is told to nobody"
    accounts = Accounts(workspace.store.database)
    token = accounts.sign_in("Ana", hosted.PASSWORD, "192.0.2.1")
    assert run("lock", "Ana").exit_code == 0
    assert accounts.who(token) is None
    assert "locked" in run("list").stdout
    assert run("unlock", "Ana").exit_code == 0
    assert run("password", "Ana", typed=both("four dry lamps")).exit_code == 0
    assert accounts.who(accounts.sign_in("Ana", "four dry lamps", "192.0.2.1")) is not None
    assert run("lock", "Nobody").exit_code == 2


def test_an_invitation(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSE_PUBLIC_URL", "https://rehearse.example/")
    link = json.loads(run("invite", "--host-role", "--json").stdout)["link"]
    base, token = link.rsplit("/", 1)
    assert base == "https://rehearse.example/invitation"
    accounts = Accounts(workspace.store.database)
    person = accounts.who(accounts.accept(token, "Ana", hosted.PASSWORD, "192.0.2.1"))
    assert person is not None
    assert person.host


def test_removing_somebody_takes_everything_of_theirs(workspace: Workspace) -> None:
    accounts = Accounts(workspace.store.database)
    ana, ben = accounts.add("Ana", hosted.PASSWORD), accounts.add("Ben", hosted.PASSWORD)
    hers, his = workspace.for_person(ana.person_id), workspace.for_person(ben.person_id)
    hosted.played(hers, "quokka-word")
    hosted.played(his, "his-word")
    document = hers.store.notebook.add_document("t", "t.md", ["How often to meet: once a month."])
    assert list(hers.index.build(document))
    home = workspace.settings.home
    assert list((home / "index" / "own").rglob("*.npz"))
    kept = run("remove", "Ana", typed="n\n")
    assert (kept.exit_code, hers.store.count()) == (2, 1)
    assert run("remove", "Ana", typed="y\n").exit_code == 0
    assert (accounts.store.find("Ana"), hers.store.count(), his.store.count()) == (None, 0, 1)
    workspace.store.close()
    assert not [p for p in home.rglob("*") if p.is_file() and b"quokka-word" in p.read_bytes()]
    assert not list((home / "index" / "own").rglob("*.npz"))
    assert run("remove", "Ben", "--yes").exit_code == 0
    assert "Nobody has an account" in run("list").output


def test_doctor_counts_what_everybody_keeps(workspace: Workspace) -> None:
    workspace.for_person("somebody").begin("pitch-to-boss", "marguerite-dunne", seed=7)
    assert cli_doctor._database(workspace).endswith(", 1 rehearsal")
