"""What the tests of storage share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data folder" / "rehearse.db"


@pytest.fixture
def store(database: Path) -> Iterator[RehearsalStore]:
    opened = RehearsalStore(database)
    yield opened
    opened.close()


@pytest.fixture
def new() -> NewRehearsal:
    return NewRehearsal(
        scenario_id="pitch-to-boss",
        persona_id="ruth-abelson",
        difficulty="normal",
        seed=7,
        engine="embedded",
        opening="You wanted a word?",
        focus="purpose",
    )


@pytest.fixture
def answer() -> StoredAnswer:
    return StoredAnswer(text="Go on.", exchange_json='{"turn": 1}', inner_json='{"memory": []}', assessment_json="{}")
