from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from anyio import to_thread

from rehearse.app import stage
from rehearse.app.desk import Desk, MovedOnError, RepeatedSendError
from rehearse.app.lookback import LookBackPage
from rehearse.app.stage import StagePage
from rehearse.app.visitors import OnePerson
from rehearse.domain.state import Ending
from rehearse.errors import StorageError, UnknownIdError

FIRST = "I'd like to show you how I read the drivers' forum every morning."
SECOND = "Half an hour every second Wednesday at ten."
TURNS, TALK, COMPOSER, WORDS, ACTIONS, ALERT = range(6)


def visit(**params: str) -> Any:
    return SimpleNamespace(request=None, query_params=params)


def sent(page: StagePage, talk_id: str, words: str) -> list[tuple[Any, ...]]:
    """All that the page is shown, to the end."""

    async def shown() -> list[tuple[Any, ...]]:
        return [part async for part in page.send(talk_id, words, 0, visit())]

    return asyncio.run(shown())


@pytest.fixture
def page(visitors: OnePerson) -> StagePage:
    return StagePage(visitors)


@pytest.fixture
def talk_id(desk: Desk) -> str:
    return desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None).rehearsal_id


def kept_words(answer: tuple[Any, ...]) -> bool:
    return bool(answer[WORDS] == gr.skip())


def test_a_turn_is_said_answered_and_shown(page: StagePage, talk_id: str) -> None:
    *_, shown = sent(page, talk_id, FIRST)
    assert shown[TURNS] == 1
    assert shown[WORDS] == ""
    assert shown[ALERT] == ""
    assert "drivers&#39; forum" in shown[TALK]
    assert page.visitors.own_desk.workspace.store.get(talk_id).turns[0].answer is not None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("", "no words yet"), ("  \n ", "no words yet"), ("\x00\x07", "no words yet"), ("a" * 50_000, "50,000 characters")],
)
def test_words_that_cannot_be_said_stay_in_the_box(page: StagePage, talk_id: str, words: str, sentence: str) -> None:
    *_, shown = sent(page, talk_id, words)
    assert kept_words(shown)
    assert sentence in shown[ALERT]
    assert "still in the box" in shown[ALERT]
    assert shown[TURNS] == 0
    assert page.visitors.own_desk.workspace.store.get(talk_id).turns == ()


def test_storage_trouble_keeps_the_words(page: StagePage, talk_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(page.visitors.own_desk.workspace.store, "add_learner_turn", refuse)
    *_, shown = sent(page, talk_id, FIRST)
    assert kept_words(shown)
    assert "The disk is full." in shown[ALERT]


def test_a_bug_keeps_the_words_and_shows_no_trace(page: StagePage, talk_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(page.visitors.own_desk.workspace.store, "add_answer", fail)
    *_, shown = sent(page, talk_id, FIRST)
    assert kept_words(shown)
    assert "secret" not in shown[ALERT]
    assert "nothing was lost" in shown[ALERT]
    monkeypatch.undo()
    *_, again = sent(page, talk_id, FIRST)
    stored = page.visitors.own_desk.workspace.store.get(talk_id)
    assert [t.text for t in stored.turns] == [FIRST]
    assert stored.turns[0].answer is not None
    assert again[ALERT] == ""


def test_a_talk_that_was_deleted(page: StagePage, talk_id: str) -> None:
    page.visitors.own_desk.workspace.store.delete(talk_id)
    *_, shown = sent(page, talk_id, FIRST)
    assert kept_words(shown)
    assert "no longer there" in shown[ALERT]


def test_words_after_the_end_stay_in_the_box(page: StagePage, talk_id: str) -> None:
    page.visitors.own_desk.end(talk_id)
    *_, shown = sent(page, talk_id, FIRST)
    assert kept_words(shown)
    assert "has ended" in shown[ALERT]


def test_double_click_sends_once(page: StagePage, talk_id: str) -> None:
    *_, first = sent(page, talk_id, FIRST)
    *_, second = sent(page, talk_id, FIRST)
    assert (first[TURNS], second[TURNS]) == (1, 1)
    assert second[ALERT] == ""
    assert len(page.visitors.own_desk.workspace.store.get(talk_id).turns) == 1


def test_second_window_neither_loses_nor_doubles(page: StagePage, talk_id: str) -> None:
    sent(page, talk_id, FIRST)
    *_, shown = sent(page, talk_id, SECOND)
    assert kept_words(shown)
    assert "another window" in shown[ALERT]
    assert shown[TURNS] == 1
    assert [t.text for t in page.visitors.own_desk.workspace.store.get(talk_id).turns] == [FIRST]


def test_many_clicks_at_once_make_one_turn(desk: Desk, talk_id: str) -> None:
    futures = [desk.say(talk_id, FIRST, 0) for _ in range(6)]
    errors = [f.exception(timeout=30) for f in futures]
    assert errors.count(None) == 1
    assert all(isinstance(e, RepeatedSendError) for e in errors if e)
    assert len(desk.workspace.store.get(talk_id).turns) == 1


def test_another_process_is_noticed(desk: Desk, talk_id: str) -> None:
    desk.open(talk_id)
    desk.workspace.resume(talk_id).say(FIRST)
    with pytest.raises(MovedOnError):
        desk.say(talk_id, SECOND, 0).result(30)
    assert desk.open(talk_id).rehearsal.now.turn == 1


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No turn is answered before this is set."""
    gate = threading.Event()
    say = stage.Desk._say

    def slow(self: Desk, *given: Any) -> Any:
        assert gate.wait(10)
        return say(self, *given)

    monkeypatch.setattr(stage.Desk, "_say", slow)
    monkeypatch.setattr(stage, "QUIET_SECONDS", 0.01)
    yield gate
    gate.set()


def test_slow_answers_are_announced(page: StagePage, talk_id: str, gate: threading.Event) -> None:
    async def visited() -> None:
        answers = page.send(talk_id, FIRST, 0, visit())
        waiting = await anext(answers)
        assert "is thinking" in waiting[TALK]
        assert kept_words(waiting)
        gate.set()
        assert (await anext(answers))[TURNS] == 1
        assert [part async for part in answers] == []

    asyncio.run(visited())


def test_a_page_that_waits_hears_now_and_then_that_it_waits(
    page: StagePage, talk_id: str, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "STILL_THERE_SECONDS", 0.05)

    async def visited() -> None:
        answers = page.send(talk_id, FIRST, 0, visit())
        await anext(answers)
        assert await asyncio.wait_for(anext(answers), 5) == (gr.skip(),) * 6
        gate.set()
        assert [part async for part in answers][-1][TURNS] == 1

    asyncio.run(visited())


def test_a_turn_is_finished_though_nobody_waits(page: StagePage, desk: Desk, talk_id: str, gate: threading.Event) -> None:
    async def left() -> None:
        answers = page.send(talk_id, FIRST, 0, visit())
        await anext(answers)
        await answers.aclose()  # type: ignore[attr-defined]

    asyncio.run(left())
    gate.set()
    with pytest.raises(RepeatedSendError):
        # Whoever sends the same again waits for the first.
        desk.say(talk_id, FIRST, 0).result(60)
    assert desk.open(talk_id).rehearsal.now.turn == 1


def test_words_that_still_wait_are_not_said_when_the_page_is_closed(
    page: StagePage, desk: Desk, talk_id: str, gate: threading.Event
) -> None:
    other = desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None).rehearsal_id

    async def left() -> None:
        first = desk.say(other, FIRST, 0)
        answers = page.send(talk_id, FIRST, 0, visit())
        await anext(answers)
        await answers.aclose()  # type: ignore[attr-defined]
        gate.set()
        await asyncio.wrap_future(first)

    asyncio.run(left())
    # Turns of one person are in single file: what still waited would be said before this one.
    desk.say(other, "What would you need to see?", 1).result(60)
    assert desk.open(talk_id).rehearsal.now.turn == 0
    assert desk.workspace.store.get(talk_id).turns == ()


def test_many_who_wait_keep_no_thread_busy(page: StagePage, desk: Desk, gate: threading.Event) -> None:
    talks = [desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None).rehearsal_id for _ in range(4)]

    async def waiting() -> int:
        answers = [page.send(talk, FIRST, 0, visit()) for talk in talks]
        for answer in answers:
            await anext(answer)
        busy = to_thread.current_default_thread_limiter().borrowed_tokens
        gate.set()
        for answer in answers:
            assert [part async for part in answer][-1][TURNS] == 1
        return int(busy)

    assert asyncio.run(waiting()) == 0


def test_load_restores_what_the_server_knows(page: StagePage, talk_id: str) -> None:
    sent(page, talk_id, FIRST)
    loaded = page.load(visit(rehearsal=talk_id))
    assert loaded[0] == talk_id
    assert loaded[1] == 1
    assert "drivers&#39; forum" in loaded[3]
    fresh = StagePage(OnePerson(page.visitors.workspace)).load(visit(rehearsal=talk_id))
    assert fresh[3] == loaded[3]


@pytest.mark.parametrize("rehearsal_id", ["", "nothing", "<script>alert(1)</script>", "../../etc/passwd"])
def test_an_address_without_a_talk(page: StagePage, rehearsal_id: str) -> None:
    loaded = page.load(visit(rehearsal=rehearsal_id))
    assert loaded[0] == ""
    assert "There is no such talk" in loaded[3]
    assert "<script>" not in "".join(str(part) for part in loaded)


def test_laid_out_words_wait_in_the_box(page: StagePage, talk_id: str) -> None:
    sent(page, talk_id, FIRST)
    branch = page.visitors.own_desk.branch(talk_id, 0)
    page.visitors.own_desk.lay_out(branch.rehearsal_id, 0, "Better words.")
    assert page.load(visit(rehearsal=branch.rehearsal_id))[5] == "Better words."
    *_, shown = sent(page, branch.rehearsal_id, "Better words, said aloud on Tuesday.")
    assert "before and now" in shown[TALK]
    assert page.load(visit(rehearsal=branch.rehearsal_id))[5] == ""


def test_a_hint_on_request(page: StagePage, talk_id: str) -> None:
    assert "Hint" in page.hint(talk_id, visit())
    assert "no longer there" in page.hint("nothing", visit())


def test_guess_comes_before_the_scores(page: StagePage, talk_id: str) -> None:
    sent(page, talk_id, FIRST)
    back = LookBackPage(page.visitors)
    assert "not finished" in asyncio.run(back.load(visit(rehearsal=talk_id)))[2]
    page.visitors.own_desk.end(talk_id)
    loaded = asyncio.run(back.load(visit(rehearsal=talk_id)))
    assert loaded[1]["visible"] is True
    assert loaded[2] == ""
    box, account, _ = asyncio.run(back.save(talk_id, 70, visit()))
    assert box["visible"] is False
    assert "You guessed 70" in account
    assert page.visitors.own_desk.workspace.store.get(talk_id).guess == 70
    assert "You guessed 70" in asyncio.run(back.load(visit(rehearsal=talk_id)))[2]


def test_a_talk_in_which_nothing_was_said(page: StagePage, talk_id: str) -> None:
    page.visitors.own_desk.end(talk_id)
    assert "Nothing was said" in asyncio.run(LookBackPage(page.visitors).load(visit(rehearsal=talk_id)))[2]


def test_looking_back_at_what_is_not_there(visitors: OnePerson, desk: Desk) -> None:
    assert "There is no such talk" in asyncio.run(LookBackPage(visitors).load(visit(rehearsal="nothing")))[2]
    with pytest.raises(UnknownIdError):
        desk.open("nothing")


def test_ending_twice_changes_nothing(visitors: OnePerson, desk: Desk, talk_id: str) -> None:
    sent(StagePage(visitors), talk_id, FIRST)
    desk.end(talk_id)
    desk.end(talk_id)
    assert desk.open(talk_id).rehearsal.ended is Ending.LEFT
