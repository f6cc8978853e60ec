"""A slow model on the page, through the real client and an endpoint on the loopback: sentence by sentence, whatever happens."""

from __future__ import annotations

import asyncio
import html
import threading
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fake_openai import KEY, Behaviour, Call, FakeOpenAI, fails, fake_openai, hangs_up, says

from rehearse.app import desk, stage
from rehearse.app.stage import StagePage
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.workspace import KeptRehearsal, Workspace

ASKED = "What takes most of your time in the depots these days?"
SENTENCES = ("Mostly the lists, if I am honest.", "Every morning begins with them.", "The rest of it is the telephone.")
TURNS, TALK, COMPOSER, WORDS, ACTIONS, ALERT = range(6)
SECONDS = 30.0


class Speaking:
    """An answer of which each sentence comes when it is let; `then` ends it."""

    def __init__(self, then: Behaviour | None = None) -> None:
        self.gates = [threading.Event() for _ in SENTENCES]
        self.then = then

    def __call__(self, call: Call) -> None:
        call.begin()
        call.delta(content=SENTENCES[0][:1])
        for gate, sentence, after in zip(self.gates, SENTENCES, (*SENTENCES[1:], ""), strict=True):
            if not gate.wait(SECONDS):
                return
            # With the first letter of what comes next: only that shows that a sentence is finished.
            call.delta(content=f"{sentence[1:]} {after[:1]}")
            if self.then is not None:
                self.then(call)
                return
        call.delta("stop")
        call.end()

    def go_on(self) -> None:
        next(gate for gate in self.gates if not gate.is_set()).set()

    def finish(self) -> None:
        for gate in self.gates:
            gate.set()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        yield server


@pytest.fixture
def fake(endpoint: FakeOpenAI) -> FakeOpenAI:
    """The endpoint, not asked anything yet."""
    endpoint.requests.clear()
    return endpoint


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, shared: Workspace, endpoint: FakeOpenAI) -> Iterator[Workspace]:
    home = tmp_path_factory.mktemp("streaming")
    settings = Settings(home=home, model="openai:m", openai_base_url=endpoint.url, openai_api_key=KEY, model_coach=False)
    made = Workspace(settings)
    made.__dict__["_ideas"] = shared._ideas
    yield made
    made.casting.close()
    made.store.close()


@pytest.fixture
def page(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> StagePage:
    monkeypatch.setattr(stage, "QUIET_SECONDS", 0.01)
    return StagePage(OnePerson(workspace))


@pytest.fixture
def talk(page: StagePage) -> KeptRehearsal:
    return page.visitors.desk(visit()).begin("pitch-to-boss", "marguerite-dunne", "normal", None, 7)  # type: ignore[arg-type]


def visit(**params: str) -> Any:
    return SimpleNamespace(request=None, query_params=params)


def seen(part: tuple[Any, ...]) -> str:
    return html.unescape(part[TALK]) if isinstance(part[TALK], str) else ""


async def until(parts: AsyncIterator[tuple[Any, ...]], words: str) -> str:
    """What the page shows once it shows these words."""
    async with asyncio.timeout(SECONDS):
        async for part in parts:
            if words in seen(part):
                return seen(part)
    raise AssertionError(f"“{words}” was never shown")


def answered(page: StagePage, talk: KeptRehearsal, turns: int = 0) -> tuple[Any, ...]:
    """The page when the answer is there."""

    async def last() -> tuple[Any, ...]:
        return [part async for part in page.send(talk.rehearsal_id, ASKED, turns, visit())][-1]

    return asyncio.run(last())


def stored(page: StagePage, talk: KeptRehearsal) -> list[tuple[str, str | None]]:
    kept = page.visitors.workspace.store.get(talk.rehearsal_id)
    return [(turn.text, turn.answer.text if turn.answer else None) for turn in kept.turns]


def test_sentences_appear_one_by_one(page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI) -> None:
    speaking = Speaking()
    fake.will(speaking)

    async def watched() -> tuple[Any, ...]:
        parts = page.send(talk.rehearsal_id, ASKED, 0, visit())
        thinking = await until(parts, ASKED)
        assert "is thinking" in thinking
        for number, sentence in enumerate(SENTENCES):
            speaking.go_on()
            if sentence == SENTENCES[-1]:
                break
            now = await until(parts, sentence)
            assert [other in now for other in SENTENCES] == [n <= number for n in range(len(SENTENCES))]
            assert "is thinking" not in now
            # The words were kept before the first sentence, the answer is not until it is whole.
            assert stored(page, talk) == [(ASKED, None)]
        return [part async for part in parts][-1]

    end = asyncio.run(watched())
    assert (end[TURNS], end[WORDS], end[ALERT]) == (1, "", "")
    (said,) = stored(page, talk)
    assert said[1] is not None
    assert said[1].startswith(" ".join(SENTENCES))
    assert said[1] in seen(end)


def test_only_the_end_is_announced_to_whoever_listens(page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI) -> None:
    fake.will(says(" ".join(SENTENCES)))

    async def parts() -> list[tuple[Any, ...]]:
        return [part async for part in page.send(talk.rehearsal_id, ASKED, 0, visit())]

    *coming, end = asyncio.run(parts())
    assert SENTENCES[0] in end[TALK].split('data-announce="')[1].split('"')[0]
    shown = [part[TALK] for part in coming if isinstance(part[TALK], str)]
    assert shown
    assert all('data-announce=""' in part for part in shown)


def test_whoever_leaves_in_the_middle_loses_nothing(page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI) -> None:
    speaking = Speaking()
    fake.will(speaking)

    async def leave() -> None:
        parts = page.send(talk.rehearsal_id, ASKED, 0, visit())
        await until(parts, ASKED)
        speaking.go_on()
        await until(parts, SENTENCES[0])
        await parts.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert stored(page, talk) == [(ASKED, None)]
    speaking.finish()
    # Coming back waits for the answer that is under way, and shows it whole.
    loaded = page.load(visit(rehearsal=talk.rehearsal_id))
    assert loaded[1] == 1
    for sentence in SENTENCES:
        assert sentence in html.unescape(loaded[3])
    assert len(fake.requests) == 1, "nobody was asked twice"
    ((_, answer),) = stored(page, talk)
    assert answer is not None
    assert SENTENCES[-1] in answer


def test_an_endpoint_that_breaks_off_midway(page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI) -> None:
    """What was heard stays, the plan is carried out, and one sentence says what happened."""
    speaking = Speaking(then=hangs_up)
    speaking.finish()
    fake.will(speaking)
    end = answered(page, talk)
    assert (end[TURNS], end[WORDS]) == (1, "")
    assert SENTENCES[0] in seen(end)
    assert SENTENCES[1] not in seen(end)
    assert "The answer of openai:m was cut off midway" in html.unescape(end[ALERT])
    assert "nothing is lost" in html.unescape(end[ALERT])
    exchange = page.visitors.workspace.resume(talk.rehearsal_id).rehearsal.now.exchanges[0]
    assert exchange.voice is not None
    assert (exchange.voice.failure, exchange.voice.stood_in) == ("cut", False)


def test_an_endpoint_that_goes_away_between_two_turns(page: StagePage, talk: KeptRehearsal, workspace: Workspace) -> None:
    settings = workspace.settings
    with fake_openai() as leaving:
        workspace.casting.choose(settings.model_copy(update={"openai_base_url": leaving.url}))
        leaving.will(says(" ".join(SENTENCES)))
        page.visitors.desk(visit()).forget_all()
        assert SENTENCES[0] in seen(answered(page, talk))
    end = answered(page, talk, 1)
    workspace.casting.choose(settings)
    assert end[TURNS] == 2
    assert "cannot be reached" in html.unescape(end[ALERT])
    exchange = workspace.resume(talk.rehearsal_id).rehearsal.now.exchanges[1]
    assert exchange.voice is not None
    assert exchange.voice.stood_in, "the authored line answered"
    assert exchange.counterpart in seen(end)
    assert all(answer for _, answer in stored(page, talk))


def test_a_key_that_is_refused_is_said_and_answered(page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI) -> None:
    fake.will(fails(401, f"Incorrect API key provided: {KEY}"))
    end = answered(page, talk)
    assert end[TURNS] == 1
    assert "Check OPENAI_API_KEY" in html.unescape(end[ALERT])
    assert KEY not in end[ALERT] + end[TALK]
    # The word about it is said once; the next answer that comes is said without it.
    fake.will(says(" ".join(SENTENCES)))
    after = answered(page, talk, 1)
    assert (after[TURNS], after[ALERT]) == (2, "")


def test_words_that_waited_for_long_are_answered_without_the_model_and_that_is_said(
    page: StagePage, talk: KeptRehearsal, fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MODEL_PATIENCE", -1.0)
    end = answered(page, talk)
    assert fake.requests == []
    assert (end[TURNS], end[WORDS]) == (1, "")
    assert "So many people wait for openai:m" in html.unescape(end[ALERT])
    ((said, replied),) = stored(page, talk)
    assert said == ASKED
    assert replied
    monkeypatch.undo()
    fake.will(says(" ".join(SENTENCES)))
    assert SENTENCES[0] in seen(answered(page, talk, 1))
    assert len(fake.requests) == 1, "the next one is the model's again"
