"""Providers that langchain knows and we do not: asked by langchain's own means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.budget import count_tokens
from rehearse.llm.chat import Message, Prompt, Role, Usage
from rehearse.llm.streaming import Patience
from rehearse.llm.vendors import LangchainModel, ask_other

PROMPT = Prompt((Message(Role.SYSTEM, "You are gruff."), Message(Role.USER, "Hello.")), "test@1")
USAGE = {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12, "input_token_details": {"cache_read": 4}}


class Mark(BaseModel):
    level: int


class Elsewhere(BaseChatModel):
    """A provider whose stream ends without a reason, and whose forms are tools, or nothing at all."""

    says: str = "Good morning."
    tools: bool = True

    @property
    def _llm_type(self) -> str:
        return "elsewhere"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self.says, usage_metadata=USAGE))])

    def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for word in self.says.split():
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=USAGE))

    def with_structured_output(self, schema: Any, *, include_raw: bool = False, **kwargs: Any) -> Runnable[Any, Any]:
        if not self.tools:
            raise NotImplementedError
        assert schema["title"] == "Mark"
        assert include_raw
        call = {"name": "Mark", "args": json.loads(self.says), "id": "1", "type": "tool_call"}
        return RunnableLambda(lambda _: {"raw": AIMessage(content="", tool_calls=[call], usage_metadata=USAGE), "parsed": None})


def model(chat: Elsewhere) -> LangchainModel:
    return LangchainModel(
        name="elsewhere:x",
        window=8192,
        patience=Patience.within(20),
        counter=count_tokens,
        chat=lambda max_tokens: chat,
        speaking={},
        ask=ask_other,
        says_when_done=False,
    )


def test_it_streams_and_counts() -> None:
    stream = model(Elsewhere()).stream(PROMPT, max_tokens=20)
    assert list(stream) == ["Good ", "morning. "]
    assert stream.usage == Usage(9, 3, 4)


def test_a_form_that_is_a_tool() -> None:
    given = model(Elsewhere(says='{"level": 2}')).structured(PROMPT, Mark, max_tokens=20)
    assert (given.answer, given.usage) == (Mark(level=2), Usage(9, 3, 4))


@pytest.mark.parametrize(("says", "fails"), [('{"level": 2}', False), ("Two.", True)])
def test_without_tools_it_is_asked_in_words(says: str, fails: bool) -> None:
    asked = model(Elsewhere(says=says, tools=False))
    if fails:
        with pytest.raises(ModelError) as caught:
            asked.structured(PROMPT, Mark, max_tokens=20)
        assert caught.value.failure is ModelFailure.MALFORMED
    else:
        assert asked.structured(PROMPT, Mark, max_tokens=20).answer == Mark(level=2)
