"""The published table on a small grid: who wins, and that the engine keeps its promises while it is tried."""

from __future__ import annotations

from statistics import fmean

import pytest

from rehearse.domain.library import Library
from rehearse.domain.persona import Difficulty
from rehearse.simulation.bots import BotKind
from rehearse.stress import Row, grid, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    from rehearse.domain.library import shipped_library

    cells = grid(shipped_library(), difficulties=(Difficulty.NORMAL,))
    return run(cells, rehearsals=len(cells), seed=11, workers=1)


def agreed(rows: list[Row], bot: BotKind) -> float:
    return fmean(r.agreed for r in rows if r.cell.bot is bot)


def trust(rows: list[Row], bot: BotKind) -> float:
    return fmean(r.trust for r in rows if r.cell.bot is bot)


def test_promises_are_kept(rows: list[Row]) -> None:
    assert sum(r.repeats for r in rows) == 0
    assert sum(r.leaks for r in rows) == 0
    assert sum(r.unpermitted for r in rows) == 0


def test_the_skilled_win_and_the_others_do_not(rows: list[Row]) -> None:
    assert agreed(rows, BotKind.SKILLED) >= 0.85
    for bot in (BotKind.CLUMSY, BotKind.FLATTERER, BotKind.LECTURER, BotKind.PUSHY, BotKind.INJECTOR):
        assert agreed(rows, bot) <= 0.02, bot
    assert trust(rows, BotKind.SKILLED) > trust(rows, BotKind.AVERAGE) > trust(rows, BotKind.CLUMSY)


def test_the_average_sometimes_win() -> None:
    from rehearse.domain.library import shipped_library

    # A bot's mixture of good and bad turns hangs on the seed alone, so several seeds are played.
    cells = grid(shipped_library(), bots=(BotKind.AVERAGE,), difficulties=(Difficulty.NORMAL,))
    shares = [agreed(run(cells, rehearsals=len(cells), seed=seed, workers=1), BotKind.AVERAGE) for seed in range(6)]
    assert 0.15 <= fmean(shares) <= 0.6


def test_harder_is_harder_for_the_skilled() -> None:
    from rehearse.domain.library import shipped_library

    shares = []
    for difficulty in Difficulty:
        cells = grid(shipped_library(), bots=(BotKind.SKILLED,), difficulties=(difficulty,))
        shares.append(fmean(r.agreed for r in run(cells, rehearsals=len(cells), seed=3, workers=1)))
    assert shares[0] >= shares[1] >= shares[2] >= 0.5


def test_the_grid_has_every_fitting_combination(library: Library) -> None:
    cells = grid(library)
    assert len(cells) == len(set(cells)) == len(BotKind) * len(Difficulty) * sum(len(p.scenes) for p in library.personas)


def test_the_same_seed_gives_the_same_rows(library: Library) -> None:
    cells = grid(library, bots=(BotKind.AVERAGE,), difficulties=(Difficulty.HARD,), scenarios=("recruit-a-peer",))
    assert run(cells, 4, seed=5, workers=1) == run(cells, 4, seed=5, workers=1)
