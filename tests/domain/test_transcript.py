from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.transcript import EvidenceSpan, Speaker, Transcript, Turn
from rehearse.errors import GroundingError


def test_turn_ids_say_who_and_when() -> None:
    assert Turn(Speaker.LEARNER, 3, "x").turn_id == "L3"
    assert Turn(Speaker.COUNTERPART, 0, "x").turn_id == "C0"


def test_heard_before_is_the_counterparts_last_word() -> None:
    talk = Transcript(
        (
            Turn(Speaker.COUNTERPART, 0, "Go on."),
            Turn(Speaker.LEARNER, 1, "I would like ..."),
            Turn(Speaker.COUNTERPART, 1, "Says who?"),
            Turn(Speaker.LEARNER, 2, "The dates."),
        )
    )
    assert talk.heard_before(1) == "Go on."
    assert talk.heard_before(2) == "Says who?"


@given(st.text(min_size=1), st.integers(-3, 30), st.integers(-3, 30))
def test_an_inexact_quote_cannot_be_made(text: str, start: int, end: int) -> None:
    turn = Turn(Speaker.LEARNER, 1, text)
    if 0 <= start < end <= len(text):
        assert EvidenceSpan(turn, start, end).quote == text[start:end]
    else:
        with pytest.raises(GroundingError):
            EvidenceSpan(turn, start, end)


def test_a_citation_needs_a_passage_of_the_corpus(library: Library) -> None:
    with pytest.raises(GroundingError):
        Citation.of(library.corpus, "no-such-passage")
    cited = Citation.of(library.corpus, "assure-confidentiality")
    assert cited.to_dict()["idea"] == "be-patient-and-humble"
