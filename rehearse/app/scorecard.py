"""The scorecard: each part with its level in words before any total."""

from __future__ import annotations

from dataclasses import dataclass

from rehearse.domain.assessment import Debrief, Rating, Unrated
from rehearse.domain.library import Library
from rehearse.domain.rubric import Criterion

_LOW_IS_BETTER = ("advice_giving", "self_oriented", "dismissing_emotions")


@dataclass(frozen=True)
class Row:
    """One criterion as it is shown; `good` is 0 to 2, higher always better; `unrated` holds the reason instead of a level."""

    title: str
    focus: bool
    unrated: str = ""
    level: str = ""
    meaning: str = ""
    good: int = 0
    score: int = 0
    sure: bool = True
    turn: int = 0
    quote: str = ""


@dataclass(frozen=True)
class Skill:
    """Empathy or clarity: its rows, and the mean of what could be rated."""

    title: str
    rows: tuple[Row, ...]
    total: int | None


def _row(criterion: Criterion, rating: Rating | Unrated, focus: str | None) -> Row:
    mine = criterion.id == focus
    if isinstance(rating, Unrated):
        return Row(criterion.title, mine, unrated=rating.reason.value)
    level = criterion.levels[rating.level]
    # The lowest level says that something is not there, so there is nothing to quote.
    span = rating.evidence[0] if rating.evidence and rating.level > 0 else None
    return Row(
        title=criterion.title,
        focus=mine,
        level=level.name,
        meaning=level.meaning,
        good=2 - rating.level if criterion.reversed else rating.level,
        score=rating.score,
        sure=rating.sure,
        turn=span.turn.number if span else 0,
        quote=span.quote if span else "",
    )


def skills(debrief: Debrief, library: Library, focus: str | None) -> list[Skill]:
    """Each skill with its parts; the one in focus stands first in its list."""
    shown = []
    for rubric in library.rubrics:
        ratings = [debrief.ratings[c.id] for c in rubric.criteria]
        rows = [_row(c, r, focus) for c, r in zip(rubric.criteria, ratings, strict=True)]
        rows.sort(key=lambda row: not row.focus)
        shown.append(Skill(rubric.title, tuple(rows), mean_score(ratings)))
    return sorted(shown, key=lambda s: (not any(r.focus for r in s.rows), s.title == "Clarity"))


def mean_score(ratings: list[Rating | Unrated]) -> int | None:
    """The mean of what could be rated; None where nothing could."""
    scores = [r.score for r in ratings if isinstance(r, Rating)]
    return round(sum(scores) / len(scores)) if scores else None


def overall(debrief: Debrief) -> int | None:
    """What all parts come to, for comparison with the learner's own guess."""
    return mean_score(list(debrief.ratings.values()))


def listening(debrief: Debrief) -> list[dict[str, object]]:
    """How the learner listened, on the scale from 1 to 5."""
    return [
        {"id": key, "value": f"{value:.1f}", "low": key in _LOW_IS_BETTER}
        for key, value in debrief.details.items()
        if value is not None
    ]
