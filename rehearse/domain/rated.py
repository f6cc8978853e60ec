"""Exchanges that were read and labelled by hand: what the other said, what the learner answered, and what was in it.

The labelling guide is `corpus/rated/GUIDE.md`. One exchange a line, JSON; files are read in the order of their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Record
from rehearse.errors import DataFileError

Level = Annotated[int, Field(ge=0, le=2)]


class LabelledAct(Record):
    """An act and the exact words that show it."""

    act: Act
    quote: Annotated[str, Field(min_length=1)]


class Levels(Record):
    """A level for every criterion; clarity is null where nobody would expect it."""

    emotional_reaction: Level
    interpretation: Level
    exploration: Level
    safety: Level
    dismissal: Level
    purpose: Level | None
    specificity: Level | None
    structure: Level | None
    plainness: Level | None
    advice_giving: Level
    self_oriented: Level


class RatedExchange(Record):
    """One labelled exchange; `levels` is None where only the acts were labelled."""

    id: str
    situation: str
    style: str = ""
    context: str
    text: Annotated[str, Field(min_length=1)]
    acts: tuple[LabelledAct, ...]
    levels: Levels | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for label in self.acts:
            if label.quote not in self.text:
                raise ValueError(f"the quote “{label.quote}” is not in the text")
        return self

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the fifth that nothing is fitted on.

        Decided by what was answered, so that answers to the same words are never on both sides; else by the text.
        """
        key = (self.context.strip() or self.text).lower()
        return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 5 == 0


def load_rated(folder: Path) -> Iterator[RatedExchange]:
    """Each exchange of each `.jsonl` file in the folder; `DataFileError` names file and line."""
    seen: set[str] = set()
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip():
                continue
            try:
                exchange = RatedExchange.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                field = ".".join(str(part) for part in first["loc"]) or "line"
                raise DataFileError(path, f"line {number}, {field}", f"{first['msg']}.", "correct that line.") from None
            if exchange.id in seen:
                raise DataFileError(path, f"line {number}, id", f"{exchange.id} occurs twice.", "give it another id.")
            seen.add(exchange.id)
            yield exchange
