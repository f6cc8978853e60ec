"""Progress over rehearsals: what changed by more than the coach's own noise, and what did not clearly change.

The noise band follows the minimal detectable change of measurement theory (Weir, J. Strength Cond. Res. 19, 2005): a difference
between two rehearsals counts if it exceeds 1.96 times the standard error of that difference, that is 1.96 * sqrt(2) * SEM where
both have the same standard error of measurement (SEM). For one criterion and a rehearsal with k rated turns,

    SEM^2 = (s^2 + u^2) / k

- s^2 is the variance of the turns' scores within a rehearsal, pooled over all rehearsals of the history, with a prior worth
  `PRIOR_TURNS` turns at `PRIOR_SPREAD` points, so that two lucky turns do not make a narrow band.
- u^2 is the rater's own uncertainty, the mean over the turns of the spread that a score leaves open at the least: a score of 75
  says that levels 1 and 2 are equally likely, which is 25 points either way; where the rater is unsure, 25 at the least.

A part of u is in s already, so the band is rather too wide than too narrow: what is called a change is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import sqrt
from statistics import fmean, variance

from rehearse.domain.assessment import Debrief, Rating, Ratings, Remark, RemarkKind
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.perception.segments import words

OVERALL = "overall"
"""The id of the guess about the whole talk."""
PRIOR_SPREAD, PRIOR_TURNS = 25.0, 4
"""How far the turns of one talk lie apart (points, standard deviation) as long as little is known, and what that is worth."""
UNSURE_SPREAD = 25.0
NEAR = 10.0
"""A guess within so many points of the rating is near it."""
MOST_LINES = 10


@dataclass(frozen=True)
class ScoredRehearsal:
    """One rehearsal as progress sees it; `key` is the caller's own name for it."""

    key: str
    scenario_id: str | None
    ratings: Ratings
    turn_ratings: tuple[Ratings, ...]
    remarks: tuple[Remark, ...] = ()
    guesses: Mapping[str, int] = field(default_factory=dict)
    """The learner's own guesses before the reveal, 0-100, by criterion or `overall`."""

    @classmethod
    def of(
        cls, key: str, debrief: Debrief, scenario_id: str | None = None, guess: int | None = None, remarks: Sequence[Remark] = ()
    ) -> ScoredRehearsal:
        """From a debrief; `remarks` are all remarks of the talk, where more than those of the debrief are known."""
        guesses = {} if guess is None else {OVERALL: guess}
        return cls(key, scenario_id, debrief.ratings, debrief.turn_ratings, tuple(remarks) or debrief.remarks, guesses)


class Verdict(StrEnum):
    """What a difference between rehearsals is called."""

    BETTER = "clearly better"
    WORSE = "clearly worse"
    NO_CLEAR_CHANGE = "no clear change"
    TOO_EARLY = "too early to tell"


@dataclass(frozen=True, slots=True)
class Point:
    """A criterion's score in one rehearsal; `band` is the half-width of its 95 % interval, in points."""

    key: str
    score: int
    level: int
    band: float
    turns: int
    """How many turns it rests on."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"key": self.key, "score": self.score, "level": self.level, "band": round(self.band, 1), "turns": self.turns}


@dataclass(frozen=True, slots=True)
class Change:
    """A difference in points, the noise it has to exceed, and what it is called."""

    points: float
    noise: float
    verdict: Verdict

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"points": round(self.points, 1), "noise": round(self.noise, 1), "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True)
class Series:
    """One criterion over the rehearsals in which it was rated."""

    criterion_id: str
    points: tuple[Point, ...]
    since_last: Change
    """The latest against the one before."""
    overall: Change
    """The later half against the earlier half; with an odd number the middle one counts for neither."""
    same_scenario: bool
    """Whether all of them were the same conversation; if not, a change may also be the scenario's."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "criterion": self.criterion_id,
            "points": [p.to_dict() for p in self.points],
            "since_last": self.since_last.to_dict(),
            "overall": self.overall.to_dict(),
            "same_scenario": self.same_scenario,
        }


@dataclass(frozen=True, slots=True)
class Gap:
    """The learner's guess beside the rating; a positive gap is a guess that was kinder."""

    key: str
    guess: int
    rating: int

    @property
    def points(self) -> int:
        """Guess minus rating."""
        return self.guess - self.rating


class GapTrend(StrEnum):
    """What became of the distance between guess and rating."""

    CLOSER = "closer"
    FURTHER = "further"
    STEADY = "steady"
    TOO_EARLY = "too early to tell"


@dataclass(frozen=True, slots=True)
class GapSeries:
    """Guess and rating over time, for a criterion or `overall`."""

    about: str
    gaps: tuple[Gap, ...]
    trend: GapTrend
    """Of the distance, whatever its sign: the later half against the earlier, at least `NEAR` points apart to count."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "about": self.about,
            "gaps": [{"key": g.key, "guess": g.guess, "rating": g.rating, "gap": g.points} for g in self.gaps],
            "trend": self.trend.value,
        }


@dataclass(frozen=True, slots=True)
class BestLine:
    """Words worth keeping, from one of the rehearsals."""

    key: str
    remark: Remark

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"key": self.key, **self.remark.to_dict()}


@dataclass(frozen=True)
class Progress:
    """All of it; criteria that were never rated have no series."""

    series: tuple[Series, ...]
    guesses: tuple[GapSeries, ...]
    playbook: tuple[BestLine, ...]

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "series": [s.to_dict() for s in self.series],
            "guesses": [g.to_dict() for g in self.guesses],
            "playbook": [line.to_dict() for line in self.playbook],
        }


def progress(history: Sequence[ScoredRehearsal]) -> Progress:
    """What became of each criterion, of the learner's own judgement, and the best lines; `history` is oldest first."""
    series = [_series(criterion_id, history) for criterion_id in CRITERION_IDS]
    gaps = [_gaps(about, history) for about in (OVERALL, *CRITERION_IDS)]
    return Progress(
        series=tuple(s for s in series if s is not None),
        guesses=tuple(g for g in gaps if g.gaps),
        playbook=playbook(history),
    )


# The series and its noise ---------------------------------------------------------------------------------------------


def _series(criterion_id: str, history: Sequence[ScoredRehearsal]) -> Series | None:
    rated = [(r, rating) for r in history if isinstance(rating := r.ratings.get(criterion_id), Rating)]
    if not rated:
        return None
    spread = within_variance([_turn_scores(r, criterion_id) for r in history])
    errors = [standard_error(_turn_ratings(r, criterion_id), spread) for r, _ in rated]
    points = tuple(
        Point(r.key, rating.score, rating.level, 1.96 * error, len(_turn_ratings(r, criterion_id)))
        for (r, rating), error in zip(rated, errors, strict=True)
    )
    scores = [float(p.score) for p in points]
    half = len(points) // 2
    return Series(
        criterion_id=criterion_id,
        points=points,
        since_last=_change(scores[-2:-1], errors[-2:-1], scores[-1:], errors[-1:]),
        overall=_change(scores[:half], errors[:half], scores[len(scores) - half :], errors[len(errors) - half :]),
        same_scenario=len({r.scenario_id for r, _ in rated}) == 1,
    )


def _turn_ratings(rehearsal: ScoredRehearsal, criterion_id: str) -> list[Rating]:
    return [rating for turn in rehearsal.turn_ratings if isinstance(rating := turn.get(criterion_id), Rating)]


def _turn_scores(rehearsal: ScoredRehearsal, criterion_id: str) -> list[float]:
    return [float(r.score) for r in _turn_ratings(rehearsal, criterion_id)]


def within_variance(groups: Sequence[Sequence[float]]) -> float:
    """The variance of scores within groups, pooled by degrees of freedom, with the prior of the module's formula."""
    known = [(len(group) - 1, variance(group)) for group in groups if len(group) >= 2]
    total = sum(n * v for n, v in known) + PRIOR_TURNS * PRIOR_SPREAD**2
    return total / (sum(n for n, _ in known) + PRIOR_TURNS)


def rater_variance(rating: Rating) -> float:
    """The least variance, in points squared, that a turn's score leaves open: between the two levels next to it."""
    mean = rating.score / 50
    share = mean - int(mean)
    least = 50**2 * share * (1 - share)
    return least if rating.sure else max(least, UNSURE_SPREAD**2)


def standard_error(turns: Sequence[Rating], spread: float) -> float:
    """The standard error of measurement of a rehearsal's score that rests on these turns."""
    own = fmean(rater_variance(t) for t in turns) if turns else UNSURE_SPREAD**2
    return sqrt((spread + own) / max(1, len(turns)))


def _change(
    before: Sequence[float], before_errors: Sequence[float], after: Sequence[float], after_errors: Sequence[float]
) -> Change:
    if not before or not after:
        return Change(0.0, 0.0, Verdict.TOO_EARLY)
    points = fmean(after) - fmean(before)
    squared = sum(e**2 for e in before_errors) / len(before) ** 2 + sum(e**2 for e in after_errors) / len(after) ** 2
    noise = 1.96 * sqrt(squared)
    if abs(points) <= noise:
        return Change(points, noise, Verdict.NO_CLEAR_CHANGE)
    return Change(points, noise, Verdict.BETTER if points > 0 else Verdict.WORSE)


# The learner's own judgement ------------------------------------------------------------------------------------------


def _gaps(about: str, history: Sequence[ScoredRehearsal]) -> GapSeries:
    gaps: list[Gap] = []
    for rehearsal in history:
        guess, rating = rehearsal.guesses.get(about), _score(rehearsal.ratings, about)
        if guess is not None and rating is not None:
            gaps.append(Gap(rehearsal.key, guess, rating))
    return GapSeries(about, tuple(gaps), _trend([abs(g.points) for g in gaps]))


def _score(ratings: Ratings, about: str) -> int | None:
    if about != OVERALL:
        rating = ratings.get(about)
        return rating.score if isinstance(rating, Rating) else None
    scores = [r.score for r in ratings.values() if isinstance(r, Rating)]
    return round(fmean(scores)) if scores else None


def _trend(distances: Sequence[float]) -> GapTrend:
    if len(distances) < 3:
        return GapTrend.TOO_EARLY
    half = len(distances) // 2
    moved = fmean(distances[len(distances) - half :]) - fmean(distances[:half])
    if abs(moved) < NEAR:
        return GapTrend.STEADY
    return GapTrend.CLOSER if moved < 0 else GapTrend.FURTHER


# Best lines -----------------------------------------------------------------------------------------------------------


def playbook(history: Sequence[ScoredRehearsal], most: int = MOST_LINES) -> tuple[BestLine, ...]:
    """The learner's own lines that did most, each saying something else; most valuable first, the newer of two equals."""
    found = [
        (remark.value, place, BestLine(rehearsal.key, remark))
        for place, rehearsal in enumerate(history)
        for remark in rehearsal.remarks
        if remark.kind is RemarkKind.KEEP
    ]
    found.sort(key=lambda f: (-f[0], -f[1], f[2].remark.span.turn.number, f[2].remark.span.start))
    chosen: list[BestLine] = []
    for _, _, line in found:
        if len(chosen) < most and not any(_alike(line, other) for other in chosen):
            chosen.append(line)
    return tuple(chosen)


def _alike(one: BestLine, other: BestLine) -> bool:
    a, b = set(words(one.remark.span.quote)), set(words(other.remark.span.quote))
    return len(a & b) >= 0.6 * max(1, min(len(a), len(b)))
