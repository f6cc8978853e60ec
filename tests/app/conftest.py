"""A workspace in a folder of its own, and talks in memory for what is pure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI
from reading_twice import Opened, opening
from starlette.testclient import TestClient

from rehearse.app import build
from rehearse.app.desk import Desk
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.session import Rehearsal
from rehearse.workspace import Workspace

LINES = (
    "Thanks for showing me the peak plan. I'd like to show you how I read the drivers' forum every morning.",
    "It would take half an hour every second Wednesday at ten, and I'd prepare it in my own time.",
    "What would have made it fair for the depots last time?",
)


@cache
def short_talk() -> Rehearsal:
    rehearsal = Rehearsal.start("pitch-to-boss", "marguerite-dunne", "normal", 7)
    for line in LINES:
        rehearsal.say(line)
    rehearsal.leave()
    return rehearsal


@pytest.fixture
def talk() -> Rehearsal:
    return short_talk()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(Settings(home=tmp_path_factory.mktemp("app")))
    yield workspace
    workspace.store.close()


@pytest.fixture
def workspace(shared: Workspace) -> Workspace:
    """The shared workspace with nothing kept in it."""
    if shared.store.count():
        shared.store.delete_all()
    return shared


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    return tmp_path


@pytest.fixture
def opened(home: Path, shared: Workspace) -> Iterator[Opened]:
    """Opens it, as often as the test says, with a model that reads every turn a second time."""
    with opening(home, shared) as anew:
        yield anew


@pytest.fixture
def visitors(workspace: Workspace) -> OnePerson:
    return OnePerson(workspace)


@pytest.fixture
def desk(visitors: OnePerson) -> Desk:
    return visitors.own_desk


@pytest.fixture(scope="session")
def served(shared: Workspace) -> TestClient:
    async def made() -> FastAPI:
        return build(shared)

    # Inside a running loop, because outside of one Gradio makes event loops that it never closes.
    return TestClient(asyncio.run(made()), base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def client(served: TestClient, workspace: Workspace) -> TestClient:
    return served
