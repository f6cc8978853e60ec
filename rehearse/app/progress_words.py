"""Progress in words: what counts as a change, and what is noise."""

from __future__ import annotations

from rehearse.app.strings import text
from rehearse.coaching.progress import Change, GapTrend, Verdict

_CHANGES = {Verdict.BETTER: "better", Verdict.WORSE: "worse", Verdict.NO_CLEAR_CHANGE: "noise", Verdict.TOO_EARLY: "early"}
_TRENDS = {GapTrend.CLOSER: "closer", GapTrend.FURTHER: "further", GapTrend.STEADY: "steady", GapTrend.TOO_EARLY: "early"}


def signed(points: int) -> str:
    """A difference with its sign."""
    return f"{points:+d}".replace("-", "−") if points else "0"


def change_key(change: Change) -> str:
    """`better`, `worse`, `noise` or `early`."""
    return _CHANGES[change.verdict]


def change_words(change: Change) -> tuple[str, bool]:
    """A change in a few words, and whether it is more than noise."""
    key = change_key(change)
    points = signed(round(change.points))
    return text(f"progress.change_{key}", points=points, noise=round(change.noise)), key in ("better", "worse")


def trend_words(trend: GapTrend) -> str:
    """What became of the distance between guess and rating."""
    return text(f"progress.trend_{_TRENDS[trend]}")
