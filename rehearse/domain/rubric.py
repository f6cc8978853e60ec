"""Criteria and levels, described in words: data that the coach rates by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.data import Id, Record, Text

EMPATHY_CRITERIA = ("emotional_reaction", "interpretation", "exploration", "safety", "dismissal")
CLARITY_CRITERIA = ("purpose", "specificity", "structure", "plainness")
CRITERION_IDS = EMPATHY_CRITERIA + CLARITY_CRITERIA
DETAIL_IDS = (
    "validating_emotions",
    "encouraging_elaboration",
    "demonstrating_understanding",
    "advice_giving",
    "self_oriented",
    "dismissing_emotions",
)


class LevelText(Record):
    """What a level is called, what it means, and how it sounds."""

    name: Text
    meaning: Text
    example: Text


class Criterion(Record):
    """One thing the coach rates, with three levels from 0 to 2."""

    id: str = Field(pattern="^[a-z_]+$")
    title: Text
    question: Text
    """The question a rater asks of a turn."""
    reversed: bool = False
    """Whether a high level is a harm."""
    levels: tuple[LevelText, LevelText, LevelText]
    passages: tuple[Id, ...] = Field(min_length=1)
    """Passages of the corpus that back a remark on this criterion, most fitting first."""
    source: Text
    """Where the definition comes from."""


class Rubric(Record):
    """Criteria that belong together: empathy or clarity."""

    id: Id
    title: Text
    version: int = Field(ge=1)
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for criterion in self.criteria:
            if criterion.id not in CRITERION_IDS:
                raise ValueError(f"unknown criterion {criterion.id}; known are {', '.join(CRITERION_IDS)}")
        return self


def rubric_version(rubrics: Iterable[Rubric]) -> str:
    """A short hash of all that raters read in the rubrics; comments and line breaks of the files do not count."""
    read = "\n".join(rubric.model_dump_json() for rubric in sorted(rubrics, key=lambda r: r.id))
    return hashlib.sha256(read.encode()).hexdigest()[:12]
