"""What programs are told. What lay behind an answer (reaction, state, causes, thoughts) is told when the talk has ended."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from rehearse.domain.persona import Difficulty
from rehearse.domain.state import Ending


class Told(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")


class Kept(BaseModel):
    """A part of an answer that was stored, perhaps by another version: fields that this version does not know are passed on."""

    model_config = ConfigDict(extra="allow")


# What there is --------------------------------------------------------------------------------------------------------


class CheckTold(Told):
    """An observable sign of success."""

    id: str
    title: str


class ScenarioTold(Told):
    """A conversation to rehearse: the brief, as the learner may read it beforehand."""

    id: str
    title: str
    summary: str
    situation: str
    learner_role: str
    goal: str
    both_know: list[str]
    tips: list[str]
    ideas: list[str]
    checks: list[CheckTold]
    personas: list[str] = Field(description="Who can play the counterpart.")


class PersonaTold(Told):
    """The public side of a counterpart."""

    id: str
    name: str
    pronoun: str
    role: str
    bio: str
    manner: str
    sample: str = Field(description="How they sound.")
    scenarios: list[str]


class PassageTold(Told):
    """The unit of citation."""

    passage: str
    text: str


class IdeaTold(Told):
    """One of the six ideas."""

    id: str
    title: str
    source: str
    summary: str
    introduction: str
    passages: list[PassageTold]


class HitTold(Told):
    """A passage that was found; `score` is comparable within one search only."""

    idea: str
    passage: str
    text: str
    score: float = Field(ge=0, le=1)


# What the coach concludes ---------------------------------------------------------------------------------------------


class Evidence(Kept):
    """Exact words of a turn; `start` inclusive, `end` exclusive, in code points."""

    turn: int
    quote: str
    start: int
    end: int


class CitationTold(Kept):
    """A passage of the guidance."""

    idea: str
    passage: str
    text: str


class RatingTold(Kept):
    """A criterion's level and score, or why there is none."""

    level: int | None = Field(default=None, ge=0, le=2)
    score: int | None = Field(default=None, ge=0, le=100, description="Higher is better, also for `dismissal`.")
    sure: bool = True
    evidence: list[Evidence] = []
    citations: list[CitationTold] = []
    unrated: str | None = Field(default=None, description="`no_opportunity`, `too_short` or `coach_unavailable`.")


class RemarkTold(Kept):
    """One thing to keep or to change, proved by the learner's words and by a passage."""

    kind: str = Field(description="`keep` or `change`.")
    turn: int
    quote: str
    about: str
    citation: CitationTold
    why: str
    suggestion: str | None = None


class IdeaMarkTold(Kept):
    """What became of an idea."""

    idea: str
    status: str = Field(description="`shown`, `attempted` or `no_opportunity`.")
    turn: int | None = None
    quote: str | None = None
    citation: CitationTold | None = None


class OutcomeTold(Kept):
    """How it ended, and why."""

    ended: Ending
    agreed: bool
    checks: dict[str, bool]
    why: str = ""


class DebriefTold(Kept):
    """The coach's account of a whole conversation; a score is never without its parts."""

    ratings: dict[str, RatingTold]
    details: dict[str, float | None]
    ideas: list[IdeaMarkTold]
    outcome: OutcomeTold | None = Field(default=None, description="None for a transcript from elsewhere.")
    remarks: list[RemarkTold]
    turning_points: list[dict[str, Any]] = []
    thoughts: list[dict[str, Any]] = []
    undisclosed: list[dict[str, Any]] = []
    next_practice: dict[str, Any] | None = None


# Talks ----------------------------------------------------------------------------------------------------------------


class ActTold(Kept):
    """What a part of a turn does."""

    act: str
    quote: str
    start: int
    end: int


class StateTold(Kept):
    """The counterpart's state after a turn."""

    trust: float
    openness: float
    patience: float
    concerns: dict[str, str]


class TurnTold(Told):
    """One turn of the learner and its answer."""

    turn: int
    learner: str
    counterpart: str | None = Field(description="None where the process ended before the answer; it comes with the next request.")
    acts: list[ActTold]
    ratings: dict[str, RatingTold]
    remarks: list[RemarkTold]
    reaction: str | None = Field(default=None, description="Told when the talk has ended, as are state and causes.")
    state: StateTold | None = None
    causes: list[dict[str, Any]] | None = None


class Answer(Told):
    """The answer to one turn."""

    rehearsal: str
    turn: TurnTold
    ended: Ending = Field(description="`open` while it goes on.")
    notice: str | None = Field(
        default=None, description="One sentence where a language model failed and the embedded engine spoke."
    )


class Talk(Told):
    """A talk as it stands."""

    id: str
    scenario: str
    persona: str
    difficulty: Difficulty
    seed: int
    engine: str
    focus: str | None
    started: str = Field(description="ISO 8601, in UTC.")
    ended: Ending
    parent: str | None = Field(description="The talk that it branched off.")
    parent_turn: int | None
    opening: str = Field(description="The counterpart's first words.")
    turns: list[TurnTold]
    debrief: DebriefTold | None = Field(description="None while it is open.")


class TalkLine(Told):
    """A line of the history."""

    id: str
    scenario: str
    persona: str
    difficulty: str
    started: str
    turns: int
    ended: Ending
    trust: float | None
    empathy: int | None
    clarity: int | None
    parent: str | None


class History(Told):
    """A page of the history, newest first."""

    rehearsals: list[TalkLine]
    more: bool = Field(description="Whether there are older ones: ask again with a higher `offset`.")


class Finished(Told):
    """A talk that is over."""

    rehearsal: str
    ended: Ending
    debrief: DebriefTold


class Scored(Told):
    """A conversation from elsewhere, rated."""

    learner: str = Field(description="Whose turns were rated.")
    counterpart: str
    turns: int
    debrief: DebriefTold


class PairRating(Told):
    """One exchange, rated; None where a criterion cannot be."""

    id: str | int | None
    acts: list[ActTold]
    ratings: dict[str, int | None]
    scores: dict[str, int | None]


class PairRatings(Told):
    """Exchanges in the order in which they came."""

    pairs: list[PairRating]


# When it did not work -------------------------------------------------------------------------------------------------


class FieldProblem(Told):
    """A field that cannot be used."""

    field: str
    detail: str


class Problem(BaseModel):
    """What did not work, as RFC 9457 has it (`application/problem+json`)."""

    type: str = Field(description="Which kind of problem, for programs.", examples=["urn:rehearse:problem:unknown-id"])
    title: str
    status: int
    detail: str = Field(description="What happened, what was kept, what to do: one or two sentences for a person.")
    errors: list[FieldProblem] | None = None
