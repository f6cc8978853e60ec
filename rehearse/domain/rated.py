"""Exchanges that were read and labelled by hand: what the other said, what the learner answered, and what was in it.

The labelling guide is `corpus/rated/GUIDE.md`. One exchange a line, JSON; files are read in the order of their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Record
from rehearse.domain.transcript import Speaker
from rehearse.errors import DataFileError

Level = Annotated[int, Field(ge=0, le=2)]


def in_held_out_fifth(key: str) -> bool:
    """Whether a key falls into the fifth that nothing is fitted on."""
    return int(hashlib.sha256(key.lower().encode()).hexdigest(), 16) % 5 == 0


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
    acts_complete: bool = True
    """Whether every act in it is labelled; where not, what is missing says nothing."""
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
        # An all-blank context counts as none; the text is taken as it stands.
        return in_held_out_fifth(self.context.strip() or self.text)


class RatedSentence(Record):
    """A sentence, and whether it says nothing: padding, throat-clearing, a hollow generality."""

    id: str
    text: Annotated[str, Field(min_length=1)]
    empty: bool

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the fifth that nothing is fitted on."""
        return in_held_out_fifth(self.text)


Score = Annotated[int, Field(ge=1, le=5)]


class Habits(Record):
    """How a listener was over a whole conversation, from 1 (not at all) to 5 (very much)."""

    validating_emotions: Score
    encouraging_elaboration: Score
    demonstrating_understanding: Score
    advice_giving: Score
    self_oriented: Score
    dismissing_emotions: Score


class SpokenTurn(Record):
    """One turn of a rated conversation."""

    speaker: Speaker
    text: Annotated[str, Field(min_length=1)]


class RatedConversation(Record):
    """A whole conversation about somebody's trouble, with the habits of the one who listened (the learner)."""

    id: str
    trouble: str
    style: str = ""
    turns: tuple[SpokenTurn, ...] = Field(min_length=2)
    details: Habits

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the fifth that nothing is fitted on."""
        return in_held_out_fifth(self.turns[0].text)


_Row = TypeVar("_Row", RatedExchange, RatedSentence, RatedConversation)


def load_rated(folder: Path) -> Iterator[RatedExchange]:
    """Each exchange of each `.jsonl` file in the folder; `DataFileError` names file and line."""
    return _load(folder, RatedExchange)


def load_sentences(folder: Path) -> Iterator[RatedSentence]:
    """Each sentence of each `.jsonl` file in the folder; `DataFileError` names file and line."""
    return _load(folder, RatedSentence)


def load_conversations(folder: Path) -> Iterator[RatedConversation]:
    """Each conversation of each `.jsonl` file in the folder; `DataFileError` names file and line."""
    return _load(folder, RatedConversation)


def _load(folder: Path, kind: type[_Row]) -> Iterator[_Row]:
    seen: set[str] = set()
    for path in sorted(folder.glob("*.jsonl")):
        for found in read_rows(path, kind, seen):
            if isinstance(found, DataFileError):
                raise found
            yield found


def read_rows(path: Path, kind: type[_Row], seen: set[str]) -> Iterator[_Row | DataFileError]:
    """Each line of a file as a record, or what is wrong with it; `seen` gathers the ids, which occur once."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        yield DataFileError(path, "file", "it is not UTF-8 text.", "save it as UTF-8.")
        return
    except OSError as error:
        yield DataFileError(path, "file", f"it cannot be read ({error.strerror}).", "check that it exists and may be read.")
        return
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = kind.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "line"
            message = first["msg"].removeprefix("Value error, ")
            yield DataFileError(path, f"line {number}, {field}", f"{message}.", "correct that line (corpus/rated/GUIDE.md).")
            continue
        if row.id in seen:
            yield DataFileError(path, f"line {number}, id", f"{row.id} occurs twice.", "give it another id.")
        seen.add(row.id)
        yield row
