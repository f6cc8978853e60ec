"""Shared fixtures. Real network calls are an error (pytest-socket, see pyproject.toml); only the loopback is open."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import chroma_process
import indexing
import pytest

from rehearse.domain.library import Library, shipped_library
from rehearse.perception.encoder import Encoder, shared_encoder


@pytest.fixture(scope="session")
def library() -> Library:
    return shipped_library()


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return shared_encoder()


@pytest.fixture(scope="session")
def chroma() -> Iterator[str]:
    """The address of a Chroma server."""
    with chroma_process.running() as (address, _):
        yield address


@pytest.fixture(autouse=True, scope="session")
def indexed_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each data folder has an index of its own, and only the first of a process takes the time that it takes to build one."""
    with indexing.once(tmp_path_factory.mktemp("indexed")):
        yield


@pytest.fixture(autouse=True)
def own_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test sees or touches the real data folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("REHEARSE_HOME", str(home))
    return home
