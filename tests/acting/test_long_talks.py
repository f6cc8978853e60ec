"""A talk of any length fits the model's window, what was promised stays in the prompt, and answered turns are never asked again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from rehearse.acting.actor import ModelActor
from rehearse.acting.prompt import ANSWER_TOKENS
from rehearse.config import load_settings
from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.state import Ending, Move, Plan, Reaction
from rehearse.llm.budget import prompt_tokens
from rehearse.llm.scripted import ScriptedModel
from rehearse.session import Rehearsal
from rehearse.simulation.engine import Engine
from rehearse.workspace import Workspace

PROMISE = "Nothing you tell me leaves this room, I give you my word."
WINDOW = 6000


def test_two_hundred_turns_fit_and_the_promise_stays(engine: Engine) -> None:
    model = ScriptedModel(lambda prompt: f"That is how it went at depot {len(model.requests)} on the ring road.", window=WINDOW)
    actor = ModelActor(model, engine.library, engine.encoder)
    now = engine.start()
    calm = now.state
    sizes = []
    for turn in range(1, 201):
        line = PROMISE if turn == 3 else f"At depot {turn} the rota hangs beside door {turn * 7}, and gate {turn * 3} is wide."
        spans = (ActSpan.at(Act.ASSURE_CONFIDENTIALITY, line, 0, len(line), 0.9),) if turn == 3 else ()
        prepared = engine.prepare(now, line, spans)
        # Nobody talks for two hundred turns unless nothing ever ends it: the mood and the plan are held still.
        quiet = replace(prepared.decision, state=calm, plan=Plan((Move(Reaction.ANSWER),), Ending.OPEN))
        prepared = replace(prepared, decision=quiet, event="")
        said = actor.answer(engine.setting, prepared)
        now = engine.settle(prepared, said.words, said.voice)
        sizes.append(prompt_tokens(model.requests[-1], model.count))
    assert now.turn == 200
    assert max(sizes) <= WINDOW - ANSWER_TOKENS
    grown = [b - a for a, b in itertools.pairwise(sizes[4:24])]
    assert all(0 < step < 200 for step in grown), "it grows by a turn at a time as long as everything fits"
    assert any(b < a - 500 for a, b in itertools.pairwise(sizes)), "then whole blocks go"
    last = model.requests[-1].text
    assert "leaves this room" in last
    assert "Turn 3: they promised" in last
    assert "At depot 5 " not in last
    assert "At depot 199 " in last


def counting() -> ScriptedModel:
    model = ScriptedModel(lambda _: f"Well, that was question {len(model.requests)} of the morning.")
    return model


LINES = ("What takes most of your time these days?", "I could help you with the weekly lists.", "Half an hour would do.")


def test_rewinding_asks_nothing(engine: Engine) -> None:
    model = counting()
    talk = Rehearsal.start(engine.setting.scenario.id, engine.persona.id, seed=7, model=model)
    replies = [talk.say(line).text for line in LINES]
    asked = len(model.requests)
    assert asked >= len(LINES)
    back = talk.rewind(2)
    assert len(model.requests) == asked
    assert [e.counterpart for e in back.now.exchanges] == replies[:2]
    assert [e.voice for e in back.now.exchanges] == [e.voice for e in talk.now.exchanges[:2]]
    back.say("And who decides about the rota?")
    assert len(model.requests) > asked


def test_restoring_asks_nothing(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = counting()
    monkeypatch.setattr(Workspace, "model", model)
    workspace = Workspace(load_settings(home=tmp_path, model_coach=False))
    kept = workspace.begin(engine.setting.scenario.id, engine.persona.id, seed=7)
    replies = [kept.say(line).text for line in LINES]
    asked = len(model.requests)
    again = Workspace(load_settings(home=tmp_path, model_coach=False)).resume(kept.rehearsal_id)
    assert [e.counterpart for e in again.rehearsal.now.exchanges] == replies
    assert [e.voice for e in again.rehearsal.now.exchanges] == [e.voice for e in kept.rehearsal.now.exchanges]
    branch = workspace.branch(kept.rehearsal_id, 1)
    assert [e.counterpart for e in branch.rehearsal.now.exchanges] == replies[:1]
    assert len(model.requests) == asked


def test_a_turn_that_was_not_answered_is_answered_once(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = counting()
    monkeypatch.setattr(Workspace, "model", model)
    workspace = Workspace(load_settings(home=tmp_path, model_coach=False))
    kept = workspace.begin(engine.setting.scenario.id, engine.persona.id, seed=7)
    kept.say(LINES[0])
    asked = len(model.requests)
    workspace.store.add_learner_turn(kept.rehearsal_id, 2, LINES[1])
    resumed = workspace.resume(kept.rehearsal_id)
    assert resumed.rehearsal.now.turn == 2
    assert asked < len(model.requests) <= asked + 2
    asked = len(model.requests)
    workspace.resume(kept.rehearsal_id)
    assert len(model.requests) == asked
