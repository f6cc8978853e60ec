"""A model that says what it was told to: for tests, for people who write tests of their own, and for trying the page.

It keeps every request, and raises when it runs out, so that a call too many cannot hide.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.chat import Prompt, Structured, Usage

Script = str | BaseModel | ModelError | Callable[[Prompt], "str | BaseModel | ModelError"]
"""A reply: words, a filled schema, a failure, or what makes one of the prompt."""


@dataclass
class ScriptedStream:
    """The words of a reply, a word at a time; breaks off with `then`, if that is given."""

    text: str
    then: ModelError | None = None
    usage: Usage = field(default_factory=Usage)

    def __iter__(self) -> Iterator[str]:
        pieces = self.text.split(" ")
        for number, piece in enumerate(pieces):
            yield piece if number == len(pieces) - 1 else f"{piece} "
        if self.then is not None:
            raise self.then

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class ScriptedModel:
    """Answers from a script, in order; a single function as the script answers for ever."""

    script: Sequence[Script] | Callable[[Prompt], str | BaseModel | ModelError]
    name: str = "scripted"
    window: int = 8192
    requests: list[Prompt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, text: str) -> int:
        """Roughly four letters a token, rounded up."""
        return -(-len(text) // 4)

    def stream(self, prompt: Prompt, *, max_tokens: int) -> ScriptedStream:
        """The next reply as it would arrive."""
        reply = self._next(prompt)
        if isinstance(reply, ModelError):
            return ScriptedStream("", reply)
        text = reply if isinstance(reply, str) else reply.model_dump_json()
        words = text.split(" ")[:max_tokens]
        return ScriptedStream(" ".join(words), usage=Usage(self.count(prompt.text), self.count(text)))

    def structured(self, prompt: Prompt, schema: type[BaseModel], *, max_tokens: int) -> Structured:
        """The next reply, as the schema has it; what does not fit is a malformed answer."""
        del max_tokens
        reply = self._next(prompt)
        if isinstance(reply, ModelError):
            raise reply
        try:
            answer = schema.model_validate_json(reply) if isinstance(reply, str) else schema.model_validate(reply.model_dump())
        except ValidationError as error:
            raise ModelError(ModelFailure.MALFORMED, f"{self.name} did not keep to the form that was asked for.") from error
        return Structured(answer, Usage(self.count(prompt.text), self.count(answer.model_dump_json())))

    def close(self) -> None:
        """Nothing to let go of."""

    def _next(self, prompt: Prompt) -> str | BaseModel | ModelError:
        with self._lock:
            self.requests.append(prompt)
            number = len(self.requests) - 1
        if callable(self.script):
            return self.script(prompt)
        if number >= len(self.script):
            raise AssertionError(f"the script has {len(self.script)} replies, and reply {number + 1} was asked for")
        reply = self.script[number]
        return reply(prompt) if callable(reply) else reply
