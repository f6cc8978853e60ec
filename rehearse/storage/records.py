"""What the store takes and gives: frozen values without a connection to any database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LOCAL_PERSON = "local"
"""Whose rehearsals they are where nobody signs in."""


@dataclass(frozen=True, slots=True)
class NewRehearsal:
    """What is known when a rehearsal begins; `parent_id` and `parent_turn` where it branches off another."""

    scenario_id: str
    persona_id: str
    difficulty: str
    seed: int
    engine: str
    opening: str
    focus: str | None = None
    parent_id: str | None = None
    parent_turn: int | None = None
    offer_json: str | None = None
    """The offer card in force when it began."""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The counterpart's answer, with what is needed to return to it; the JSON is opaque to the store."""

    text: str
    exchange_json: str
    inner_json: str
    assessment_json: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One learner turn; `answer` is None where the process died before it was given."""

    number: int
    text: str
    said_at: datetime
    answer: StoredAnswer | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a rehearsal has come."""

    ending: str | None
    """None while it is open."""
    turns: int
    answered: int


@dataclass(frozen=True, slots=True)
class RehearsalSummary:
    """A line of the history. `turns` counts the learner's turns; scores are 0-100, None where not rated or not ended."""

    rehearsal_id: str
    scenario_id: str
    persona_id: str
    difficulty: str
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    turns: int
    trust: float | None
    empathy: int | None
    clarity: int | None
    guess: int | None
    parent_id: str | None
    parent_turn: int | None
    """How many turns it shares with the one it branched off."""
    scores_json: str | None
    """The parts of the totals: per criterion `level` and `score`, or `unrated`."""


@dataclass(frozen=True, slots=True)
class StoredRehearsal:
    """A whole rehearsal as it is kept."""

    rehearsal_id: str
    scenario_id: str
    persona_id: str
    difficulty: str
    seed: int
    engine: str
    opening: str
    focus: str | None
    parent_id: str | None
    parent_turn: int | None
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    guess: int | None
    trust: float | None
    empathy: int | None
    clarity: int | None
    scores_json: str | None
    debrief_json: str | None
    offer_json: str | None
    check_in_json: str | None
    """How the real talk went, as the learner told it afterwards."""
    turns: tuple[StoredTurn, ...]


@dataclass(frozen=True, slots=True)
class OwnPersona:
    """A counterpart that a person wrote; `yaml` as it was saved."""

    persona_id: str
    yaml: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """Guidance that a person brought along, cut into passages."""

    document_id: str
    title: str
    file_name: str
    added_at: datetime
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredContest:
    """A rating that was contested; `contest_json` holds both views and the verdict."""

    turn: int
    criterion_id: str
    reason: str
    contest_json: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """Somebody who may sign in, unless `locked_at` says since when not."""

    person_id: str
    name: str
    password_hash: str | None
    """None where somebody else vouches for them: a proxy or an identity provider."""
    host: bool
    """Whether they may invite others; it opens nobody's rehearsals to them."""
    made_at: datetime
    locked_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """One browser or program that is signed in; `login_id` is a hash, not what lets it in."""

    login_id: str
    kind: str
    made_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredShare:
    """A snapshot that a link shows until it expires; the link itself is not kept."""

    share_id: str
    rehearsal_id: str
    snapshot_json: str
    made_at: datetime
    expires_at: datetime
