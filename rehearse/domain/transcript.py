"""Who said what: turns in order, and spans that point into them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rehearse.errors import GroundingError


class Speaker(StrEnum):
    """The two roles of a rehearsal."""

    LEARNER = "learner"
    COUNTERPART = "counterpart"


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's hold of the floor.

    `number` counts the learner's turns from 1; the counterpart's turn of the same number answers it, and the
    counterpart's turn 0 is the opening.
    """

    speaker: Speaker
    number: int
    text: str

    @property
    def turn_id(self) -> str:
        """`L3` for the learner's third turn, `C3` for the answer to it, `C0` for the opening."""
        return f"{'L' if self.speaker is Speaker.LEARNER else 'C'}{self.number}"


@dataclass(frozen=True)
class Transcript:
    """Turns in the order in which they were spoken."""

    turns: tuple[Turn, ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, Turn]:
        return {turn.turn_id: turn for turn in self.turns}

    def turn(self, turn_id: str) -> Turn:
        """The turn with that id; `GroundingError` where there is none."""
        try:
            return self._by_id[turn_id]
        except KeyError:
            raise GroundingError(f"the transcript has no turn {turn_id}") from None

    def learner_turns(self) -> tuple[Turn, ...]:
        """The learner's turns only."""
        return tuple(turn for turn in self.turns if turn.speaker is Speaker.LEARNER)

    def heard_before(self, number: int) -> str:
        """What the counterpart had last said when the learner took turn `number`; empty if nothing."""
        heard = ""
        for turn in self.turns:
            if turn.speaker is Speaker.LEARNER and turn.number >= number:
                break
            if turn.speaker is Speaker.COUNTERPART:
                heard = turn.text
        return heard

    def then(self, *turns: Turn) -> Transcript:
        """A transcript that goes on with these turns."""
        return Transcript(self.turns + turns)


@dataclass(frozen=True, slots=True)
class EvidenceSpan:
    """Exact words of one turn: `start` inclusive, `end` exclusive, in code points.

    The quote is read from the turn itself, so an inexact quote cannot be constructed.
    """

    turn: Turn
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= len(self.turn.text):
            raise GroundingError(f"{self.start}:{self.end} is not inside turn {self.turn.turn_id}")

    @property
    def quote(self) -> str:
        """The words themselves."""
        return self.turn.text[self.start : self.end]

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "turn_id": self.turn.turn_id,
            "turn": self.turn.number,
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
        }
