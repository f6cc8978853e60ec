"""Words and patterns that show an act beyond doubt: data, edited in `corpus/lexicon.yaml`."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Record, Text


class Rule(Record):
    """Patterns of one act; each is a regular expression, read without regard to case."""

    patterns: tuple[Text, ...] = Field(min_length=1)
    unless: tuple[Text, ...] = ()
    """If any of these is in the same sentence, the rule says nothing."""


class Lexicon(Record):
    """Precise rules beside the trained model, and word lists that measure plainness."""

    acts: dict[Act, Rule]
    softeners: tuple[Text, ...] = Field(min_length=10)
    """Words that take back what is being said; several of them and nothing asked make a hedge."""
    jargon: tuple[Text, ...] = Field(min_length=20)
    """Office words that a neighbour would not understand; several in one turn overload it."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for act, rule in self.acts.items():
            for pattern in rule.patterns + rule.unless:
                try:
                    re.compile(pattern)
                except re.error as error:
                    raise ValueError(f"acts.{act}: “{pattern}” is not a regular expression: {error}") from None
        return self

    @cached_property
    def compiled(self) -> dict[Act, tuple[re.Pattern[str], re.Pattern[str] | None]]:
        """Each act's patterns as one expression, and its exceptions as another."""
        flags = re.IGNORECASE
        return {
            act: (
                re.compile("|".join(f"(?:{p})" for p in rule.patterns), flags),
                re.compile("|".join(f"(?:{p})" for p in rule.unless), flags) if rule.unless else None,
            )
            for act, rule in self.acts.items()
        }

    @cached_property
    def softener_pattern(self) -> re.Pattern[str]:
        """Any softener, as whole words."""
        return re.compile(r"\b(?:" + "|".join(self.softeners) + r")\b", re.IGNORECASE)

    @cached_property
    def jargon_pattern(self) -> re.Pattern[str]:
        """Any piece of jargon, as whole words."""
        return re.compile(r"\b(?:" + "|".join(self.jargon) + r")\b", re.IGNORECASE)
