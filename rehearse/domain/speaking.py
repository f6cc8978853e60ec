"""What a chat model is told to do, and what it may not say: data, edited in `corpus/directions.yaml` and `corpus/guard.yaml`."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.data import Id, Record, Text, Unit
from rehearse.domain.scenario import SCENARIO_IDS
from rehearse.domain.state import Reaction

_PLACES = frozenset({"about", "fact", "need", "event"})
_PLACE = re.compile(r"\{([^{}]*)\}")


class Direction(Record):
    """How one reaction is put to an actor in plain words."""

    say: Text
    """What to do; `{about}` is the worry, `{fact}` what is told, `{need}` what is missing, `{event}` what happens."""
    words: int = Field(default=35, ge=5, le=60)
    """How many words such an answer has at most; those of several moves add up, to sixty."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        unknown = set(_PLACE.findall(self.say)) - _PLACES
        if unknown:
            raise ValueError(f"unknown place {{{sorted(unknown)[0]}}}; known are {', '.join(sorted(_PLACES))}")
        return self


class Bands(Record):
    """Three ways to say how much there is of something."""

    low: Text
    middle: Text
    high: Text

    def of(self, value: float) -> str:
        """The words for a value in [0, 1]."""
        return self.low if value < 0.35 else self.high if value > 0.65 else self.middle


class Directions(Record):
    """The director's plan and the counterpart's disposition, in plain words."""

    reactions: dict[Reaction, Direction]
    scenes: dict[Id, Text]
    """Per scenario, the situation as the counterpart knows it."""
    temperament: dict[str, Bands]
    mood: dict[str, Bands]
    may_agree: Text
    may_not_agree: Text
    ends: Text
    goes_on: Text

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, wanted, given in (
            ("reactions", {r.value for r in Reaction}, {r.value for r in self.reactions}),
            ("scenes", set(SCENARIO_IDS), set(self.scenes)),
            ("temperament", {"warmth", "scepticism", "patience", "directness"}, set(self.temperament)),
            ("mood", {"trust", "openness", "patience"}, set(self.mood)),
        ):
            if wanted != given:
                raise ValueError(f"{name}: missing or unknown: {', '.join(sorted(wanted ^ given))}")
        return self


class Rule(StrEnum):
    """Why a sentence is kept from being shown."""

    CONCESSION = "concession"
    """Agrees without leave."""
    REFUSAL = "refusal"
    """Refuses for good, or ends the conversation, though nothing of the kind was decided."""
    HIDDEN_FACT = "hidden_fact"
    COACHING = "coaching"
    """Tells the learner how to do it, or how well they do."""
    GUSHING = "gushing"
    """Praise that nobody in this chair would give."""
    STAGE_TALK = "stage_talk"
    """Speaks of the machinery: instructions, the scenario, being a machine."""
    OTHER_ROLE = "other_role"
    """Speaks somebody else's lines."""
    REPEATED = "repeated"
    LANGUAGE = "language"
    LENGTH = "length"


WORDED_RULES = (Rule.CONCESSION, Rule.REFUSAL, Rule.COACHING, Rule.GUSHING, Rule.STAGE_TALK, Rule.OTHER_ROLE)
"""The rules that are a matter of words; the others are a matter of counting and comparing."""


class WordedRule(Record):
    """Words that break a rule, as regular expressions read without regard to case."""

    patterns: tuple[Text, ...] = Field(min_length=1)
    unless: tuple[Text, ...] = ()
    """If any of these is in the sentence, the patterns say nothing."""
    reason: Text
    """What an actor is told when it is asked again."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for pattern in self.patterns + self.unless:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"“{pattern}” is not a regular expression: {error}") from None
        return self

    @cached_property
    def broken_by(self) -> re.Pattern[str]:
        """Any of the patterns."""
        return re.compile("|".join(f"(?:{p})" for p in self.patterns), re.IGNORECASE)

    @cached_property
    def excused_by(self) -> re.Pattern[str] | None:
        """Any of the exceptions."""
        return re.compile("|".join(f"(?:{p})" for p in self.unless), re.IGNORECASE) if self.unless else None


class GuardRules(Record):
    """What no sentence of a chat model may do before it is shown."""

    rules: dict[Rule, WordedRule]
    reasons: dict[Rule, Text]
    """What an actor is told about the other rules."""
    fact_share: Unit
    """From which share of the words of a hidden fact, or of a line that tells it, an answer is taken for telling it; rare words
    count for more."""
    fact_rarity: float = Field(gt=0)
    """From which sum of the rarities of such words, of which there are two at least, whatever their share."""
    closing: tuple[Text, ...] = Field(min_length=5)
    """Words by which a conversation is visibly brought to an end."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = {r.value for r in WORDED_RULES} ^ {r.value for r in self.rules}
        missing |= {r.value for r in Rule if r not in WORDED_RULES} ^ {r.value for r in self.reasons}
        if missing:
            raise ValueError(f"rules and reasons: missing or out of place: {', '.join(sorted(missing))}")
        return self

    def reason(self, rule: Rule) -> str:
        """What an actor is told when it broke a rule."""
        return self.rules[rule].reason if rule in self.rules else self.reasons[rule]

    @cached_property
    def closes(self) -> re.Pattern[str]:
        """Any of the closing words."""
        return re.compile("|".join(f"(?:{p})" for p in self.closing), re.IGNORECASE)
