"""The engine: one learner turn in, the counterpart's answer and the next snapshot out. No input, no output, no clock.

Perceive, appraise, decide, act: the state moves only in `appraisal` and `progress`, the director plans before a line is chosen.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from rehearse.domain.library import Library
from rehearse.domain.persona import Difficulty, Persona
from rehearse.domain.scenario import Event
from rehearse.domain.state import Ending, Move, Plan, Reaction
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import RehearsalOverError, UnknownIdError
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, clean_turn, readability
from rehearse.perception.slots import find_slots
from rehearse.simulation.actor import Actor
from rehearse.simulation.appraisal import Setting, appraise, initial_state, unreadable
from rehearse.simulation.director import Decision, decide
from rehearse.simulation.snapshot import Exchange, Memory, Remembered, Snapshot

_THOUGHTS = {
    "resist": {
        Reaction.VOICE_CONCERN, Reaction.PRESS_CONCERN, Reaction.PROBE, Reaction.INVITE, Reaction.SOFT_NO, Reaction.EARLY_YES
    },
    "ease": {Reaction.EASE_CONCERN, Reaction.RESOLVE_CONCERN},
    "soften": {Reaction.SOFTEN, Reaction.ANSWER, Reaction.ADVISE, Reaction.ACCEPT_REPAIR, Reaction.REMEMBER, Reaction.EVENT},
    "bristle": {Reaction.BRISTLE, Reaction.IMPATIENT, Reaction.REPEATED},
    "disclose": {Reaction.DISCLOSE},
    "hold_back": {Reaction.HINT, Reaction.HOLD},
    "concede": {Reaction.CONCEDE},
    "decline": {Reaction.DECLINE, Reaction.LOSE_PATIENCE, Reaction.TIME_UP},
}  # fmt: skip


@dataclass(frozen=True)
class Engine:
    """Plays one persona in one scenario at one difficulty with one seed."""

    setting: Setting
    encoder: Encoder
    library: Library
    seed: int = 0

    @classmethod
    def cast(
        cls, library: Library, encoder: Encoder, scenario_id: str, persona_id: str, difficulty: Difficulty, seed: int
    ) -> Engine:
        """Put a persona into a scenario; `UnknownIdError` if either is unknown or they do not fit."""
        scenario = library.scenario(scenario_id)
        persona = library.persona(persona_id)
        if scenario_id not in persona.scenes:
            raise UnknownIdError(f"counterpart for {scenario_id}", persona_id, [p.id for p in library.personas_for(scenario_id)])
        return cls(Setting(persona, scenario, difficulty, library.tuning), encoder, library, seed)

    @property
    def persona(self) -> Persona:
        """Who is played."""
        return self.setting.persona

    def start(self) -> Snapshot:
        """The beginning, with the counterpart's first words."""
        opening = self._actor(Memory(), {}, 0).say(Plan((Move(Reaction.OPEN),)))
        return Snapshot(
            state=initial_state(self.setting),
            transcript=Transcript((Turn(Speaker.COUNTERPART, 0, opening.text),)),
            memory=Memory(spoken=opening.keys),
        )

    def respond(self, before: Snapshot, raw: str) -> Snapshot:
        """Answer one turn of the learner.

        Raises `EmptyTurnError` and `TurnTooLongError` for what cannot be a turn, `RehearsalOverError` after the end.
        """
        if before.ending is not Ending.OPEN:
            raise RehearsalOverError("This conversation has ended. Look back at it, or go back to an earlier turn.")
        text = clean_turn(raw)
        turn = before.turn + 1
        readable = readability(text) is Readability.PLAIN
        spans = detect_acts(text, before.memory.asked_about, self.encoder, self.library.lexicon) if readable else ()
        if readable:
            seen = appraise(self.setting, before.state, before.track, turn, text, spans)
        else:
            seen = unreadable(self.setting, before.state, before.track, turn, text)
        decision = decide(self.setting, before, seen, spans, text, readable=readable)
        slots = find_slots(text, spans) if readable else {}
        spoken = self._actor(decision.memory, slots, turn).say(decision.plan)
        answer = self._with_event(decision, spoken.text)
        thought = self._thought(decision, turn)
        exchange = Exchange(
            turn=turn,
            learner=text,
            acts=spans,
            counterpart=answer,
            plan=decision.plan,
            state=decision.state,
            causes=seen.causes + decision.causes,
            thought=thought,
            taken_up=spoken.taken_up,
        )
        memory = replace(
            decision.memory,
            spoken=decision.memory.spoken | spoken.keys,
            thought=decision.memory.thought | {thought},
            learner=decision.memory.learner + tuple(Remembered(turn, k, v) for k, v in sorted(slots.items())),
            recalled=decision.memory.recalled | spoken.recalled,
        )
        return Snapshot(
            state=decision.state,
            transcript=before.transcript.then(Turn(Speaker.LEARNER, turn, text), Turn(Speaker.COUNTERPART, turn, answer)),
            track=replace(seen.track, heard=seen.track.heard or decision.felt),
            memory=memory,
            exchanges=(*before.exchanges, exchange),
            ending=decision.plan.ending,
        )

    def leave(self, before: Snapshot) -> Snapshot:
        """The learner ends the conversation."""
        return before if before.ending is not Ending.OPEN else replace(before, ending=Ending.LEFT)

    def _actor(self, memory: Memory, slots: dict[str, str], turn: int) -> Actor:
        return Actor(self.persona, self.setting.scenario, memory, slots, turn, self.seed)

    def _with_event(self, decision: Decision, words: str) -> str:
        """A scripted event is told before the counterpart's own words around it."""
        for move in decision.plan.moves:
            if move.reaction is Reaction.EVENT and move.target and ":" not in move.target:
                event = self._event(move.target)
                line = event.lines[random.Random(f"{self.seed}:{event.id}").randrange(len(event.lines))]
                return f"{words}\n\n*({event.title})*\n{event.speaker}: “{line}”"
        return words

    def _event(self, event_id: str) -> Event:
        return next(e for e in self.setting.scenario.events if e.id == event_id)

    def _thought(self, decision: Decision, turn: int) -> str:
        """A private thought that fits the reaction and was not thought before, if there is one left."""
        thoughts = self.persona.thoughts
        reaction = decision.plan.reaction
        if reaction is Reaction.BRISTLE:
            for trigger in self.persona.triggers:
                if trigger.id == decision.plan.moves[0].target and trigger.thought not in decision.memory.thought:
                    return trigger.thought
        kind = next((name for name, reactions in _THOUGHTS.items() if reaction in reactions), "indifferent")
        pool: tuple[str, ...] = getattr(thoughts, kind)
        fresh = [t for t in pool if t not in decision.memory.thought]
        if not fresh:
            return ""
        return fresh[random.Random(f"{self.seed}:thought:{turn}").randrange(len(fresh))]
