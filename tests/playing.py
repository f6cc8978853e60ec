"""Talks played from the scripts of skilled, average and clumsy learners."""

from __future__ import annotations

from pathlib import Path

from rehearse.domain.state import Ending
from rehearse.simulation.engine import Engine
from rehearse.simulation.snapshot import Snapshot

SCRIPTS = Path(__file__).parent / "fixtures" / "learners"


def script(scenario: str, level: str, number: int = 1) -> list[str]:
    """What a learner of that level says, line by line."""
    text = (SCRIPTS / scenario / f"{level}-{number}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]


def play(engine: Engine, lines: list[str]) -> Snapshot:
    """Say the lines until the talk ends; where it stands then."""
    snapshot = engine.start()
    for line in lines:
        if snapshot.ending is not Ending.OPEN:
            break
        snapshot = engine.respond(snapshot, line)
    return snapshot
