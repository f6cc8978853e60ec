from __future__ import annotations

import random
from functools import cache
from math import isclose, sqrt
from pathlib import Path
from statistics import fmean

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearse import Rehearsal
from rehearse.coaching.progress import (
    NEAR,
    OVERALL,
    PRIOR_SPREAD,
    GapTrend,
    ScoredRehearsal,
    Series,
    Verdict,
    progress,
    rater_variance,
    standard_error,
    within_variance,
)
from rehearse.domain.assessment import Rating, Ratings, Remark, RemarkKind, Unrated, UnratedReason
from rehearse.domain.idea import Citation, Passage
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.transcript import EvidenceSpan, Speaker, Turn

LEARNERS = Path(__file__).parents[1] / "fixtures" / "learners"


def all_unrated() -> Ratings:
    return {c: Unrated(c, UnratedReason.NO_OPPORTUNITY) for c in CRITERION_IDS}


def rated(score: float, *, sure: bool = True) -> Rating:
    score = min(100.0, max(0.0, score))
    return Rating("exploration", min(2, int(score // 34)), round(score), sure=sure)


def rehearsal(key: str, turns: list[float], guess: int | None = None) -> ScoredRehearsal:
    """A talk in which only exploration was rated, with these scores of its turns."""
    overall = all_unrated() | {"exploration": rated(fmean(turns))}
    per_turn: list[Ratings] = [all_unrated() | {"exploration": rated(s)} for s in turns]
    return ScoredRehearsal(key, "pitch-to-boss", overall, tuple(per_turn), (), {} if guess is None else {OVERALL: guess})


def exploration(*history: ScoredRehearsal) -> Series:
    [series] = progress(history).series
    return series


@cache
def played(scenario: str, persona: str, script: str) -> ScoredRehearsal:
    rehearsal = Rehearsal.start(scenario, persona, seed=3)
    for line in (LEARNERS / scenario / f"{script}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and rehearsal.ended.value == "open":
            rehearsal.say(line)
    return ScoredRehearsal.of(script, rehearsal.finish(), scenario, remarks=rehearsal.remarks)


def test_the_formula() -> None:
    assert isclose(within_variance([[40.0, 60.0], [10.0, 30.0, 50.0]]), (200 + 800 + 4 * PRIOR_SPREAD**2) / (1 + 2 + 4))
    assert isclose(rater_variance(rated(75)), 25.0**2)
    assert rater_variance(rated(50)) == 0.0
    assert rater_variance(rated(50, sure=False)) == 25.0**2
    assert isclose(standard_error([rated(75)] * 4, 100.0), sqrt((100 + 625) / 4))
    series = exploration(rehearsal("a", [50.0] * 4), rehearsal("b", [50.0] * 4))
    assert isclose(series.since_last.noise, sqrt(2) * series.points[0].band)


def test_a_large_difference_is_called_what_it_is_and_a_small_one_no_clear_change() -> None:
    low, near, high = rehearsal("a", [20.0, 30.0] * 5), rehearsal("b", [28.0, 32.0] * 5), rehearsal("c", [85.0, 95.0] * 5)
    assert exploration(low, near).since_last.verdict is Verdict.NO_CLEAR_CHANGE
    assert exploration(low, high).since_last.verdict is Verdict.BETTER
    assert exploration(high, low).since_last.verdict is Verdict.WORSE
    assert exploration(low).since_last.verdict is Verdict.TOO_EARLY


def test_noise_alone_is_hardly_ever_called_a_change() -> None:
    chance = random.Random(11)
    called = 0
    for _ in range(400):
        first, second = ([chance.gauss(55, 22) for _ in range(chance.randint(3, 12))] for _ in range(2))
        called += exploration(rehearsal("a", first), rehearsal("b", second)).since_last.verdict is not Verdict.NO_CLEAR_CHANGE
    assert called <= 20


def test_slow_progress_shows_over_many_rehearsals_though_no_step_does() -> None:
    history = [rehearsal(str(n), [20.0 + 10 * n, 30.0 + 10 * n] * 4) for n in range(6)]
    series = exploration(*history)
    assert series.since_last.verdict is Verdict.NO_CLEAR_CHANGE
    assert series.overall.verdict is Verdict.BETTER


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=6), min_size=2, max_size=6))
def test_a_change_is_called_exactly_when_it_exceeds_the_noise(history: list[list[float]]) -> None:
    series = exploration(*(rehearsal(str(n), turns) for n, turns in enumerate(history)))
    for change in (series.since_last, series.overall):
        clear = change.verdict in (Verdict.BETTER, Verdict.WORSE)
        assert clear == (abs(change.points) > change.noise)
        assert change.noise > 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=5))
def test_more_turns_make_a_narrower_band(turns: list[float]) -> None:
    short, long = exploration(rehearsal("a", turns)), exploration(rehearsal("a", turns * 4))
    assert long.points[0].band < short.points[0].band


def test_what_was_never_rated_has_no_series_and_no_zero() -> None:
    nothing = ScoredRehearsal("b", "pitch-to-boss", all_unrated(), (all_unrated(),), (), {OVERALL: 50})
    series = exploration(rehearsal("a", [60.0, 70.0]), nothing)
    assert [p.key for p in series.points] == ["a"]
    assert progress([nothing]).series == ()
    assert progress([nothing]).guesses == ()
    assert progress([]).to_dict() == {"series": [], "guesses": [], "playbook": []}


def test_the_guess_and_its_distance_over_time() -> None:
    closer = [rehearsal(str(n), [50.0, 50.0], guess) for n, guess in enumerate((95, 85, 30, 55))]
    [gaps] = progress(closer).guesses
    assert [g.points for g in gaps.gaps] == [45, 35, -20, 5]
    assert gaps.trend is GapTrend.CLOSER
    assert progress(closer[::-1]).guesses[0].trend is GapTrend.FURTHER
    steady = [rehearsal(str(n), [50.0, 50.0], 50 + round(NEAR)) for n in range(4)]
    assert progress(steady).guesses[0].trend is GapTrend.STEADY
    assert progress(steady[:2]).guesses[0].trend is GapTrend.TOO_EARLY


def keep(text: str, value: float, kind: RemarkKind = RemarkKind.KEEP) -> Remark:
    span = EvidenceSpan(Turn(Speaker.LEARNER, 1, text), 0, len(text))
    return Remark(kind, "exploration", "empathy", span, Citation(Passage("i", "p", "A passage.")), "why", value=value)


def test_the_playbook_keeps_the_best_lines_each_once() -> None:
    first, second = rehearsal("a", [50.0]), rehearsal("b", [50.0])
    first = ScoredRehearsal(
        "a",
        None,
        first.ratings,
        first.turn_ratings,
        (keep("What would you change?", 0.5), keep("No, wrong.", 0.9, RemarkKind.CHANGE)),
    )
    second = ScoredRehearsal(
        "b",
        None,
        second.ratings,
        second.turn_ratings,
        (keep("what would you change", 0.5), keep("Nothing leaves this room.", 0.7)),
    )
    lines = progress([first, second]).playbook
    assert [(line.key, line.remark.span.quote) for line in lines] == [
        ("b", "Nothing leaves this room."),
        ("b", "what would you change"),
    ]


def test_played_rehearsals_by_a_clumsy_and_then_a_skilled_learner() -> None:
    for scenario, persona in (("pitch-to-boss", "marguerite-dunne"), ("guide-hesitant-leader", "henrik-solberg")):
        clumsy, skilled = played(scenario, persona, "clumsy-2"), played(scenario, persona, "skilled-2")
        found = progress([clumsy, skilled])
        verdicts = {s.criterion_id: s.since_last.verdict for s in found.series}
        assert Verdict.BETTER in verdicts.values()
        # Cheap comfort (“it's nothing to be embarrassed about”) is a weak emotional reaction, and the clumsy ones have it ready.
        assert {name for name, verdict in verdicts.items() if verdict is Verdict.WORSE} <= {"emotional_reaction"}
        again = progress([skilled, skilled])
        assert {s.since_last.verdict for s in again.series} == {Verdict.NO_CLEAR_CHANGE}
        quotes = [line.remark.span.quote for line in found.playbook]
        assert len(quotes) == len(set(quotes))
        assert all(s.same_scenario for s in found.series)
