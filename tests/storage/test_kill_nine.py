"""A process that is killed at any moment loses no turn that it acknowledged, doubles none, and every rehearsal goes on."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "scripts" / "kill_nine.py"


@pytest.fixture(scope="module")
def kill_nine() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kill_nine", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kill_nine"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 6), ("postgres", 3)])
def test_nothing_is_lost_however_often_it_is_killed(
    kill_nine: ModuleType, request: pytest.FixtureRequest, tmp_path: Path, kind: str, kills: int
) -> None:
    database = request.getfixturevalue("postgres") if kind == "postgres" else None
    account = kill_nine.kill_often(tmp_path, database, kills, seed=11)
    assert account.problems == []
    assert account.kills == kills
    assert len(account.acknowledged) >= kills
    assert account.resumed >= 1


def test_the_look_finds_what_is_wrong(kill_nine: ModuleType, tmp_path: Path) -> None:
    workspace = kill_nine.workspace_of(tmp_path, None)
    store = workspace.store
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", difficulty="easy", seed=1)
    reply = kept.say("Thanks for making the time.")
    store.add_learner_turn(kept.rehearsal_id, 2, "Thanks for making the time.")
    store.add_learner_turn(kept.rehearsal_id, 4, "Four comes after three.")
    account = kill_nine.Account(acknowledged={
        (kept.rehearsal_id, 1): ("Thanks for making the time.", reply.text + "!"),
        (kept.rehearsal_id, 3): ("Lost.", "Gone."),
    })  # fmt: skip
    kill_nine._look(workspace, account)
    found = "\n".join(account.problems)
    for what in ("turn 1 of", "is not what was acknowledged", "turn 3 of", "is lost", "doubled", "have a gap", "went on past"):
        assert what in found
