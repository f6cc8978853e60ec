"""The learner's dialogue acts: what a turn does, apart from what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """A dialogue act of the learner; several may hold in one turn (definitions: `corpus/rated/GUIDE.md`)."""

    APPRECIATE = "appreciate"
    STATE_INTENT = "state_intent"
    NAME_OFFER = "name_offer"
    LINK_GOAL = "link_goal"
    MAKE_CASE = "make_case"
    PROPOSE_TERMS = "propose_terms"
    PROPOSE_MEASURE = "propose_measure"
    ASSURE_CONFIDENTIALITY = "assure_confidentiality"
    ACKNOWLEDGE_FEELING = "acknowledge_feeling"
    ASK_OPEN = "ask_open"
    REFLECT = "reflect"
    NORMALISE = "normalise"
    SHOW_HUMILITY = "show_humility"
    ASK_ADVICE = "ask_advice"
    OFFER_CHOICE = "offer_choice"
    ANSWER_CONCERN = "answer_concern"
    AGREE_NEXT_STEP = "agree_next_step"

    PRESSURE = "pressure"
    DISMISS = "dismiss"
    LECTURE = "lecture"
    STEREOTYPE = "stereotype"
    SELF_PROMOTE = "self_promote"
    BLAME = "blame"
    OVERLOAD = "overload"
    HEDGE = "hedge"
    BREAK_ROLE = "break_role"
    BREACH_CONFIDENCE = "breach_confidence"

    @property
    def harmful(self) -> bool:
        """Whether the act costs trust or patience rather than earning it."""
        return self in HARMFUL


HARMFUL: frozenset[Act] = frozenset(
    {
        Act.PRESSURE,
        Act.DISMISS,
        Act.LECTURE,
        Act.STEREOTYPE,
        Act.SELF_PROMOTE,
        Act.BLAME,
        Act.OVERLOAD,
        Act.HEDGE,
        Act.BREAK_ROLE,
        Act.BREACH_CONFIDENCE,
    }
)
HELPFUL: frozenset[Act] = frozenset(Act) - HARMFUL


@dataclass(frozen=True, slots=True)
class ActSpan:
    """An act with the exact words that show it.

    `start` inclusive and `end` exclusive count code points in the learner's turn; `confidence` is in [0, 1].
    """

    act: Act
    start: int
    end: int
    quote: str
    confidence: float = 1.0

    @classmethod
    def at(cls, act: Act, text: str, start: int, end: int, confidence: float = 1.0) -> ActSpan:
        """Cut the quote out of the turn's own text, so that it cannot differ from it."""
        if not 0 <= start < end <= len(text):
            raise ValueError(f"span {start}:{end} is outside a text of {len(text)} characters")
        return cls(act, start, end, text[start:end], confidence)


def acts_of(spans: tuple[ActSpan, ...]) -> frozenset[Act]:
    """The set of acts in a turn, without their words."""
    return frozenset(span.act for span in spans)
