"""What the coach reads in each pair, in the form in which it is held against people."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from rehearse.domain.acts import Act
from rehearse.domain.lexicon import Lexicon
from rehearse.domain.rubric import CLARITY_CRITERIA, CRITERION_IDS
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import HABIT_IDS, REVERSED, SURE, LevelReading, level_probabilities, read_levels
from rehearse.perception.segments import words

RATED_IDS = (*CRITERION_IDS, *HABIT_IDS)
LISTENING_IDS = ("emotional_reaction", "interpretation", "exploration", "safety", "dismissal")


@dataclass(frozen=True, slots=True)
class Pair:
    """What the other said, what was answered; `group` is the conversation or situation that it comes from."""

    context: str
    text: str
    group: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """The coach's reading of one pair."""

    words: int
    levels: dict[str, int | None]
    """The level of each criterion and habit; None where the coach does not rate it."""
    expected: dict[str, float]
    """The mean level in [0, 2] under the reader's probabilities, also where the coach withholds a rating."""
    sure: dict[str, bool]
    acts: frozenset[Act]
    """Empty where acts were not asked for."""
    act_probabilities: dict[Act, float]
    """Of the answer read alone, as the coach reads acts."""

    @property
    def listening(self) -> float:
        """The mean of the five empathy criteria in [0, 100], equal weights, nothing fitted; dismissal counts against."""
        good = [2.0 - self.expected[c] if c in REVERSED else self.expected[c] for c in LISTENING_IDS]
        return 50.0 * sum(good) / len(good)


def judge(pair: Pair, encoder: Encoder, lexicon: Lexicon, *, acts: bool) -> Judgement:
    """Read one pair exactly as the product does."""
    reading = encoder.read(pair.text, pair.context)
    levels: dict[str, int | None] = {}
    expected: dict[str, float] = {}
    sure: dict[str, bool] = {}
    found = read_levels(pair.text, pair.context, encoder)
    for criterion_id in RATED_IDS:
        probabilities = (
            reading.levels[encoder.card.criteria.index(criterion_id)]
            if criterion_id in CLARITY_CRITERIA
            else level_probabilities(criterion_id, pair.text, pair.context, encoder)
        )
        expected[criterion_id] = float(probabilities @ np.arange(3))
        rated = found.get(criterion_id)
        if isinstance(rated, LevelReading):
            levels[criterion_id], sure[criterion_id] = rated.level, rated.sure
        elif criterion_id in HABIT_IDS and pair.text.strip():
            levels[criterion_id] = int(probabilities.argmax())
            sure[criterion_id] = float(probabilities.max()) >= SURE
        else:
            levels[criterion_id], sure[criterion_id] = None, False
    alone = encoder.read(pair.text, "").acts if acts else ()
    return Judgement(
        words=len(words(pair.text)),
        levels=levels,
        expected=expected,
        sure=sure,
        acts=frozenset(s.act for s in detect_acts(pair.text, pair.context, encoder, lexicon)) if acts else frozenset(),
        act_probabilities={Act(a): float(p) for a, p in zip(encoder.card.acts, alone, strict=acts)},
    )


def judge_all(pairs: Sequence[Pair], encoder: Encoder, lexicon: Lexicon, *, acts: bool) -> list[Judgement]:
    """Each pair's reading, in order, on every processor at once.

    Pairs are read one at a time: in one batch the 8-bit model would share its scales among them and read each a little
    differently from the way the product does.
    """
    one: Callable[[Pair], Judgement] = lambda pair: judge(pair, encoder, lexicon, acts=acts)  # noqa: E731
    if not pairs:
        return []
    first = one(pairs[0])  # loads the model before the threads need it
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return [first, *pool.map(one, pairs[1:])]
