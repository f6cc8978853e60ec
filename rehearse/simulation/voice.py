"""How a chat model did in one answer: kept with the exchange, counted by `rehearse doctor --last`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rehearse.llm.chat import Usage


@dataclass(frozen=True)
class VoiceRecord:
    """What was asked of which model, what of its answer was kept from the learner, and what it cost."""

    model: str
    prompt: str
    """The prompt file and its hash."""
    checked: int = 0
    """Sentences that the guard looked at."""
    caught: Mapping[str, int] = field(default_factory=dict)
    """Sentences that it kept from being shown, by rule."""
    retried: bool = False
    stood_in: bool = False
    """Whether authored words stood in for the whole answer."""
    completed: int = 0
    """Authored lines that were added, because the model had left out what the director decided."""
    failure: str | None = None
    """The kind of the model's failure, if it failed."""
    usage: Usage = field(default_factory=Usage)
    first_ms: int | None = None
    """Milliseconds from the call to the first sentence that was shown; None where none of the model's was."""
