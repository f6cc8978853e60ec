"""The actor says what the director decided, in the persona's authored lines and with the learner's own words.

Deterministic for a seed: each choice is drawn from the seed, the turn and the move. No sentence is said twice in a rehearsal.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rehearse.domain.acts import Act
from rehearse.domain.persona import Persona, slots_of
from rehearse.domain.scenario import Scenario
from rehearse.domain.state import Move, Plan, Reaction
from rehearse.perception.segments import sentences, words
from rehearse.simulation.snapshot import Memory

_ASIDE = re.compile(r"\*?\([^)]*\)\*?")
_SELF_STANDING = frozenset(
    {
        Reaction.UNREADABLE,
        Reaction.OFF_TOPIC,
        Reaction.EVENT,
        Reaction.LOSE_PATIENCE,
        Reaction.TIME_UP,
        Reaction.DECLINE,
        Reaction.IMPATIENT,
        Reaction.FLATTERED,
        Reaction.REPEATED,
        Reaction.THIN,
        Reaction.BRISTLE,
    }
)
"""Reactions before which the learner's words are not echoed."""
UPTAKE_CHANCE = 0.4


@dataclass(frozen=True, slots=True)
class Part:
    """The authored line for one move, with the keys that saying it uses up; `move` is None for an echo of the learner's words."""

    move: Move | None
    text: str
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer: its text, the keys of its sentences, and the slots of the learner's words that it took up."""

    text: str
    keys: frozenset[str]
    taken_up: tuple[str, ...]
    recalled: frozenset[str] = frozenset()
    parts: tuple[Part, ...] = ()
    """The text again, by move."""


def sentence_keys(text: str) -> frozenset[str]:
    """What identifies the sentences of a text: their words alone, without asides."""
    return frozenset(key for s in sentences(_ASIDE.sub(" ", text)) if (key := " ".join(words(s.text))))


class Actor:
    """Says the moves of one answer."""

    def __init__(
        self, persona: Persona, scenario: Scenario, memory: Memory, slots: Mapping[str, str], turn: int, seed: int
    ) -> None:
        self.persona, self.scenario, self.memory, self.turn = persona, scenario, memory, turn
        self.slots = dict(slots)
        self.rng = random.Random(f"{seed}:{persona.id}:{scenario.id}:{turn}")
        self.used: set[str] = set(memory.spoken)
        self.taken: list[str] = []
        self.recalled: set[str] = set()
        memories = [
            r
            for r in memory.learner
            if turn - r.turn >= 5 and r.value not in memory.recalled and r.slot in ("offer", "words", "goal", "step")
        ]
        if memories:
            chosen = memories[self.rng.randrange(len(memories))]
            self.slots["memory"] = chosen.value

    def say(self, plan: Plan) -> Spoken:
        """The words for a plan."""
        parts: list[Part] = []
        for move in plan.moves:
            part = self._part(move, self.pools(move))
            if part:
                parts.append(part)
        first = plan.moves[0].reaction
        if first not in _SELF_STANDING and not self.taken and self.rng.random() < UPTAKE_CHANCE:
            echo = self._part(None, [self.persona.voice.uptake], last_resort=False)
            if echo:
                parts.insert(0, echo)
        text = " ".join(part.text for part in parts) or self._silence()
        keys = frozenset(self.used - self.memory.spoken)
        return Spoken(text, keys, tuple(dict.fromkeys(self.taken)), frozenset(self.recalled), tuple(parts))

    def _part(self, move: Move | None, pools: list[Iterable[str]], *, last_resort: bool = True) -> Part | None:
        """The line for a move and what it uses up."""
        before = frozenset(self.used)
        line = self._line(pools, last_resort=last_resort)
        return Part(move, line, frozenset(self.used - before)) if line else None

    def pools(self, move: Move) -> list[Iterable[str]]:
        """The pools that fit a move, most fitting first."""
        voice, scene = self.persona.voice, self.persona.scenes[self.scenario.id]
        reaction, target = move.reaction, move.target or ""
        if reaction in (
            Reaction.VOICE_CONCERN,
            Reaction.PRESS_CONCERN,
            Reaction.EASE_CONCERN,
            Reaction.RESOLVE_CONCERN,
        ):
            return list(self._concern_pools(reaction, target))
        if reaction in (Reaction.DISCLOSE, Reaction.HINT):
            fact = next(f for f in self.persona.facts if f.id == target)
            own = fact.lines.tell if reaction is Reaction.DISCLOSE else fact.lines.hint
            return [own] if reaction is Reaction.DISCLOSE else [own, voice.deflect]
        if reaction is Reaction.BRISTLE:
            for trigger in self.persona.triggers:
                if trigger.id == target:
                    return [trigger.lines, voice.bristle.default, voice.impatient]
            return [getattr(voice.bristle, Act(target).value, ()), voice.bristle.default, voice.impatient]
        if reaction is Reaction.EVENT:
            event_id, _, verdict = target.partition(":")
            if verdict:
                return [scene.aftermath.get(verdict, ()), voice.soften if verdict == "kept" else voice.bristle.default]
            return [scene.events.get(event_id, ()), voice.answer]
        if reaction is Reaction.INVITE:
            return [scene.invite.get(target, ()), voice.probe]
        by_scene = {
            Reaction.OPEN: scene.open,
            Reaction.CONCEDE: scene.concede,
            Reaction.DECLINE: scene.decline,
            Reaction.LOSE_PATIENCE: scene.lose_patience,
            Reaction.TIME_UP: scene.time_up,
            Reaction.EARLY_YES: scene.early_yes,
            Reaction.SOFT_NO: scene.soft_no,
        }
        if reaction in by_scene:
            return [by_scene[reaction], scene.decline if reaction is Reaction.LOSE_PATIENCE else voice.hold]
        own_pool: tuple[str, ...] = getattr(voice, reaction.value)
        return [own_pool, *([voice.impatient] if reaction is Reaction.IMPATIENT else []), voice.deflect]

    def _concern_pools(self, reaction: Reaction, target: str) -> Iterator[Iterable[str]]:
        lines = next(c for c in self.persona.concerns if c.id == target).lines
        voice = self.persona.voice
        if reaction is Reaction.VOICE_CONCERN:
            yield lines.voice
            yield lines.press
        elif reaction is Reaction.PRESS_CONCERN:
            yield lines.press
            yield lines.voice
            yield voice.hold
        elif reaction is Reaction.EASE_CONCERN:
            yield lines.eased
            yield voice.soften
        else:
            yield lines.resolved
            yield lines.eased
            yield voice.soften

    def _line(self, pools: list[Iterable[str]], *, last_resort: bool = True) -> str | None:
        """One unused line, from the first pool that still has one; lines that take up the learner's words are preferred."""
        spare = (
            [self.persona.voice.deflect, self.persona.voice.answer, self.persona.voice.grant, self.persona.voice.hold]
            if last_resort
            else []
        )
        for pool in [*pools, *spare]:
            ready = [
                (line, rendered)
                for line in pool
                if (rendered := self._render(line)) and not (self._keys(line, rendered) & self.used)
            ]
            if not ready:
                continue
            own = [pair for pair in ready if slots_of(pair[0])]
            choice = own if own and (not self.taken or len(own) == len(ready)) and self.rng.random() < 0.5 else ready
            line, rendered = choice[self.rng.randrange(len(choice))]
            self.used |= self._keys(line, rendered)
            for slot in sorted(slots_of(line)):
                self.taken.append(slot)
                if slot == "memory":
                    self.recalled.add(self.slots[slot])
            return rendered
        return None

    def _keys(self, line: str, rendered: str) -> frozenset[str]:
        """The sentences as said, and the line they come from: other words in the same mould would be noticed too."""
        return sentence_keys(rendered) | {f"line {line}"} if slots_of(line) else sentence_keys(rendered)

    def _render(self, line: str) -> str | None:
        """The line with its slots filled; None if one cannot be filled or was just taken up."""
        needed = slots_of(line)
        if any(slot not in self.slots or slot in self.taken for slot in needed):
            return None
        rendered = line
        for slot in needed:
            value = self.slots[slot]
            rendered = rendered.replace("{" + slot + "}", value)
        rendered = re.sub(r"“(\w)", lambda m: "“" + m.group(1), rendered)
        return rendered[0].upper() + rendered[1:]

    def _silence(self) -> str:
        """Nothing left to say that was not said: a small silence, which is no sentence."""
        return self.rng.choice(["*(waits)*", "*(says nothing)*", "*(looks at the window)*"])
