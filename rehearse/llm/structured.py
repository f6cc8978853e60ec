"""Answers in the form of a schema: what is sent, what is read, and one repair.

An endpoint that does not take a schema is asked for JSON, and one that does not know JSON mode is asked in words; which it takes
is found out once and remembered.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from rehearse.errors import ModelFailure
from rehearse.llm.chat import Message, Role, Structured, Usage
from rehearse.llm.failures import explain, failed, failure_of, is_refusal, status_of
from rehearse.llm.prompts import load_prompt
from rehearse.llm.streaming import Vendor, finish_of, refused, short_pause, usage_of, within

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_S = TypeVar("_S", bound=BaseModel)

_DROPPED = frozenset({"title", "default", "examples"})
_LENGTHS = frozenset({"minLength", "maxLength"})
"""What strict schemas do not know, at OpenAI; the answer is checked against all of it here."""
_LONGEST = 500
"""Up to where servers that turn schemas into grammars take a length."""
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.S)
_LISTED = 6
"""Problems that a repair names."""


class Form(IntEnum):
    """How an endpoint is asked for JSON, the best first."""

    SCHEMA = 0
    JSON = 1
    WORDS = 2


Ask = Callable[[Sequence[Message], dict[str, Any]], "BaseMessage"]
"""Asks the vendor: messages, and what the call has beside them; raises the vendor's exceptions."""


@dataclass
class FormKnown:
    """Which form an endpoint takes, as far as it was found out; shared by all calls to it."""

    form: Form = Form.SCHEMA
    lengths: bool = True
    """Whether lengths of texts may stand in its schemas."""


def ask_for(
    schema: type[_S],
    messages: Sequence[Message],
    ask: Ask,
    *,
    name: str,
    known: FormKnown,
    seconds: float,
) -> Structured:
    """An answer that fits the schema, after one repair at most; `ModelError` otherwise. All of it within `seconds`."""
    until = time.monotonic() + seconds
    usage = Usage()
    talk = list(messages)
    for repairs in (0, 1):
        said = _ask_once(schema, talk, ask, name=name, known=known, until=until)
        usage += usage_of(said)
        text = str(said.text)
        if refused(said):
            raise failed(ModelFailure.REFUSED, name)
        answer, problems = read_answer(text, schema)
        if answer is not None:
            return Structured(answer, usage, repairs)
        if not text.strip():
            raise failed(ModelFailure.EMPTY, name)
        if is_refusal(text):
            raise failed(ModelFailure.REFUSED, name)
        if finish_of(said) == "length":
            # Asked again, it would run out of room again.
            break
        talk = [*messages, Message(Role.ASSISTANT, text), Message(Role.USER, _repair(schema, problems))]
    raise failed(ModelFailure.MALFORMED, name)


def read_answer(text: str, schema: type[_S]) -> tuple[_S | None, list[str]]:
    """The answer in a text, if there is one that fits the schema; else what is wrong, as the model can be told."""
    body = _THOUGHT.sub("", text)
    start, end = body.find("{"), body.rfind("}")
    if start < 0 or end < start:
        return None, ["There is no JSON object in it."]
    try:
        return schema.model_validate_json(body[start : end + 1]), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return None, [f"{'.'.join(str(part) for part in f['loc']) or 'answer'}: {f['msg']}" for f in found[:_LISTED]]


def strict_schema(schema: type[BaseModel], *, lengths: bool = False) -> dict[str, Any]:
    """The JSON schema of a record as strict endpoints take it: every field required, and no others.

    `lengths`: whether limits to the length of a text stay in it.
    """
    plain: dict[str, Any] = _strict(schema.model_json_schema(), lengths)
    return plain


def _strict(node: Any, lengths: bool, *, names: bool = False) -> Any:
    """`names`: the keys of this mapping are names of fields or of definitions, not words of the schema language."""
    if isinstance(node, list):
        return [_strict(item, lengths) for item in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _strict(value, lengths) for key, value in node.items()}
    kept = {
        key: _strict(value, lengths, names=key in {"properties", "$defs"})
        for key, value in node.items()
        if key not in _DROPPED and (key not in _LENGTHS or (lengths and value <= _LONGEST))
    }
    if "properties" in kept:
        kept["required"] = list(kept["properties"])
        kept["additionalProperties"] = False
    return kept


def _ask_once(
    schema: type[BaseModel], talk: Sequence[Message], ask: Ask, *, name: str, known: FormKnown, until: float
) -> BaseMessage:
    """One answer, in the best form that the endpoint takes; a busy endpoint is given one short pause."""
    paused = False
    form = known.form
    while True:
        messages, extra = _request(schema, talk, form, lengths=known.lengths)
        error: BaseException
        try:
            answer = within(until - time.monotonic(), lambda m=messages, e=extra: ask(m, e), name)  # type: ignore[misc]
        except Vendor as wrapped:
            error = wrapped.error
        else:
            known.form = form
            return answer
        pause = short_pause(error)
        if pause is not None and not paused:
            paused = True
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
        elif form < Form.WORDS and _form_refused(error):
            form = Form(form + 1)
        else:
            raise explain(error, name)


def _form_refused(error: BaseException) -> bool:
    """Whether an endpoint may have refused the form that was asked for, and not the question."""
    if isinstance(error, NotImplementedError):
        return True
    return status_of(error) in {400, 415, 422, 501} and failure_of(error) is ModelFailure.SERVER


def _request(
    schema: type[BaseModel], talk: Sequence[Message], form: Form, *, lengths: bool
) -> tuple[list[Message], dict[str, Any]]:
    if form is Form.SCHEMA:
        described = {"name": schema.__name__, "schema": strict_schema(schema, lengths=lengths), "strict": True}
        return list(talk), {"response_format": {"type": "json_schema", "json_schema": described}}
    last = talk[-1]
    # At the end, because what comes before it is the prefix that a server can reuse.
    messages = [*talk[:-1], Message(last.role, f"{last.text}\n\n{_in_words(schema)}")]
    return messages, {"response_format": {"type": "json_object"}} if form is Form.JSON else {}


def _in_words(schema: type[BaseModel]) -> str:
    return _form_prompt(schema, ())[0]


def _repair(schema: type[BaseModel], problems: Sequence[str]) -> str:
    return _form_prompt(schema, problems)[1]


def _form_prompt(schema: type[BaseModel], problems: Sequence[str]) -> tuple[str, str]:
    form = json.dumps(strict_schema(schema, lengths=True), ensure_ascii=False)
    filled = load_prompt("form").fill(form=form, problems=tuple(problems))
    return filled.messages[0].text, filled.messages[1].text
