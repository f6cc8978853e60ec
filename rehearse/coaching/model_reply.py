"""The form in which a model answers about one turn. Strict: an unknown or a missing field is no answer.

What is in it is a claim until `model_ratings` and `model_remarks` have checked it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

CriterionId = Literal[
    "emotional_reaction",
    "interpretation",
    "exploration",
    "safety",
    "dismissal",
    "purpose",
    "specificity",
    "structure",
    "plainness",
]


class Fault(StrEnum):
    """Why something in an answer was dropped; counted in the provenance of the assessment."""

    INVENTED_QUOTE = "quote not in the turn"
    NO_QUOTE = "level without a quote"
    NOT_OFFERED = "passage not offered"
    REASON = "reason not usable"
    REPEATED = "said within five turns"
    NOT_BORNE_OUT = "not borne out by the ratings"
    WORDING = "suggestion not usable"
    NEW_FACT = "suggestion says something new"
    NO_BETTER = "suggestion rates no higher"


class _Form(BaseModel):
    # No defaults and no lengths: strict JSON schemas of vendors want every field, and lengths are counted in words here.
    model_config = ConfigDict(extra="forbid", frozen=True)


class LevelReply(_Form):
    """One criterion; the quote comes first, so that the level is chosen with the words in view."""

    quote: str | None
    level: Literal[0, 1, 2] | None


class RatingsReply(_Form):
    """One reading for every criterion of the rubrics."""

    emotional_reaction: LevelReply
    interpretation: LevelReply
    exploration: LevelReply
    safety: LevelReply
    dismissal: LevelReply
    purpose: LevelReply
    specificity: LevelReply
    structure: LevelReply
    plainness: LevelReply

    def of(self, criterion_id: str) -> LevelReply:
        """The reading of one criterion."""
        reply: LevelReply = getattr(self, criterion_id)
        return reply


class RemarkReply(_Form):
    """One thing that the model would say to the learner."""

    kind: Literal["keep", "change"]
    criterion: CriterionId
    quote: str
    passage_id: str
    why: str
    suggestion: str | None


class CoachReply(_Form):
    """All that a model says about one turn."""

    ratings: RatingsReply
    remarks: list[RemarkReply]
