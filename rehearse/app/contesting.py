"""A rating contested: what the learner said against it, what the coach saw when it looked again, and what is shown since."""

from __future__ import annotations

from dataclasses import dataclass

from rehearse.app.strings import text
from rehearse.coaching.contest import Contest, Verdict
from rehearse.domain.assessment import Rating, Unrated
from rehearse.domain.rubric import Criterion

_KEYS = {Verdict.CHANGED: "changed", Verdict.UNSURE: "unsure", Verdict.STANDS: "stands"}


@dataclass(frozen=True)
class ContestView:
    """Both views in words."""

    verdict: str
    """`changed`, `unsure` or `stands`."""
    reason: str
    why: str
    first: str
    """The level that was contested."""
    second: str
    """The level of the second reading; empty where there was nothing new to read."""


def level_words(rating: Rating | Unrated, criterion: Criterion) -> str:
    """A level's name and score, or that there is none."""
    if isinstance(rating, Unrated):
        return text("lookback.unrated")
    return text("contest.level", level=criterion.levels[rating.level].name, score=rating.score)


def contest_view(contest: Contest, criterion: Criterion) -> ContestView:
    """A contest as the page shows it."""
    return ContestView(
        verdict=_KEYS[contest.verdict],
        reason=contest.reason,
        why=contest.why,
        first=level_words(contest.first, criterion),
        second=level_words(contest.second, criterion) if contest.second is not None else "",
    )


def place_of(turn: int, criterion_id: str) -> str:
    """The id of a rating on the page, to come back to after it was contested."""
    return f"r-{turn}-{criterion_id}"
