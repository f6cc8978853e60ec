"""The engine: one learner turn in, the counterpart's answer and the next snapshot out. No input, no output, no clock.

Perceive, appraise, decide, act: the state moves only in `appraisal` and `progress`, the director plans before a line is chosen.
`prepare` does all of it but the last wording, `settle` takes the words; between the two a chat model may word the answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from rehearse.domain.acts import ActSpan
from rehearse.domain.library import Library
from rehearse.domain.persona import Difficulty, Persona
from rehearse.domain.scenario import Event
from rehearse.domain.state import Cause, Ending, Move, Plan, Reaction
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import RehearsalOverError, UnknownIdError
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, clean_turn, readability
from rehearse.perception.slots import find_slots
from rehearse.simulation.actor import Actor, Spoken, sentence_keys
from rehearse.simulation.appraisal import Setting, Track, appraise, initial_state, unreadable
from rehearse.simulation.director import Decision, decide
from rehearse.simulation.snapshot import Exchange, Memory, Remembered, Snapshot
from rehearse.simulation.voice import VoiceRecord

EVENT_MARK = "\n\n*("
"""Where the counterpart's own words end and something that happens begins."""

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
class Prepared:
    """A turn that is understood and decided, with an authored draft of the answer; only the words can still be others."""

    before: Snapshot
    learner: str
    acts: tuple[ActSpan, ...]
    slots: dict[str, str]
    decision: Decision
    causes: tuple[Cause, ...]
    track: Track
    draft: Spoken
    event: str
    """What is told after the counterpart's own words; not theirs to word."""
    thought: str

    @property
    def turn(self) -> int:
        """The number of the learner's turn."""
        return self.before.turn + 1

    @property
    def plan(self) -> Plan:
        """What the director decided."""
        return self.decision.plan


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
        """Answer one turn of the learner in authored words.

        Raises `EmptyTurnError` and `TurnTooLongError` for what cannot be a turn, `RehearsalOverError` after the end.
        """
        return self.settle(self.prepare(before, raw))

    def prepare(self, before: Snapshot, raw: str, spans: tuple[ActSpan, ...] | None = None) -> Prepared:
        """Everything about the answer to one turn but its last wording; `spans` are the acts, where somebody else read them.

        Raises what `respond` raises.
        """
        text = self.accept(before, raw)
        turn = before.turn + 1
        readable = readability(text) is Readability.PLAIN
        if not readable:
            spans = ()
        elif spans is None:
            spans = detect_acts(text, before.memory.asked_about, self.encoder, self.library.lexicon)
        if readable:
            seen = appraise(self.setting, before.state, before.track, turn, text, spans)
        else:
            seen = unreadable(self.setting, before.state, before.track, turn, text)
        decision = decide(self.setting, before, seen, spans, text, readable=readable)
        slots = find_slots(text, spans) if readable else {}
        return Prepared(
            before=before,
            learner=text,
            acts=spans,
            slots=slots,
            decision=decision,
            causes=seen.causes + decision.causes,
            track=replace(seen.track, heard=seen.track.heard or decision.felt),
            draft=self._actor(decision.memory, slots, turn).say(decision.plan),
            event=self._event_told(decision),
            thought=self._thought(decision, turn),
        )

    def settle(self, prepared: Prepared, words: str | None = None, voice: VoiceRecord | None = None) -> Snapshot:
        """The snapshot after the answer was said: as drafted, or in other words.

        State, causes and all that later turns hang on are those of `prepared`, whatever the words are. Authored lines that were
        not said stay unused.
        """
        decision, draft, turn = prepared.decision, prepared.draft, prepared.turn
        if words is None:
            said, keys, taken_up = draft.text, draft.keys, draft.taken_up
        else:
            said = words
            used = [part.keys for part in draft.parts if part.text in words]
            keys = sentence_keys(words).union(*used)
            taken_up = tuple(slot for slot, value in sorted(prepared.slots.items()) if value in words)
        answer = said + prepared.event
        exchange = Exchange(
            turn=turn,
            learner=prepared.learner,
            acts=prepared.acts,
            counterpart=answer,
            plan=decision.plan,
            state=decision.state,
            causes=prepared.causes,
            thought=prepared.thought,
            taken_up=taken_up,
            voice=voice,
        )
        memory = replace(
            decision.memory,
            spoken=decision.memory.spoken | keys,
            thought=decision.memory.thought | {prepared.thought},
            learner=decision.memory.learner + tuple(Remembered(turn, k, v) for k, v in sorted(prepared.slots.items())),
            # Also when other words were said: the director asks for it again only if there is something else to come back to.
            recalled=decision.memory.recalled | draft.recalled,
        )
        return Snapshot(
            state=decision.state,
            transcript=prepared.before.transcript.then(
                Turn(Speaker.LEARNER, turn, prepared.learner), Turn(Speaker.COUNTERPART, turn, answer)
            ),
            track=prepared.track,
            memory=memory,
            exchanges=(*prepared.before.exchanges, exchange),
            ending=decision.plan.ending,
        )

    @staticmethod
    def accept(before: Snapshot, raw: str) -> str:
        """The learner's words as they are kept; raises what `respond` raises."""
        if before.ending is not Ending.OPEN:
            raise RehearsalOverError("This conversation has ended. Look back at it, or go back to an earlier turn.")
        return clean_turn(raw)

    def leave(self, before: Snapshot) -> Snapshot:
        """The learner ends the conversation."""
        return before if before.ending is not Ending.OPEN else replace(before, ending=Ending.LEFT)

    def _actor(self, memory: Memory, slots: dict[str, str], turn: int) -> Actor:
        return Actor(self.persona, self.setting.scenario, memory, slots, turn, self.seed)

    def _event_told(self, decision: Decision) -> str:
        """A scripted event, as it follows the counterpart's own words; empty where nothing happens."""
        for move in decision.plan.moves:
            if move.reaction is Reaction.EVENT and move.target and ":" not in move.target:
                event = self._event(move.target)
                line = event.lines[random.Random(f"{self.seed}:{event.id}").randrange(len(event.lines))]
                return f"{EVENT_MARK}{event.title})*\n{event.speaker}: “{line}”"
        return ""

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
