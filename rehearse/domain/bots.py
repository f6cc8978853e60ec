"""What the learner bots say: data, edited in `corpus/bots.yaml`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import HARMFUL, HELPFUL, Act
from rehearse.domain.data import Record, Text

Pool = tuple[Text, ...]


class BotLines(Record):
    """Pools of learner lines; `{topic}` stands for a word of the worry that the counterpart has raised."""

    helpful: dict[Act, Pool]
    harmful: dict[Act, Pool]
    vague: Pool = Field(min_length=10)
    average: Pool = Field(min_length=10)
    thin: Pool = Field(min_length=10)
    flattery: Pool = Field(min_length=10)
    injection: Pool = Field(min_length=10)
    wishes: Pool = Field(min_length=5)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if set(self.helpful) != HELPFUL:
            raise ValueError("helpful: lines are needed for each helpful act and no other")
        if set(self.harmful) != HARMFUL:
            raise ValueError("harmful: lines are needed for each harmful act and no other")
        return self
