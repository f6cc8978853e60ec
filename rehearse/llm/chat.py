"""What a chat model is to the rest of Rehearse: something that answers a prompt, streaming or in the form of a schema.

The rest knows these values only; vendors' packages are used in `llm.vendors` and `llm.local`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel


class Role(StrEnum):
    """Who speaks in a prompt, in the words of chat models."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a prompt."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked: messages in order, what is stable first, so that a server's prefix cache can reuse it."""

    messages: tuple[Message, ...]
    made_from: str
    """The prompt file and its hash, as `actor@1a2b3c4d`; kept with whatever the answer becomes."""

    @property
    def text(self) -> str:
        """All of it in one string, for counting and for canary tests."""
        return "\n\n".join(message.text for message in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call cost, in tokens; `cached` is the part of `prompt` that the server reused. Zero where it did not say."""

    prompt: int = 0
    completion: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.cached + other.cached)


class Stream(Protocol):
    """An answer as it arrives: iterate for its pieces; `usage` is known at the end, `close` breaks it off."""

    @property
    def usage(self) -> Usage:
        """What the call cost, as far as it is known."""
        ...

    def __iter__(self) -> Iterator[str]:
        """The pieces of text in order; raises `ModelError` where the model fails, also midway."""
        ...

    def close(self) -> None:
        """Stop listening; the server is told, as far as the protocol lets us."""
        ...


@dataclass(frozen=True, slots=True)
class Structured:
    """An answer in the form of a schema, with what it cost and how many repairs it took."""

    answer: BaseModel
    usage: Usage
    repairs: int = 0


class ChatModel(Protocol):
    """A model that can be asked. Safe to use from several threads."""

    @property
    def name(self) -> str:
        """What people and records call it, as `openai:gpt-5-mini`; never a key or an address with a password."""
        ...

    @property
    def window(self) -> int:
        """How many tokens prompt and answer may have together."""
        ...

    def count(self, text: str) -> int:
        """Tokens of a text; never fewer than the model's own count by more than its margin."""
        ...

    def stream(self, prompt: Prompt, *, max_tokens: int) -> Stream:
        """Begin an answer in free words."""
        ...

    def structured(self, prompt: Prompt, schema: type[BaseModel], *, max_tokens: int) -> Structured:
        """An answer that fits the schema, after one repair at most; `ModelError` otherwise."""
        ...

    def close(self) -> None:
        """Let go of its connections; it is not asked again."""
        ...
