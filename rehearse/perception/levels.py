"""Levels and scores of one exchange, read from the encoder: what the coach's ratings are built on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rehearse.domain.assessment import UnratedReason
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.perception.encoder import Encoder, Reading
from rehearse.perception.segments import sentences, words

SURE = 0.6
"""The calibrated probability of the level from which a rating is not called unsure."""

REVERSED = frozenset({"dismissal"})
HABIT_IDS = ("advice_giving", "self_oriented")


@dataclass(frozen=True, slots=True)
class LevelReading:
    """A criterion's level and score; `start:end` are the words that weighed most; `sure` whether the reader is."""

    level: int
    score: int
    sure: bool
    start: int
    end: int
    expected: float
    """The mean level under the reader's probabilities, in [0, 2]."""


def read_levels(text: str, context: str, encoder: Encoder) -> dict[str, LevelReading | UnratedReason]:
    """One result for every criterion of the rubric; a reason where it cannot be rated."""
    reading = encoder.read(text, context)
    spoken = len(words(text))
    applies = dict(zip(encoder.card.nullable, reading.applies, strict=True))
    found: dict[str, LevelReading | UnratedReason] = {}
    for criterion_id in CRITERION_IDS:
        if spoken == 0 or (criterion_id == "plainness" and spoken < 5):
            found[criterion_id] = UnratedReason.TOO_SHORT
        elif criterion_id in applies and criterion_id != "plainness" and applies[criterion_id] < 0.5:
            found[criterion_id] = UnratedReason.NO_OPPORTUNITY
        else:
            level = _level(text, reading, encoder, criterion_id)
            nothing_heard = not context.strip() and criterion_id in ("emotional_reaction", "interpretation")
            found[criterion_id] = UnratedReason.NO_OPPORTUNITY if nothing_heard and level.level == 0 else level
    return found


def read_habits(text: str, context: str, encoder: Encoder) -> dict[str, float]:
    """The expected level in [0, 2] of each listener's habit: unasked advice, turning to oneself."""
    reading = encoder.read(text, context)
    return {habit: _expected(reading, encoder, habit) for habit in HABIT_IDS}


def _expected(reading: Reading, encoder: Encoder, criterion_id: str) -> float:
    return float(reading.levels[encoder.card.criteria.index(criterion_id)] @ np.arange(3))


def _level(text: str, reading: Reading, encoder: Encoder, criterion_id: str) -> LevelReading:
    index = encoder.card.criteria.index(criterion_id)
    probabilities = reading.levels[index]
    level = int(probabilities.argmax())
    expected = float(probabilities @ np.arange(3))
    good = 2.0 - expected if criterion_id in REVERSED else expected
    start, end = _weighty(text, reading, index)
    return LevelReading(
        level=level,
        score=round(50 * good),
        sure=float(probabilities[level]) >= SURE,
        start=start,
        end=end,
        expected=expected,
    )


def _weighty(text: str, reading: Reading, index: int) -> tuple[int, int]:
    """The sentence on which the criterion's attention rests most, a word."""
    weights = reading.attention[index]
    best, best_weight = (0, len(text)), -1.0
    for sentence in sentences(text):
        inside = [w for w, (a, b) in zip(weights, reading.offsets, strict=True) if sentence.start <= a and b <= sentence.end]
        weight = float(sum(inside)) / (len(inside) + 3) if inside else 0.0
        if weight > best_weight:
            best, best_weight = (sentence.start, sentence.end), weight
    return best
