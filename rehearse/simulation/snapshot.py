"""Where a rehearsal stands: everything that a turn needs and leaves behind. Frozen, so that any turn can be returned to."""

from __future__ import annotations

from dataclasses import dataclass, field

from rehearse.domain.acts import ActSpan
from rehearse.domain.state import Cause, Ending, Plan, State
from rehearse.domain.transcript import Transcript
from rehearse.simulation.appraisal import Track
from rehearse.simulation.voice import VoiceRecord


@dataclass(frozen=True, slots=True)
class Remembered:
    """Words of the learner that may be taken up later."""

    turn: int
    slot: str
    value: str


@dataclass(frozen=True)
class Exchange:
    """One learner turn and its answer, with what lay behind it."""

    turn: int
    learner: str
    acts: tuple[ActSpan, ...]
    counterpart: str
    plan: Plan
    state: State
    causes: tuple[Cause, ...]
    thought: str
    taken_up: tuple[str, ...] = ()
    """The slots of the learner's words that the answer took up."""
    voice: VoiceRecord | None = None
    """How a chat model came to the words; None where the embedded engine spoke."""


@dataclass(frozen=True)
class Memory:
    """What the director and the actor keep between turns."""

    spoken: frozenset[str] = frozenset()
    """Keys of the sentences already said."""
    thought: frozenset[str] = frozenset()
    learner: tuple[Remembered, ...] = ()
    recalled: frozenset[str] = frozenset()
    """Values already taken up from long ago."""
    hinted: frozenset[str] = frozenset()
    invited: tuple[tuple[str, int], ...] = ()
    """Needs that were asked for, with the turn."""
    habit_used: bool = False
    open_questions: int = 0
    event_pending: str | None = None
    events: tuple[tuple[str, str], ...] = ()
    """Events that are over, with `kept` or `broke`."""
    asked_about: str = ""
    """The worry on the table, in one fixed sentence: what the learner's next words may answer."""


@dataclass(frozen=True)
class Snapshot:
    """A rehearsal after a number of learner turns."""

    state: State
    transcript: Transcript
    track: Track = field(default_factory=Track)
    memory: Memory = field(default_factory=Memory)
    exchanges: tuple[Exchange, ...] = ()
    ending: Ending = Ending.OPEN

    @property
    def turn(self) -> int:
        """How many turns the learner has taken."""
        return len(self.exchanges)
