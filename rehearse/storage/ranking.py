"""Ranking passages for a question: what the vectors of cues have taught, and BM25, put together. Pure arithmetic, no storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehearse.domain.idea import Passage

Floats = NDArray[np.float32]

REACH = 2.0
"""How fast the influence of a cue fades with distance: the gamma of the kernel exp(-gamma (1 - cosine))."""
SMOOTHING = 1.0
"""How little a single cue is believed against its neighbours: the ridge of the regression."""
IDEA_WEIGHT = 0.15
"""What the evidence for the whole idea is worth beside that for the passage."""
OWN_WEIGHT = 0.5
"""What our own encoder is worth beside the general model: half, because it has seen the cues when it was fitted."""
WORDS_WEIGHT = 0.25
"""What BM25 is worth beside the general model."""


class CueClassifier:
    """Tells passages and ideas from a vector, fitted on the cues: kernel ridge regression on membership.

    Between the nearest cue (which listens to one neighbour) and a mean of all cues (which blurs them). Rasmussen and Williams
    2006, section 6.2; the fit takes about half a second for 2,000 vectors.
    """

    def __init__(self, vectors: Floats, owner: NDArray[np.int64], idea: NDArray[np.int64]) -> None:
        """`vectors`: one row a document; `owner`: the passage of each document; `idea`: the idea of each passage."""
        self._idea = idea
        self._passages = len(idea)
        self._centre = vectors.mean(axis=0)
        self._points = _unit(vectors - self._centre)
        member = np.hstack([np.eye(self._passages)[owner], np.eye(int(idea.max()) + 1)[idea[owner]]]).astype(np.float32)
        self._prior = member.mean(axis=0)
        ridge = SMOOTHING * np.eye(len(vectors), dtype=np.float32)
        self._influence = np.linalg.solve(self._near(self._points) + ridge, member - self._prior)

    def scores(self, vector: Floats) -> Floats:
        """How far each passage is meant; only the order means something."""
        point = _unit(vector[None] - self._centre)[0]
        # By einsum, because waking the threads of a matrix library costs more than this takes.
        near = np.exp(REACH * (np.einsum("nd,d->n", self._points, point) - 1.0))
        return np.asarray(self.passages(np.einsum("n,nm->m", near, self._influence)[None])[0])

    def passages(self, member: Floats) -> Floats:
        """Membership in passages and ideas to one number a passage."""
        return np.asarray(member[:, : self._passages] + IDEA_WEIGHT * member[:, self._passages :][:, self._idea])

    def left_out(self, member: Floats) -> Floats:
        """The scores that each document would have had if it had been left out of the fit (closed form), for measuring."""
        inverse = np.linalg.inv(self._near(self._points) + SMOOTHING * np.eye(len(self._points), dtype=np.float32))
        return self.passages(member - self._prior - self._influence / np.diag(inverse)[:, None])

    def _near(self, points: Floats) -> Floats:
        return np.asarray(np.exp(REACH * (points @ self._points.T - 1.0)), dtype=np.float32)


class PassageWords:
    """BM25 over passages, each with all its cues as one text; English stems, without stop words."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s
        import Stemmer

        self._stemmer = Stemmer.Stemmer("english")
        self._bm25: Any = bm25s.BM25()
        self._bm25.index(
            bm25s.tokenize(list(texts), stopwords="en", stemmer=self._stemmer, show_progress=False), show_progress=False
        )
        self._count = len(texts)

    def scores(self, question: str) -> Floats:
        """The BM25 score of each passage; all 0 where no word is known."""
        import bm25s

        [tokens] = bm25s.tokenize([question], stopwords="en", stemmer=self._stemmer, return_ids=False, show_progress=False)
        known = [token for token in tokens if token in self._bm25.vocab_dict]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)


class Ranking:
    """Scores all passages for a question, given in words and as a vector."""

    def __init__(self, passages: Sequence[Passage], vectors: Floats, own: NDArray[np.bool_]) -> None:
        """`vectors`: of each passage's text and cues, in order; `own`: which columns our encoder made."""
        ideas = list(dict.fromkeys(p.idea_id for p in passages))
        self.idea = np.array([ideas.index(p.idea_id) for p in passages])
        self.owner = np.repeat(np.arange(len(passages)), [1 + len(p.cues) for p in passages])
        parts = [(own, OWN_WEIGHT if not own.all() else 1.0), (~own, 1.0)]
        self._parts = [
            (columns, weight, CueClassifier(_unit(vectors[:, columns]), self.owner, self.idea))
            for columns, weight in parts
            if columns.any()
        ]
        self._words = PassageWords([" ".join((p.text, *p.cues)) for p in passages])

    def scores(self, question: str, vector: Floats) -> Floats:
        """A number a passage: 0 is the passages' mean, 1 their standard deviation."""
        total = WORDS_WEIGHT * _standard(self._words.scores(question))
        for columns, weight, classifier in self._parts:
            total = total + weight * _standard(classifier.scores(_unit(vector[None, columns])[0]))
        return np.asarray(total / (WORDS_WEIGHT + sum(weight for _, weight, _ in self._parts)), dtype=np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _standard(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-9), dtype=np.float32)
