"""What the conversation is about: the learner's task, what must be on the table, how success is seen, how it ends."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Id, Record, Text, Unit

SCENARIO_IDS = (
    "pitch-to-boss",
    "guide-hesitant-leader",
    "recruit-a-peer",
    "agree-expectations",
    "two-way-check-in",
)


class Need(Record):
    """Something that must be on the table before the counterpart can agree; the counterpart asks for what is missing."""

    id: Id
    title: Text
    acts: tuple[Act, ...] = ()
    """Any of these acts of the learner puts it on the table."""
    wish: bool = False
    """Satisfied instead when the counterpart has named what they wish to learn."""
    turn: int = Field(default=1, ge=1)
    """The counterpart does not ask for it before this turn."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.acts and not self.wish:
            raise ValueError("a need has to name the acts that satisfy it, or say `wish: true`")
        return self


class When(Record):
    """A condition over a finished rehearsal; all parts that are given must hold."""

    any_act: tuple[Act, ...] = ()
    """The learner did at least one of these."""
    all_acts: tuple[Act, ...] = ()
    """The learner did each of these."""
    no_act: tuple[Act, ...] = ()
    """The learner did none of these."""
    agreed: bool = False
    """The counterpart agreed."""
    concern_eased: bool = False
    """At least one voiced concern was eased or resolved."""
    all_required_eased: bool = False
    """Every required concern was eased or resolved."""
    fact_told: bool = False
    """The counterpart told something they do not simply say."""
    wish_named: bool = False
    """The counterpart named what they wish to learn."""
    event_kept: bool = False
    """The scripted test of confidentiality came up and was stood; not seen where it never came up."""
    trust_at_least: Unit = 0.0
    """Trust at the end."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self == type(self).model_construct():
            raise ValueError("a condition without any part would always hold")
        return self


class Check(Record):
    """An observable sign of success."""

    id: Id
    title: Text
    when: When


class Event(Record):
    """Something that happens by script, whoever plays the counterpart."""

    id: Id
    title: Text
    from_turn: int = Field(ge=2)
    """The first learner turn whose answer may bring it."""
    after_disclosure: bool = False
    """Whether something confidential must have been told before."""
    speaker: Text
    """Who speaks; shown before the words, unless it is the counterpart (`counterpart`)."""
    lines: tuple[Text, ...] = Field(min_length=2)
    tests: Act | None = None
    """The act that would fail the test which the event sets, if it sets one."""
    passes: tuple[Act, ...] = ()
    """Acts that show the test was stood; without any of them it is stood when the failing act is absent."""


class Scenario(Record):
    """A conversation to rehearse."""

    id: Id
    title: Text
    summary: Text
    situation: Text
    """What has happened before; read in the brief."""
    learner_role: Text
    goal: Text
    both_know: tuple[Text, ...] = Field(min_length=1)
    tips: tuple[Text, ...] = Field(min_length=2)
    """What to try; read in the brief."""
    ideas: tuple[Id, ...] = Field(min_length=1)
    needs: tuple[Need, ...] = Field(min_length=2)
    asks: tuple[Act, ...] = Field(min_length=1)
    """Acts that ask for the agreement; the counterpart concedes only to one of these."""
    trust: Unit
    """The trust from which agreement is permitted at normal difficulty."""
    openness: Unit
    max_turns: int = Field(ge=6, le=60)
    checks: tuple[Check, ...] = Field(min_length=3)
    events: tuple[Event, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind, items in (("needs", self.needs), ("checks", self.checks), ("events", self.events)):
            ids = [item.id for item in items]
            if len(ids) != len(set(ids)):
                raise ValueError(f"two {kind} share an id")
        return self
