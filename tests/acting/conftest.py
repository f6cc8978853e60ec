"""One encoder for all tests of the acting: it keeps what it has read, so that a thousand turns take seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearse.domain.library import Library
from rehearse.domain.persona import Difficulty
from rehearse.simulation.engine import Engine
from rehearse.validation.acting import Bad, RememberingEncoder, load_bad

BAD = Path(__file__).parent.parent / "fixtures" / "guard"


@pytest.fixture(scope="session")
def encoder() -> RememberingEncoder:
    return RememberingEncoder()


@pytest.fixture(scope="session")
def known_bad() -> tuple[Bad, ...]:
    """The bad sentences that the rules were written with."""
    return load_bad(BAD / "bad-first.yaml") + load_bad(BAD / "bad-second.yaml")


@pytest.fixture
def engine(library: Library, encoder: RememberingEncoder) -> Engine:
    scenario = library.scenarios[0]
    return Engine.cast(library, encoder, scenario.id, library.personas_for(scenario.id)[0].id, Difficulty.NORMAL, 7)
