"""The interface in a folder of its own, asked in the process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from rehearse.app.api import application
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.workspace import Workspace

BEGIN = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 7}
LINES = (
    "Thanks for showing me the peak plan. I'd like to show you how I read the drivers' forum every morning.",
    "It would take half an hour every second Wednesday at ten, and I'd prepare it in my own time.",
    "What would have made it fair for the depots last time?",
)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(Settings(home=tmp_path_factory.mktemp("api")))
    yield workspace
    workspace.store.close()


@pytest.fixture
def workspace(shared: Workspace) -> Workspace:
    """The shared workspace with nothing kept in it."""
    if shared.store.count():
        shared.store.delete_all()
    return shared


@pytest.fixture
def visitors(workspace: Workspace) -> OnePerson:
    return OnePerson(workspace)


@pytest.fixture
def client(visitors: OnePerson) -> TestClient:
    return TestClient(application(visitors), base_url="http://127.0.0.1", raise_server_exceptions=False)
