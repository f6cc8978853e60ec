"""Levels and scores of one exchange, read from the encoder: what the coach's ratings are built on.

Empathy is read from the turn as it was said; what any one sentence can show is read in each sentence alone as well, for in a long
turn the one that shows it counts little beside the others. Clarity is read from its gist, the turn without the sentences that say
nothing: the ask is as plain, as particular and as complete as it was without them, and each of them makes the turn a little less
plain.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rehearse.domain.assessment import UnratedReason
from rehearse.domain.rubric import CLARITY_CRITERIA, EMPATHY_CRITERIA
from rehearse.perception.encoder import Encoder, Floats, Reading
from rehearse.perception.gist import Gist, core_of, gist_of, is_asked_about
from rehearse.perception.segments import sentences, words

SURE = 0.6
"""The calibrated probability of the level from which a rating is not called unsure."""

REVERSED = frozenset({"dismissal"})
SHOWN_ANYWHERE = frozenset({"emotional_reaction", "interpretation", "exploration", "safety"})
"""Criteria whose level is that of the best sentence, whatever else is said."""
_FEWEST_WORDS = 5
"""With fewer words nothing can be plain or not."""
PADDING_COSTS = 0.25
"""The share of each level's probability that an empty sentence moves down a level of plainness."""
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
    encoder.read_ahead(_to_read(text, context))
    gist = gist_of(text, encoder)
    empathy = {c: _empathy(c, text, context, encoder) for c in EMPATHY_CRITERIA}
    return empathy | {c: _clarity(c, gist, text, context, encoder) for c in CLARITY_CRITERIA}


def _to_read(text: str, context: str) -> list[tuple[str, str]]:
    """What is read of a turn in any case: the whole, and sentences where they are asked about."""
    said = [sentence.text for sentence in sentences(text)]
    beside = said if len(said) > 1 else []
    return [(text, context), *((s, context) for s in beside), *((s, "") for s in said if is_asked_about(s))]


def read_level(criterion_id: str, text: str, context: str, encoder: Encoder) -> LevelReading | UnratedReason:
    """The result for one criterion alone."""
    if criterion_id in CLARITY_CRITERIA:
        return _clarity(criterion_id, gist_of(text, encoder), text, context, encoder)
    return _empathy(criterion_id, text, context, encoder)


def read_habits(text: str, context: str, encoder: Encoder) -> dict[str, float]:
    """The expected level in [0, 2] of each listener's habit: unasked advice, turning to oneself."""
    reading = encoder.read(text, context)
    return {habit: _expected(reading, encoder, habit) for habit in HABIT_IDS}


def _expected(reading: Reading, encoder: Encoder, criterion_id: str) -> float:
    return float(reading.levels[encoder.card.criteria.index(criterion_id)] @ np.arange(3))


def level_probabilities(criterion_id: str, text: str, context: str, encoder: Encoder) -> Floats:
    """Probabilities of the three levels of a criterion of empathy, of which its ratings are made, or of a habit; shape (3,).

    For what is shown anywhere: the mean of what the whole turn gives and what its best sentence gives alone.
    """
    index = encoder.card.criteria.index(criterion_id)
    whole: Floats = encoder.read(text, context).levels[index]
    alone = _alone(criterion_id, text, context, encoder)
    if alone is None:
        return whole
    none = alone[:, 0].min()
    strong = min(alone[:, 2].max(), 1.0 - none)
    return np.asarray((whole + np.array([none, 1.0 - none - strong, strong])) / 2, dtype=np.float32)


def _alone(criterion_id: str, text: str, context: str, encoder: Encoder) -> Floats | None:
    """The probabilities for each sentence by itself, shape (sentences, 3); nothing where they would not be asked."""
    found = sentences(text)
    if criterion_id not in SHOWN_ANYWHERE or len(found) < 2:
        return None
    index = encoder.card.criteria.index(criterion_id)
    return np.array([encoder.read(sentence.text, context).levels[index] for sentence in found], dtype=np.float32)


def _empathy(criterion_id: str, text: str, context: str, encoder: Encoder) -> LevelReading | UnratedReason:
    if not words(text):
        return UnratedReason.TOO_SHORT
    level = _reading(
        criterion_id,
        level_probabilities(criterion_id, text, context, encoder),
        *_evidence(criterion_id, text, context, encoder),
    )
    nothing_heard = not context.strip() and criterion_id in ("emotional_reaction", "interpretation")
    return UnratedReason.NO_OPPORTUNITY if nothing_heard and level.level == 0 else level


def _evidence(criterion_id: str, text: str, context: str, encoder: Encoder) -> tuple[int, int]:
    """The sentence that shows most by itself; where that is not asked, the one that weighed most."""
    alone = _alone(criterion_id, text, context, encoder)
    if alone is None:
        return _weighty(text, encoder.read(text, context), encoder.card.criteria.index(criterion_id))
    best = sentences(text)[int((alone @ np.arange(3)).argmax())]
    return best.start, best.end


def _clarity(criterion_id: str, gist: Gist, text: str, context: str, encoder: Encoder) -> LevelReading | UnratedReason:
    """From the gist; where nothing is left of the turn, nothing was asked and it is not plain."""
    spoken = len(words(gist.text if gist.kept else text))
    if spoken == 0 or (criterion_id == "plainness" and spoken < _FEWEST_WORDS):
        return UnratedReason.TOO_SHORT
    clear = encoder.read(gist.text if gist.kept else text, context)
    expected = dict(zip(encoder.card.nullable, clear.applies, strict=True))
    if criterion_id != "plainness" and expected.get(criterion_id, 1.0) < 0.5:
        return UnratedReason.NO_OPPORTUNITY
    if not gist.kept:
        return _reading(criterion_id, np.array([1.0, 0.0, 0.0], dtype=np.float32), 0, len(text))
    index = encoder.card.criteria.index(criterion_id)
    if criterion_id == "plainness":
        probabilities = clear.levels[index]
        for _ in range(gist.left_out):
            probabilities = probabilities @ _DOWN
    else:
        gist, clear = _less_clear(gist, clear, index, context, encoder)
        probabilities = clear.levels[index]
    where = gist.place(_weighty(gist.text, clear, index)[0])
    return _reading(criterion_id, probabilities, where.start, where.end)


def _less_clear(gist: Gist, clear: Reading, index: int, context: str, encoder: Encoder) -> tuple[Gist, Reading]:
    """The gist or its core, whichever reads less clear: a sentence that does nothing must not make an ask clearer."""
    core = core_of(gist, encoder)
    if not core.kept or len(core.kept) == len(gist.kept):
        return gist, clear
    bare = encoder.read(core.text, context)
    mean = np.arange(3)
    return (core, bare) if bare.levels[index] @ mean < clear.levels[index] @ mean else (gist, clear)


_DOWN = np.array(
    [[1.0, 0.0, 0.0], [PADDING_COSTS, 1.0 - PADDING_COSTS, 0.0], [0.0, PADDING_COSTS, 1.0 - PADDING_COSTS]], dtype=np.float32
)
"""What one empty sentence does to the probabilities of the levels of plainness."""


def _reading(criterion_id: str, probabilities: Floats, start: int, end: int) -> LevelReading:
    level = int(probabilities.argmax())
    expected = float(probabilities @ np.arange(3))
    good = 2.0 - expected if criterion_id in REVERSED else expected
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
