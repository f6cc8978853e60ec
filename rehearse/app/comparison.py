"""A moment tried again: what was said before and now, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearse.app.desk import Desk
from rehearse.app.strings import text
from rehearse.domain.assessment import Rating, Ratings
from rehearse.domain.library import Library
from rehearse.domain.state import ConcernStatus
from rehearse.errors import RehearseError
from rehearse.retrospect import ratings_at
from rehearse.session import Rehearsal
from rehearse.workspace import KeptRehearsal

_SAME = 0.008
"""A change in trust that nobody would notice."""
_SETTLED = (ConcernStatus.EASED, ConcernStatus.RESOLVED)


@dataclass(frozen=True)
class Moment:
    """One version of the moment."""

    learner: str
    counterpart: str
    moved: str
    """`up`, `down` or `same`."""
    reactions: tuple[str, ...] = ()
    """What the counterpart did, by id, leading move first; empty while the talk goes on."""
    trust: int = 0
    patience: int = 0
    settled: int = 0
    """How many worries were settled by then."""


@dataclass(frozen=True)
class LevelRow:
    """A criterion whose level differs between the two."""

    title: str
    before: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """The same turn twice."""

    turn: int
    before: Moment
    now: Moment
    rows: tuple[LevelRow, ...]
    full: bool = False
    """Whether what lay behind the answers may be shown: only once the talk is over."""
    before_id: str = ""


def moment(rehearsal: Rehearsal, turn: int) -> Moment:
    """One learner turn of a talk with what it did."""
    exchange = rehearsal.now.exchanges[turn - 1]
    moved = exchange.state.trust - rehearsal.history[turn - 1].state.trust
    return Moment(
        exchange.learner,
        exchange.counterpart,
        "up" if moved > _SAME else "down" if moved < -_SAME else "same",
        tuple(dict.fromkeys(move.reaction.value for move in exchange.plan.moves)),
        round(100 * exchange.state.trust),
        round(100 * exchange.state.patience),
        sum(concern.status in _SETTLED for concern in exchange.state.concerns.values()),
    )


def _level(ratings: Ratings, criterion_id: str, library: Library) -> str:
    rating = ratings[criterion_id]
    if not isinstance(rating, Rating):
        return text("lookback.unrated")
    return library.criterion(criterion_id).levels[rating.level].name


def compare(
    before: Rehearsal, now: Rehearsal, turn: int, library: Library, ratings: tuple[Ratings, Ratings], before_id: str = ""
) -> Comparison:
    """Learner turn `turn` of two talks that share everything up to it; `ratings` are those of that turn, before and now."""
    first, second = ratings
    rows = [LevelRow(library.criterion(c).title, _level(first, c, library), _level(second, c, library)) for c in first]
    differing = tuple(r for r in rows if r.before != r.now)
    return Comparison(turn, moment(before, turn), moment(now, turn), differing, before_id=before_id)


def compare_after_branch(desk: Desk, kept: KeptRehearsal, *, only_fresh: bool = True) -> Comparison | None:
    """The comparison for a talk that went back to an earlier moment.

    With `only_fresh` only right after that moment, and without what lies behind the answers, because the talk goes on.
    """
    if kept.parent_id is None or kept.parent_turn is None:
        return None
    turn = kept.parent_turn + 1
    taken = kept.rehearsal.now.turn
    if taken < turn or (only_fresh and taken != turn):
        return None
    try:
        before = desk.open(kept.parent_id)
    except RehearseError:
        return None
    if before.rehearsal.now.turn < turn:
        return None
    if not only_fresh:
        before.catch_up()
    ratings = (ratings_at(before, turn), ratings_at(kept, turn))
    found = compare(before.rehearsal, kept.rehearsal, turn, desk.workspace.library, ratings, kept.parent_id)
    return replace(found, full=not only_fresh)
