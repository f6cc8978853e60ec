"""A turn that the embedded coach assessed and a scripted model reviews."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rehearse.coaching.coach import Assessment, Coach
from rehearse.coaching.conversation import Conversation
from rehearse.coaching.model_reviewer import ModelReviewer
from rehearse.domain.assessment import Rating, Remark
from rehearse.domain.library import shipped_library
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import ModelError
from rehearse.llm.scripted import ScriptedModel
from rehearse.perception.encoder import shared_encoder

HEARD = "I sat in that meeting and felt about twelve years old, I really did. They laughed at my slide."
OFFERS = "Okay. So, I would like to show you how our customers find us on TikTok."
WAVES_OFF = "It was only a slide, you are overreacting. Anyway, can we go on with the report?"
LISTENS = "Twelve, with everyone looking. What was the worst moment of it?"
BETTER = "It sounds as though being laughed at made you feel very small. What was the worst of it?"
WHY = "They had just let you see something that hurt, and the talk moves on to what you want to show."


def talk(*said: str, heard: str = HEARD) -> Conversation:
    turns = [Turn(Speaker.COUNTERPART, 0, heard)]
    for number, text in enumerate(said, 1):
        turns += [Turn(Speaker.LEARNER, number, text), Turn(Speaker.COUNTERPART, number, heard)]
    return Coach(shipped_library(), shared_encoder()).read(Transcript(tuple(turns)))


def answer(remarks: list[dict[str, Any]] | None = None, **levels: tuple[str | None, int | None]) -> str:
    ratings = {c: dict(zip(("quote", "level"), levels.get(c, (None, None)), strict=True)) for c in CRITERION_IDS}
    return json.dumps({"ratings": ratings, "remarks": remarks or []})


def remark(**other: Any) -> dict[str, Any]:
    return {
        "kind": "change",
        "criterion": "exploration",
        "quote": "I would like to show you",
        "passage_id": "ask-and-listen-first",
        "why": WHY,
        "suggestion": None,
    } | other


def reviewed(
    conversation: Conversation,
    *script: str | ModelError,
    earlier: tuple[Remark, ...] = (),
    offer: tuple[str, ...] = (),
    sure: dict[str, bool] | None = None,
) -> tuple[Assessment, Assessment, ScriptedModel]:
    """The embedded view of the last learner turn, the view after review, and the model that was asked."""
    library, encoder = shipped_library(), shared_encoder()
    model = ScriptedModel(script)
    number = len(conversation.learner_turns)
    first = Coach(library, encoder).assess(conversation, number, earlier)
    # How sure the embedded coach is changes with its weights, and the rule must not hang on them.
    stated = {c: replace(rating(first, c), sure=s) for c, s in (sure or {}).items()}
    first = replace(first, ratings=first.ratings | stated)
    after = ModelReviewer(library, encoder, None, model, offer).review(conversation, number, earlier, first)
    return first, after, model


def rating(assessment: Assessment, criterion_id: str) -> Rating:
    found = assessment.ratings[criterion_id]
    assert isinstance(found, Rating)
    return found


def dropped(assessment: Assessment) -> dict[str, int]:
    assert assessment.provenance is not None
    return dict(assessment.provenance.dropped)
