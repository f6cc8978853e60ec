"""The interface for programs, asked in the process; the workspace is the pages'."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from rehearse.app.api import application
from rehearse.app.visitors import OnePerson

BEGIN = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 7}


@pytest.fixture
def client(visitors: OnePerson) -> TestClient:
    return TestClient(application(visitors), base_url="http://127.0.0.1", raise_server_exceptions=False)
