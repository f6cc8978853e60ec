"""Sentences that the guard's net is fitted with: data, edited in `corpus/guard-examples.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.data import Record, Text
from rehearse.domain.loading import load_record
from rehearse.domain.speaking import WORDED_RULES, Rule


class GuardExamples(Record):
    """The file `corpus/guard-examples.yaml`."""

    broken: dict[Rule, tuple[Text, ...]]
    """By rule, sentences that break it."""
    fine: tuple[Text, ...] = Field(min_length=100)
    """Sentences that a counterpart may say at any time."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if set(self.broken) != set(WORDED_RULES):
            raise ValueError(f"broken: sentences are needed for each of {', '.join(WORDED_RULES)}, and for no other rule")
        told = [*self.fine, *(text for texts in self.broken.values() for text in texts)]
        twice = sorted({text for text in told if told.count(text) > 1})
        if twice:
            raise ValueError(f"“{twice[0]}” is in it twice")
        return self


def load_guard_examples(root: Path) -> GuardExamples:
    """The examples below `root`. Raises `DataFileError`."""
    return load_record(root / "corpus" / "guard-examples.yaml", GuardExamples)
