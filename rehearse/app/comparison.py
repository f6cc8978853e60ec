"""A moment tried again: what was said before and now, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from rehearse.app.desk import Desk
from rehearse.app.strings import text
from rehearse.domain.assessment import Rating, Ratings
from rehearse.domain.library import Library
from rehearse.errors import RehearseError
from rehearse.session import Rehearsal
from rehearse.workspace import KeptRehearsal

_SAME = 0.008
"""A change in trust that nobody would notice."""


@dataclass(frozen=True)
class Moment:
    """One version of the moment."""

    learner: str
    counterpart: str
    moved: str
    """`up`, `down` or `same`."""


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


def _moment(rehearsal: Rehearsal, turn: int) -> Moment:
    exchange = rehearsal.now.exchanges[turn - 1]
    moved = exchange.state.trust - rehearsal.history[turn - 1].state.trust
    return Moment(exchange.learner, exchange.counterpart, "up" if moved > _SAME else "down" if moved < -_SAME else "same")


def _level(ratings: Ratings, criterion_id: str, library: Library) -> str:
    rating = ratings[criterion_id]
    if not isinstance(rating, Rating):
        return text("lookback.unrated")
    return library.criterion(criterion_id).levels[rating.level].name


def compare(before: Rehearsal, now: Rehearsal, turn: int, library: Library) -> Comparison:
    """Learner turn `turn` of two talks that share everything up to it."""
    first, second = before.assessments[turn - 1].ratings, now.assessments[turn - 1].ratings
    rows = [LevelRow(library.criterion(c).title, _level(first, c, library), _level(second, c, library)) for c in first]
    return Comparison(turn, _moment(before, turn), _moment(now, turn), tuple(r for r in rows if r.before != r.now))


def compare_after_branch(desk: Desk, kept: KeptRehearsal, *, only_fresh: bool = True) -> Comparison | None:
    """The comparison for a talk that went back to an earlier moment; with `only_fresh`, only right after that moment."""
    stored = desk.workspace.store.get(kept.rehearsal_id)
    if stored.parent_id is None or stored.parent_turn is None:
        return None
    turn = stored.parent_turn + 1
    taken = kept.rehearsal.now.turn
    if taken < turn or (only_fresh and taken != turn):
        return None
    try:
        before = desk.open(stored.parent_id).rehearsal
    except RehearseError:
        return None
    if before.now.turn < turn:
        return None
    return compare(before, kept.rehearsal, turn, desk.workspace.library)
