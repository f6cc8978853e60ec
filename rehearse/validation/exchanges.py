"""Rated exchanges in JSON lines: in the form of `corpus/rated/`, or `{"context", "text", "ratings": {criterion: level}}`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rehearse.domain.acts import Act
from rehearse.domain.library import shipped_root
from rehearse.domain.rated import Levels, RatedConversation, RatedExchange, load_rated
from rehearse.errors import DataFileError
from rehearse.perception.encoder import WEIGHTS
from rehearse.validation.questions import Kind, Question, Source, any_act, kind_of, level_of, rated_at_all, score_of
from rehearse.validation.readings import RATED_IDS, Pair

Form = TypeVar("Form", bound=BaseModel)
Line = tuple[int, str]

_ONLY_WHERE_EXPECTED = ("purpose", "specificity", "structure")
"""Criteria that the guide leaves open where nobody would expect them; plainness is left open for a few words only."""


class RatedPair(BaseModel):
    """One line of a pairs file."""

    model_config = ConfigDict(extra="ignore", strict=True)

    context: str = ""
    text: str
    ratings: dict[str, float | None]
    group: str | int | None = None
    """The conversation it comes from: resampled whole, and never on both sides of a fold."""


class _Shape(BaseModel):
    """What tells the two forms apart."""

    model_config = ConfigDict(extra="allow")

    levels: Any = None
    acts: Any = None
    ratings: Any = None
    turns: Any = None


def read_lines(path: Path) -> Source | list[RatedExchange] | list[RatedConversation]:
    """A pairs file as a source, files in the forms of `corpus/rated/` as their rows; `DataFileError` names line and field."""
    lines = [(n, line) for n, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), 1) if line.strip()]
    if not lines:
        raise DataFileError(path, "file", "it is empty.", "put one exchange on each line.")
    number, first = lines[0]
    shape = _parse(path, number, first, _Shape)
    if shape.turns is not None:
        return [_parse(path, n, line, RatedConversation) for n, line in lines]
    if shape.ratings is not None:
        return _pairs_source(path, lines)
    if shape.levels is not None or shape.acts is not None:
        return [_parse(path, n, line, RatedExchange) for n, line in lines]
    raise DataFileError(
        path, f"line {number}", "it has neither “ratings”, nor “levels” and “acts”, nor “turns”.", "see docs/validity.md."
    )


def _parse(path: Path, number: int, line: str, form: type[Form]) -> Form:
    try:
        return form.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ", ".join([f"line {number}", *([".".join(map(str, first["loc"]))] if first["loc"] else [])])
        raise DataFileError(path, where, f"{first['msg']}.", "correct that line.") from None


# Pairs ----------------------------------------------------------------------------------------------------------------


def _pairs_source(path: Path, lines: Sequence[Line]) -> Source:
    rows = [(n, _parse(path, n, line, RatedPair)) for n, line in lines]
    named = dict.fromkeys(name for _, row in rows for name in row.ratings)
    known = [name for name in named if name in RATED_IDS]
    if not known:
        raise DataFileError(path, "ratings", "it rates no criterion that is known.", f"known are {', '.join(RATED_IDS)}.")
    unknown = [name for name in named if name not in RATED_IDS]
    pairs = tuple(Pair(r.context, r.text, str(r.group) if r.group is not None else f"line {n}") for n, r in rows)
    questions = []
    for name in known:
        human = tuple(row.ratings.get(name) for _, row in rows)
        if kind_of(human) is Kind.LEVELS:
            questions.append(Question(name, Kind.LEVELS, f"level of {name}", level_of(name), human))
        else:
            questions.append(Question(name, Kind.SCALE, f"expected level of {name}", score_of(name), human))
    note = f"Not known to us and left out: {', '.join(unknown)}." if unknown else ""
    return Source("Rated pairs", pairs, tuple(questions), may_fit=False, acts=False, note=note)


# In the form of corpus/rated/ -----------------------------------------------------------------------------------------


@cache
def _shipped() -> tuple[RatedExchange, ...]:
    return tuple(load_rated(shipped_root() / "corpus" / "rated"))


@cache
def _fitted_on() -> frozenset[tuple[str, str]]:
    """Id and words of each shipped exchange that weights may have been fitted on."""
    return frozenset((r.id, r.text) for r in _shipped() if not r.held_out)


def doubt_about_weights(folder: Path = WEIGHTS) -> str:
    """Why the held-out fifth may not be unseen, or nothing.

    The weights say how many exchanges they were fitted on (nine tenths of what is not held out, see `scripts/train_encoder.py`).
    Another number means that the corpus has grown, which does no harm, or that the rule for holding out was another, which does.
    """
    stated = json.loads((folder / "card.json").read_text(encoding="utf-8")).get("fitted_on")
    open_to_fit = len(_fitted_on())
    expected = open_to_fit - open_to_fit // 10
    if stated == expected:
        return ""
    return (
        f"CAUTION: the weights were fitted on {stated} exchanges, today's corpus and rule for holding out give {expected}: one "
        "of them has changed since. If it was the rule, part of what is held out was seen in fitting, and these figures are too "
        "high."
    )


def rated_source(rows: Sequence[RatedExchange]) -> Source | None:
    """One source of all exchanges that nothing was fitted on; None where there is none."""
    fresh = [row for row in rows if (row.id, row.text) not in _fitted_on()]
    if not fresh:
        return None
    pairs = tuple(Pair(row.context, row.text, _group(row)) for row in fresh)
    left_out = len(rows) - len(fresh)
    notes = [f"{left_out} exchanges of the part that is open to fitting are left out." if left_out else ""]
    if {(row.id, row.text) for row in fresh} & {(row.id, row.text) for row in _shipped()}:
        notes.append(doubt_about_weights())
    note = " ".join(n for n in notes if n)
    questions = (*_level_questions(fresh), *_act_questions(fresh))
    return Source("Exchanges rated by our guide", pairs, questions, may_fit=False, acts=True, note=note)


def _group(row: RatedExchange) -> str:
    """Answers to the same words belong together, as in `RatedExchange.held_out`."""
    return (row.context.strip() or row.text).lower()


def _level_questions(rows: Sequence[RatedExchange]) -> Iterator[Question]:
    if all(row.levels is None for row in rows):
        return
    for name in Levels.model_fields:
        human = tuple(None if row.levels is None else getattr(row.levels, name) for row in rows)
        yield Question(name, Kind.LEVELS, f"level of {name}", level_of(name), human)
    for name in _ONLY_WHERE_EXPECTED:
        expected = tuple(None if row.levels is None else int(getattr(row.levels, name) is not None) for row in rows)
        yield Question(f"{name} expected", Kind.YES_NO, f"{name} is rated at all", rated_at_all(name), expected)


def _act_questions(rows: Sequence[RatedExchange]) -> Iterator[Question]:
    for act in Act:
        human = tuple(int(any(label.act is act for label in row.acts)) if row.acts_complete else None for row in rows)
        if any(human):
            yield Question(f"act {act.value}", Kind.YES_NO, f"the act {act.value} is found", any_act((act,)), human)
