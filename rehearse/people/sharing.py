"""A snapshot of one rehearsal for others to read: what its owner chose to show, frozen at that moment, and nothing behind it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from rehearse.coaching.anonymise import WORDS_TOO, anonymise
from rehearse.domain.library import Library
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import LearnerError
from rehearse.export import persona_title, scenario_title, score_groups
from rehearse.people.accounts import key_of, new_token
from rehearse.retrospect import transcript_of
from rehearse.storage.off_record import is_off_record
from rehearse.storage.records import StoredRehearsal
from rehearse.storage.shares import ShareStore
from rehearse.workspace import Workspace

SHORTEST = 2
"""Letters that are too few to be looked for as somebody's name."""
DAYS = (1, 7, 30)
"""How long a link may work."""


@dataclass(frozen=True)
class Choice:
    """What somebody wants to show beside the words of the talk; by default as little as there is."""

    scores: bool = False
    """The scores, and what the coach remarked."""
    thoughts: bool = False
    """What the counterpart thought and did not say."""
    hide_names: bool = True
    """Roles in place of the names of people."""
    days: int = 7

    def __post_init__(self) -> None:
        if self.days not in DAYS:
            raise LearnerError(
                f"A link works for {', '.join(map(str, DAYS[:-1]))} or {DAYS[-1]} days. Nothing was shared; choose one."
            )


@dataclass(frozen=True)
class Said:
    """One utterance."""

    who: str
    """`learner` or `counterpart`."""
    text: str
    turn: int
    thought: str = ""


@dataclass(frozen=True)
class Scored:
    """One rubric: its total, and per criterion title, level and score."""

    title: str
    total: int | None
    rows: tuple[tuple[str, str, int | None], ...]


@dataclass(frozen=True)
class Noted:
    """One remark of the coach."""

    kind: str
    turn: int
    quote: str
    why: str


@dataclass(frozen=True)
class Snapshot:
    """All that a link shows."""

    title: str
    difficulty: str
    name: str
    """What the counterpart is called; empty where names are hidden."""
    role: str
    ended: str
    said: tuple[Said, ...]
    scores: tuple[Scored, ...] = ()
    remarks: tuple[Noted, ...] = ()
    hidden: int = field(default=0)
    """How many names were replaced; 0 where they were not looked for, or there are none."""

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, kept: str) -> Snapshot:
        """What was kept."""
        told: dict[str, Any] = json.loads(kept)
        told["said"] = tuple(Said(**said) for said in told["said"])
        told["scores"] = tuple(Scored(s["title"], s["total"], tuple(tuple(row) for row in s["rows"])) for s in told["scores"])
        told["remarks"] = tuple(Noted(**remark) for remark in told["remarks"])
        return cls(**told)


def take_snapshot(stored: StoredRehearsal, library: Library, choice: Choice, own_name: str = "") -> Snapshot:
    """What a link to an ended rehearsal shows by somebody's choice; `LearnerError` for one that is open."""
    if not stored.ending or not stored.debrief_json:
        raise LearnerError("This talk is not finished, so it was not shared. End it, look back at it, and share it then.")
    debrief: Mapping[str, Any] = json.loads(stored.debrief_json)
    name, role = persona_title(library, stored.persona_id)
    talk = transcript_of(stored).turns
    thoughts = {t["turn"]: str(t["thought"]) for t in debrief["thoughts"]} if choice.thoughts else {}
    remarks = debrief["remarks"] if choice.scores else []
    extra = [*thoughts.values(), *(text for r in remarks for text in (str(r["quote"]), str(r["why"])))]
    # The role of an own counterpart is somebody's words as well.
    words = [role] + [turn.text for turn in talk] + extra
    hidden = 0
    if choice.hide_names:
        words, hidden = _without_names(words, own_name, name)
    told = iter(words)
    role = next(told)
    said = [Said(turn.speaker.value, next(told), turn.number) for turn in talk]
    thought = {turn: next(told) for turn in thoughts}
    groups = score_groups(debrief["ratings"], library) if choice.scores else ()
    return Snapshot(
        title=scenario_title(library, stored.scenario_id),
        difficulty=stored.difficulty,
        name="" if choice.hide_names else name,
        role=role,
        ended=stored.ending,
        said=tuple(
            Said(s.who, s.text, s.turn, thought.get(s.turn, "") if s.who == Speaker.COUNTERPART.value else "") for s in said
        ),
        scores=tuple(Scored(g.title, g.total, tuple((r.title, r.level, r.score) for r in g.rows)) for g in groups),
        remarks=tuple(Noted(str(r["kind"]), int(r["turn"]), next(told), next(told)) for r in remarks),
        hidden=hidden,
    )


def _without_names(words: list[str], own_name: str, counterpart: str) -> tuple[list[str], int]:
    """The same words with roles for names, all of them seen together, so that one person keeps one role."""
    own_name = _called(own_name)
    known = {_plain(part): part for name in (own_name, counterpart) for part in _composed(name).split() if len(part) > SHORTEST}
    turns = tuple(Turn(Speaker.LEARNER, number, _as_known(text, known)) for number, text in enumerate(words, 1))
    found, mapping = anonymise(Transcript(turns), own_name, [counterpart])
    return [turn.text for turn in found.turns], len(mapping)


def _called(account: str) -> str:
    """What somebody is called whose account is an address or a login, as a proxy or a provider gives them: `ana.lindt@…`."""
    if " " in account or not re.search(r"[@._]", account):
        return account
    parts = [part for part in re.split(r"[._+]", account.partition("@")[0]) if part.replace("-", "").isalpha()]
    return " ".join(part.title() for part in parts if len(part) > SHORTEST)


def _as_known(text: str, known: Mapping[str, str]) -> str:
    """Words with names that are known spelled as they are known, however somebody typed them: in small letters, without accents.

    A name that is a word as well is left as it is where it begins small.
    """

    def spelled(match: re.Match[str]) -> str:
        said = match.group()
        return said if said in WORDS_TOO else known.get(_plain(said), said)

    return re.sub(r"\w+(?:-\w+)*", spelled, _composed(text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def share(workspace: Workspace, rehearsal_id: str, choice: Choice, own_name: str = "") -> str:
    """Keep a snapshot of an own rehearsal; the token of the link that shows it, told this once."""
    if is_off_record(rehearsal_id):
        raise LearnerError("This talk is off the record, so nothing of it is kept or shared.")
    stored = workspace.store.get(rehearsal_id)
    snapshot = take_snapshot(stored, workspace.library, choice, own_name)
    token = new_token()
    shares_of(workspace).add(rehearsal_id, key_of(token), snapshot.to_json(), timedelta(days=choice.days))
    return token


def shares_of(workspace: Workspace) -> ShareStore:
    """What a person shares."""
    return ShareStore(workspace.store.database, workspace.person_id)


def shown(workspace: Workspace, token: str) -> Snapshot:
    """What a link shows, whoever has it; `UnknownIdError` where it has expired or was taken back."""
    return Snapshot.from_json(shares_of(workspace).open(key_of(token)).snapshot_json)
