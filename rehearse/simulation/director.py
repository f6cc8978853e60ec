"""The director chooses the counterpart's reaction before any line is written; the actor only says it.

Pure: what stands, what the turn did, and the setting in; a plan and the next state out. A plan holds at most three moves: what
answers the learner's turn, and at most one thing that leads on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.persona import Concern, Disclosure, Habit
from rehearse.domain.scenario import Event
from rehearse.domain.state import Cause, ConcernStatus, Ending, Move, Plan, Reaction, State
from rehearse.perception.segments import words
from rehearse.simulation import progress
from rehearse.simulation.appraisal import Appraisal, Setting, relevance
from rehearse.simulation.disclosure import OPENERS, SUBSTANCE, Asking
from rehearse.simulation.snapshot import Memory, Snapshot

_IMPATIENT_BELOW = 0.18
_LEADS_ON = frozenset(
    {
        Reaction.EASE_CONCERN,
        Reaction.RESOLVE_CONCERN,
        Reaction.SOFTEN,
        Reaction.ANSWER,
        Reaction.ADVISE,
        Reaction.ACCEPT_REPAIR,
        Reaction.GRANT,
        Reaction.THANKED,
        Reaction.FLATTERED,
        Reaction.EVENT,
    }
)
"""Reactions after which the counterpart may lead on to something else in the same breath."""

_FELT = frozenset(
    {
        Reaction.VOICE_CONCERN,
        Reaction.PRESS_CONCERN,
        Reaction.HINT,
        Reaction.DISCLOSE,
        Reaction.BRISTLE,
        Reaction.SOFTEN,
        Reaction.EASE_CONCERN,
    }
)


@dataclass(frozen=True)
class Decision:
    """A plan, and the state and memory that hold once it has been carried out."""

    plan: Plan
    state: State
    memory: Memory
    causes: tuple[Cause, ...] = ()
    felt: bool = False
    """Whether the counterpart shows something that the learner can feel with."""


def decide(
    setting: Setting, before: Snapshot, seen: Appraisal, spans: tuple[ActSpan, ...], text: str, *, readable: bool
) -> Decision:
    """Choose what the counterpart does in answer to the learner's turn."""
    return _Director(setting, before, seen, spans, text, readable=readable).decide()


class _Director:
    def __init__(
        self,
        setting: Setting,
        before: Snapshot,
        seen: Appraisal,
        spans: tuple[ActSpan, ...],
        text: str,
        *,
        readable: bool,
    ) -> None:
        self.setting, self.before, self.seen, self.text = setting, before, seen, text
        self.spans, self.readable = spans, readable
        self.turn = before.turn + 1
        self.state, self.memory = seen.state, before.memory
        self.causes: list[Cause] = []
        self.moves: list[Move] = []
        if Act.ASK_OPEN in seen.acts and not seen.repeated:
            self.memory = replace(self.memory, open_questions=self.memory.open_questions + 1)

    def decide(self) -> Decision:
        ending = self._answer()
        if ending is Ending.OPEN and self.turn >= self.setting.scenario.max_turns:
            self.moves, ending = [Move(Reaction.TIME_UP)], Ending.TIME
        if ending is Ending.OPEN and not self._bring_event():
            self._lead_on()
        self._note_prompt()
        felt = any(move.reaction in _FELT for move in self.moves)
        return Decision(Plan(tuple(self.moves), ending), self.state, self.memory, tuple(self.causes), felt)

    def _add(self, reaction: Reaction, target: str | None = None) -> None:
        self.moves.append(Move(reaction, target))

    # What answers the learner's turn ------------------------------------------------------------------------------------

    def _answer(self) -> Ending:
        pending = self._event_pending()
        if self.state.patience <= 0.0:
            self._add(Reaction.LOSE_PATIENCE)
            return Ending.DECLINED
        if not self.readable:
            self._add(Reaction.UNREADABLE)
        elif Act.BREAK_ROLE in self.seen.acts:
            self._add(Reaction.OFF_TOPIC)
        elif pending is not None:
            self._stand_test(pending)
        elif self.seen.trigger is not None:
            self._add(Reaction.BRISTLE, self.seen.trigger.id)
        elif self.seen.harm is not None:
            self._add(Reaction.BRISTLE, self.seen.harm.value)
        elif self.seen.repeated:
            self._add(Reaction.REPEATED)
        else:
            return self._answer_goodwill()
        if self.state.patience < _IMPATIENT_BELOW and self.moves[0].reaction is not Reaction.EVENT:
            self.moves[0] = Move(Reaction.IMPATIENT) if self.seen.empty else self.moves[0]
        return Ending.OPEN

    def _answer_goodwill(self) -> Ending:
        if self.seen.repaired:
            self._add(Reaction.ACCEPT_REPAIR)
        settled = self._answer_concerns()
        self._answer_disclosures()
        if self._asked():
            ending = self._answer_asking(settled)
            if ending is not Ending.OPEN or self.moves:
                return ending
        if not self.moves:
            self._answer_small()
        return Ending.OPEN

    def _answer_concerns(self) -> bool:
        """Say that a concern became smaller or went away; only the furthest one is said."""
        if not self.seen.progressed or self.moves:
            return bool(self.seen.progressed)
        order = {ConcernStatus.EASED: 0, ConcernStatus.RESOLVED: 1}
        concern_id, status = max(self.seen.progressed, key=lambda p: order.get(p[1], -1))
        self._add(Reaction.RESOLVE_CONCERN if status is ConcernStatus.RESOLVED else Reaction.EASE_CONCERN, concern_id)
        return True

    def _asked(self) -> bool:
        """Whether the learner asks for the agreement: a next step, or another ask once nothing is missing."""
        if Act.AGREE_NEXT_STEP in self.seen.acts:
            return True
        asks = self.seen.acts & set(self.setting.scenario.asks)
        return bool(asks) and not progress.missing_needs(self.setting, self.state) and self.turn >= 3

    def _answer_asking(self, settled: bool) -> Ending:
        habit = progress.habit_of(self.setting)
        missing = progress.missing_needs(self.setting, self.state)
        for concern in progress.open_concerns(self.setting, self.state):
            if progress.pre_empted(self.state, concern):
                self.state = progress.settle(self.state, concern.id, self.turn)
        if progress.permitted(self.setting, self.state):
            if missing:
                self._invite(missing[0])
                return Ending.OPEN
            if habit is Habit.SOFT_NO and not self.memory.habit_used:
                self.memory = replace(self.memory, habit_used=True)
                self.moves = [Move(Reaction.SOFT_NO)]
                return Ending.OPEN
            self.moves = [m for m in self.moves if m.reaction in (Reaction.DISCLOSE, Reaction.RESOLVE_CONCERN)][:1]
            # What was just told or settled is said first; the concession is the point of the turn all the same.
            self.moves.append(Move(Reaction.CONCEDE))
            return Ending.AGREED
        if habit is Habit.SOFT_NO and not self.memory.habit_used and self.turn >= 2:
            self.memory = replace(self.memory, habit_used=True)
            self.moves = [Move(Reaction.SOFT_NO)]
        elif habit is Habit.EARLY_YES and not self.memory.habit_used:
            self.memory = replace(self.memory, habit_used=True)
            self.moves = [Move(Reaction.EARLY_YES)]
        elif not settled and not self.moves and not progress.open_concerns(self.setting, self.state):
            self._add(Reaction.HOLD)
        return Ending.OPEN

    def _answer_disclosures(self) -> None:
        told_just_now = any(m.reaction is Reaction.DISCLOSE for m in self._last_moves())
        asking = Asking(self.setting, self.state, self.seen, self.text, self.turn)
        fact = next((f for f in asking.tellable() if not told_just_now or f.disclosure is Disclosure.IF_ASKED), None)
        if fact is not None:
            self.state = progress.disclose(self.state, fact)
            if fact.wish:
                self.state = replace(self.state, met=self.state.met | {n.id for n in self.setting.scenario.needs if n.wish})
            self._add(Reaction.DISCLOSE, fact.id)
            if (
                fact.raises
                and fact.raises in self.state.concerns
                and self.state.concerns[fact.raises].status is ConcernStatus.LATENT
            ):
                self.state = progress.voice(self.state, fact.raises, self.turn)
            return
        hint = next((f for f in asking.hintable() if f.id not in self.memory.hinted), None)
        if hint is not None and not self.moves:
            self.memory = replace(self.memory, hinted=self.memory.hinted | {hint.id})
            self._add(Reaction.HINT, hint.id)

    def _last_moves(self) -> tuple[Move, ...]:
        return self.before.exchanges[-1].plan.moves if self.before.exchanges else ()

    def _answer_small(self) -> None:
        """The answer to a turn that neither asked for the yes nor moved a concern."""
        acts = self.seen.acts
        silent = progress.habit_of(self.setting) is Habit.SILENT and self.memory.open_questions < 2 and not self.seen.repaired
        if self.seen.flattery:
            self._add(Reaction.FLATTERED)
        elif acts <= {Act.APPRECIATE} and acts:
            self._add(Reaction.GRANT if self.turn == 1 else Reaction.THANKED)
        elif not acts:
            self._add(self._for_nothing())
        elif silent and Act.ASK_OPEN not in acts:
            self._add(Reaction.DEFLECT)
        elif Act.ASK_ADVICE in acts:
            self._add(Reaction.ADVISE)
        elif Act.ASK_OPEN in acts:
            self._add(Reaction.ANSWER)
        elif self._raise_next():
            return
        elif acts & {Act.NAME_OFFER, Act.LINK_GOAL, Act.PROPOSE_MEASURE, Act.PROPOSE_TERMS} and not self._pressing():
            self._add(Reaction.PROBE)
        elif acts & OPENERS and self.turn >= 2 and not self._pressing():
            self._add(Reaction.SOFTEN)
        elif self.turn == 1:
            self._add(Reaction.GRANT)
        elif self._pressing():
            self._add(Reaction.PRESS_CONCERN, self.state.on_table)
        else:
            self._add(Reaction.DEFLECT)

    def _raise_next(self) -> bool:
        """Answer by raising the next concern, where nothing warmer is called for."""
        if self.state.on_table is not None or self.turn < 2 or self._silent_now():
            return False
        concern = self._next_concern()
        if concern is None:
            return bool(self.moves)
        self.state = progress.voice(self.state, concern.id, self.turn)
        self._add(Reaction.VOICE_CONCERN, concern.id)
        return True

    def _for_nothing(self) -> Reaction:
        if self.turn == 1 and len(words(self.text)) < 12:
            return Reaction.GRANT
        if self.state.patience < _IMPATIENT_BELOW:
            return Reaction.IMPATIENT
        return Reaction.THIN if self.turn % 2 or not self._pressing() else Reaction.DEFLECT

    def _pressing(self) -> bool:
        on_table = self.state.on_table
        return on_table is not None and self.before.state.on_table == on_table

    # What leads on ----------------------------------------------------------------------------------------------------

    def _lead_on(self) -> None:
        """At most one more move: press what is open, raise the next concern, ask for what is missing."""
        if not self.moves:
            self._add(Reaction.DEFLECT)
        last = self.moves[-1].reaction
        if last not in _LEADS_ON or len(self.moves) >= 3:
            return
        if self.seen.empty and last is not Reaction.GRANT:
            return
        if self._silent_now():
            return
        if self.state.on_table is not None:
            if self._pressing() and not self.seen.progressed and last is not Reaction.ACCEPT_REPAIR:
                self._add(Reaction.PRESS_CONCERN, self.state.on_table)
            return
        concern = self._next_concern()
        if concern is not None:
            self.state = progress.voice(self.state, concern.id, self.turn)
            self._add(Reaction.VOICE_CONCERN, concern.id)
        elif not self._invite_next() and self._may_remember():
            self._add(Reaction.REMEMBER)

    def _silent_now(self) -> bool:
        return progress.habit_of(self.setting) is Habit.SILENT and self.memory.open_questions < 2

    def _next_concern(self) -> Concern | None:
        """The next concern that was not raised yet; none before there is something to object to."""
        done = self.seen.acts | set(self.seen.track.uses)
        started = bool(done & (SUBSTANCE | {Act.AGREE_NEXT_STEP})) or (self.turn >= 2 and bool(done & OPENERS))
        if not started:
            return None
        # What this turn has just spoken to is not thrown back in the same breath.
        for concern in sorted(progress.open_concerns(self.setting, self.state), key=lambda c: bool(relevance(self.text, c))):
            if progress.pre_empted(self.state, concern):
                self.state = progress.settle(self.state, concern.id, self.turn)
            elif self.state.concerns[concern.id].status is ConcernStatus.LATENT:
                return concern
        # A concern that was raised, left the table and is still open comes back.
        still = progress.open_concerns(self.setting, self.state)
        if still:
            self.state = progress.voice(self.state, still[0].id, self.turn)
            self._add(Reaction.PRESS_CONCERN, still[0].id)
        return None

    def _invite_next(self) -> bool:
        if self.moves and self.moves[-1].reaction is Reaction.PRESS_CONCERN:
            return True
        for need in self.setting.scenario.needs:
            recently = any(n == need.id and self.turn - t < 2 for n, t in self.memory.invited)
            if need.id not in self.state.met and self.turn >= need.turn and not recently:
                self._invite(need.id)
                return True
        return self._invite_ask()

    def _invite_ask(self) -> bool:
        """Where all is said and the state would permit a yes, ask what is wanted, now and then."""
        last_need = self.setting.scenario.needs[-1].id
        lately = any(n == last_need and self.turn - t < 3 for n, t in self.memory.invited)
        if lately or progress.missing_needs(self.setting, self.state) or not progress.permitted(self.setting, self.state):
            return False
        self._invite(last_need)
        return True

    def _invite(self, need_id: str) -> None:
        self.memory = replace(self.memory, invited=(*self.memory.invited, (need_id, self.turn)))
        self._add(Reaction.INVITE, need_id)

    def _may_remember(self) -> bool:
        lately = any(m.reaction is Reaction.REMEMBER for e in self.before.exchanges[-4:] for m in e.plan.moves)
        return (
            self.turn >= 6
            and not lately
            and any(self.turn - r.turn >= 5 and r.value not in self.memory.recalled for r in self.memory.learner)
        )

    # Scripted events --------------------------------------------------------------------------------------------------

    def _event_pending(self) -> Event | None:
        return next((e for e in self.setting.scenario.events if e.id == self.memory.event_pending), None)

    def _stand_test(self, event: Event) -> None:
        broke = event.tests is not None and event.tests in self.seen.acts
        span = next((s for s in self.spans if s.act is event.tests or s.act in event.passes), None)
        self.state, cause = progress.stand_test(
            self.setting, self.state, self.turn, kept=not broke, span=span, words=self.text[:80].strip()
        )
        self.causes.append(cause)
        verdict = "broke" if broke else "kept"
        self.memory = replace(self.memory, event_pending=None, events=(*self.memory.events, (event.id, verdict)))
        self._add(Reaction.EVENT, f"{event.id}:{verdict}")

    def _bring_event(self) -> bool:
        """Whether a scripted event happens now; it replaces whatever would have led on."""
        if self.seen.empty or not self.moves or self.moves[0].reaction in (Reaction.BRISTLE, Reaction.EVENT):
            return False
        confided = any(
            f.confidential and f.id in self.before.state.disclosed
            for f in self.setting.persona.facts_in(self.setting.scenario.id)
        )
        for event in self.setting.scenario.events:
            over = event.id in {e for e, _ in self.memory.events}
            if not over and self.turn >= event.from_turn and (confided or not event.after_disclosure):
                self.memory = replace(self.memory, event_pending=event.id)
                self.moves = [*self.moves[:1], Move(Reaction.EVENT, event.id)]
                return True
        return False

    # What the learner's next words will answer ------------------------------------------------------------------------

    def _note_prompt(self) -> None:
        """One fixed sentence for what was raised, so that which line was said changes nothing in how the answer is read."""
        prompt = ""
        if self.memory.event_pending:
            event = self._event_pending()
            prompt = event.lines[0] if event else ""
        elif self.state.on_table:
            concern = next(c for c in self.setting.concerns if c.id == self.state.on_table)
            prompt = concern.lines.voice[0]
        self.memory = replace(self.memory, asked_about=prompt)
