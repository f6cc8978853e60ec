"""The path from our client to a real model and back. The model is too weak to judge what it says by."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from pydantic import BaseModel, Field

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm import local
from rehearse.llm.budget import count_tokens, count_with_margin, prompt_tokens
from rehearse.llm.chat import ChatModel, Message, Prompt, Role

pytestmark = pytest.mark.live

STABLE = "You are Marguerite, who runs the depots of a parcel company. You are busy, direct and fair. " * 8


class Mood(BaseModel):
    mood: str = Field(max_length=30)
    minutes: int = Field(ge=0, le=60)


def prompt(*said: str) -> Prompt:
    turns = [Message(Role.ASSISTANT if n % 2 else Role.USER, text) for n, text in enumerate(said)]
    return Prompt((Message(Role.SYSTEM, STABLE), *turns), "live@1")


def test_it_answers_piece_by_piece(live_model: ChatModel) -> None:
    stream = live_model.stream(prompt("Good morning. Do you have ten minutes?"), max_tokens=24)
    pieces = list(stream)
    assert len(pieces) > 3
    assert "".join(pieces).strip()
    assert 0 < stream.usage.completion <= 24


def test_it_keeps_to_a_schema(live_model: ChatModel) -> None:
    given = live_model.structured(prompt("How is your mood, and for how many minutes?"), Mood, max_tokens=80)
    assert isinstance(given.answer, Mood)
    assert given.usage.prompt > 0


def test_tokens_are_counted_as_the_model_counts(live_model: ChatModel) -> None:
    asked = prompt("Good morning. Do you have ten minutes?")
    stream = live_model.stream(asked, max_tokens=1)
    list(stream)
    counted = sum(live_model.count(message.text) for message in asked.messages)
    assert counted <= stream.usage.prompt <= prompt_tokens(asked, live_model.count)
    odd = "1234567 parcels, zwanzig Kühlwagen"
    assert live_model.count(odd) != count_tokens(odd), "its own vocabulary, not ours"
    assert live_model.count(STABLE) <= count_with_margin(STABLE)


def test_what_was_read_is_not_read_again(live_model: ChatModel) -> None:
    first = live_model.stream(prompt("Do you have ten minutes?"), max_tokens=8)
    said = "".join(first)
    second = live_model.stream(prompt("Do you have ten minutes?", said, "It is about the forum."), max_tokens=8)
    list(second)
    assert second.usage.cached >= 0.8 * first.usage.prompt


def test_too_long_a_conversation_is_said(live_model: ChatModel) -> None:
    with pytest.raises(ModelError) as caught:
        list(live_model.stream(prompt("word " * 6000), max_tokens=8))
    assert caught.value.failure is ModelFailure.TOO_LONG


def test_a_closed_answer_makes_room_for_the_next(live_model: ChatModel) -> None:
    stream = live_model.stream(prompt("Tell me everything about the depots, from the beginning."), max_tokens=400)
    pieces = iter(stream)
    next(pieces)
    stream.close()
    assert list(pieces) == []
    assert list(live_model.stream(prompt("Good morning."), max_tokens=4))


def test_nobody_else_can_use_it(live_model: ChatModel) -> None:
    assert live_model.window == 4096
    (server,) = local._running.values()
    request = urllib.request.Request(
        f"{server.address}/v1/chat/completions", data=b"{}", headers={"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 401
    caught.value.close()
