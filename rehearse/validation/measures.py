"""Agreement between people and our readings, with intervals and baselines; the statistics are scikit-learn's and SciPy's."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehearse.errors import OperatorError
from rehearse.validation.questions import Kind, Question, Source
from rehearse.validation.readings import Judgement

FOLDS = 5
LEVEL = 0.95

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def need_statistics() -> None:
    """`OperatorError` where the libraries that measure are not installed."""
    missing = [title for module, title in (("sklearn", "scikit-learn"), ("scipy", "SciPy")) if find_spec(module) is None]
    if missing:
        what = " and ".join(missing)
        raise OperatorError(f"Measuring needs {what}, not installed here. Run: pip install 'rehearse[validate]'.")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic and its bootstrap interval; None where it is not defined (for instance, one class only)."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def to_dict(self) -> dict[str, float | None]:
        """As programs read it."""
        return {"value": self.value, "low": self.low, "high": self.high}


NOTHING = Estimate(None)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How our answers to one question agree with people's."""

    question: Question
    n: int
    """Pairs that both people and the coach rated."""
    not_rated: int
    """Pairs that people rated and the coach did not."""
    spearman: Estimate
    """Of our finer score with people's answer."""
    people_with_length: float | None
    """Spearman of people's answer with the number of words: what length alone gives."""
    ours_with_length: float | None
    """Spearman of our score with the number of words."""
    macro_f1: Estimate = NOTHING
    class_f1: dict[int, float] = field(default_factory=dict)
    kappa: Estimate = NOTHING
    """Quadratic weighted."""
    majority_macro_f1: float | None = None
    length_macro_f1: float | None = None
    """Logistic regression on the logarithm of the number of words, balanced classes, five folds by group."""
    unsure: float | None = None
    """Share of pairs for which the coach says that it is unsure."""
    sure_macro_f1: float | None = None
    """Of the pairs for which it is sure."""
    probe: float | None = None
    """See `probe.py`; macro-F1, for a scale Spearman."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "criterion": self.question.id,
            "kind": self.question.kind.value,
            "ours": self.question.ours,
            "n": self.n,
            "not_rated": self.not_rated,
            "macro_f1": self.macro_f1.to_dict(),
            "class_f1": {str(k): v for k, v in self.class_f1.items()},
            "kappa": self.kappa.to_dict(),
            "spearman": self.spearman.to_dict(),
            "baselines": {
                "majority_macro_f1": self.majority_macro_f1,
                "length_macro_f1": self.length_macro_f1,
                "length_spearman": self.people_with_length,
            },
            "score_with_length": self.ours_with_length,
            "unsure": self.unsure,
            "sure_macro_f1": self.sure_macro_f1,
            "probe": self.probe,
            "reference": self.question.reference,
        }


@dataclass(frozen=True, slots=True)
class Compared:
    """The pairs of a question that both sides rated, as columns."""

    rows: Ints
    """Which pairs of the source."""
    human: Floats
    score: Floats
    value: Ints | None
    sure: NDArray[np.bool_] | None
    words: Ints
    groups: Ints
    """The number of the group of each pair, from 0."""
    not_rated: int


def compare(source: Source, question: Question, judgements: list[Judgement]) -> Compared:
    """Put people's answers beside ours. A yes-or-no question without a rule of ours is cut at our own median."""
    rows, human, answers, not_rated = [], [], [], 0
    for row, (theirs, judgement) in enumerate(zip(question.human, judgements, strict=True)):
        if theirs is None:
            continue
        answer = question.read(judgement)
        if answer is None:
            not_rated += 1
            continue
        rows.append(row)
        human.append(float(theirs))
        answers.append(answer)
    score = np.array([a.score for a in answers], dtype=np.float64)
    value: Ints | None = None
    if question.kind is not Kind.SCALE and answers:
        if any(a.value is None for a in answers):
            value = (score > np.median(score)).astype(np.int64)
        else:
            value = np.array([a.value for a in answers], dtype=np.int64)
    stated = bool(answers) and all(a.sure is not None for a in answers)
    names = [source.pairs[row].group for row in rows]
    return Compared(
        rows=np.array(rows, dtype=np.int64),
        human=np.array(human, dtype=np.float64),
        score=score,
        value=value,
        sure=np.array([bool(a.sure) for a in answers]) if stated else None,
        words=np.array([judgements[row].words for row in rows], dtype=np.int64),
        groups=np.unique(names, return_inverse=True)[1].astype(np.int64) if names else np.zeros(0, dtype=np.int64),
        not_rated=not_rated,
    )


def measure(source: Source, question: Question, judgements: list[Judgement], resamples: int, seed: int) -> Agreement:
    """Agreement on one question; `resamples` bootstrap draws of whole groups, 0 for no interval."""
    found = compare(source, question, judgements)
    estimates = _estimates(found, resamples, seed)
    ordered = Agreement(
        question=question,
        n=len(found.rows),
        not_rated=found.not_rated,
        spearman=estimates["spearman"],
        people_with_length=spearman(found.words, found.human),
        ours_with_length=spearman(found.words, found.score),
    )
    if found.value is None:
        return ordered
    truth = found.human.astype(np.int64)
    labels = _labels(truth, found.value)
    each = _f1_by_class(truth, found.value, labels)
    sure = found.sure
    return replace(
        ordered,
        macro_f1=estimates["macro_f1"],
        class_f1={int(k): float(v) for k, v in zip(labels, each, strict=True)},
        kappa=estimates["kappa"],
        majority_macro_f1=_majority(truth),
        length_macro_f1=_length_only(truth, found.words, found.groups),
        unsure=None if sure is None else float(1 - sure.mean()),
        sure_macro_f1=None if sure is None or not sure.any() else macro_f1(truth[sure], found.value[sure]),
    )


# Statistics -----------------------------------------------------------------------------------------------------------


def _labels(truth: Ints, value: Ints) -> list[int]:
    return sorted({*truth.tolist(), *value.tolist()})


def macro_f1(truth: Ints, value: Ints) -> float:
    """Unweighted mean of F1 over the classes that either side uses."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, value, average="macro", zero_division=0))


def _f1_by_class(truth: Ints, value: Ints, labels: list[int]) -> Floats:
    from sklearn.metrics import f1_score

    return np.asarray(f1_score(truth, value, labels=labels, average=None, zero_division=0))


def _from_table(weights: Floats, size: int) -> tuple[float, float]:
    """Macro-F1 and quadratic weighted kappa of a table (people's class, ours), given row by row."""
    from sklearn.metrics import cohen_kappa_score, f1_score

    truth, value = np.divmod(np.arange(size * size), size)
    kept = weights > 0
    truth, value, weights = truth[kept], value[kept], weights[kept]
    f1 = f1_score(truth, value, average="macro", sample_weight=weights, zero_division=0)
    if len({*truth.tolist(), *value.tolist()}) < 2:
        return float(f1), math.nan
    kappa = cohen_kappa_score(truth, value, labels=list(range(size)), weights="quadratic", sample_weight=weights)
    return float(f1), float(kappa)


def spearman(one: NDArray[Any], two: NDArray[Any]) -> float | None:
    """Rank correlation; None where a side does not vary."""
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(one, two).statistic)


def _estimates(found: Compared, resamples: int, seed: int) -> dict[str, Estimate]:
    """Point values and percentile intervals; a draw takes as many groups as there are, with replacement."""
    names = ["spearman"] if found.value is None else ["spearman", "macro_f1", "kappa"]
    if not len(found.rows):
        return dict.fromkeys(names, NOTHING)
    groups = int(found.groups.max()) + 1
    statistic = _Statistic.of(found)
    values = statistic(np.arange(groups))
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if resamples > 1 and groups > 1:
        from scipy.stats import DegenerateDataWarning, bootstrap

        with warnings.catch_warnings():
            # Its own interval, which is not used, would be lost with the first draw that does not vary.
            warnings.simplefilter("ignore", DegenerateDataWarning)
            drawn = bootstrap(
                (np.arange(groups),), statistic, vectorized=False, n_resamples=resamples, method="percentile",
                rng=np.random.default_rng(seed),
            )  # fmt: skip
        for place, values_drawn in enumerate(np.atleast_2d(drawn.bootstrap_distribution)):
            # A draw in which a side does not vary says nothing; the interval is of the others.
            if not np.isnan(values_drawn).all():
                low[place], high[place] = np.nanquantile(values_drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {name: Estimate(finite(v), finite(a), finite(b)) for name, v, a, b in zip(names, values, low, high, strict=True)}


@dataclass(frozen=True, slots=True)
class _Statistic:
    """Spearman, and macro-F1 and kappa where there are classes, of the groups drawn."""

    found: Compared
    labels: list[int]
    cells: Ints
    """The cell of the table (people's class, ours) of each pair: nine weights give the same sums as all rows."""

    @classmethod
    def of(cls, found: Compared) -> _Statistic:
        if found.value is None:
            return cls(found, [], np.zeros(0, dtype=np.int64))
        labels = _labels(found.human.astype(np.int64), found.value)
        place = {label: i for i, label in enumerate(labels)}
        cells = [place[int(h)] * len(labels) + place[int(v)] for h, v in zip(found.human, found.value, strict=True)]
        return cls(found, labels, np.array(cells, dtype=np.int64))

    def __call__(self, drawn: NDArray[Any]) -> Floats:
        times = np.bincount(drawn.astype(np.int64), minlength=int(self.found.groups.max()) + 1)[self.found.groups]
        rho = spearman(np.repeat(self.found.human, times), np.repeat(self.found.score, times))
        values = [math.nan if rho is None else rho]
        if self.labels:
            size = len(self.labels)
            weights = np.bincount(self.cells, weights=times, minlength=size * size).astype(np.float64)
            values += _from_table(weights, size)
        return np.array(values)


def finite(value: float) -> float | None:
    """The value, or None where it is not a number."""
    return float(value) if math.isfinite(value) else None


# Baselines ------------------------------------------------------------------------------------------------------------


def _majority(truth: Ints) -> float:
    from sklearn.dummy import DummyClassifier

    blank = np.zeros((len(truth), 1))
    return macro_f1(truth, DummyClassifier(strategy="most_frequent").fit(blank, truth).predict(blank))


def _length_only(truth: Ints, words: Ints, groups: Ints) -> float | None:
    """None where there are too few groups, or a fold would see one class only."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict

    folds = min(FOLDS, len(set(groups.tolist())))
    if folds < 2:
        return None
    splits = list(GroupKFold(folds).split(truth, truth, groups))
    if any(len(set(truth[seen].tolist())) < 2 for seen, _ in splits):
        return None
    model = LogisticRegression(class_weight="balanced")
    return macro_f1(truth, cross_val_predict(model, np.log1p(words)[:, None], truth, cv=splits))
