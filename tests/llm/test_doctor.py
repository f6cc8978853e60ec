"""Trying a model out, and what doctor says of it and of the last rehearsal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import fake_openai as does
import pytest
from fake_openai import KEY, FakeOpenAI
from typer.testing import CliRunner

from rehearse.cli import app
from rehearse.cli_doctor import place
from rehearse.cli_voice import count
from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.probe import Greeting, probe
from rehearse.llm.scripted import ScriptedModel
from rehearse.storage.records import NewRehearsal, StoredAnswer
from rehearse.storage.store import RehearsalStore
from rehearse.workspace import Workspace, shared_workspace

GREETING = '{"words": "Morning. Ten minutes.", "minutes": 10}'


@pytest.fixture
def workspaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workspaces of this test's settings, and of nobody else's."""
    made: list[Workspace] = []

    def remembered() -> Workspace:
        made.append(shared_workspace.__wrapped__())
        return made[-1]

    monkeypatch.setattr("rehearse.workspace.shared_workspace", cache(remembered))
    yield
    for workspace in made:
        if "store" in vars(workspace):
            workspace.store.close()


def told(*words: str) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["doctor", "--json", *words])
    assert KEY not in result.output
    return result.exit_code, json.loads(result.stdout)


def checks(answer: dict[str, Any]) -> dict[str, tuple[bool, str]]:
    return {c["name"]: (c["ok"], c["detail"]) for c in answer["checks"] if c["name"].startswith("model")}


def test_a_model_that_does_everything() -> None:
    steps = probe(ScriptedModel(["Good morning, you have ten minutes.", Greeting(words="Morning.", minutes=10)]))
    assert [(step.name, step.ok) for step in steps] == [("answers", True), ("streams", True), ("form", True), ("reuse", True)]
    assert steps[2].usage.prompt > steps[0].usage.prompt, "the form is asked for after the first answer, on the same prefix"


def test_a_model_that_does_not_answer_is_not_asked_again() -> None:
    model = ScriptedModel([ModelError(ModelFailure.TIMEOUT, "It took too long.")])
    (step,) = probe(model)
    assert (step.name, step.ok, step.detail) == ("answers", False, "It took too long.")


def test_a_model_that_answers_at_once_and_keeps_to_no_form() -> None:
    steps = {step.name: step for step in probe(ScriptedModel(["Morning.", "no form at all"]))}
    assert not steps["streams"].ok
    assert not steps["form"].ok
    assert "built-in coach rates alone" in steps["form"].detail


@pytest.mark.usefixtures("workspaces")
def test_doctor_tries_the_model_and_shows_no_key(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url.replace("127.0.0.1", "ana:geheim@127.0.0.1"))
    monkeypatch.setenv("REHEARSE_MODEL", "openai:small-one")
    fake.will(does.says("Good morning, ten minutes."), does.says(GREETING))
    code, answer = told()
    found = checks(answer)
    assert code == 0
    assert found["model"] == (
        True,
        f"openai:small-one, a window of 8192 tokens, at {fake.url}, a key from OPENAI_API_KEY, coaches too",
    )
    assert "100 tokens read, 5 written" in found["model answers"][1]
    assert found["model streams"][0]
    assert "kept in" in found["model form"][1]
    assert found["model reuse"] == (True, "160 of 200 tokens were reused")


@pytest.mark.usefixtures("workspaces")
def test_doctor_says_what_is_wrong_with_the_model(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
    monkeypatch.setenv("REHEARSE_MODEL", "openai:small-one")
    fake.will(does.fails(401, f"bad key {KEY}"))
    code, answer = told()
    assert code == 3
    ok, detail = checks(answer)["model answers"]
    assert not ok
    assert "Check OPENAI_API_KEY" in detail
    assert "turn" not in detail


@pytest.mark.usefixtures("workspaces")
def test_a_setting_that_can_never_work_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSE_MODEL", "local:/nowhere/x.gguf")
    code, answer = told()
    assert code == 3
    assert not checks(answer)["model"][0]


@pytest.mark.usefixtures("workspaces")
def test_a_key_in_the_file_is_taken_and_said(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch, own_data_folder: Path) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (own_data_folder / "rehearse.toml").write_text(
        f'model = "openai:x"\nopenai_api_key = "{KEY}"\nopenai_base_url = "{fake.url}"\n', encoding="utf-8"
    )
    fake.will(does.says("Good morning."), does.says(GREETING))
    code, answer = told()
    assert code == 0
    assert "a key from rehearse.toml (better in a file of its own" in checks(answer)["model"][1]
    assert fake.keys[0] == f"Bearer {KEY}"


def test_addresses_lose_user_and_password() -> None:
    assert place("https://ana:geheim@example.org:8443/v1") == "https://example.org:8443/v1"
    assert place(None) == "api.openai.com"


# The last rehearsal ---------------------------------------------------------------------------------------------------

VOICE = {
    "model": "openai:x",
    "prompt": "actor@1",
    "checked": 4,
    "caught": {"leak": 1},
    "retried": True,
    "stood_in": False,
    "completed": 1,
    "failure": None,
    "usage": {"prompt": 100, "completion": 20, "cached": 80},
    "first_ms": 300,
}


def keep(store: RehearsalStore, *voices: object) -> str:
    new = NewRehearsal(scenario_id="pitch-to-boss", persona_id="p", difficulty="normal", seed=1, engine="x", opening="Yes?")
    kept = store.create(new)
    for number, voice in enumerate(voices, 1):
        store.add_learner_turn(kept, number, "Hello.")
        exchange = json.dumps({"voice": voice} if voice is not None else {})
        store.add_answer(kept, number, StoredAnswer("Hm.", exchange, "{}", "{}"))
    return kept


@pytest.mark.usefixtures("workspaces")
def test_last_counts_what_was_kept_with_the_answers() -> None:
    from rehearse import workspace

    store = workspace.shared_workspace().store
    spoken = keep(store, VOICE, None, {**VOICE, "retried": False, "stood_in": True, "failure": "cut", "first_ms": None})
    keep(store, None)
    code, answer = told("--last")
    assert code == 0
    assert (answer["rehearsal"], answer["turns"], answer["answers"]) == (spoken, 3, 2)
    assert (answer["checked"], answer["caught"], answer["retried"], answer["stood_in"]) == (8, {"leak": 2}, 1, 1)
    assert (answer["failures"], answer["completed"]) == ({"cut": 1}, 2)
    assert answer["tokens"] == {"prompt": 200, "completion": 40, "cached": 160}
    assert (answer["cached_share"], answer["first_ms_median"]) == (0.8, 300)
    text = CliRunner().invoke(app, ["doctor", "--last"]).stdout
    assert "8 sentences checked. Kept from being shown: leak 2." in " ".join(text.split())


@pytest.mark.usefixtures("workspaces")
def test_last_without_any_model() -> None:
    assert told("--last") == (0, {"rehearsal": None})
    assert "REHEARSE_MODEL" in CliRunner().invoke(app, ["doctor", "--last"]).stdout


@pytest.mark.parametrize("odd", [{}, {"caught": None, "usage": 3, "checked": "many"}, {"caught": {"x": "y"}, "first_ms": "fast"}])
def test_records_of_other_versions_count_as_far_as_they_can_be_read(odd: dict[str, Any]) -> None:
    counted = count([odd, VOICE])
    assert counted["answers"] == 2
    assert counted["checked"] == 4
