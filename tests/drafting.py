"""A counterpart that is drafted from a short form, and talks with it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from rehearse.domain.draft_form import DraftAnswers
from rehearse.domain.library import shipped_library
from rehearse.domain.persona import Difficulty, Persona
from rehearse.perception.encoder import shared_encoder
from rehearse.simulation.actor import sentence_keys
from rehearse.simulation.engine import Engine
from rehearse.simulation.snapshot import Snapshot

MAIN = ("pitch-to-boss", "guide-hesitant-leader")
FORM: dict[str, Any] = {
    "name": "Dana Quill",
    "role": "Head of claims",
    "pronoun": "she",
    "cares_about": "no family waits six weeks for an answer",
    "worries": [
        {"says": "Who covers the desk while you two are talking?", "in_short": "the desk", "eased_by": ["time"]},
        {"says": "I've seen five of these and none changed a thing. Not one.", "eased_by": ["numbers", "purpose"]},
        {"says": "the others will say I have favourites", "eased_by": ["choice", "respect"]},
    ],
    "secret": "My deputy writes my messages. Nobody knows.",
    "wish": "reading the live board without help",
    "manner": "dry",
}


def form(**changes: Any) -> DraftAnswers:
    return DraftAnswers.model_validate_json(json.dumps(FORM | changes))


def cast(persona: Persona, scenario: str, seed: int = 7, difficulty: str = "normal") -> Engine:
    library = shipped_library()
    library = replace(library, personas=(*library.personas, persona))
    return Engine.cast(library, shared_encoder(), scenario, persona.id, Difficulty(difficulty), seed)


def assert_nothing_twice(snapshot: Snapshot) -> None:
    said: Counter[str] = Counter()
    for turn in snapshot.transcript.turns:
        if turn.turn_id.startswith("C"):
            said.update(sentence_keys(turn.text))
    assert not [key for key, times in said.items() if times > 1]
