from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest

from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_rated
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import SHOWN_ANYWHERE, LevelReading, level_probabilities, read_level

HEARD = "They read the list of names out in the canteen and mine was the third. Nobody looked at me."
FELT = "It must have been humiliating to hear your own name like that, with all of them listening."
TALK = "The new shelves come on Monday. I'll move the boxes before then. The keys are with Ines at the front desk."


@pytest.fixture(scope="module")
def joined() -> list[tuple[str, str, dict[str, int]]]:
    """Two answers to the same words as one turn, of exchanges that were never fitted on; the level is the higher one's."""
    rows = [r for r in load_rated(shipped_root() / "corpus" / "rated") if r.held_out and r.levels and r.context.strip()]
    rows.sort(key=lambda r: (r.context, r.id))
    found = []
    for context, answers in groupby(rows, lambda r: r.context):
        for one, other in pairwise(answers):
            assert one.levels is not None
            assert other.levels is not None
            levels = {c: max(getattr(one.levels, c), getattr(other.levels, c)) for c in SHOWN_ANYWHERE}
            found.append((context, f"{one.text.rstrip('.')}. {other.text}", levels))
    return found[::4]


def test_what_is_shown_anywhere_is_found_in_a_longer_turn(
    encoder: Encoder, joined: list[tuple[str, str, dict[str, int]]]
) -> None:
    assert len(joined) > 50
    right = whole = 0
    for context, text, levels in joined:
        reading = encoder.read(text, context)
        for criterion_id, level in levels.items():
            right += int(level_probabilities(criterion_id, text, context, encoder).argmax()) == level
            whole += int(reading.levels[encoder.card.criteria.index(criterion_id)].argmax()) == level
    count = len(joined) * len(SHOWN_ANYWHERE)
    assert right / count >= 0.88
    assert right > whole, "reading the sentences too should be worth its time"


@pytest.mark.parametrize("criterion_id", sorted(SHOWN_ANYWHERE))
@pytest.mark.parametrize("text", [FELT, f"{TALK} {FELT} {TALK}", "Well. " + TALK])
def test_probabilities_are_probabilities(encoder: Encoder, criterion_id: str, text: str) -> None:
    found = level_probabilities(criterion_id, text, HEARD, encoder)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1.0, abs=1e-4)


def test_the_evidence_is_the_sentence_that_shows_it(encoder: Encoder) -> None:
    text = f"{TALK} {FELT} {TALK}"
    reading = read_level("interpretation", text, HEARD, encoder)
    assert isinstance(reading, LevelReading)
    assert reading.level == 2
    assert text[reading.start : reading.end] == FELT


def test_one_sentence_is_read_once(encoder: Encoder) -> None:
    index = encoder.card.criteria.index("interpretation")
    assert np.array_equal(level_probabilities("interpretation", FELT, HEARD, encoder), encoder.read(FELT, HEARD).levels[index])
