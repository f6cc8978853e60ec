"""Whether an answer does what the director decided: the moves on which a rehearsal's course hangs are looked for in its words.

A move that cannot be found is said in its authored line, so that the plan holds whatever a model left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rehearse.acting.guard import coverage, fact_told, vectors
from rehearse.domain.persona import Concern, slots_of
from rehearse.domain.speaking import GuardRules, Rule
from rehearse.domain.state import Move, Reaction
from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import sentences, words
from rehearse.simulation.actor import Part
from rehearse.simulation.appraisal import Setting

ENDINGS = frozenset({Reaction.DECLINE, Reaction.LOSE_PATIENCE, Reaction.TIME_UP})
REQUIRED = ENDINGS | {
    Reaction.CONCEDE,
    Reaction.EARLY_YES,
    Reaction.VOICE_CONCERN,
    Reaction.PRESS_CONCERN,
    Reaction.DISCLOSE,
    Reaction.INVITE,
}
"""Moves that an answer must make in so many words."""
_NEAR = 0.8
"""From which likeness to an authored line of a move a sentence makes that move."""
_NEED_WORDS = 0.15


def missing(setting: Setting, parts: Sequence[Part], said: str, rules: GuardRules, encoder: Encoder) -> tuple[Part, ...]:
    """The drafted parts whose moves are required and not in what was said, in the order of the plan."""
    return tuple(
        part
        for part in parts
        if part.move is not None and part.move.reaction in REQUIRED and not carried(setting, part.move, said, rules, encoder)
    )


def carried(setting: Setting, move: Move, said: str, rules: GuardRules, encoder: Encoder) -> bool:
    """Whether the words make a required move."""
    if not words(said):
        return False
    scene = setting.persona.scenes[setting.scenario.id]
    match move.reaction:
        case Reaction.CONCEDE:
            return bool(rules.rules[Rule.CONCESSION].broken_by.search(said)) or _near(said, scene.concede, encoder)
        case Reaction.EARLY_YES:
            return bool(rules.rules[Rule.CONCESSION].broken_by.search(said)) or _near(said, scene.early_yes, encoder)
        case Reaction.DECLINE | Reaction.LOSE_PATIENCE | Reaction.TIME_UP:
            ends = rules.closes.search(said) or rules.rules[Rule.REFUSAL].broken_by.search(said)
            own = {Reaction.DECLINE: scene.decline, Reaction.LOSE_PATIENCE: scene.lose_patience}.get(move.reaction, scene.time_up)
            return bool(ends) or _near(said, own, encoder)
        case Reaction.DISCLOSE:
            fact = next(f for f in setting.persona.facts if f.id == move.target)
            return fact_told(fact, said, rules)
        case Reaction.VOICE_CONCERN | Reaction.PRESS_CONCERN:
            return _raised(next(c for c in setting.persona.concerns if c.id == move.target), said, encoder)
        case Reaction.INVITE:
            need = next(n for n in setting.scenario.needs if n.id == move.target)
            lines = scene.invite.get(need.id, ())
            touched = any(coverage(said, line) >= _NEED_WORDS for line in (need.title, *lines))
            return ("?" in said and touched) or _near(said, lines, encoder)
        case _:
            return True


def _raised(concern: Concern, said: str, encoder: Encoder) -> bool:
    spoken = words(said)
    topics = [re.escape(topic.lower()) for topic in concern.topics]
    touched = any(re.match(rf"(?:{'|'.join(topics)})", word) for word in spoken)
    return (touched and len(spoken) >= 4) or _near(said, concern.lines.voice + concern.lines.press, encoder)


def _near(said: str, lines: Sequence[str], encoder: Encoder) -> bool:
    plain = tuple(line for line in lines if not slots_of(line))
    spoken = [s.text for s in sentences(said)]
    if not plain or not spoken:
        return False
    return float((encoder.embed(spoken) @ vectors(encoder, plain).T).max()) >= _NEAR
