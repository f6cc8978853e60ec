"""What a counterpart's state is, how it is said to have moved, and what it decided to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rehearse.domain.acts import Act


class ConcernStatus(StrEnum):
    """How far a concern has come."""

    LATENT = "latent"
    VOICED = "voiced"
    EASED = "eased"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """How a rehearsal stands or ended."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    LEFT = "left"
    TIME = "time"


class Reaction(StrEnum):
    """What the director may decide; the actor only says it."""

    OPEN = "open"
    GRANT = "grant"
    THANKED = "thanked"
    VOICE_CONCERN = "voice_concern"
    PRESS_CONCERN = "press_concern"
    EASE_CONCERN = "ease_concern"
    RESOLVE_CONCERN = "resolve_concern"
    PROBE = "probe"
    SOFTEN = "soften"
    BRISTLE = "bristle"
    ACCEPT_REPAIR = "accept_repair"
    DISCLOSE = "disclose"
    HINT = "hint"
    ANSWER = "answer"
    ADVISE = "advise"
    INVITE = "invite"
    HOLD = "hold"
    DEFLECT = "deflect"
    REMEMBER = "remember"
    FLATTERED = "flattered"
    REPEATED = "repeated"
    THIN = "thin"
    OFF_TOPIC = "off_topic"
    UNREADABLE = "unreadable"
    IMPATIENT = "impatient"
    EARLY_YES = "early_yes"
    SOFT_NO = "soft_no"
    EVENT = "event"
    CONCEDE = "concede"
    DECLINE = "decline"
    LOSE_PATIENCE = "lose_patience"
    TIME_UP = "time_up"


@dataclass(frozen=True, slots=True)
class ConcernState:
    """A concern's progress: `ease` in [0, 1]; `voiced_at` is the learner's turn whose answer voiced it."""

    status: ConcernStatus = ConcernStatus.LATENT
    ease: float = 0.0
    voiced_at: int | None = None


@dataclass(frozen=True)
class State:
    """The counterpart's state after a turn; only `simulation.dynamics` makes new ones."""

    trust: float
    openness: float
    patience: float
    concerns: dict[str, ConcernState] = field(default_factory=dict)
    disclosed: frozenset[str] = frozenset()
    met: frozenset[str] = frozenset()
    """The scenario's needs that are on the table."""
    on_table: str | None = None
    """The concern that the counterpart last raised and that is not yet eased."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it: numbers rounded to three places, concerns by status."""
        return {
            "trust": round(self.trust, 3),
            "openness": round(self.openness, 3),
            "patience": round(self.patience, 3),
            "concerns": {key: value.status.value for key, value in self.concerns.items()},
        }


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the state moved: the act, the learner's exact words, and what they did.

    `trust`, `openness` and `patience` are the signed changes; `concern_id` the concern it touched, if any.
    """

    turn: int
    act: Act | None
    quote: str
    effect: str
    trust: float = 0.0
    openness: float = 0.0
    patience: float = 0.0
    concern_id: str | None = None

    def to_dict(self) -> dict[str, object]:
        """As `rehearse play --json` prints it."""
        return {"act": self.act.value if self.act else "none", "quote": self.quote, "effect": self.effect}


@dataclass(frozen=True, slots=True)
class Move:
    """One thing the counterpart does in an answer; `target` is the concern, fact, need, trigger or event it is about."""

    reaction: Reaction
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The director's decision for one answer: moves in order, the first names the reaction, and whether it ends there."""

    moves: tuple[Move, ...]
    ending: Ending = Ending.OPEN

    @property
    def reaction(self) -> Reaction:
        """The leading move's reaction."""
        return self.moves[0].reaction
