"""How much of people's rating lies in the coach's readings at all: a linear model on them, cross-validated by group.

It answers another question than agreement: not "is the coach right as it is", but "would its reading do, with this source's own
scale learned". It is compared with what others reach who trained on the same source. Only for sources whose licence allows it;
nothing that it learns is kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rehearse.perception.encoder import Encoder
from rehearse.validation.measures import FOLDS, Compared, macro_f1, spearman
from rehearse.validation.questions import Kind
from rehearse.validation.readings import RATED_IDS, Judgement, Pair

Floats = NDArray[np.float64]

_ALPHAS = tuple(10.0**n for n in range(6))


def features(pairs: Sequence[Pair], judgements: Sequence[Judgement], encoder: Encoder) -> Floats:
    """For each pair: the expected levels, the acts where read, the encoder's vector, and how near it is to what was said."""
    read = [[j.expected[c] for c in RATED_IDS] + list(j.act_probabilities.values()) for j in judgements]
    own = _embedded([p.text for p in pairs], encoder)
    other = _embedded([p.context for p in pairs], encoder)
    nearness = (own * other).sum(axis=1, keepdims=True)
    return np.hstack([np.array(read, dtype=np.float64), own, nearness])


def probe(found: Compared, columns: Floats, kind: Kind) -> float | None:
    """Macro-F1 of the predictions for pairs left out, for a scale their Spearman; None with too few groups."""
    from sklearn.linear_model import RidgeClassifierCV, RidgeCV
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(set(found.groups.tolist())) < FOLDS or np.ptp(found.human) == 0:
        return None
    model = RidgeCV(_ALPHAS) if kind is Kind.SCALE else RidgeClassifierCV(_ALPHAS, class_weight="balanced")
    target = found.human if kind is Kind.SCALE else found.human.astype(np.int64)
    splits = GroupKFold(FOLDS).split(target, target, found.groups)
    predicted = cross_val_predict(make_pipeline(StandardScaler(), model), columns[found.rows], target, cv=splits)
    return spearman(found.human, predicted) if kind is Kind.SCALE else macro_f1(target.astype(np.int64), predicted)


def _embedded(texts: Sequence[str], encoder: Encoder) -> Floats:
    """Each different text once, short ones together."""
    different = sorted(set(texts), key=len)
    vectors = dict(zip(different, encoder.embed(different), strict=True))
    return np.array([vectors[text] for text in texts], dtype=np.float64)
