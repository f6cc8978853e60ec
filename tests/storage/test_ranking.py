"""The arithmetic of ranking, on vectors small enough to think about."""

from __future__ import annotations

import numpy as np
import pytest

from rehearse.domain.idea import Passage
from rehearse.storage.ranking import CueClassifier, PassageWords, Ranking

OWNER = np.repeat(np.arange(4), 8)
IDEA = np.array([0, 0, 1, 1])


@pytest.fixture
def vectors() -> np.ndarray:
    """Eight noisy vectors a passage; the passages of an idea lie near each other."""
    random = np.random.default_rng(3)
    ideas = random.normal(size=(2, 24))
    passages = ideas[IDEA] + 0.7 * random.normal(size=(4, 24))
    rows = passages[OWNER] + 0.4 * random.normal(size=(32, 24))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def test_leaving_out_in_closed_form_is_fitting_without(vectors: np.ndarray) -> None:
    classifier = CueClassifier(vectors, OWNER, IDEA)
    member = np.hstack([np.eye(4)[OWNER], np.eye(2)[IDEA[OWNER]]]).astype(np.float32)
    points, prior = classifier._points, member.mean(axis=0)
    kernel = np.exp(2.0 * (points @ points.T - 1.0))
    rest = np.arange(1, 32)
    influence = np.linalg.solve(kernel[np.ix_(rest, rest)] + np.eye(31), (member - prior)[rest])
    assert classifier.left_out(member)[0] == pytest.approx(
        classifier.passages((kernel[:1, 1:] @ influence).astype(np.float32))[0], abs=1e-4
    )


def test_hidden_cues_find_their_passage(vectors: np.ndarray) -> None:
    member = np.hstack([np.eye(4)[OWNER], np.eye(2)[IDEA[OWNER]]]).astype(np.float32)
    scores = CueClassifier(vectors, OWNER, IDEA).left_out(member)
    assert np.mean(scores.argmax(axis=1) == OWNER) > 0.8


def test_words_that_nobody_used_say_nothing() -> None:
    found = PassageWords(["How often do we meet?", "Keep it between us."])
    assert found.scores("zebra crossing").tolist() == [0.0, 0.0]
    assert found.scores("meeting").argmax() == 0
    assert found.scores("between").argmax() == 1


def test_one_passage_alone_can_be_ranked() -> None:
    passages = [Passage("idea", "only", "Keep it between us.", ("who will hear?",))]
    ranking = Ranking(passages, np.eye(2, dtype=np.float32), own=np.array([True, True]))
    assert ranking.scores("who will hear?", np.array([0.0, 1.0], dtype=np.float32)).shape == (1,)
