"""The command line as its user has it: one data folder and one workspace for a file, so that data and index are read once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from commanding import Run
from typer.testing import CliRunner

from rehearse.cli import app
from rehearse.domain.library import Library
from rehearse.workspace import shared_workspace


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REHEARSE_HOME", str(home))
        shared_workspace.cache_clear()
        shared = shared_workspace()
    yield home
    if "store" in vars(shared):
        shared.store.close()
    shared_workspace.cache_clear()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, home: Path) -> Run:
    monkeypatch.setenv("REHEARSE_HOME", str(home))
    return lambda *words, **more: CliRunner().invoke(app, [str(word) for word in words], **more)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """For this test, a workspace of its own."""
    own = cache(shared_workspace.__wrapped__)
    monkeypatch.setattr("rehearse.workspace.shared_workspace", own)
    yield
    if own.cache_info().currsize and "store" in vars(own()):
        own().store.close()


@pytest.fixture
def persona(library: Library) -> str:
    return library.personas_for("pitch-to-boss")[0].id
