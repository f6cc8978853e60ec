from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearse.coaching.model_reply import Fault
from rehearse.coaching.model_wording import Vocabulary
from rehearse.domain.library import shipped_library

SAID = (
    "I'd like to show you how our customers find us on TikTok, an hour a month.",
    "I sat in that meeting and felt about twelve years old, and Paul laughed.",
)


@cache
def vocabulary() -> Vocabulary:
    return Vocabulary(shipped_library())


@pytest.mark.parametrize(
    "wording",
    [
        "It sounds as though that meeting made you feel twelve years old. What was the worst of it?",
        "That must have stung, being laughed at in front of everyone. What went through your head when Paul laughed?",
        "Would you give me an hour a month, so that I can show you how customers find us on TikTok?",
        "I don’t have the answer yet, but I'd love to hear how you see it. Shall we stay with it for a minute?",
        "Whatever you tell me stays between us; I won't repeat it to anybody.",
        "I can imagine how humiliating that felt. Paul's laughing – what did it do to you?",
        "That stays between the two of us.",
        "Customers find us there. Will you let me show you?",
    ],
)
def test_what_was_said_and_plain_talk_may_be_used(wording: str) -> None:
    assert vocabulary().new_in(wording, SAID) == ()


@pytest.mark.parametrize(
    ("wording", "new"),
    [
        ("Would you give me two hours a month?", "two"),
        ("Would you give me an hour a week?", "an hour a week"),
        ("Would you give me 12 months?", "12"),
        ("Two people told me the same.", "two"),
        ("Could we start on Tuesday?", "Tuesday"),
        ("Tuesday suits me.", "Tuesday"),
        ("Could we do that in Excel?", "Excel"),
        ("Excel is what I would show you.", "Excel"),
        ("Maria felt like that too.", "maria"),
        ("When Will laughed, what did you feel?", "Will"),
        ("I saved our customers 40%.", "40%"),
        ("I would show you the dashboard.", "dashboard"),
        ("My grandmother felt like that.", "grandmother"),
    ],
)
def test_a_number_a_name_a_time_or_a_thing_that_is_new_is_found(wording: str, new: str) -> None:
    assert new in vocabulary().new_in(wording, SAID)
    assert new not in vocabulary().new_in(wording, (*SAID, wording))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_what_was_said_whole_is_never_new(text: str) -> None:
    assert vocabulary().new_in(text, [text]) == ()


def test_the_page_names_every_reason() -> None:
    page = (Path(__file__).parents[2] / "docs" / "model-coach.md").read_text(encoding="utf-8")
    assert [fault for fault in Fault if f"| {fault} |" not in page] == []
