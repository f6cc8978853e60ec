"""The scorecard: each part with its level in words before any total, for a whole talk and for each turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearse.app.contesting import ContestView, contest_view
from rehearse.app.strings import text
from rehearse.coaching.contest import Contest
from rehearse.domain.assessment import EMBEDDED, Debrief, Rating, Ratings, SecondReading, Unrated
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.rubric import Criterion, Rubric

_LOW_IS_BETTER = ("advice_giving", "self_oriented", "dismissing_emotions")


@dataclass(frozen=True)
class Second:
    """What another reader made of it, in words."""

    level: str
    by: str
    quote: str
    differs: bool


@dataclass(frozen=True)
class Row:
    """One criterion as it is shown; `good` is 0 to 2, higher always better; `unrated` holds the reason instead of a level."""

    criterion_id: str
    title: str
    focus: bool = False
    unrated: str = ""
    level: str = ""
    meaning: str = ""
    good: int = 0
    score: int = 0
    sure: bool = True
    turn: int = 0
    quote: str = ""
    citation: Citation | None = None
    second: Second | None = None
    contests: tuple[ContestView, ...] = ()
    """What the learner said against it, and what came of it."""
    differs: tuple[int, ...] = ()
    """The turns in which two readers saw it differently."""


@dataclass(frozen=True)
class Skill:
    """Empathy or clarity: its rows, and the mean of what could be rated."""

    title: str
    rows: tuple[Row, ...]
    total: int | None


def reader(by: str) -> str:
    """Who rated, as a person says it."""
    return text("lookback.by_embedded") if by.startswith(EMBEDDED) else by.split(maxsplit=1)[0]


def _second(criterion: Criterion, rating: Rating, second: SecondReading) -> Second:
    return Second(
        criterion.levels[second.level].name,
        reader(second.by),
        second.span.quote if second.span else "",
        second.level != rating.level,
    )


def _row(criterion: Criterion, rating: Rating | Unrated, focus: str | None = None) -> Row:
    mine = criterion.id == focus
    if isinstance(rating, Unrated):
        return Row(criterion.id, criterion.title, mine, unrated=rating.reason.value)
    level = criterion.levels[rating.level]
    # The lowest level says that something is not there, so there is nothing to quote.
    span = rating.evidence[0] if rating.evidence and rating.level > 0 else None
    return Row(
        criterion_id=criterion.id,
        title=criterion.title,
        focus=mine,
        level=level.name,
        meaning=level.meaning,
        good=2 - rating.level if criterion.reversed else rating.level,
        score=rating.score,
        sure=rating.sure,
        turn=span.turn.number if span else 0,
        quote=span.quote if span else "",
        citation=rating.citations[0] if rating.citations else None,
        second=_second(criterion, rating, rating.second) if rating.second else None,
    )


def in_order(library: Library) -> list[Rubric]:
    """The rubrics as people read them: empathy first."""
    return sorted(library.rubrics, key=lambda rubric: rubric.id == "clarity")


def skills(debrief: Debrief, library: Library, focus: str | None) -> list[Skill]:
    """Each skill with its parts; the one in focus stands first in its list."""
    shown = []
    for rubric in library.rubrics:
        ratings = [debrief.ratings[c.id] for c in rubric.criteria]
        rows = []
        for criterion, rating in zip(rubric.criteria, ratings, strict=True):
            row = _row(criterion, rating, focus)
            rows.append(Row(**(vars(row) | {"differs": _differing(debrief.turn_ratings, criterion.id)})))
        rows.sort(key=lambda row: not row.focus)
        shown.append(Skill(rubric.title, tuple(rows), mean_score(ratings)))
    return sorted(shown, key=lambda s: (not any(r.focus for r in s.rows), s.title == "Clarity"))


def _differing(per_turn: Sequence[Ratings], criterion_id: str) -> tuple[int, ...]:
    def differs(rating: Rating | Unrated) -> bool:
        return isinstance(rating, Rating) and rating.second is not None and rating.second.level != rating.level

    return tuple(n for n, ratings in enumerate(per_turn, 1) if differs(ratings[criterion_id]))


def turn_rows(ratings: Ratings, contests: Sequence[Contest], library: Library) -> list[Row]:
    """Every criterion of one turn, what could be rated first; `contests` are those of this turn, oldest first."""
    rows = []
    for rubric in in_order(library):
        for criterion in rubric.criteria:
            told = tuple(contest_view(c, criterion) for c in contests if c.criterion_id == criterion.id)
            rows.append(Row(**(vars(_row(criterion, ratings[criterion.id])) | {"contests": told})))
    return sorted(rows, key=lambda row: bool(row.unrated))


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
