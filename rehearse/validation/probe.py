"""How well a source's own scale can be learned from what the coach reads and from the words: a stacked linear model, by group.

It answers another question than agreement: not "is the coach right as it is", but "would its reading do, with this source's own
scale learned". It is compared with what others reach who trained on the same source. Only for sources whose licence allows it;
nothing that it learns is kept.

Ridge regressions look at one view each (the reader's probabilities with what the two texts share, its vectors, words, letters);
another weighs their predictions (stacked regression, Breiman 1996). Pairs of one group are never on both sides of a split,
neither of the outer five folds nor of the inner four in which weights and the cut between yes and no are chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import words
from rehearse.validation.measures import FOLDS, Compared, Ints, macro_f1, spearman
from rehearse.validation.questions import Kind
from rehearse.validation.readings import Pair

Floats = NDArray[np.float64]

INNER_FOLDS = 4
_ALPHAS = tuple(10.0**n for n in range(6))
_SPARSE_ALPHAS = (0.3, 1.0, 3.0, 10.0)
_CUTS = np.linspace(0.05, 0.98, 80)
_COMMON = frozenset(
    "the a an i you it to of and in is that this for on we so do be are was what have with not your my me can if they but".split()
)
"""Words that two texts share without saying the same."""


@dataclass(frozen=True)
class Views:
    """What may be learned from, a row a pair: dense columns by name, and the texts themselves."""

    dense: dict[str, Floats]
    texts: tuple[str, ...]

    def of(self, rows: Ints) -> Views:
        """The views of some of the pairs."""
        return Views({name: columns[rows] for name, columns in self.dense.items()}, tuple(self.texts[row] for row in rows))


def views_of(pairs: Sequence[Pair], encoder: Encoder) -> Views:
    """The reader's probabilities and vectors of each pair, and how much of the first text comes back in the second."""
    own = _embedded([p.text for p in pairs], encoder)
    other = _embedded([p.context for p in pairs], encoder)
    readings = np.array([[*_read(p, encoder), *_shared(p)] for p in pairs], dtype=np.float64)
    vectors = np.hstack([own, own * other, np.abs(own - other)]) if any(p.context for p in pairs) else own
    return Views({"readings": readings, "vectors": vectors, "both": np.hstack([readings, vectors])}, tuple(p.text for p in pairs))


def probe(found: Compared, views: Views, kind: Kind) -> float | None:
    """Macro-F1 of the predictions for pairs left out, for a scale their Spearman; None with too few groups."""
    from sklearn.model_selection import GroupKFold

    if len(set(found.groups.tolist())) < FOLDS or np.ptp(found.human) == 0:
        return None
    seen, target = views.of(found.rows), found.human
    predicted = np.zeros(len(target))
    for train, test in GroupKFold(FOLDS).split(target, target, found.groups):
        predicted[test] = _stacked(seen, target, found.groups, train, test, kind)
    if kind is Kind.SCALE:
        return spearman(target, predicted)
    return macro_f1(target.astype(np.int64), predicted.astype(np.int64))


def _stacked(views: Views, target: Floats, groups: Ints, train: Ints, test: Ints, kind: Kind) -> Floats:
    """Predictions for the test rows: numbers on a scale, else classes."""
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GroupKFold

    inside = np.zeros((len(train), len(_learners(views))))
    for fit, rest in GroupKFold(INNER_FOLDS).split(train, train, groups[train]):
        inside[rest] = _columns(views, target, train[fit], train[rest], kind)
    weigher = Ridge(alpha=1.0, positive=True).fit(inside, target[train], _balance(target[train], kind))
    score: Floats = weigher.predict(_columns(views, target, train, test, kind))
    if kind is Kind.SCALE:
        return score
    known, truth = weigher.predict(inside), target[train].astype(np.int64)
    classes = np.unique(truth)
    cuts = [_best_cut(known, (truth >= k).astype(np.int64)) for k in classes[1:]]
    return np.asarray(classes[np.sum([score >= cut for cut in cuts], axis=0)], dtype=np.float64)


def _best_cut(score: Floats, yes: Ints) -> float:
    """Where to cut the score into no and yes: where macro-F1 is best."""
    cuts = np.quantile(score, _CUTS)
    return float(cuts[int(np.argmax([macro_f1(yes, (score >= cut).astype(np.int64)) for cut in cuts]))])


def _columns(views: Views, target: Floats, fit: Ints, rest: Ints, kind: Kind) -> Floats:
    """What each learner, fitted on some pairs, predicts for others."""
    weights = _balance(target[fit], kind)
    return np.column_stack([learn(views.of(fit), target[fit], weights, views.of(rest)) for learn in _learners(views)])


Learner = Callable[[Views, Floats, "Floats | None", Views], Floats]


def _learners(views: Views) -> list[Learner]:
    dense = [_dense(name) for name in views.dense]
    return [*dense, *map(_sparse, _vectorizers())] if any(views.texts) else dense


def _dense(name: str) -> Learner:
    def learn(known: Views, target: Floats, weights: Floats | None, new: Views) -> Floats:
        from sklearn.linear_model import RidgeCV
        from sklearn.preprocessing import StandardScaler

        scale = StandardScaler().fit(known.dense[name])
        model = RidgeCV(_ALPHAS).fit(scale.transform(known.dense[name]), target, weights)
        return np.asarray(model.predict(scale.transform(new.dense[name])), dtype=np.float64)

    return learn


def _sparse(made: Callable[[], Any]) -> Learner:
    def learn(known: Views, target: Floats, weights: Floats | None, new: Views) -> Floats:
        from sklearn.linear_model import RidgeCV

        vectorizer = made()
        model = RidgeCV(_SPARSE_ALPHAS).fit(vectorizer.fit_transform(known.texts), target, weights)
        return np.asarray(model.predict(vectorizer.transform(new.texts)), dtype=np.float64)

    return learn


def _vectorizers() -> Iterator[Callable[[], Any]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    yield lambda: TfidfVectorizer(token_pattern=r"[a-z']+|\d+|[?!.]", ngram_range=(1, 2), min_df=2, sublinear_tf=True)  # noqa: S106
    yield lambda: TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True)


def _balance(target: Floats, kind: Kind) -> Floats | None:
    """Equal weight to each class; none on a scale."""
    if kind is Kind.SCALE:
        return None
    values, back, counts = np.unique(target, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / (len(values) * counts[back] / len(target)), dtype=np.float64)


def _read(pair: Pair, encoder: Encoder) -> Iterator[float]:
    paired = encoder.read(pair.text, pair.context)
    alone = encoder.read(pair.text, "") if pair.context else paired
    for values in (paired.levels.ravel(), np.log(paired.levels + 1e-4).ravel(), paired.acts, alone.acts, paired.applies):
        yield from values.tolist()
    yield from np.log(alone.acts + 1e-4).tolist()


def _shared(pair: Pair) -> list[float]:
    """Lengths, and the words and pairs of words that come back."""
    heard, said = words(pair.context), words(pair.text)
    back = (set(heard) & set(said)) - _COMMON
    pairs = set(pairwise(heard)) & set(pairwise(said))
    lengths = [np.log1p(len(heard)), np.log1p(len(said))]
    shares = [len(back) / (len(set(heard) - _COMMON) + 1), len(back) / (len(set(said) - _COMMON) + 1)]
    return [*lengths, *shares, np.log1p(len(back)), np.log1p(len(pairs)), pair.text.count("?"), float(len(said) < 4)]


def _embedded(texts: Sequence[str], encoder: Encoder) -> Floats:
    """Each different text once, short ones together."""
    different = sorted(set(texts), key=len)
    vectors = dict(zip(different, encoder.embed(different), strict=True))
    return np.array([vectors[text] for text in texts], dtype=np.float64)
