"""What became of a model's second look at a turn: counted, and nothing told of what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rehearse.llm.chat import Usage

READ, UNUSABLE, ERROR = "read", "unusable", "error"

Told = Callable[[str, Usage], object]
"""Told what became of a reading, and the tokens that it took; nothing that was said.

`read`; `unusable`, where nothing of what the model read could be proved; `error`, where it was a fault of the program's;
otherwise the kind of the model's failure.
"""


@dataclass
class Outcome:
    """What became of one reading, as far as it has come."""

    became: str = ERROR
    usage: Usage = field(default_factory=Usage)


@contextmanager
def telling(told: Told | None) -> Iterator[Outcome]:
    """Have a reading counted once, however it ends: as a fault of the program's until it is known to be something else."""
    outcome = Outcome()
    try:
        yield outcome
    finally:
        if told is not None:
            told(outcome.became, outcome.usage)
