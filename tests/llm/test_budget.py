"""Counting tokens, and keeping what fits of a history."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearse.llm import budget
from rehearse.llm.budget import PER_MESSAGE, count_tokens, count_with_margin, estimate, fit, prompt_tokens
from rehearse.llm.chat import Message, Prompt, Role


def letters(text: str) -> int:
    return len(text)


def talk(lengths: list[int]) -> list[Message]:
    """The counterpart opens, then they take turns."""
    return [Message(Role.USER if n % 2 else Role.ASSISTANT, "x" * length) for n, length in enumerate(lengths)]


LENGTHS = st.lists(st.integers(0, 120), max_size=60)


def test_counts_as_the_vocabulary_does() -> None:
    assert count_tokens("Hello there, how are you?") == 7
    assert count_tokens("") == 0
    assert count_tokens("<|endoftext|>") > 1, "what looks like a control token is words here"


@given(st.text(max_size=300))
def test_never_fewer_with_margin(text: str) -> None:
    assert count_with_margin(text) >= count_tokens(text)


def test_the_estimate_is_on_the_safe_side() -> None:
    words = "I'd like to show one person how I read the customers' forum each morning. " * 5
    assert estimate(words) >= count_with_margin(words)


def test_without_the_vocabulary_it_estimates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_encoding", lambda: None)
    assert count_tokens("abcdef") == 2


def test_what_no_window_holds_is_estimated() -> None:
    assert count_tokens("a" * 300_000) == 100_000


def test_a_prompt_counts_its_messages() -> None:
    prompt = Prompt((Message(Role.SYSTEM, "ab"), Message(Role.USER, "cde")), "x")
    assert prompt_tokens(prompt, letters) == 5 + 3 * PER_MESSAGE


@given(LENGTHS, st.integers(0, 3000))
def test_keeps_the_newest_and_stays_within_the_budget(lengths: list[int], room: int) -> None:
    history = talk(lengths)
    fitted = fit(history, room, letters)
    assert fitted.tokens <= room or not fitted.kept
    assert fitted.kept == tuple(history[fitted.dropped :])
    assert fitted.tokens == sum(letters(m.text) + PER_MESSAGE for m in fitted.kept)


@given(LENGTHS, st.integers(0, 3000))
def test_what_is_kept_begins_with_the_learner_unless_it_is_all(lengths: list[int], room: int) -> None:
    fitted = fit(talk(lengths), room, letters)
    assert fitted.dropped == 0 or not fitted.kept or fitted.kept[0].role is Role.USER


@given(LENGTHS, st.integers(50, 3000))
def test_nothing_comes_back_as_the_talk_goes_on(lengths: list[int], room: int) -> None:
    history = talk(lengths)
    dropped = [fit(history[:n], room, letters).dropped for n in range(len(history) + 1)]
    # All of it goes only where its last turn alone is too long; the next turn may then fit.
    kept = [n for at, n in enumerate(dropped) if n < at]
    assert kept == sorted(kept)


@given(LENGTHS, st.integers(100, 3000), st.integers(1, 80))
def test_the_summary_stands_for_what_was_dropped_and_has_its_place(lengths: list[int], room: int, long: int) -> None:
    history = talk(lengths)
    fitted = fit(history, room, letters, lambda n: f"{n}:" + "s" * long)
    if fitted.dropped:
        assert fitted.summary.startswith(f"{fitted.dropped}:")
        assert fitted.tokens <= room or not fitted.kept
    else:
        assert fitted.summary == ""


def test_the_prefix_stays_for_many_turns() -> None:
    history: list[Message] = []
    dropped = []
    for turn in range(200):
        history += [Message(Role.USER, f"{turn:03} " + "u" * 40), Message(Role.ASSISTANT, "a" * 60)]
        fitted = fit(history, 2000, letters, lambda n: "settled " * 10)
        dropped.append(fitted.dropped)
        assert fitted.tokens <= 2000
        assert fitted.kept[-1] == history[-1]
    changes = sum(a != b for a, b in pairwise(dropped))
    assert changes <= 200 / 5
