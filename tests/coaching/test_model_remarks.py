"""A remark of a model is said only if its quote, its passage and its suggestion are proved, and if it is not one too many."""

from __future__ import annotations

from typing import Any

import pytest
from reviewing import BETTER, LISTENS, OFFERS, WAVES_OFF, WHY, answer, dropped, rating, remark, reviewed, talk

from rehearse.coaching.model_remarks import MOST_SUGGESTED, MOST_WHY
from rehearse.coaching.remarks import QUIET_TURNS
from rehearse.domain.assessment import Remark, RemarkKind
from rehearse.domain.idea import Citation
from rehearse.domain.library import shipped_library
from rehearse.domain.transcript import EvidenceSpan
from rehearse.llm.prompts import load_prompt


def test_a_proved_remark_takes_the_place_of_the_embedded_one_of_its_skill() -> None:
    first, after, _ = reviewed(talk(OFFERS), answer([remark(suggestion=BETTER)]))
    assert [r.skill for r in first.remarks] == ["empathy"]
    (made,) = after.remarks
    assert (made.kind, made.criterion_id, made.skill, made.why) == (RemarkKind.CHANGE, "exploration", "empathy", WHY)
    assert made.span.quote == "I would like to show you"
    assert made.citation == Citation.of(shipped_library().corpus, "ask-and-listen-first")
    assert made.suggestion == BETTER
    assert made.to_dict()["by"] == f"scripted {load_prompt('coach').made_from}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quote": "I want to show you"}, "quote not in the turn"),
        ({"quote": "felt about twelve years old"}, "quote not in the turn"),
        ({"passage_id": "no-such-passage"}, "passage not offered"),
        ({"passage_id": "not-showing-off"}, "passage not offered"),
        ({"why": " ".join(["word"] * (MOST_WHY + 1))}, "reason not usable"),
        ({"why": ""}, "reason not usable"),
        ({"why": "\u0007"}, "reason not usable"),
        ({"why": "Das hat die andere Person sicher nicht gern gehört, und du gehst darüber hinweg."}, "reason not usable"),
        ({"why": "After “I do not care about you” they will not tell you more."}, "reason not usable"),
        ({"kind": "keep"}, "not borne out by the ratings"),
        ({"criterion": "purpose"}, "not borne out by the ratings"),
        ({"criterion": "dismissal"}, "not borne out by the ratings"),
    ],
)
def test_what_is_not_proved_is_not_said(change: dict[str, Any], reason: str) -> None:
    first, after, _ = reviewed(talk(OFFERS), answer([remark(**change)]))
    assert after.remarks == first.remarks
    assert dropped(after) == {reason: 1}


def test_a_change_needs_an_occasion() -> None:
    _, after, _ = reviewed(talk(WAVES_OFF), answer([remark(criterion="structure", quote="can we go on")]))
    assert dropped(after) == {"not borne out by the ratings": 1}


@pytest.mark.parametrize(
    ("suggestion", "reason"),
    [
        ("Okay.", "suggestion not usable"),
        (" ".join(["and"] * (MOST_SUGGESTED + 1)), "suggestion not usable"),
        ("It sounds as though Maria laughed at you. What was the worst of it?", "suggestion says something new"),
        ("It sounds as though 30 people laughed at you. What was the worst of it?", "suggestion says something new"),
        ("It sounds as though they laughed at your Excel sheet. What was the worst of it?", "suggestion says something new"),
        ("Whatever, let us go on with what I want.", "suggestion rates no higher"),
    ],
)
def test_a_suggestion_that_fails_is_dropped_and_the_remark_stands(suggestion: str, reason: str) -> None:
    _, after, _ = reviewed(talk(OFFERS), answer([remark(suggestion=suggestion)]))
    assert [(r.criterion_id, r.suggestion) for r in after.remarks] == [("exploration", None)]
    assert dropped(after) == {reason: 1}


def test_the_offer_card_is_the_learners_own() -> None:
    wanted = "I could show you how our shop films are made. It sounds as though you felt very small; what was the worst of it?"
    _, without, _ = reviewed(talk(OFFERS), answer([remark(suggestion=wanted)]))
    _, having, _ = reviewed(talk(OFFERS), answer([remark(suggestion=wanted)]), offer=("How our shop films are made",))
    assert without.remarks[0].suggestion is None
    assert having.remarks[0].suggestion == wanted


def test_nothing_is_said_again_within_five_turns() -> None:
    conversation = talk(*[OFFERS] * (QUIET_TURNS + 1))
    library = shipped_library()

    def before(number: int, about: str) -> Remark:
        span = EvidenceSpan(conversation.transcript.turn(f"L{number}"), 0, 4)
        return Remark(RemarkKind.CHANGE, about, "empathy", span, Citation.of(library.corpus, "ask-and-listen-first"), "Once.")

    text = next(r for r in library.guidance.remarks if r.criterion == "exploration" and r.kind is RemarkKind.CHANGE)
    for about in ("exploration", text.about):
        _, after, _ = reviewed(conversation, answer([remark()]), earlier=(before(2, about),))
        assert dropped(after) == {"said within five turns": 1}
        _, after, _ = reviewed(conversation, answer([remark()]), earlier=(before(1, about),))
        assert [r.criterion_id for r in after.remarks] == ["exploration"]


def test_at_most_one_remark_a_skill_and_nothing_to_keep_beside_a_change() -> None:
    _, after, _ = reviewed(
        talk(OFFERS),
        answer(
            [
                remark(),
                remark(criterion="interpretation", why="Another reason, on the same skill."),
                remark(criterion="specificity", quote="how our customers find us", why="They cannot put that in a diary."),
                remark(kind="keep", criterion="purpose", why="They know what you want."),
            ]
        ),
    )
    assert [(r.kind.value, r.criterion_id) for r in after.remarks] == [("change", "exploration"), ("change", "specificity")]


def test_a_harm_that_the_embedded_coach_saw_is_not_talked_away() -> None:
    first, after, _ = reviewed(
        talk(WAVES_OFF),
        answer([remark(quote="It was only a slide", why="Nobody asks how it was.")], dismissal=("It was only a slide", 0)),
    )
    assert [r.criterion_id for r in first.remarks] == ["dismiss"]
    assert after.remarks == first.remarks
    assert rating(after, "dismissal").level == 2
    assert not rating(after, "dismissal").sure


def test_a_turn_that_was_fine_is_left_alone() -> None:
    first, after, _ = reviewed(talk(LISTENS), answer([remark(quote="What was the worst moment of it", criterion="exploration")]))
    assert all(r.kind is RemarkKind.KEEP for r in after.remarks)
    assert after.remarks == first.remarks
