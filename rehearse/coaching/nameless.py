"""A chat model that never learns names of people: roles stand for them in what it is asked, and names again in what it answers.

Recognising names is `coaching.anonymise`'s affair, with its limits: a name it does not know is sent as it was typed. A role that
stood for two forms of a name comes back as the first of them, so a quote may then fail to be found; it is dropped, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from rehearse.coaching.anonymise import anonymise
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.llm.chat import ChatModel, Prompt, Stream, Structured, Usage

_ROLE = re.compile(r"\bPerson [A-Z]{1,2}\b")
_BEGUN = re.compile(r"(?:P|Pe|Per|Pers|Perso|Person|Person [A-Z]{0,2})$")
"""The end of a piece that may go on to become a role."""


def without_names(prompt: Prompt) -> tuple[Prompt, dict[str, str]]:
    """The prompt with roles for names, and which role stands for which name."""
    turns = tuple(Turn(Speaker.LEARNER, number, m.text) for number, m in enumerate(prompt.messages, 1))
    found, mapping = anonymise(Transcript(turns), "", ())
    messages = tuple(replace(m, text=turn.text) for m, turn in zip(prompt.messages, found.turns, strict=True))
    names: dict[str, str] = {}
    for name, role in mapping.items():
        names.setdefault(role, name)
    return replace(prompt, messages=messages), names


def with_names(text: str, names: Mapping[str, str]) -> str:
    """A text with the names that the roles stand for."""
    return _ROLE.sub(lambda match: names.get(match.group(), match.group()), text)


@dataclass(frozen=True)
class NamelessStream:
    """An answer with the names put back as it arrives; what may be half a role waits for the rest."""

    inner: Stream
    names: Mapping[str, str]

    @property
    def usage(self) -> Usage:
        """What the call cost."""
        return self.inner.usage

    def __iter__(self) -> Iterator[str]:
        """The pieces in order."""
        waiting = ""
        for piece in self.inner:
            waiting += piece
            begun = _BEGUN.search(waiting)
            ready = waiting[: begun.start()] if begun else waiting
            waiting = waiting[len(ready) :]
            if ready:
                yield with_names(ready, self.names)
        if waiting:
            yield with_names(waiting, self.names)

    def close(self) -> None:
        """Stop listening."""
        self.inner.close()


@dataclass(frozen=True)
class NamelessModel:
    """Any chat model, asked without names."""

    inner: ChatModel

    @property
    def name(self) -> str:
        """What people and records call it."""
        return self.inner.name

    @property
    def window(self) -> int:
        """How many tokens prompt and answer may have together."""
        return self.inner.window

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return self.inner.count(text)

    def stream(self, prompt: Prompt, *, max_tokens: int) -> NamelessStream:
        """Begin an answer in free words."""
        asked, names = without_names(prompt)
        return NamelessStream(self.inner.stream(asked, max_tokens=max_tokens), names)

    def structured(self, prompt: Prompt, schema: type[BaseModel], *, max_tokens: int) -> Structured:
        """An answer that fits the schema."""
        asked, names = without_names(prompt)
        found = self.inner.structured(asked, schema, max_tokens=max_tokens)
        return replace(found, answer=schema.model_validate(_named(found.answer.model_dump(), names)))

    def close(self) -> None:
        """Let go of what the model holds."""
        self.inner.close()


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return with_names(value, names)
    if isinstance(value, dict):
        return {key: _named(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_named(each, names) for each in value]
    return value
