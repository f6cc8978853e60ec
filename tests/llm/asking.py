"""How the tests ask a model that is opened on the fake endpoint, and what they ask it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import BaseModel, Field

from rehearse.errors import ModelError
from rehearse.llm.chat import ChatModel, Message, Prompt, Role

Opened = Callable[..., ChatModel]

SECRET = "my boss hides the Rotterdam losses"
PROMPT = Prompt((Message(Role.SYSTEM, "You are gruff."), Message(Role.USER, SECRET)), "test@1")


class Mark(BaseModel):
    level: int = Field(ge=0, le=2)
    why: str = Field(max_length=200)


GOOD = '{"level": 2, "why": "plain"}'


def heard(model: ChatModel, prompt: Prompt = PROMPT) -> str:
    return "".join(model.stream(prompt, max_tokens=50))


def failure(model: ChatModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        heard(model)
    return caught.value
