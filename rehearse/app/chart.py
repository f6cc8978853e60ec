"""Charts: points in code, drawn as SVG by a template; beside each stands the same as a table."""

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


# Lines over time ------------------------------------------------------------------------------------------------------

SMALL_WIDTH, SMALL_HEIGHT = 360, 150


@dataclass(frozen=True)
class Dot:
    """One value, and where it stands."""

    x: float
    y: float
    value: int


@dataclass(frozen=True)
class Line:
    """One line of a chart: its dots and, where it has noise, the band around it."""

    name: str
    kind: str
    """`first` or `second`: drawn differently, not by colour alone."""
    dots: tuple[Dot, ...]
    band: str = ""
    """The corners of the noise band."""

    @property
    def corners(self) -> str:
        """The dots as a polyline."""
        return " ".join(f"{d.x},{d.y}" for d in self.dots)


def _place(width: int, height: int, count: int) -> tuple[float, float]:
    """The width of a step, and the height of the whole scale."""
    return (width - LEFT - RIGHT) / max(1, count - 1), height - TOP - BOTTOM


def line_of(
    name: str, values: Sequence[float], steps: int, *, kind: str = "first", bands: Sequence[float] = (), small: bool = True
) -> Line:
    """Values from 0 to 100 over `steps` places, with the half-width of the noise at each, if any."""
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if small else (WIDTH, HEIGHT)
    step, whole = _place(width, height, steps)

    def y(value: float) -> float:
        return round(TOP + (1 - min(100.0, max(0.0, value)) / 100) * whole, 1)

    middle = (width - LEFT - RIGHT) / 2 if steps == 1 else 0
    xs = [round(LEFT + middle + n * step, 1) for n in range(len(values))]
    dots = tuple(Dot(x, y(v), round(v)) for x, v in zip(xs, values, strict=True))
    if not bands:
        return Line(name, kind, dots)
    edge = [(x, y(v + b), y(v - b)) for x, v, b in zip(xs, values, bands, strict=True)]
    if len(edge) == 1:
        x, high, low = edge[0]
        edge = [(x - 12, high, low), (x + 12, high, low)]
    corners = [f"{x},{high}" for x, high, _ in edge] + [f"{x},{low}" for x, _, low in reversed(edge)]
    return Line(name, kind, dots, " ".join(corners))


def lines_chart(lines: Sequence[Line], words: str, labels: Sequence[str], *, small: bool = True) -> Markup:
    """One or two lines on a scale from 0 to 100 as inline SVG; `labels` stand below the places."""
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if small else (WIDTH, HEIGHT)
    step, whole = _place(width, height, len(labels))
    every = max(1, len(labels) // 8)
    middle = (width - LEFT - RIGHT) / 2 if len(labels) == 1 else 0
    return Markup(  # noqa: S704
        render(
            "lines.html",
            width=width,
            height=height,
            left=LEFT,
            right=width - RIGHT,
            bottom=height - BOTTOM,
            lines=lines,
            labels=[(round(LEFT + middle + n * step, 1), label) for n, label in enumerate(labels) if n % every == 0],
            grid=[(level, round(TOP + (1 - level / 100) * whole, 1)) for level in (0, 50, 100)],
            words=words,
        )
    )
