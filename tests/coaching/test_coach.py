"""What the coach owes a learner: exact quotes, exact passages, silence where nothing helps, no invented number."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from rehearse import Rehearsal
from rehearse.coaching.coach import Coach
from rehearse.coaching.remarks import QUIET_TURNS
from rehearse.coaching.wording import MARGIN, substituted
from rehearse.domain.assessment import Debrief, IdeaStatus, Rating, RemarkKind, Unrated, UnratedReason
from rehearse.domain.idea import IDEA_IDS
from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS, DETAIL_IDS
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import LevelReading, read_levels
from rehearse.session import rate_exchange

SCRIPTS = Path(__file__).parent.parent / "fixtures" / "learners"
PLAYED = [
    ("pitch-to-boss", "marguerite-dunne", "skilled-1"),
    ("pitch-to-boss", "ruth-abelson", "average-2"),
    ("pitch-to-boss", "colin-meredith", "clumsy-1"),
    ("guide-hesitant-leader", "henrik-solberg", "skilled-2"),
    ("guide-hesitant-leader", "tomasz-wilk", "average-1"),
    ("guide-hesitant-leader", "jun-takeda", "clumsy-2"),
    ("two-way-check-in", "oskar-lindqvist", "average-1"),
    ("recruit-a-peer", "leila-farouk", "clumsy-1"),
]


def play(scenario: str, persona: str, script: str) -> tuple[Rehearsal, Debrief]:
    rehearsal = Rehearsal.start(scenario, persona, seed=5)
    for line in (SCRIPTS / scenario / f"{script}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and rehearsal.ended is Ending.OPEN:
            rehearsal.say(line)
    return rehearsal, rehearsal.finish()


@pytest.fixture(scope="module")
def played() -> list[tuple[Rehearsal, Debrief]]:
    return [play(*names) for names in PLAYED]


def test_every_quote_and_citation_is_exact(played: list[tuple[Rehearsal, Debrief]], library: Library) -> None:
    passages = {p.passage_id: p.text for p in library.corpus.passages()}
    checked = 0
    for rehearsal, debrief in played:
        texts = {t.number: t.text for t in rehearsal.transcript.learner_turns()}
        told = debrief.to_dict()
        for remark in told["remarks"]:  # type: ignore[attr-defined]
            assert remark["quote"] in texts[remark["turn"]]
            assert texts[remark["turn"]][remark["start"] : remark["end"]] == remark["quote"]
            assert passages[remark["citation"]["passage"]] == remark["citation"]["text"]
            checked += 1
        for rating in told["ratings"].values():  # type: ignore[attr-defined]
            for span in rating["evidence"]:
                assert texts[span["turn"]][span["start"] : span["end"]] == span["quote"]
                checked += 1
    assert checked > 40


def test_every_criterion_has_one_result(played: list[tuple[Rehearsal, Debrief]]) -> None:
    for rehearsal, debrief in played:
        for ratings in (debrief.ratings, *(a.ratings for a in rehearsal.assessments)):
            assert tuple(ratings) == CRITERION_IDS
            for rating in ratings.values():
                if isinstance(rating, Rating):
                    assert rating.level in (0, 1, 2)
                    assert 0 <= rating.score <= 100
                    assert rating.citations
                else:
                    assert isinstance(rating, Unrated)


def test_remarks_are_few_and_do_not_repeat(played: list[tuple[Rehearsal, Debrief]]) -> None:
    silent = 0
    for rehearsal, debrief in played:
        last: dict[str, int] = {}
        for assessment in rehearsal.assessments:
            skills = [r.skill for r in assessment.remarks]
            assert len(skills) == len(set(skills)) <= 2
            silent += not skills
            for remark in assessment.remarks:
                number = remark.span.turn.number
                assert number - last.get(remark.criterion_id, -99) >= QUIET_TURNS
                last[remark.criterion_id] = number
        whys = [r.why for r in rehearsal.remarks]
        assert len(whys) == len(set(whys))
        assert sum(r.kind is RemarkKind.KEEP for r in debrief.remarks) <= 3
        assert sum(r.kind is RemarkKind.CHANGE for r in debrief.remarks) <= 3
    assert silent >= 5


def test_every_suggestion_rates_higher_in_its_place(
    played: list[tuple[Rehearsal, Debrief]], library: Library, encoder: Encoder
) -> None:
    shown = 0
    for rehearsal, _ in played:
        for remark in rehearsal.remarks:
            if remark.suggestion is None:
                continue
            shown += 1
            text = library.guidance.remark(remark.criterion_id, remark.kind)
            assert text is not None
            assert text.criterion is not None
            heard = rehearsal.transcript.heard_before(remark.span.turn.number)
            before = read_levels(remark.span.turn.text, heard, encoder)[text.criterion]
            after = read_levels(substituted(remark.span, remark.suggestion), heard, encoder)[text.criterion]
            assert isinstance(after, LevelReading)
            assert after.score >= (before.score if isinstance(before, LevelReading) else 0) + MARGIN
    assert shown >= 3


def test_the_better_conversation_scores_better(played: list[tuple[Rehearsal, Debrief]]) -> None:
    def mean(debrief: Debrief) -> float:
        scores = [r.score for r in debrief.ratings.values() if isinstance(r, Rating)]
        return sum(scores) / len(scores)

    by_script = {names[2].split("-")[0]: [] for names in PLAYED}
    for names, (_, debrief) in zip(PLAYED, played, strict=True):
        by_script[names[2].split("-")[0]].append(mean(debrief))
    assert min(by_script["skilled"]) > max(by_script["clumsy"])


def test_the_debrief_says_what_became_of_it(played: list[tuple[Rehearsal, Debrief]]) -> None:
    for rehearsal, debrief in played:
        assert debrief.outcome is not None
        assert debrief.outcome.ended is rehearsal.ended
        assert debrief.outcome.why
        assert [m.idea_id for m in debrief.ideas] == list(IDEA_IDS)
        assert all((m.span is None) == (m.status is IdeaStatus.NO_OPPORTUNITY) for m in debrief.ideas)
        assert set(debrief.details) == set(DETAIL_IDS)
        assert all(v is not None and 1.0 <= v <= 5.0 for v in debrief.details.values())
        turns = [p.turn for p in debrief.turning_points]
        assert turns == sorted(turns)


def test_private_things_stay_private_until_the_end(played: list[tuple[Rehearsal, Debrief]]) -> None:
    for rehearsal, debrief in played:
        spoken = " ".join(t.text for t in rehearsal.transcript.turns)
        assert debrief.thoughts
        assert not any(revealed.thought in spoken for revealed in debrief.thoughts)
        assert all(item.would_open for item in debrief.undisclosed)


def test_what_cannot_be_rated_is_not_a_number() -> None:
    rated = rate_exchange("", "ok")
    assert rated.ratings["plainness"] is None
    assert rated.scores["plainness"] is None
    smile = rate_exchange("How are you?", "😀")
    assert set(smile.ratings.values()) == {None}
    assert smile.acts == ()


def test_a_transcript_from_elsewhere_has_no_outcome(library: Library, encoder: Encoder) -> None:
    talk = Transcript(
        (
            Turn(Speaker.COUNTERPART, 0, "I sat in that meeting and felt about twelve years old, I really did."),
            Turn(Speaker.LEARNER, 1, "Twelve, with everyone looking. What was the worst moment of it?"),
            Turn(Speaker.COUNTERPART, 1, "When they laughed at my slide. I have not opened the thing since."),
            Turn(Speaker.LEARNER, 2, "You're overreacting, it was only a slide."),
        )
    )
    coach = Coach(library, encoder)
    debrief = coach.debrief(coach.read(talk))
    assert debrief.outcome is None
    assert debrief.turning_points == debrief.thoughts == ()
    assert [r.kind for r in debrief.remarks if r.span.turn.number == 2] == [RemarkKind.CHANGE]


def test_nothing_said_is_not_rated(library: Library, encoder: Encoder) -> None:
    coach = Coach(library, encoder)
    debrief = coach.debrief(coach.read(Transcript((Turn(Speaker.COUNTERPART, 0, "Hello?"),))))
    assert all(isinstance(r, Unrated) and r.reason is UnratedReason.NO_OPPORTUNITY for r in debrief.ratings.values())
    assert set(debrief.details.values()) == {None}
    assert debrief.remarks == ()


def test_hints_are_short_and_change() -> None:
    rehearsal = Rehearsal.start("pitch-to-boss", "priya-raman")
    hints = [rehearsal.hint()]
    for line in (
        "Thanks for the time.",
        "I'd like to mentor a director on how our app is reviewed.",
        "It would be one hour a month.",
    ):
        rehearsal.say(line)
        hints.append(rehearsal.hint())
    assert all(0 < len(h.split()) <= 24 for h in hints)
    assert all(a != b for a, b in pairwise(hints))


def test_advice_before_anything_was_heard_is_too_soon(library: Library, encoder: Encoder) -> None:
    coach = Coach(library, encoder)
    told = "I froze in the board call again. I could hear myself breathing, and I still feel sick about it."
    advice = "You could write your points on a card, book the small room an hour earlier and practise twice. Water helps too."
    asked = "What was it like for you when you froze?"
    said = Transcript((Turn(Speaker.COUNTERPART, 0, told), Turn(Speaker.LEARNER, 1, advice)))
    assert "too_soon" in {r.criterion_id for a in coach.assess_all(coach.read(said)) for r in a.remarks}
    heard = Transcript(
        (
            Turn(Speaker.COUNTERPART, 0, told),
            Turn(Speaker.LEARNER, 1, asked),
            Turn(Speaker.COUNTERPART, 1, "Like falling. I keep seeing their faces."),
            Turn(Speaker.LEARNER, 2, advice),
        )
    )
    assert "too_soon" not in {r.criterion_id for a in coach.assess_all(coach.read(heard)) for r in a.remarks}
