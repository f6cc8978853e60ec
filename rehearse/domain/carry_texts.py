"""Headings and prompts of the pages that a learner carries away: data, edited in `corpus/carry.yaml`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Id, Record, Text
from rehearse.domain.idea import Corpus
from rehearse.domain.library import shipped_library, shipped_root
from rehearse.domain.loading import load_record
from rehearse.errors import DataFileError

ANY = "any"
"""The card for a conversation that is no scenario, such as a transcript from elsewhere."""


class CarryPart(StrEnum):
    """A place on the card."""

    OPENING = "opening"
    QUESTION = "question"
    OBJECTION = "objection"
    ANSWER = "answer"
    ASK = "ask"


_PARTS = {CarryPart.OPENING: 1, CarryPart.QUESTION: 2, CarryPart.OBJECTION: 1, CarryPart.ANSWER: 1, CarryPart.ASK: 1}


class CardPart(Record):
    """A place on the card: its heading, what may stand there, and the prompt while it is blank."""

    part: CarryPart
    heading: Text
    acts: tuple[Act, ...]
    """A learner's sentence that does one of these may stand here."""
    prompt: Text
    passage: Id
    """The passage that backs it."""


class CardTexts(Record):
    """The card of one scenario, in the order in which it is read."""

    scenario: Id
    title: Text
    parts: tuple[CardPart, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if Counter(p.part for p in self.parts) != _PARTS:
            raise ValueError("a card has one opening, two questions, one objection, one answer and one ask")
        return self


Patterns = tuple[re.Pattern[str], ...]


def _compiled(patterns: Sequence[str]) -> Patterns:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)


@dataclass(frozen=True, slots=True)
class FieldPatterns:
    """How a field of the agreement is recognised."""

    signs: Patterns
    needs: Patterns
    unless: Patterns
    not_after: Patterns

    def may_count(self, sentence: str) -> bool:
        """Whether a sentence may be about this field at all."""
        return (not self.needs or any(p.search(sentence) for p in self.needs)) and not any(
            p.search(sentence) for p in self.unless
        )


class AgreementField(Record):
    """One thing to agree, and how it is recognised in what was said."""

    id: str = Field(pattern="^[a-z_]+$")
    group: Text
    """The heading under which fields that belong together stand."""
    heading: Text
    exact: bool = False
    """Whether only the words that a sign matches are quoted, and not the whole sentence."""
    acts: tuple[Act, ...]
    """A sentence that surely does one of these counts. With `exact`: a sign counts only in a turn that does one of these."""
    signs: tuple[Text, ...] = Field(min_length=1)
    """Patterns, without regard to case."""
    needs: tuple[Text, ...] = ()
    """If given, a sentence has to match one of these."""
    unless: tuple[Text, ...] = ()
    """A sentence that matches one of these is left out."""
    not_after: tuple[Text, ...] = ()
    """With `exact`: a match is left out if the sentence before it matches one of these."""
    prompt: Text
    passage: Id

    @model_validator(mode="after")
    def _check(self) -> Self:
        for pattern in (*self.signs, *self.needs, *self.unless, *self.not_after):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"not a pattern: {pattern} ({error})") from None
        return self

    @cached_property
    def patterns(self) -> FieldPatterns:
        """All of them, ready to search with."""
        return FieldPatterns(*(_compiled(p) for p in (self.signs, self.needs, self.unless, self.not_after)))


class AgreementTexts(Record):
    """The draft agreement, in the order in which it is read."""

    title: Text
    fields: tuple[AgreementField, ...] = Field(min_length=4)


class CarryTexts(Record):
    """All texts of the card and of the agreement."""

    cards: tuple[CardTexts, ...]
    agreement: AgreementTexts

    @model_validator(mode="after")
    def _check(self) -> Self:
        if ANY not in {card.scenario for card in self.cards}:
            raise ValueError(f"the card for a conversation that is no scenario is missing (`scenario: {ANY}`)")
        return self

    def card(self, scenario_id: str | None) -> CardTexts:
        """The card of a scenario; the general one where there is none."""
        found = {card.scenario: card for card in self.cards}
        return found.get(scenario_id or ANY, found[ANY])


def load_carry_texts(root: Path, corpus: Corpus) -> CarryTexts:
    """The texts below `root`; each passage that they name must be in the corpus."""
    path = root / "corpus" / "carry.yaml"
    texts = load_record(path, CarryTexts)
    known = {p.passage_id for p in corpus.passages()}
    used = [(f"cards.{c.scenario}.{p.part.value}", p.passage) for c in texts.cards for p in c.parts]
    used += [(f"agreement.{f.id}", f.passage) for f in texts.agreement.fields]
    for field, passage_id in used:
        if passage_id not in known:
            raise DataFileError(
                path, field, f"the corpus has no passage {passage_id}.", "use the id of a `##` section in corpus/ideas."
            )
    return texts


@cache
def shipped_carry_texts() -> CarryTexts:
    """The texts that ship, read once a process."""
    return load_carry_texts(shipped_root(), shipped_library().corpus)
