"""What a counterpart is, knows and may say now: all that somebody who words the answer is told, and nothing more.

Pure. Facts that are kept back, private goals, limits and thoughts are never in it: a test with marked facts holds it to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearse.domain.acts import Act
from rehearse.domain.persona import Temperament
from rehearse.domain.speaking import Directions
from rehearse.domain.state import ConcernStatus, Ending, Move, Plan, Reaction, State
from rehearse.perception.segments import words
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.engine import Prepared
from rehearse.simulation.snapshot import Exchange

_PROMISES: dict[Act, str] = {
    Act.ASSURE_CONFIDENTIALITY: "they promised",
    Act.NAME_OFFER: "they offered",
    Act.PROPOSE_TERMS: "they proposed",
    Act.PROPOSE_MEASURE: "they would measure it so",
    Act.AGREE_NEXT_STEP: "they proposed as a next step",
}
"""What of the learner's words has to be remembered, and how it is introduced."""
_STANDING = {
    ConcernStatus.VOICED: "raised and not answered",
    ConcernStatus.EASED: "smaller than it was",
    ConcernStatus.RESOLVED: "out of the way",
}
_LONGEST_QUOTE = 28
"""Words of the learner's that are quoted at once."""
MOST_MATTERS = 24
"""Settled matters of one kind that are told in full; of more, the first and the last ones."""


@dataclass(frozen=True, slots=True)
class Matter:
    """Something settled earlier: when, what, and the learner's exact words if it is theirs."""

    turn: int
    what: str
    quote: str = ""


@dataclass(frozen=True)
class Briefing:
    """What the wording of one answer may rest on. The first five are the same for a whole rehearsal."""

    name: str
    role: str
    bio: str
    manner: str
    nature: tuple[str, ...]
    """The temperament, in words."""
    scene: str
    """The situation, as the counterpart knows it."""
    mood: tuple[str, ...]
    directions: tuple[str, ...]
    """The plan, move by move, in plain words."""
    standing: tuple[str, ...]
    """How the worries stand that were raised, and what was told."""
    may_agree: bool
    permission: str
    ending: str
    draft: str
    """The authored answer, as an example of manner."""
    most_words: int


def brief(setting: Setting, prepared: Prepared, directions: Directions, most_words: int) -> Briefing:
    """The briefing for the answer to one turn."""
    persona, plan = setting.persona, prepared.plan
    state = prepared.decision.state
    may_agree = any(move.reaction in (Reaction.CONCEDE, Reaction.EARLY_YES) for move in plan.moves)
    told = prepared.before.state.disclosed
    return Briefing(
        name=persona.name,
        role=persona.role,
        bio=persona.bio,
        manner=persona.manner,
        nature=_nature(persona.temperament, directions),
        scene=directions.scenes[setting.scenario.id],
        mood=tuple(directions.mood[name].of(value) for name, value in _mood(state)),
        directions=tuple(_direction(setting, move, directions, told=move.target in state.disclosed) for move in plan.moves),
        standing=(*_worries(setting, state, plan), *_told(setting, told)),
        may_agree=may_agree,
        permission=directions.may_agree if may_agree else directions.may_not_agree,
        ending=directions.goes_on if plan.ending is Ending.OPEN else directions.ends,
        draft=prepared.draft.text,
        most_words=most_words,
    )


def _nature(temperament: Temperament, directions: Directions) -> tuple[str, ...]:
    return tuple(bands.of(getattr(temperament, name)) for name, bands in directions.temperament.items())


def _mood(state: State) -> tuple[tuple[str, float], ...]:
    return (("trust", state.trust), ("openness", state.openness), ("patience", state.patience))


def _direction(setting: Setting, move: Move, directions: Directions, *, told: bool) -> str:
    """One move in words, with what it is about; a fact only where the plan tells it."""
    concern = next((c for c in setting.persona.concerns if c.id == move.target), None)
    fact = next((f for f in setting.persona.facts if f.id == move.target), None)
    need = next((n for n in setting.scenario.needs if n.id == move.target), None)
    event = next((e for e in setting.scenario.events if e.id == (move.target or "").partition(":")[0]), None)
    said = directions.reactions[move.reaction].say
    tell = fact is not None and told and move.reaction is Reaction.DISCLOSE
    filled = {
        "about": concern.about if concern else "",
        "fact": fact.text if fact is not None and tell else "",
        "need": need.title if need else "",
        "event": event.title if event else "",
    }
    for place, value in filled.items():
        said = said.replace("{" + place + "}", value)
    return said.strip()


def _worries(setting: Setting, state: State, plan: Plan) -> tuple[str, ...]:
    """The worries that were raised, and how they stand; what was not raised is not known to anybody."""
    now = {move.target for move in plan.moves}
    return tuple(
        f"Your worry is {_STANDING[state.concerns[c.id].status]}: {c.about}"
        for c in setting.concerns
        if state.concerns[c.id].status is not ConcernStatus.LATENT and c.id not in now and _was_raised(state, c.id)
    )


def _was_raised(state: State, concern_id: str) -> bool:
    return state.concerns[concern_id].voiced_at is not None


def _told(setting: Setting, disclosed: frozenset[str]) -> tuple[str, ...]:
    return tuple(f"You have told them: {f.text}" for f in setting.persona.facts if f.id in disclosed)


def settled(setting: Setting, exchanges: Sequence[Exchange], most: int = MOST_MATTERS) -> tuple[Matter, ...]:
    """What must be remembered of earlier exchanges, by code from state and plan: promises, offers, facts told, worries, events.

    Of more than `most` of one kind the first and the last are kept, so that it stays short however long the talk is.
    """
    kinds: dict[str, list[Matter]] = {}
    said: set[tuple[str, str]] = set()
    for exchange in exchanges:
        for kind, matter in _matters(setting, exchange):
            key = (matter.what, " ".join(words(matter.quote)))
            if key not in said:
                said.add(key)
                kinds.setdefault(kind, []).append(matter)
    kept = [matter for matters in kinds.values() for matter in _shortened(matters, most)]
    return tuple(sorted(kept, key=lambda m: m.turn))


def _shortened(matters: list[Matter], most: int) -> list[Matter]:
    if len(matters) <= most:
        return matters
    first = -(-most // 2)
    return matters[:first] + matters[len(matters) - (most - first) :]


def _matters(setting: Setting, exchange: Exchange) -> list[tuple[str, Matter]]:
    found: list[tuple[str, Matter]] = []
    for span in exchange.acts:
        if span.act in _PROMISES:
            quote = " ".join(span.quote.split()[:_LONGEST_QUOTE])
            found.append((span.act.value, Matter(exchange.turn, _PROMISES[span.act], quote)))
    for move in exchange.plan.moves:
        what = _what_happened(setting, move)
        if what:
            found.append(("plan", Matter(exchange.turn, what)))
    return found


def _what_happened(setting: Setting, move: Move) -> str:
    """One move of the counterpart's as something to remember, or nothing."""
    concern = next((c for c in setting.persona.concerns if c.id == move.target), None)
    fact = next((f for f in setting.persona.facts if f.id == move.target), None)
    match move.reaction:
        case Reaction.VOICE_CONCERN | Reaction.PRESS_CONCERN if concern:
            return f"you raised this worry: {concern.about}"
        case Reaction.EASE_CONCERN if concern:
            return f"this worry became smaller: {concern.about}"
        case Reaction.RESOLVE_CONCERN if concern:
            return f"this worry went away: {concern.about}"
        case Reaction.DISCLOSE if fact:
            return f"you told them: {fact.text}"
        case Reaction.EVENT:
            return _event(setting, move.target or "")
        case Reaction.EARLY_YES:
            return "you said yes lightly, and it bound you to nothing"
        case Reaction.SOFT_NO:
            return "you put them off"
        case Reaction.ACCEPT_REPAIR:
            return "they owned a misstep, and you took it"
        case _:
            return ""


def _event(setting: Setting, target: str) -> str:
    event_id, _, verdict = target.partition(":")
    event = next((e for e in setting.scenario.events if e.id == event_id), None)
    if event is None:
        return ""
    if not verdict:
        return f"something happened: {event.title}"
    return (
        "they kept the confidence when somebody asked" if verdict == "kept" else "they broke the confidence when somebody asked"
    )
