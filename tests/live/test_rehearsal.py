"""A whole rehearsal with a real model: streamed answers, structured second readings, a debrief. It is no judge of the words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import BaseModel, Field, create_model

from rehearse.coaching.model_reply import CoachReply, LevelReply, RatingsReply, RemarkReply
from rehearse.coaching.model_reviewer import ModelReviewer
from rehearse.domain.library import Library
from rehearse.domain.state import Ending
from rehearse.llm.chat import ChatModel, Prompt, Structured, Usage
from rehearse.perception.encoder import Encoder
from rehearse.session import Rehearsal

pytestmark = [pytest.mark.live, pytest.mark.slow]

LINES = (
    "Thank you for the ten minutes. What takes most of your time in the depots these days?",
    "Whatever we talk about stays between us, and you can stop whenever you like.",
    "Shall we try it once, next Tuesday at eight, and then decide?",
)
SPOKEN, JUDGED = 32, 480
"""Tokens of an answer and of a reading: this model has nothing more to say, and there is a clock running."""

Short = Annotated[str, Field(max_length=12)]
ShortLevel = create_model("ShortLevel", __base__=LevelReply, quote=(Short | None, ...))
ShortRatings = create_model("ShortRatings", __base__=RatingsReply, **dict.fromkeys(RatingsReply.model_fields, (ShortLevel, ...)))  # type: ignore[call-overload]
ShortRemark = create_model(
    "ShortRemark",
    __base__=RemarkReply,
    quote=(Short, ...),
    passage_id=(Short, ...),
    why=(Short, ...),
    suggestion=(Short | None, ...),
)
ShortReply = create_model(
    "ShortReply",
    __base__=CoachReply,
    ratings=(ShortRatings, ...),
    remarks=(Annotated[list[ShortRemark], Field(max_length=1)], ...),  # type: ignore[valid-type]
)
"""The coach's form with short texts: so weak a model does not find the end of a text by itself."""


@dataclass
class Brief:
    """The real model, kept short: every call goes to it as it is, with less room for the answer."""

    model: ChatModel
    asked: int = 0
    judged: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def stream(self, prompt: Prompt, *, max_tokens: int) -> object:
        self.asked += 1
        return self.model.stream(prompt, max_tokens=min(max_tokens, SPOKEN))

    def structured(self, prompt: Prompt, schema: type[BaseModel], *, max_tokens: int) -> Structured:
        assert schema is CoachReply
        given = self.model.structured(prompt, ShortReply, max_tokens=min(max_tokens, JUDGED))
        self.judged += given.usage != Usage()
        return given


def test_a_rehearsal_from_beginning_to_debrief(library: Library, encoder: Encoder, live_model: ChatModel) -> None:
    scenario = library.scenarios[0].id
    model = Brief(live_model)
    reviewer = ModelReviewer(library, encoder, None, model)  # type: ignore[arg-type]
    talk = Rehearsal.start(
        scenario,
        library.personas_for(scenario)[0].id,
        seed=3,
        library=library,
        model=model,  # type: ignore[arg-type]
        reviewer=reviewer,
    )
    worked = time.process_time()
    for line in LINES:
        heard: list[str] = []
        reply = talk.say(line, heard.append)
        assert heard
        assert reply.text.startswith(" ".join(heard))
    assert talk.reviews.wait(240.0)
    debrief = talk.finish()
    cost = time.process_time() - worked

    voices = [e.voice for e in talk.now.exchanges]
    assert model.asked >= len(LINES)
    assert all(v is not None and v.model == live_model.name for v in voices)
    assert all(v is not None and (v.checked > 0 or v.failure is not None) for v in voices)
    assert len(talk.assessments) == len(LINES)
    read = [a.provenance for a in talk.assessments]
    assert all(p is not None and p.model == live_model.name for p in read), "each turn was read a second time, or says why not"
    assert model.judged >= 1, [p.unavailable for p in read if p]
    assert talk.ended is not Ending.OPEN
    assert debrief.to_dict()["ratings"]
    # The model runs in this process, so this counts its work however busy the cores are with something else: it was 128 s on a machine
    # with six times more to do than it could.
    assert cost < 3 * 60, f"{cost:.0f} s of one core"
