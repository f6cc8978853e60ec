"""Played through the page: what is off the record is in no file, no word is in a log, and no other machine is asked."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hosted
import httpx
import pytest
from fastapi import FastAPI

from rehearse.app.hardening import Hardened, is_loopback
from rehearse.workspace import Workspace

WORD = "xylophone-between-us"
LINES = (
    f"Thanks for making time. I'd like to show you how I read the drivers' forum. {WORD}",
    f"It would be half an hour every second Wednesday, and it stays between us. {WORD}",
)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(tmp_path_factory.mktemp("alone"))
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def app(alone: Workspace) -> FastAPI:
    return hosted.application(alone)


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with hosted.served(Hardened(app, local_only=True)) as address:
        yield address


@pytest.fixture
def page(address: str) -> Iterator[httpx.Client]:
    headers = {"origin": address, "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        yield client


def play(app: FastAPI, page: httpx.Client, **form: str) -> str:
    """A whole rehearsal through the page's own routes and events; its id."""
    numbers = hosted.gradio_events(app)
    hosted.event(page, numbers["prepare.add_page.load"], [])
    begun = page.post("/do/begin", data={"scenario": "pitch-to-boss", "persona": "marguerite-dunne", **form})
    assert begun.status_code == 303, begun.text
    talk = parse_qs(urlsplit(begun.headers["location"]).query)["rehearsal"][0]
    query = f"rehearsal={talk}"
    stage, lookback = hosted.new_session(), hosted.new_session()
    hosted.event(page, numbers["stage.StagePage.load"], [], query, stage)
    for number, line in enumerate(LINES):
        told = hosted.event(page, numbers["stage.StagePage.send"], [None, line, number], query, stage)
        assert WORD in told
    hosted.event(page, numbers["stage.StagePage.hint"], [None], query, stage)
    page.post("/do/end", data={"rehearsal": talk})
    hosted.event(page, numbers["lookback.LookBackPage.load"], [], query, lookback)
    assert WORD in hosted.event(page, numbers["lookback.LookBackPage.save"], [None, 60], query, lookback)
    assert WORD in page.get(f"/download/{talk}.md").text
    page.post("/do/contest", data={"rehearsal": talk, "turn": "1", "criterion": "purpose", "reason": f"But {WORD}"})
    hosted.event(page, numbers["takeaway.add_page.load"], [], query)
    return talk


def holding(home: Path, word: str) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_off_the_record_is_in_no_file_and_gone_when_it_is_closed(
    app: FastAPI, page: httpx.Client, alone: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    talk = play(app, page, off_record="1")
    numbers = hosted.gradio_events(app)
    assert "Off the record" in hosted.event(page, numbers["stage.StagePage.load"], [], f"rehearsal={talk}")
    assert alone.store.count() == 0
    assert talk not in hosted.event(page, numbers["history.add_page.load"], [])
    branch = page.post("/do/branch", data={"rehearsal": talk, "turn": "1", "words": WORD}).headers["location"]
    sibling = parse_qs(urlsplit(branch).query)["rehearsal"][0]
    assert sibling.startswith("off")
    assert holding(alone.settings.home, WORD) == []
    temporary = Path(tmp_path_factory.getbasetemp())
    assert not [path for path in temporary.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()]
    assert page.post("/do/forget", data={"rehearsal": talk}).status_code == 303
    assert page.get(f"/download/{talk}.md").status_code == 404
    assert page.get(f"/download/{sibling}.md").status_code == 200
    assert page.post("/do/forget", data={"rehearsal": sibling}).status_code == 303
    assert page.post("/do/forget", data={"rehearsal": sibling}).status_code == 404


def test_on_the_record_it_is_there(app: FastAPI, page: httpx.Client, alone: Workspace) -> None:
    """So that the test above does not hold for want of looking."""
    talk = play(app, page)
    assert alone.store.get(talk).ending is not None
    assert holding(alone.settings.home, WORD)
    assert page.post("/do/forget", data={"rehearsal": talk}).status_code == 404
    assert alone.store.get(talk).turns


def test_no_other_machine_is_asked(app: FastAPI, page: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def noting(self: socket.socket, to: Any) -> None:
        asked.append(str(to[0]) if isinstance(to, tuple) else "a file")
        connect(self, to)

    def resolving(host: Any, *rest: Any, **more: Any) -> Any:
        asked.append(str(host.decode() if isinstance(host, bytes) else host))
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", noting)
    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    play(app, page)
    socket.create_connection((urlsplit(str(page.base_url)).hostname, urlsplit(str(page.base_url)).port)).close()
    assert asked, "the watch does not watch"
    assert [host for host in asked if not is_loopback(host)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="There it is the system that collects.")
@pytest.mark.parametrize("loaded_by", ["rehearse.session", "rehearse.app"])
def test_what_runs_the_models_tells_its_makers_nothing(tmp_path: Path, loaded_by: str) -> None:
    """onnxruntime would keep an id of the machine in a folder of the user, and send what it does; not where this is set first."""
    said = "What would help you most this week?"
    code = (
        f"import {loaded_by}; from rehearse import rate_exchange; print(len(rate_exchange('How is it going?', {said!r}).ratings))"
    )
    # Without what tells onnxruntime that it is being tested, and is reason enough for it to keep still.
    quiet = ("CI", "ORT_", "XDG_", "PYTEST", "TF_BUILD", "GITHUB_ACTIONS", "BUILD_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(quiet)}
    env |= {"HOME": str(tmp_path), "REHEARSE_HOME": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert int(done.stdout) > 3
    assert [path for path in tmp_path.rglob("*") if "microsoft" in str(path).lower() or "onnxruntime" in path.name] == []


def test_no_page_names_another_machine(page: httpx.Client) -> None:
    for path in ("/", "/stage", "/history", "/privacy"):
        policy = page.get(path).headers["content-security-policy"]
        assert "http" not in policy
        assert "connect-src 'self'" in policy


Break = Callable[[pytest.MonkeyPatch, Workspace], None]


def no_failure(patch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    pass


def failing_engine(patch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    from rehearse.simulation.engine import Engine

    def fail(self: Engine, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("the engine broke")

    patch.setattr(Engine, "settle", fail)


def full_disk(patch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    from sqlalchemy.exc import OperationalError

    from rehearse.storage.store import RehearsalStore

    def fail(self: RehearsalStore, rehearsal_id: str, number: int, answer: Any) -> None:
        with self.database.said_plainly():
            raise OperationalError("UPDATE turn", {}, Exception("disk is full"))

    patch.setattr(RehearsalStore, "add_answer", fail)


@pytest.mark.parametrize("breaks", [no_failure, failing_engine, full_disk])
def test_no_word_of_a_talk_is_in_a_log(
    app: FastAPI, page: httpx.Client, alone: Workspace, caplog: pytest.LogCaptureFixture, breaks: Break
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("rehearse", "gradio", "uvicorn.error", "httpx"):
        caplog.set_level(logging.DEBUG, logger=name)
    numbers = hosted.gradio_events(app)
    with pytest.MonkeyPatch.context() as patch:
        breaks(patch, alone)
        if breaks is no_failure:
            play(app, page)
        else:
            begun = page.post("/do/begin", data={"scenario": "pitch-to-boss", "persona": "marguerite-dunne"})
            talk = parse_qs(urlsplit(begun.headers["location"]).query)["rehearsal"][0]
            stage = hosted.new_session()
            hosted.event(page, numbers["stage.StagePage.load"], [], f"rehearsal={talk}", stage)
            told = hosted.event(page, numbers["stage.StagePage.send"], [None, LINES[0], 0], "", stage)
            assert "notice" in told
            assert any(record.levelno >= logging.ERROR for record in caplog.records), "it was not logged at all"
    page.post("/do/branch", data={"rehearsal": WORD, "turn": "1", "words": WORD})
    page.get(f"/download/{WORD}.md")
    assert caplog.records
    formatter = logging.Formatter("%(name)s %(message)s")
    # The client of the test logs its own addresses, with the id that it made up; that is not ours.
    ours = [formatter.format(record) for record in caplog.records if not record.name.startswith("http")]
    assert [line for line in ours if WORD in line] == []
