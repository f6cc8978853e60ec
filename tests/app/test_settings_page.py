"""Choosing who words the answers: kept in the settings file, in force at once, and no key anywhere else."""

from __future__ import annotations

import asyncio
import logging
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fake_openai as does
import pytest
from fake_openai import KEY, FakeOpenAI, fake_openai
from fastapi import FastAPI
from starlette.testclient import TestClient

from rehearse.app.model_choice import choice_in_force, choose, whose_choice
from rehearse.app.own_counterpart import FormError
from rehearse.app.routes_settings import choosing
from rehearse.app.settings_page import SettingsPage, settings_html
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings, load_settings
from rehearse.errors import SettingsError
from rehearse.llm.scripted import ScriptedModel
from rehearse.workspace import Workspace

HERE = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
GREETING = '{"words": "Morning. Ten minutes.", "minutes": 10}'


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "OPENAI_API_KEY",
        "OPENAI_API_KEY_FILE",
        "OPENAI_BASE_URL",
        "REHEARSE_MODEL",
        "REHEARSE_MODEL_APPRAISAL",
        "REHEARSE_HIDE_NAMES",
    ):
        monkeypatch.delenv(name, raising=False)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def workspace(home: Path, shared: Workspace) -> Iterator[Workspace]:
    made = Workspace(load_settings(home=home))
    made.__dict__["_ideas"] = shared._ideas
    yield made
    made.casting.close()
    if "store" in vars(made):
        made.store.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    app = FastAPI()
    app.include_router(choosing(OnePerson(workspace)))
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        yield server


def typed(**fields: str) -> dict[str, str]:
    """The form as the page sends it, with these fields filled in."""
    return {
        "who": "built-in",
        "endpoint": "",
        "name": "",
        "key": "",
        "path": "",
        "window": "",
        "seconds": "30",
        "coach": "1",
    } | fields


def kept(home: Path) -> dict[str, Any]:
    return tomllib.loads((home / "rehearse.toml").read_text("utf-8"))


def trials(page: SettingsPage) -> list[str]:
    """All that the page says when the model is tried."""

    async def all_of() -> list[str]:
        return [words async for words in page.try_it(visit())]

    return asyncio.run(all_of())


def visit(**params: str) -> Any:
    return SimpleNamespace(request=None, query_params=params)


# Choosing -------------------------------------------------------------------------------------------------------------


def test_an_endpoint_is_kept_for_the_owner_alone_and_speaks_at_once(
    client: TestClient, workspace: Workspace, home: Path, fake: FakeOpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fake.will(does.says("Mostly the lists, if I am honest. "))
    talk = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    assert workspace.model is None
    form = typed(who="endpoint", endpoint=fake.url, name="small-one", key=KEY, hide_names="1", coach="", window="4096")
    answer = client.post("/do/settings", data=form, headers=HERE)
    assert answer.json() == {"go": "settings?saved=1"}
    assert kept(home) == {
        "model": "openai:small-one",
        "openai_base_url": fake.url,
        "openai_api_key": KEY,
        "model_window": 4096,
        "model_coach": False,
        "hide_names": True,
    }
    assert stat.S_IMODE((home / "rehearse.toml").stat().st_mode) == 0o600

    # A talk that was open already is worded by it from the next answer on.
    assert workspace.engine_name == "openai:small-one"
    assert "lists" in workspace.resume(talk.rehearsal_id).say("What takes most of your time in the depots?").text
    assert fake.keys[0] == f"Bearer {KEY}"
    assert (workspace.settings.hide_names, workspace.settings.model_window) == (True, 4096)
    # So is one of the next process.
    assert Workspace(load_settings(home=home)).engine_name == "openai:small-one"

    # The key is in that file, and nowhere else: not in the database, the log, the page or any answer.
    holding = [p.name for p in home.rglob("*") if p.is_file() and KEY.encode() in p.read_bytes()]
    assert holding == ["rehearse.toml"]
    page = settings_html(workspace)
    assert "A key is set (rehearse.toml)" in page
    for told in (
        caplog.text,
        page,
        answer.text,
        repr(workspace),
        repr(workspace.settings),
        repr(choice_in_force(workspace.settings)),
    ):
        assert KEY not in told


def test_the_model_may_also_read_what_the_words_do(
    client: TestClient, workspace: Workspace, home: Path, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = typed(who="endpoint", endpoint=fake.url, name="m", key=KEY, coach="")
    client.post("/do/settings", data=form, headers=HERE)
    talk = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    box = '<input type="checkbox" name="appraisal" value="1">'
    assert box in settings_html(workspace), "it is asked for twice a turn only where somebody chose that"
    assert "and the model before each answer" not in settings_html(workspace)
    assert client.post("/do/settings", data=form | {"appraisal": "1"}, headers=HERE).json() == {"go": "settings?saved=1"}
    assert kept(home)["model_appraisal"] is True
    page = settings_html(workspace)
    assert box.replace(">", " checked>") in page
    assert "The built-in reader, and the model before each answer." in page
    # In a talk that was open already as well: it reads the words, then it answers.
    words = "Thanks for making time. What takes most of your time in the depots?"
    fake.will(does.says('{"acts": []}'), does.says("Mostly the lists, if I am honest. "))
    assert "lists" in workspace.resume(talk.rehearsal_id).say(words).text
    assert len(fake.keys) == 2

    monkeypatch.setenv("REHEARSE_MODEL_APPRAISAL", "0")
    workspace.casting.reload()
    page = settings_html(workspace)
    assert "Set in REHEARSE_MODEL_APPRAISAL, which is stronger" in page
    assert box.replace(">", " disabled>") in page
    choose(workspace, form)
    assert kept(home)["model_appraisal"] is True, "what is set more strongly is left as it was"
    monkeypatch.delenv("REHEARSE_MODEL_APPRAISAL")
    choose(workspace, form)
    assert "model_appraisal" not in kept(home), "the default is not written down"
    assert not workspace.settings.model_appraisal


def test_the_built_in_counterpart_comes_back(client: TestClient, workspace: Workspace, home: Path, fake: FakeOpenAI) -> None:
    client.post("/do/settings", data=typed(who="endpoint", endpoint=fake.url, name="m", key=KEY), headers=HERE)
    assert workspace.engine_name == "openai:m"
    assert client.post("/do/settings", data=typed(), headers=HERE).json() == {"go": "settings?saved=1"}
    assert workspace.engine_name == "embedded"
    assert "model" not in kept(home)
    assert kept(home)["openai_api_key"] == KEY, "it is kept for the next time"
    assert "The built-in counterpart." in settings_html(workspace)


def test_a_key_never_goes_along_to_another_address(workspace: Workspace, home: Path) -> None:
    choose(workspace, typed(who="endpoint", endpoint="http://127.0.0.1:1/v1", name="m", key=KEY))
    choose(workspace, typed(who="endpoint", endpoint="http://127.0.0.1:1/v2", name="m"))
    assert kept(home)["openai_api_key"] == KEY, "the same host and port"
    for other in ("http://127.0.0.1:2/v1", "http://models.example/v1", "http://127.0.0.1:1@models.example/v1"):
        choose(workspace, typed(who="endpoint", endpoint=other, name="m"))
        assert "openai_api_key" not in kept(home), other
        assert workspace.settings.key() is None
        choose(workspace, typed(who="endpoint", endpoint="http://127.0.0.1:1/v1", name="m", key=KEY))
    choose(workspace, typed(who="endpoint", endpoint="http://127.0.0.1:1/v1", name="m", forget_key="1"))
    assert "openai_api_key" not in kept(home)


def test_a_password_in_an_address_is_not_shown_and_not_lost(workspace: Workspace, home: Path) -> None:
    choose(workspace, typed(who="endpoint", endpoint="http://ana:geheim@127.0.0.1:1/v1", name="m"))
    page = settings_html(workspace)
    assert "geheim" not in page
    assert "http://127.0.0.1:1/v1" in page
    choose(workspace, typed(who="endpoint", endpoint="http://127.0.0.1:1/v1", name="n"))
    assert kept(home)["openai_base_url"] == "http://ana:geheim@127.0.0.1:1/v1"


def test_a_file_on_this_machine(workspace: Workspace, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearse.llm.local.require_extra", lambda: None)
    model = tmp_path / "tiny.gguf"
    model.write_bytes(b"GGUF and more")
    choose(workspace, typed(who="file", path=str(model)))
    assert kept(home) == {"model": f"local:{model}"}
    assert "model_timeout" not in workspace.settings.model_fields_set, "a file may take longer, unless the time was chosen"
    assert workspace.settings.model == f"local:{model}"
    model.write_bytes(b"something else")
    with pytest.raises(FormError, match="no model in the GGUF format") as wrong:
        choose(workspace, typed(who="file", path=str(model)))
    assert wrong.value.field == "path"
    monkeypatch.undo()
    model.write_bytes(b"GGUF and more")
    monkeypatch.setattr("rehearse.llm.local.find_spec", lambda _: None)
    with pytest.raises(FormError, match=r"pip install 'rehearse\[local\]'"):
        choose(workspace, typed(who="file", path=str(model)))


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"name": ""}, "name", "what the model is called"),
        ({"name": "two words"}, "name", "what the model is called"),
        ({"name": 'a"b'}, "name", "what the model is called"),
        ({"endpoint": "localhost:11434"}, "endpoint", "no address"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint", "no address"),
        ({"endpoint": "http://h:99999999/v1"}, "endpoint", "no address"),
        ({"endpoint": 'http://h/"\nkeep_days = 1'}, "endpoint", "no address"),
        ({"key": "sk with spaces"}, "key", "no key"),
        ({"key": 'sk-"\nhost = "0.0.0.0'}, "key", "no key"),
        ({"endpoint": ""}, "key", "OpenAI needs a key"),
        ({"window": "12"}, "window", "from 1,024"),
        ({"window": "many"}, "window", "from 1,024"),
        ({"seconds": "0"}, "seconds", "from 1 "),
    ],
)
def test_what_cannot_be_used_is_said_and_changes_nothing(
    client: TestClient, workspace: Workspace, home: Path, form: dict[str, str], field: str, words: str
) -> None:
    choose(workspace, typed(hide_names="1"))
    before = (home / "rehearse.toml").read_bytes()
    sent = typed(who="endpoint", name="m", endpoint="http://127.0.0.1:1/v1") | form
    told = client.post("/do/settings", data=sent, headers=HERE).json()
    assert told["field"] == field
    assert words in told["error"]
    assert "sk" not in told["error"]
    assert (home / "rehearse.toml").read_bytes() == before
    assert workspace.model is None


def test_what_is_set_more_strongly_is_shown_and_left(workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSE_MODEL", "openai:from-outside")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    Path("rehearse.toml").write_text('openai_base_url = "http://127.0.0.1:9/v1"\n', "utf-8")
    workspace.casting.reload()
    page = settings_html(workspace)
    assert "Set in REHEARSE_MODEL, which is stronger" in page
    assert f"Set in {Path('rehearse.toml').absolute()}, which is stronger" in page
    assert "A key is set (OPENAI_API_KEY)" in page
    assert KEY not in page
    choose(workspace, typed(who="endpoint", endpoint="http://other.example/v1", name="mine", key="sk-mine", hide_names="1"))
    assert kept(home) == {"hide_names": True}
    assert workspace.settings.model == "openai:from-outside"
    assert workspace.settings.openai_base_url == "http://127.0.0.1:9/v1"


def test_only_what_is_about_the_model_changes_while_it_runs(workspace: Workspace, home: Path) -> None:
    home.mkdir()
    (home / "rehearse.toml").write_text("keep_days = 3\nmodel_timeout = 50\n", "utf-8")
    workspace.casting.reload()
    assert (workspace.settings.keep_days, workspace.settings.model_timeout) == (None, 50)
    # Somebody who signed in later has the same model.
    assert workspace.for_person("another").settings is workspace.settings


# Who may --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": "accounts"},
        {"auth": "proxy:X-User"},
        {"auth": "oidc", "oidc_issuer": "https://id.example", "oidc_client_id": "c", "oidc_client_secret": "s"},
        {"host": "0.0.0.0"},
        {"public_url": "https://rehearse.example.com"},
    ],
)
def test_where_others_come_in_nobody_changes_it_on_the_page(home: Path, settings: dict[str, Any]) -> None:
    workspace = Workspace(Settings(home=home, model="openai:gpt-x", openai_api_key=KEY, **settings))
    page = settings_html(workspace, saved=True)
    assert "<form" not in page
    assert "rehearse.toml" in page, "it says who can"
    assert str(home) not in page
    assert "gpt-x" in page
    assert "api.openai.com" in page
    app = FastAPI()
    app.include_router(choosing(OnePerson(workspace)))
    answer = TestClient(app, base_url="http://127.0.0.1").post("/do/settings", data=typed(), headers=HERE)
    assert answer.status_code == 403
    assert answer.json()["error"] == whose_choice(workspace.settings)
    with pytest.raises(SettingsError):
        choose(workspace, typed())
    assert not home.exists()
    tries = trials(SettingsPage(OnePerson(workspace)))
    assert len(tries) == 1
    assert "rehearse.toml" in tries[0]
    assert SettingsPage(OnePerson(workspace)).load(visit())[1]["visible"] is False


def test_another_site_changes_nothing(client: TestClient, home: Path) -> None:
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.post("/do/settings", data=typed(), headers=headers).status_code == 403
    assert not (home / "rehearse.toml").exists()


# Trying ---------------------------------------------------------------------------------------------------------------


def test_trying_says_in_plain_words_what_works(workspace: Workspace, fake: FakeOpenAI) -> None:
    page = SettingsPage(OnePerson(workspace))
    choose(workspace, typed(who="endpoint", endpoint=fake.url, name="m", key=KEY))
    fake.will(does.says("Good morning, ten minutes."), does.says(GREETING))
    waiting, found = trials(page)
    assert "Asking." in waiting
    for words in ("It answers.", "bit by bit", "It keeps to a form (JSON)", "160 of 200 tokens were reused"):
        assert words in found
    assert "Does not work" not in found

    fake.will(does.says("Good morning.", pieces=("Good morning.",)), does.says("No form at all."))
    *_, found = trials(page)
    assert "all at once" in found
    assert "the built-in coach rates alone" in found

    fake.will(does.fails(401, f"bad key {KEY}"))
    *_, found = trials(page)
    assert "It does not answer." in found
    assert "Check OPENAI_API_KEY" in found
    assert KEY not in found


def test_trying_what_can_never_work_and_what_needs_no_try(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    page = SettingsPage(OnePerson(workspace))
    *_, found = trials(page)
    assert "there is nothing to try" in found
    monkeypatch.setenv("REHEARSE_MODEL", "local:/nowhere/x.gguf")
    workspace.casting.reload()
    *_, found = trials(page)
    assert "it cannot speak" in found
    assert "/nowhere/x.gguf cannot be read" in found


def test_it_is_tried_once_at_a_time(workspace: Workspace) -> None:
    page = SettingsPage(OnePerson(workspace))
    workspace.casting.cast(ScriptedModel(["Good morning.", GREETING] * 2))

    async def two_windows() -> None:
        first = page.try_it(visit())
        assert "Asking" in await anext(first)
        (second,) = [words async for words in page.try_it(visit())]
        assert "tried already" in second
        assert "It answers" in await anext(first)
        assert [words async for words in first] == []

    asyncio.run(two_windows())
    assert not any("tried already" in words for words in trials(page))
