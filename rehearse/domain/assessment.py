"""What the coach concludes: ratings, remarks and the debrief. Each points into the transcript and the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rehearse.domain.idea import Citation
from rehearse.domain.own_guidance import OwnPassage
from rehearse.domain.state import Ending
from rehearse.domain.transcript import EvidenceSpan


class UnratedReason(StrEnum):
    """Why there is no rating."""

    NO_OPPORTUNITY = "no_opportunity"
    TOO_SHORT = "too_short"
    COACH_UNAVAILABLE = "coach_unavailable"


EMBEDDED = "embedded"
"""Who rates where no model does; the name of the encoder stands behind it where that is known."""


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What another reader made of the same criterion: the level, who read, and the words that the reading rests on, if any."""

    level: int
    by: str
    span: EvidenceSpan | None = None

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"level": self.level, "by": self.by, "quote": self.span.to_dict() if self.span else None}


@dataclass(frozen=True, slots=True)
class Rating:
    """A criterion's level (0, 1, 2) and score (0-100, higher is better, also for `dismissal`), with evidence.

    `sure` is False where the rater's confidence is below the stated one, or where two readers saw it differently.
    """

    criterion_id: str
    level: int
    score: int
    evidence: tuple[EvidenceSpan, ...] = ()
    citations: tuple[Citation, ...] = ()
    sure: bool = True
    by: str = EMBEDDED
    """Who rated: `embedded ENCODER`, or `MODEL PROMPT@HASH`."""
    second: SecondReading | None = None
    """What the other reader saw, where there was one; to be shown beside the rating where the levels differ and it is unsure."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "level": self.level,
            "score": self.score,
            "sure": self.sure,
            "by": self.by,
            "second": self.second.to_dict() if self.second else None,
            "evidence": [span.to_dict() for span in self.evidence],
            "citations": [citation.to_dict() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Unrated:
    """A criterion that could not be rated: never a zero, never a guess."""

    criterion_id: str
    reason: UnratedReason

    def to_dict(self) -> dict[str, object]:
        """As programs read it: empty fields beside the reason."""
        return {
            "level": None,
            "score": None,
            "sure": False,
            "evidence": [],
            "citations": [],
            "unrated": self.reason.value,
        }


Ratings = dict[str, Rating | Unrated]
"""One result for every criterion."""


class RemarkKind(StrEnum):
    """What a remark asks for."""

    KEEP = "keep"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to keep or to change, proved by the learner's words and by a passage."""

    kind: RemarkKind
    criterion_id: str
    """The criterion (or idea, or harmful act) it is about."""
    skill: str
    """`empathy`, `clarity` or `ideas`: at most one remark a skill on a turn."""
    span: EvidenceSpan
    citation: Citation
    why: str
    suggestion: str | None = None
    value: float = 0.0
    """How much it is worth saying; orders remarks in the debrief."""
    by: str = EMBEDDED
    """Whose remark it is: `embedded`, or `MODEL PROMPT@HASH`."""
    own: OwnPassage | None = None
    """A passage of the person's own guidance that lies nearer still; a second proof beside the citation."""
    own_removed: bool = False
    """Whether there was such a passage, and the person has deleted its document since."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            **({"own": self.own.to_dict()} if self.own else {}),
            **({"own_removed": True} if self.own_removed else {}),
            "kind": self.kind.value,
            "turn": self.span.turn.number,
            "quote": self.span.quote,
            "start": self.span.start,
            "end": self.span.end,
            "about": self.criterion_id,
            "skill": self.skill,
            "value": self.value,
            "citation": self.citation.to_dict(),
            "why": self.why,
            "suggestion": self.suggestion,
            "by": self.by,
        }


@dataclass(frozen=True)
class Provenance:
    """What an assessment was made with: assessments compare only where this is the same. Holds nothing that anybody said."""

    rubric: str
    """The version of the rubrics: a hash of what raters read."""
    encoder: str
    prompt: str | None = None
    """The prompt file and its hash, as `coach@1a2b3c4d`; None where no model was asked."""
    model: str | None = None
    settings: Mapping[str, int] = field(default_factory=dict)
    """How the model was asked: most tokens of an answer, turns and passages shown."""
    unavailable: str | None = None
    """Why the model that was asked did not rate, in words for a person; None where it did, or none was asked."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """What code took out of the model's answer, by reason, and how often."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "rubric": self.rubric,
            "encoder": self.encoder,
            "prompt": self.prompt,
            "model": self.model,
            "settings": dict(self.settings),
            "unavailable": self.unavailable,
            "dropped": dict(self.dropped),
        }


class IdeaStatus(StrEnum):
    """What became of an idea in a rehearsal."""

    SHOWN = "shown"
    ATTEMPTED = "attempted"
    NO_OPPORTUNITY = "no_opportunity"


@dataclass(frozen=True, slots=True)
class IdeaMark:
    """An idea's status, with the words and the passage where it was shown or attempted."""

    idea_id: str
    status: IdeaStatus
    span: EvidenceSpan | None = None
    citation: Citation | None = None

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "idea": self.idea_id,
            "status": self.status.value,
            "turn": self.span.turn.number if self.span else None,
            "quote": self.span.quote if self.span else None,
            "citation": self.citation.to_dict() if self.citation else None,
        }


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """A turn that moved the counterpart, and by what."""

    turn: int
    span: EvidenceSpan
    effect: str
    trust: float

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"turn": self.turn, "quote": self.span.quote, "effect": self.effect, "trust": round(self.trust, 3)}


@dataclass(frozen=True, slots=True)
class Revealed:
    """What the counterpart thought and did not say at one turn; shown only after the end."""

    turn: int
    thought: str

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"turn": self.turn, "thought": self.thought}


@dataclass(frozen=True, slots=True)
class Undisclosed:
    """Something that never came up, and the question that would have opened it."""

    kind: str
    """`concern` or `fact`."""
    text: str
    would_open: str

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"kind": self.kind, "text": self.text, "would_open": self.would_open}


@dataclass(frozen=True)
class Outcome:
    """What the counterpart agreed to, and why; the scenario's checks."""

    ended: Ending
    checks: dict[str, bool]
    why: str

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "ended": self.ended.value,
            "agreed": self.ended is Ending.AGREED,
            "checks": dict(self.checks),
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class NextPractice:
    """What to practise next: the skill, and the turn to return to."""

    criterion_id: str
    turn: int
    why: str

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"criterion": self.criterion_id, "turn": self.turn, "why": self.why}


@dataclass(frozen=True)
class Debrief:
    """The coach's account of a whole conversation. `details` maps each listening criterion to 1.0-5.0 or None."""

    ratings: Ratings
    details: dict[str, float | None]
    ideas: tuple[IdeaMark, ...]
    outcome: Outcome | None
    """None for a transcript from elsewhere, where nobody knows what was agreed."""
    remarks: tuple[Remark, ...]
    turning_points: tuple[TurningPoint, ...] = ()
    thoughts: tuple[Revealed, ...] = ()
    undisclosed: tuple[Undisclosed, ...] = ()
    next_practice: NextPractice | None = None
    turn_ratings: tuple[Ratings, ...] = ()
    """The ratings of each learner turn, in order."""
    made_with: tuple[Provenance | None, ...] = ()
    """What the view of each learner turn was made with, in order."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "ratings": {key: rating.to_dict() for key, rating in self.ratings.items()},
            "details": dict(self.details),
            "ideas": [mark.to_dict() for mark in self.ideas],
            "outcome": self.outcome.to_dict() if self.outcome else None,
            "remarks": [remark.to_dict() for remark in self.remarks],
            "turning_points": [point.to_dict() for point in self.turning_points],
            "thoughts": [thought.to_dict() for thought in self.thoughts],
            "undisclosed": [item.to_dict() for item in self.undisclosed],
            "next_practice": self.next_practice.to_dict() if self.next_practice else None,
            "made_with": [made.to_dict() if made else None for made in self.made_with],
        }
