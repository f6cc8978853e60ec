"""What is kept back is in no prompt before it is told, and in no answer; marked facts show it."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearse.acting.actor import ModelActor
from rehearse.domain.library import Library, load_bot_lines
from rehearse.domain.persona import Persona
from rehearse.domain.state import Ending
from rehearse.llm.chat import Prompt
from rehearse.llm.scripted import ScriptedModel
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.bots import Bot, BotKind
from rehearse.simulation.engine import Engine
from rehearse.validation.acting import RememberingEncoder, cast

MARK = re.compile(r"zq[a-z0-9-]+qz")


def marked(persona: Persona) -> Persona:
    """The persona with a mark in each fact, each line that tells it, each private goal and limit, and each thought."""
    facts = tuple(
        f.model_copy(
            update={
                "text": f"{f.text} zq{f.id}qz",
                "lines": f.lines.model_copy(update={"tell": tuple(f"{line} zq{f.id}qz" for line in f.lines.tell)}),
            }
        )
        for f in persona.facts
    )
    private = {
        name: tuple(f"{line} zqprivateqz" for line in getattr(persona, name))
        for name in ("goals", "will_agree_to", "will_not_agree_to")
    }
    pools = {name: tuple(f"{line} zqprivateqz" for line in pool) for name, pool in persona.thoughts.model_dump().items()}
    return persona.model_copy(update={"facts": facts, **private, "thoughts": persona.thoughts.model_copy(update=pools)})


def in_secret(library: Library, encoder: RememberingEncoder, number: int) -> Engine:
    plain = cast(library, encoder, number)
    setting = Setting(marked(plain.persona), plain.setting.scenario, plain.setting.difficulty, plain.setting.tuning)
    return Engine(setting, encoder, library, number)


def play(engine: Engine, bot: BotKind, seed: int, *, leak: bool, most: int) -> int:
    """A rehearsal that fails at the first mark that may not be seen; how often a mark was rightly seen."""
    asked: list[Prompt] = []
    secrets = [f.text for f in engine.persona.facts]

    def speak(prompt: Prompt) -> str:
        asked.append(prompt)
        return secrets[len(asked) % len(secrets)] if leak else f"Well, that is number {len(asked)} on my list."

    actor = ModelActor(ScriptedModel(speak), engine.library, engine.encoder)
    learner, now, seen = Bot(bot, load_bot_lines(), engine.setting, seed), engine.start(), 0
    while now.ending is Ending.OPEN and now.turn < most:
        asked_before = len(asked)
        prepared = engine.prepare(now, learner.speak(now))
        heard: list[str] = []
        said = actor.answer(engine.setting, prepared, heard.append)
        free = {f"zq{f}qz" for f in prepared.decision.state.disclosed}
        for prompt in asked[asked_before:]:
            found = set(MARK.findall(prompt.text))
            assert found <= free, (found, free)
            seen += bool(found)
        assert set(MARK.findall(" ".join([*heard, said.words or ""]))) <= free
        now = engine.settle(prepared, said.words, said.voice)
        assert set(MARK.findall(now.exchanges[-1].counterpart)) <= {f"zq{f}qz" for f in now.state.disclosed}
    return seen


def test_a_told_fact_is_in_the_prompt(library: Library, encoder: RememberingEncoder) -> None:
    """Otherwise the other tests would see nothing because there is nothing to see."""
    assert sum(play(in_secret(library, encoder, n), BotKind.SKILLED, n, leak=False, most=14) for n in range(4)) > 0


def test_no_secret_is_told_by_a_model_that_knows_them(library: Library, encoder: RememberingEncoder) -> None:
    for number, bot in enumerate((BotKind.SKILLED, BotKind.AVERAGE, BotKind.PUSHY, BotKind.INJECTOR)):
        play(in_secret(library, encoder, number * 5), bot, number, leak=True, most=8)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(number=st.integers(0, 500), bot=st.sampled_from(list(BotKind)), seed=st.integers(0, 20))
def test_no_secret_is_in_any_prompt(library: Library, encoder: RememberingEncoder, number: int, bot: BotKind, seed: int) -> None:
    play(in_secret(library, encoder, number), bot, seed, leak=False, most=10)
