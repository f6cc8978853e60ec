"""What programs send, and how much of it. A field that is not known here is refused, so that no slip goes unnoticed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from rehearse.coaching.imported import Format
from rehearse.domain.persona import Difficulty
from rehearse.perception.readability import MAX_TURN_CHARACTERS

MOST_SEED = 2**31 - 1
MOST_TRANSCRIPT = 200_000
"""Characters of a transcript: some three hours of talk. Longer ones are for `rehearse score`."""
MOST_ENTRIES = 1_000
MOST_PAIRS = 50
"""Exchanges rated in one request."""

KnownId = Annotated[str, Field(min_length=1, max_length=80, examples=["pitch-to-boss"])]
"""An id out of a data file."""


class Asked(BaseModel):
    """A request body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Begin(Asked):
    """A talk to begin."""

    scenario: KnownId = Field(description="See GET /scenarios.", examples=["pitch-to-boss"])
    persona: KnownId = Field(description="One who fits the scenario; see GET /personas.", examples=["marguerite-dunne"])
    difficulty: Difficulty = Field(default=Difficulty.NORMAL)
    seed: int | None = Field(
        default=None,
        ge=0,
        le=MOST_SEED,
        description="The same seed and words give the same talk with the embedded engine. Without one, one is drawn.",
        examples=[7],
    )
    focus: KnownId | None = Field(default=None, description="A criterion to practise, such as `exploration`.", examples=[None])
    off_record: StrictBool = Field(
        default=False,
        description="Keep it in memory only: it stands in no history and in no file, and is gone when it is deleted, after some "
        "hours, or with the process.",
    )


class Say(Asked):
    """One turn of the learner."""

    text: str = Field(
        min_length=1, max_length=MAX_TURN_CHARACTERS, description="The words.", examples=["Thanks for making time for this."]
    )
    expect_turn: int = Field(
        ge=1,
        le=10_000,
        description="The number that this turn will have: 1 for the first. The same number with the same words again gives the "
        "same answer and says nothing twice; with other words it is refused.",
        examples=[1],
    )


class Rewind(Asked):
    """A moment to go back to."""

    turn: int = Field(ge=0, le=10_000, description="How many learner turns are kept; 0 begins again after the opening.")


class Spoken(Asked):
    """One utterance of a transcript."""

    speaker: str = Field(min_length=1, max_length=200, description="`learner`, `counterpart` or a name.", examples=["learner"])
    text: str = Field(max_length=MOST_TRANSCRIPT, examples=["How would you go about it in my place?"])


class Transcript(Asked):
    """A conversation from elsewhere: as `turns`, or as the `text` of a file."""

    turns: tuple[Spoken, ...] | None = Field(default=None, max_length=MOST_ENTRIES, description="In the order of speaking.")
    text: str | None = Field(
        default=None,
        max_length=MOST_TRANSCRIPT,
        description="`Name: words` lines, Markdown, WebVTT or JSON, as `rehearse score` reads them.",
        examples=[None],
    )
    format: Format | None = Field(default=None, description="How `text` is written; without it, that is told from the text.")
    learner: str | None = Field(
        default=None, max_length=200, description="The learner's name, where no speaker is called `learner`.", examples=[None]
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Transcript:
        if (self.turns is None) == (self.text is None):
            raise ValueError("give either turns or text")
        if self.turns is not None and sum(len(t.speaker) + len(t.text) for t in self.turns) > MOST_TRANSCRIPT:
            raise ValueError(f"the turns together have more than {MOST_TRANSCRIPT:,} characters")
        return self


class Pair(Asked):
    """One exchange to rate."""

    id: str | int | None = Field(default=None, description="Comes back with the rating.", examples=["a1"])
    context: str = Field(
        default="",
        max_length=MAX_TURN_CHARACTERS,
        description="What the other said.",
        examples=["I don't have the hours for another scheme."],
    )
    text: str = Field(
        max_length=MAX_TURN_CHARACTERS,
        description="What the learner answered.",
        examples=["That sounds like a full week. What would have to give?"],
    )


class Pairs(Asked):
    """Exchanges to rate."""

    pairs: tuple[Pair, ...] = Field(min_length=1, max_length=MOST_PAIRS)
