"""Learner bots for testing and demonstration: they react to the counterpart as learners of different skill would.

A bot sees what an attentive person could see: which worry was raised, what was asked for, whether it was told off. It speaks from
`corpus/bots.yaml`, deterministic for a seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from rehearse.domain.acts import HARMFUL, Act
from rehearse.domain.bots import BotLines
from rehearse.domain.persona import Concern
from rehearse.domain.state import Reaction
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.progress import missing_needs
from rehearse.simulation.snapshot import Snapshot


class BotKind(StrEnum):
    """The learners that a counterpart is tried with."""

    SKILLED = "skilled"
    AVERAGE = "average"
    CLUMSY = "clumsy"
    FLATTERER = "flatterer"
    LECTURER = "lecturer"
    PUSHY = "pushy"
    SILENT = "silent"
    INJECTOR = "injector"


@dataclass
class Bot:
    """One learner bot in one rehearsal; it never says a line twice while it has another."""

    kind: BotKind
    lines: BotLines
    setting: Setting
    seed: int
    used: set[str] = field(default_factory=set)

    def speak(self, snapshot: Snapshot) -> str:
        """The bot's next turn."""
        rng = random.Random(f"{self.kind}:{self.seed}:{snapshot.turn}")
        habits: dict[BotKind, Callable[[Snapshot, random.Random], str]] = {
            BotKind.SKILLED: self._skilled,
            BotKind.AVERAGE: self._average,
            BotKind.CLUMSY: self._clumsy,
            BotKind.FLATTERER: lambda _, r: self._from(self.lines.flattery, r),
            BotKind.LECTURER: lambda _, r: self._from(self._harm(Act.LECTURE, Act.OVERLOAD, Act.SELF_PROMOTE), r),
            BotKind.PUSHY: self._pushy,
            BotKind.SILENT: lambda _, r: self._from(self.lines.thin, r),
            BotKind.INJECTOR: lambda _, r: self._from(self.lines.injection, r),
        }
        return habits[self.kind](snapshot, rng)

    # Kinds ------------------------------------------------------------------------------------------------------------

    def _skilled(self, snapshot: Snapshot, rng: random.Random) -> str:
        if snapshot.turn == 0:
            return self._say(rng, Act.APPRECIATE, Act.ASK_OPEN if self._listens_first() else Act.STATE_INTENT)
        last = self._last(snapshot)
        if snapshot.memory.event_pending:
            return self._say(rng, Act.ASSURE_CONFIDENTIALITY)
        if Reaction.BRISTLE in last:
            return self._say(rng, Act.SHOW_HUMILITY, Act.ASK_OPEN)
        concern = self._concern(snapshot)
        if concern is not None:
            return self._answer(concern, snapshot, rng)
        if last & {Reaction.DISCLOSE, Reaction.HINT, Reaction.SOFTEN} and snapshot.turn % 2:
            return self._say(rng, Act.REFLECT, Act.ACKNOWLEDGE_FEELING)
        missing = missing_needs(self.setting, snapshot.state)
        if missing:
            return self._need(missing[0], snapshot, rng)
        if snapshot.turn % 3 == 2:
            return self._say(rng, Act.ASK_ADVICE, Act.OFFER_CHOICE)
        return self._say(rng, Act.AGREE_NEXT_STEP, Act.PROPOSE_MEASURE)

    def _average(self, snapshot: Snapshot, rng: random.Random) -> str:
        roll = rng.random()
        concern = self._concern(snapshot)
        if roll < 0.34:
            return self._skilled(snapshot, rng)
        if roll < 0.44 and concern is not None:
            return self._fill(self._from(self.lines.helpful[Act.ANSWER_CONCERN], rng), concern)
        if roll < 0.72:
            return self._from(self.lines.average, rng)
        if roll < 0.9:
            return self._from(self.lines.vague, rng)
        return self._from(self._harm(Act.HEDGE, Act.LECTURE, Act.OVERLOAD), rng)

    def _clumsy(self, _: Snapshot, rng: random.Random) -> str:
        roll = rng.random()
        if roll < 0.45:
            return self._from(self._harm(Act.DISMISS, Act.LECTURE, Act.STEREOTYPE, Act.HEDGE, Act.SELF_PROMOTE, Act.BLAME), rng)
        if roll < 0.75:
            return self._from(self.lines.vague, rng)
        if roll < 0.9:
            return self._from(self.lines.average, rng)
        return self._say(rng, Act.AGREE_NEXT_STEP)

    def _pushy(self, snapshot: Snapshot, rng: random.Random) -> str:
        if snapshot.turn % 3 == 1:
            return self._say(rng, Act.AGREE_NEXT_STEP)
        return self._from(self._harm(Act.PRESSURE, Act.BLAME, Act.DISMISS), rng)

    # What a skilled learner does --------------------------------------------------------------------------------------

    def _answer(self, concern: Concern, snapshot: Snapshot, rng: random.Random) -> str:
        """Speak to the worry on the table with what eases it most and was spent on it least."""
        spent = snapshot.track.eases
        ranked = sorted(
            (a for a in concern.eased_by if a is not Act.ANSWER_CONCERN),
            key=lambda a: (spent.get(f"{concern.id}/{a.value}", 0), -concern.eased_by[a]),
        )
        return self._fill(
            " ".join(
                self._line(self.lines.helpful[a], rng, slotted=i == 0) for i, a in enumerate([ranked[0], Act.ANSWER_CONCERN])
            ),
            concern,
        )

    def _need(self, need_id: str, snapshot: Snapshot, rng: random.Random) -> str:
        need = next(n for n in self.setting.scenario.needs if n.id == need_id)
        if need.wish:
            if snapshot.turn % 2:
                return self._from(self.lines.wishes, rng)
            return self._say(rng, Act.ASSURE_CONFIDENTIALITY if snapshot.turn < 5 else Act.NORMALISE, Act.OFFER_CHOICE)
        first = need.acts[0]
        partner = {
            Act.NAME_OFFER: Act.LINK_GOAL,
            Act.PROPOSE_TERMS: Act.PROPOSE_MEASURE,
            Act.ASSURE_CONFIDENTIALITY: Act.SHOW_HUMILITY,
        }
        return self._say(rng, first, *([partner[first]] if first in partner else [Act.OFFER_CHOICE]))

    def _listens_first(self) -> bool:
        return any(n.wish or n.id == "feedback" for n in self.setting.scenario.needs)

    # Lines ------------------------------------------------------------------------------------------------------------

    def _last(self, snapshot: Snapshot) -> frozenset[Reaction]:
        return frozenset(m.reaction for m in snapshot.exchanges[-1].plan.moves) if snapshot.exchanges else frozenset()

    def _concern(self, snapshot: Snapshot) -> Concern | None:
        on_table = snapshot.state.on_table
        return next((c for c in self.setting.concerns if c.id == on_table), None)

    def _harm(self, *acts: Act) -> list[str]:
        return [line for act in acts if act in HARMFUL for line in self.lines.harmful[act]]

    def _say(self, rng: random.Random, *acts: Act) -> str:
        return " ".join(self._line(self.lines.helpful[act], rng, slotted=False) for act in acts)

    def _line(self, pool: Iterable[str], rng: random.Random, *, slotted: bool) -> str:
        return self._from([p for p in pool if slotted or "{topic}" not in p], rng)

    def _from(self, pool: Iterable[str], rng: random.Random) -> str:
        pool = list(pool)
        fresh = [line for line in pool if line not in self.used] or pool
        line = fresh[rng.randrange(len(fresh))]
        self.used.add(line)
        return line

    def _fill(self, line: str, concern: Concern) -> str:
        """Put a word of the worry where the line has room for it."""
        topic = max(concern.topics[:4], key=len)
        return line.replace("{topic}", topic)
