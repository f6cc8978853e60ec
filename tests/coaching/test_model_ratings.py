"""The stated rule by which a second reading of a rating counts, over every pair of readings."""

from __future__ import annotations

import pytest
from reviewing import HEARD, OFFERS

from rehearse.coaching.model_ratings import merge_ratings
from rehearse.coaching.model_reply import RatingsReply
from rehearse.coaching.ratings import STRONG, WEAK
from rehearse.domain.assessment import Rating, Ratings, Unrated, UnratedReason
from rehearse.domain.idea import Citation
from rehearse.domain.library import shipped_library
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.transcript import EvidenceSpan, Speaker, Turn

RULE = """
embedded  0- 0q 1q 2q
0 sure    0s 0s 0s 0u
0 unsure  0s 0s 1M 0u
1 sure    1s 1s 1s 1s
1 unsure  1u 0M 1s 2M
2 sure    2u 2u 2s 2s
2 unsure  2u 2u 1M 2s
"""
"""Down: what the embedded coach read. Across: the level that the model read, with a quote (q) or without one (-). In the table: the
level that stands, sure (s) or unsure (u) and the embedded coach's, or unsure and the model's (M)."""
ROWS = [line.split() for line in RULE.strip().splitlines()]
CELLS = [(int(row[0]), row[1] == "sure", said, row[2 + n]) for row in ROWS[1:] for n, said in enumerate(ROWS[0][1:])]
SPOKEN = Turn(Speaker.LEARNER, 1, OFFERS)
HERS, ITS = (EvidenceSpan(SPOKEN, OFFERS.index(said), OFFERS.index(said) + len(said)) for said in ("Okay.", "show you how"))
"""The words on which the embedded coach's reading rests, and those which the model quotes."""


def by_hand(criterion_id: str, level: int, sure: bool, score: int | None = None) -> Rating:
    """The embedded coach's reading, its score in the middle of the level's band."""
    good = 2 - level if criterion_id == "dismissal" else level
    middle = ((WEAK - 1) // 2, (WEAK + STRONG) // 2, (STRONG + 100) // 2)[good]
    citation = Citation.of(shipped_library().corpus, shipped_library().criterion(criterion_id).passages[0])
    return Rating(criterion_id, level, middle if score is None else score, (HERS,), (citation,), sure, "embedded by-hand")


def merged(first: Rating | Unrated, level: int | None, quote: str | None) -> tuple[Rating | Unrated, dict[str, int]]:
    """Both readings of one criterion made into one; the model left the others alone, and the embedded coach could not tell."""
    others: Ratings = {c: Unrated(c, UnratedReason.NO_OPPORTUNITY) for c in CRITERION_IDS}
    given = {c: {"level": None, "quote": None} for c in CRITERION_IDS} | {first.criterion_id: {"level": level, "quote": quote}}
    reply = RatingsReply.model_validate(given)
    after, dropped = merge_ratings(others | {first.criterion_id: first}, reply, SPOKEN, shipped_library(), "model")
    assert tuple(after) == CRITERION_IDS
    assert all(after[c] == rating for c, rating in others.items() if c != first.criterion_id)
    return after[first.criterion_id], {str(reason): count for reason, count in dropped.items()}


@pytest.mark.parametrize("criterion_id", CRITERION_IDS)
@pytest.mark.parametrize(("embedded", "sure", "said", "stands"), CELLS)
def test_readings_are_merged_under_the_stated_rule(criterion_id: str, embedded: int, sure: bool, said: str, stands: str) -> None:
    first, its_level, quoted = by_hand(criterion_id, embedded, sure), int(said[0]), said[1] == "q"
    after, dropped = merged(first, its_level, ITS.quote if quoted else None)
    assert isinstance(after, Rating)
    assert dropped == {}
    assert (after.level, after.sure) == (int(stands[0]), stands[1] == "s")
    assert after.citations == first.citations
    assert after.second is not None, "the other reading is kept"
    if stands[1] == "M":
        # The model's level with its own words; the score moves no further than it must, and what the embedded coach read is kept.
        assert (after.by, after.evidence) == ("model", (ITS,))
        assert (after.second.level, after.second.by, after.second.span) == (embedded, first.by, HERS)
        up = (its_level > embedded) != (criterion_id == "dismissal")
        edges = {(0, 1): WEAK, (1, 2): STRONG, (1, 0): WEAK - 1, (2, 1): STRONG - 1}
        good = (2 - embedded, 2 - its_level) if criterion_id == "dismissal" else (embedded, its_level)
        assert after.score == edges[good]
        assert (after.score > first.score) == up
    else:
        assert (after.by, after.evidence, after.score) == (first.by, first.evidence, first.score)
        assert (after.second.level, after.second.by, after.second.span) == (its_level, "model", ITS if quoted else None)


def test_the_rule_has_every_pair_of_readings() -> None:
    assert {(embedded, sure) for embedded, sure, _, _ in CELLS} == {(e, s) for e in (0, 1, 2) for s in (True, False)}
    assert ROWS[0][1:] == ["0-", "0q", "1q", "2q"], "a level of 1 or 2 without a quote is no reading"
    assert len(CELLS) == 24


@pytest.mark.parametrize("criterion_id", ["specificity", "dismissal"])
@pytest.mark.parametrize(
    ("level", "quote", "dropped"),
    [
        (None, None, {}),
        (None, ITS.quote, {}),
        (1, None, {"level without a quote": 1}),
        (2, None, {"level without a quote": 1}),
        (0, "words of nobody", {"quote not in the turn": 1}),
        (2, "Okay. so,", {"quote not in the turn": 1}),
        (2, HEARD[:20], {"quote not in the turn": 1}),
    ],
)
def test_what_is_not_proved_is_no_reading(
    criterion_id: str, level: int | None, quote: str | None, dropped: dict[str, int]
) -> None:
    for first in (
        by_hand(criterion_id, 1, False),
        by_hand(criterion_id, 2, True),
        Unrated(criterion_id, UnratedReason.TOO_SHORT),
    ):
        assert merged(first, level, quote) == (first, dropped)


@pytest.mark.parametrize(("criterion_id", "middle"), [("structure", {1: 46, 2: 81}), ("dismissal", {1: 46, 2: 14})])
def test_what_the_embedded_coach_had_no_occasion_to_rate(criterion_id: str, middle: dict[int, int]) -> None:
    first = Unrated(criterion_id, UnratedReason.NO_OPPORTUNITY)
    for level, score in middle.items():
        opened, _ = merged(first, level, ITS.quote)
        assert isinstance(opened, Rating)
        assert (opened.level, opened.score, opened.sure, opened.by) == (level, score, False, "model")
        assert (opened.evidence, opened.second) == ((ITS,), None)
        assert [c.passage.passage_id for c in opened.citations] == [shipped_library().criterion(criterion_id).passages[0]]
    for level, quote in ((0, ITS.quote), (0, None), (2, None)):
        assert merged(first, level, quote)[0] == first
    short = Unrated(criterion_id, UnratedReason.TOO_SHORT)
    for level in (0, 1, 2):
        assert merged(short, level, ITS.quote)[0] == short


def test_a_score_at_the_edge_of_its_band_moves_by_one_at_least() -> None:
    low, _ = merged(by_hand("purpose", 0, False, WEAK - 1), 1, ITS.quote)
    assert isinstance(low, Rating)
    assert low.score == WEAK
    high, _ = merged(by_hand("purpose", 2, False, STRONG), 1, ITS.quote)
    assert isinstance(high, Rating)
    assert high.score == STRONG - 1
