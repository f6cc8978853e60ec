"""The chart of trust over the turns: points in code, drawn as SVG by a template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.domain.state import Cause
from rehearse.simulation.snapshot import Snapshot

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 40, 14, 16, 32


@dataclass(frozen=True)
class Point:
    """One dot: the turn, trust in percent, and where it stands."""

    turn: int
    trust: int
    x: float
    y: float
    turned: bool


@dataclass(frozen=True)
class TrustRow:
    """One row of the table beside the chart."""

    turn: str
    trust: int
    change: str
    causes: tuple[Cause, ...]


def percent(value: float) -> int:
    """A share in [0, 1] as people read it."""
    return round(100 * value)


def _y(trust: float) -> float:
    return round(TOP + (1 - trust) * (HEIGHT - TOP - BOTTOM), 1)


def points(history: Sequence[Snapshot], turning: frozenset[int]) -> list[Point]:
    """A dot for the start and for each turn."""
    step = (WIDTH - LEFT - RIGHT) / max(1, len(history) - 1)
    return [
        Point(n, percent(s.state.trust), round(LEFT + n * step, 1), _y(s.state.trust), n in turning)
        for n, s in enumerate(history)
    ]


def trust_chart(history: Sequence[Snapshot], turning: frozenset[int], threshold: float) -> Markup:
    """Trust over the turns as inline SVG."""
    dots = points(history, turning)
    every = max(1, len(dots) // 10)
    return Markup(  # noqa: S704
        render(
            "chart.html",
            width=WIDTH,
            height=HEIGHT,
            left=LEFT,
            right=WIDTH - RIGHT,
            bottom=HEIGHT - BOTTOM,
            dots=dots,
            line=" ".join(f"{p.x},{p.y}" for p in dots),
            labels=[p for p in dots if p.turn % every == 0],
            grid=[(percent(level), _y(level)) for level in (0.0, 0.5, 1.0)],
            threshold=_y(threshold),
            words=trust_words(history),
        )
    )


def trust_words(history: Sequence[Snapshot]) -> str:
    """What the chart shows, in a sentence."""
    values = [percent(s.state.trust) for s in history]
    high = max(values)
    return text("lookback.chart_summary", start=values[0], end=values[-1], high=high, turn=values.index(high))


def trust_rows(history: Sequence[Snapshot]) -> list[TrustRow]:
    """The same as a table: trust after each turn, by how much it moved, and why."""
    rows = [TrustRow(text("lookback.chart_start"), percent(history[0].state.trust), "", ())]
    for before, after in pairwise(history):
        change = percent(after.state.trust) - percent(before.state.trust)
        causes = tuple(c for c in after.exchanges[-1].causes if abs(c.trust) >= 0.005)
        rows.append(TrustRow(str(after.turn), percent(after.state.trust), f"{change:+d}" if change else "0", causes))
    return rows
