"""Trying a model out: does it answer, piece by piece, in a form that is asked for, and does it reuse what it has read?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import BaseModel, Field

from rehearse.errors import ModelError
from rehearse.llm.chat import ChatModel, Message, Prompt, Role, Usage
from rehearse.llm.failures import TAKES_OVER
from rehearse.llm.prompts import load_prompt

_FORM = "Now the same as a form: the words of the greeting, and the minutes as a whole number."


class Greeting(BaseModel):
    """The form that is asked for."""

    words: str = Field(min_length=1, max_length=300)
    minutes: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried."""

    name: str
    ok: bool
    detail: str
    usage: Usage


def probe(model: ChatModel) -> list[Step]:
    """Two questions to the model and what came of them; what comes after a failure to answer is not tried."""
    asked = load_prompt("probe").fill()
    answered, words = _answers(model, asked)
    if not answered[0].ok:
        return answered
    again = Prompt(
        (*asked.messages, Message(Role.ASSISTANT, words), Message(Role.USER, _FORM)),
        asked.made_from,
    )
    schema = _schema(model, again)
    return [*answered, schema, _cache(answered[0].usage, schema.usage)]


def _answers(model: ChatModel, asked: Prompt) -> tuple[list[Step], str]:
    start = time.perf_counter()
    elapsed = _since(start)
    first = 0
    pieces: list[str] = []
    stream = model.stream(asked, max_tokens=60)
    try:
        for piece in stream:
            first = first or elapsed()
            pieces.append(piece)
    except ModelError as error:
        return [Step("answers", ok=False, detail=_said(error), usage=stream.usage)], ""
    usage = stream.usage
    counted = f"{usage.prompt} tokens read, {usage.completion} written" if usage != Usage() else "it does not say how many tokens"
    streams = len(pieces) > 1
    detail = f"first piece after {first} ms, {len(pieces)} pieces" if streams else f"all at once, after {first} ms"
    return [
        Step("answers", ok=True, detail=f"in {elapsed()} ms, {counted}", usage=usage),
        Step("streams", ok=streams, detail=detail, usage=Usage()),
    ], "".join(pieces)


def _schema(model: ChatModel, asked: Prompt) -> Step:
    elapsed = _since(time.perf_counter())
    try:
        given = model.structured(asked, Greeting, max_tokens=200)
    except ModelError as error:
        return Step("form", ok=False, detail=f"{_said(error)} The built-in coach rates alone.", usage=Usage())
    repaired = ", after being asked twice" if given.repairs else ""
    usage = given.usage
    detail = f"kept in {elapsed()} ms{repaired}, {usage.prompt} tokens read, {usage.completion} written"
    return Step("form", ok=True, detail=detail, usage=usage)


def _cache(first: Usage, second: Usage) -> Step:
    read = first.prompt + second.prompt
    cached = first.cached + second.cached
    detail = (
        f"{cached} of {read} tokens were reused"
        if cached
        else "no reused tokens reported; some endpoints begin at about a thousand, some never say"
    )
    return Step("reuse", ok=True, detail=detail, usage=Usage())


def _said(error: ModelError) -> str:
    """The error without the word about a turn, for there is none."""
    return str(error).replace(f"{TAKES_OVER} ", "")


def _since(start: float) -> Callable[[], int]:
    """Milliseconds since then."""
    return lambda: round(1000 * (time.perf_counter() - start))
