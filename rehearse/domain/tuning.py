"""The numbers by which a counterpart's state moves: data, edited in `corpus/dynamics.yaml`, explained in `docs/dynamics.md`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Record, Unit
from rehearse.domain.persona import Difficulty

Delta = float


class Effect(Record):
    """What an act does at its full weight, before context, temperament and difficulty."""

    trust: Delta = Field(ge=-0.5, le=0.5)
    openness: Delta = Field(ge=-0.5, le=0.5)
    patience: Delta = Field(default=0.0, ge=-0.5, le=0.5)


class Level(Record):
    """What a difficulty changes besides the concerns that exist at it."""

    gain: float = Field(gt=0, le=2)
    """Factor on everything earned."""
    loss: float = Field(gt=0, le=2)
    """Factor on everything lost."""
    ease: float = Field(gt=0, le=2)
    """Factor on how much an answer eases a concern."""
    start: float = Field(ge=-0.3, le=0.3)
    """Added to trust at the start."""
    threshold: float = Field(ge=-0.3, le=0.3)
    """Added to the trust and openness from which agreement is permitted."""
    turn_cost: Unit
    """Patience that each turn costs."""
    empty_cost: Unit
    """Patience that a turn without anything in it costs on top."""


class Tuning(Record):
    """All numbers of the dynamics."""

    acts: dict[Act, Effect]
    novelty: tuple[Unit, ...] = Field(min_length=2)
    """Weight of the first, second, third … time that an act is done; afterwards the last one."""
    ease_novelty: tuple[Unit, ...] = Field(min_length=2)
    """The same for one act on one concern."""
    on_topic: Unit
    """How much of an easing act counts when it speaks to the concern on the table in its own words."""
    on_table: Unit
    """How much counts when it answers the concern on the table without touching its topic."""
    elsewhere: Unit
    """How much counts for a concern that is not on the table, but touched."""
    ease_cap: Unit
    """The most by which one turn can ease one concern."""
    premature: Unit
    """Weight of empathy before there was anything to feel with."""
    spoiled: Unit
    """Weight of what is good in a turn that also does harm."""
    repair: tuple[Unit, ...]
    """Share of the lost trust that the first, second … repair of a misstep brings back; afterwards nothing."""
    sharpen: Unit
    """How much harm takes from the easing of the concern on the table."""
    kept_confidence: Unit
    broken_confidence: Unit
    difficulty: dict[Difficulty, Level]

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = [a.value for a in Act if a not in self.acts]
        if missing:
            raise ValueError(f"acts: no effect for {', '.join(missing)}")
        if set(self.difficulty) != set(Difficulty):
            raise ValueError("difficulty: easy, normal and hard are all needed")
        return self
