"""Learner bots against the whole cast: who is won, by whom, and whether the engine keeps its promises while it is tried.

For each rehearsal it is counted whether a sentence was said twice (`repeats`), a fact was told below its gate (`leaks`), or a
concession was made that the state did not permit (`unpermitted`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from os import cpu_count
from statistics import fmean

from rehearse.domain.bots import BotLines
from rehearse.domain.library import Library, load_bot_lines, shipped_library
from rehearse.domain.persona import Difficulty, Disclosure
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker
from rehearse.perception.encoder import Encoder
from rehearse.simulation.actor import sentence_keys
from rehearse.simulation.bots import Bot, BotKind
from rehearse.simulation.engine import Engine
from rehearse.simulation.progress import permitted
from rehearse.simulation.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination to be tried."""

    bot: BotKind
    persona: str
    scenario: str
    difficulty: Difficulty


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one rehearsal."""

    agreed: bool
    trust: float
    turns: int
    repeats: int
    leaks: int
    unpermitted: int


@dataclass(frozen=True, slots=True)
class Row:
    """What came of all rehearsals of one combination: shares, means, and counts of broken promises."""

    cell: Cell
    n: int
    agreed: float
    trust: float
    turns: float
    repeats: int
    leaks: int
    unpermitted: int

    def to_dict(self) -> dict[str, object]:
        """As `rehearse stress --json` prints it."""
        return {
            "bot": self.cell.bot.value,
            "persona": self.cell.persona,
            "scenario": self.cell.scenario,
            "difficulty": self.cell.difficulty.value,
            "n": self.n,
            "agreed": round(self.agreed, 3),
            "trust": round(self.trust, 3),
            "turns": round(self.turns, 1),
            "repeats": self.repeats,
            "leaks": self.leaks,
            "unpermitted": self.unpermitted,
        }


def grid(
    library: Library,
    bots: Sequence[BotKind] = tuple(BotKind),
    difficulties: Sequence[Difficulty] = tuple(Difficulty),
    scenarios: Sequence[str] = (),
) -> list[Cell]:
    """Every combination that fits."""
    return [
        Cell(bot, persona.id, scenario_id, difficulty)
        for difficulty in difficulties
        for persona in library.personas
        for scenario_id in persona.scenes
        if not scenarios or scenario_id in scenarios
        for bot in bots
    ]


def run(
    cells: Sequence[Cell],
    rehearsals: int,
    seed: int = 0,
    *,
    workers: int | None = None,
    tell: Callable[[int], object] = int,
) -> list[Row]:
    """Spread `rehearsals` evenly over the cells (at least one each) and play them in `workers` processes.

    `tell` hears how many rehearsals were played whenever some are done. The same seed gives the same rows.
    """
    each = max(1, -(-rehearsals // len(cells)))
    jobs = [(cell, seed + n) for cell in cells for n in range(each)]
    results: dict[Cell, list[Trial]] = defaultdict(list)
    for done, (cell, trial) in enumerate(_played(jobs, workers or cpu_count() or 1), 1):
        results[cell].append(trial)
        tell(done)
    return [_row(cell, results[cell]) for cell in cells]


def _played(jobs: Sequence[tuple[Cell, int]], workers: int) -> Iterator[tuple[Cell, Trial]]:
    if workers == 1:
        for cell, seed in jobs:
            yield cell, play(cell, seed)
        return
    with ProcessPoolExecutor(workers) as pool:
        cells, seeds = zip(*jobs, strict=True)
        yield from zip(cells, pool.map(play, cells, seeds, chunksize=8), strict=True)


@cache
def remembering_encoder() -> Encoder:
    """The encoder for many rehearsals of bots."""
    # Bots draw from pools, so the same turns come back: remembering their readings saves most of the work.
    return Encoder(remember=50_000)


def perform(cell: Cell, seed: int) -> tuple[Engine, Snapshot]:
    """One rehearsal of a bot with a counterpart, to its end."""
    engine = Engine.cast(shipped_library(), remembering_encoder(), cell.scenario, cell.persona, cell.difficulty, seed)
    bot = Bot(cell.bot, _bot_lines(), engine.setting, seed)
    snapshot = engine.start()
    while snapshot.ending is Ending.OPEN:
        snapshot = engine.respond(snapshot, bot.speak(snapshot))
    return engine, snapshot


def play(cell: Cell, seed: int) -> Trial:
    """What came of one rehearsal, and whether the engine kept its promises."""
    engine, snapshot = perform(cell, seed)
    leaks, unpermitted = broken_promises(engine, snapshot)
    return Trial(
        agreed=snapshot.ending is Ending.AGREED,
        trust=snapshot.state.trust,
        turns=snapshot.turn,
        repeats=repeated_sentences(snapshot),
        leaks=leaks,
        unpermitted=unpermitted,
    )


@cache
def _bot_lines() -> BotLines:
    return load_bot_lines()


def repeated_sentences(snapshot: Snapshot) -> int:
    """How many of the counterpart's sentences had been said before in this rehearsal."""
    said: set[str] = set()
    repeats = 0
    for turn in snapshot.transcript.turns:
        if turn.speaker is Speaker.COUNTERPART:
            keys = sentence_keys(turn.text)
            repeats += len(keys & said)
            said |= keys
    return repeats


def broken_promises(engine: Engine, snapshot: Snapshot) -> tuple[int, int]:
    """Facts told below their gate, and concessions that the state did not permit."""
    leaks = unpermitted = 0
    told: frozenset[str] = frozenset()
    gated = {f.id: f for f in engine.persona.facts if f.disclosure is Disclosure.IF_TRUSTED}
    for exchange in snapshot.exchanges:
        for fact_id in exchange.state.disclosed - told:
            leaks += fact_id in gated and exchange.state.trust < gated[fact_id].threshold
        told = exchange.state.disclosed
        spoken = exchange.counterpart
        leaks += sum(any(line in spoken for line in f.lines.tell) for f in engine.persona.facts if f.id not in told)
        unpermitted += exchange.plan.ending is Ending.AGREED and not permitted(engine.setting, exchange.state)
    return leaks, unpermitted


def _row(cell: Cell, trials: Sequence[Trial]) -> Row:
    agreed = [t for t in trials if t.agreed]
    return Row(
        cell=cell,
        n=len(trials),
        agreed=len(agreed) / len(trials),
        trust=fmean(t.trust for t in trials),
        turns=fmean(t.turns for t in (agreed or trials)),
        repeats=sum(t.repeats for t in trials),
        leaks=sum(t.leaks for t in trials),
        unpermitted=sum(t.unpermitted for t in trials),
    )
