"""The measures, on answers whose agreement is known by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rehearse.errors import OperatorError
from rehearse.validation import measures
from rehearse.validation.measures import Agreement, compare, measure, need_statistics
from rehearse.validation.probe import Views, probe
from rehearse.validation.questions import Answer, Kind, Question, Reader, Source
from rehearse.validation.readings import Judgement, Pair

BLANK = Judgement(words=5, levels={}, expected={}, sure={}, acts=frozenset(), act_probabilities={})


def asked(
    human: list[float | None],
    ours: list[Answer | None],
    *,
    kind: Kind = Kind.LEVELS,
    groups: list[str] | None = None,
    words: list[int] | None = None,
) -> tuple[Source, Question, list[Judgement]]:
    """A question to which our answers are given outright."""
    judgements = [replace(BLANK, words=w) for w in (words or range(1, len(human) + 1))]
    by_id = {id(j): a for j, a in zip(judgements, ours, strict=True)}
    read: Reader = lambda judgement: by_id[id(judgement)]  # noqa: E731
    question = Question("q", kind, "given", read, tuple(human))
    names = groups or [f"g{i}" for i in range(len(human))]
    source = Source("made up", tuple(Pair("", "", g) for g in names), (question,), may_fit=True, acts=False)
    return source, question, judgements


def agreement(resamples: int = 0, seed: int = 7, **given: object) -> Agreement:
    return measure(*asked(**given), resamples, seed)  # type: ignore[arg-type]


def levels(*values: int) -> list[Answer | None]:
    return [Answer(v, v + 0.01 * i, sure=True) for i, v in enumerate(values)]


def test_full_agreement_is_one() -> None:
    found = agreement(human=[0, 1, 2, 0, 1, 2], ours=[Answer(v, v, sure=True) for v in (0, 1, 2, 0, 1, 2)])
    assert (found.macro_f1.value, found.kappa.value, found.spearman.value) == pytest.approx((1, 1, 1))
    assert found.class_f1 == {0: 1, 1: 1, 2: 1}
    assert (found.unsure, found.sure_macro_f1) == (0, 1)


def test_known_table() -> None:
    # People 0 0 0 1 1 2, ours 0 0 1 1 2 2: F1 is 4/5, 1/2 and 2/3; of quadratic disagreement 2 where chance gives 8.
    found = agreement(human=[0, 0, 0, 1, 1, 2], ours=levels(0, 0, 1, 1, 2, 2))
    assert found.class_f1 == pytest.approx({0: 4 / 5, 1: 1 / 2, 2: 2 / 3})
    assert found.macro_f1.value == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    assert found.kappa.value == pytest.approx(1 - 2 / 8)
    assert found.majority_macro_f1 == pytest.approx((2 / 3) / 3)


def test_what_the_coach_does_not_rate_is_counted_and_not_guessed() -> None:
    found = agreement(human=[0, None, 2, 1], ours=[Answer(0, 0.1), Answer(1, 1.0), None, Answer(1, 1.1)])
    assert (found.n, found.not_rated) == (2, 1)
    assert found.unsure is None


def test_the_sure_part_is_told_apart() -> None:
    ours = [Answer(0, 0, sure=True), Answer(1, 1, sure=True), Answer(0, 0, sure=False), Answer(1, 1, sure=False)]
    found = agreement(human=[0, 1, 1, 0], ours=ours)
    assert (found.unsure, found.sure_macro_f1, found.macro_f1.value) == (0.5, 1, 0.5)


def test_intervals_hold_the_value_and_are_the_same_for_the_same_seed() -> None:
    chance = np.random.default_rng(1)
    human = [int(v) for v in chance.integers(0, 3, 60)]
    ours = levels(*(h if chance.random() < 0.6 else int(chance.integers(0, 3)) for h in human))
    one, two, other = (agreement(resamples=60, seed=s, human=human, ours=ours) for s in (7, 7, 8))
    assert (one.macro_f1, one.kappa, one.spearman) == (two.macro_f1, two.kappa, two.spearman)
    assert one.macro_f1 != other.macro_f1
    for estimate in (one.macro_f1, one.kappa, one.spearman):
        assert estimate.low is not None
        assert estimate.value is not None
        assert estimate.high is not None
        assert estimate.low < estimate.value < estimate.high


def test_whole_groups_are_drawn() -> None:
    human, ours = [0, 1, 2] * 20, [Answer(v, v) for v in [0, 1, 2] * 10 + [2, 0, 1] * 10]
    apart = agreement(resamples=80, human=human, ours=ours)
    together = agreement(resamples=80, human=human, ours=ours, groups=["a"] * 30 + ["b"] * 30)
    assert (together.macro_f1.low, together.macro_f1.high) == pytest.approx((0, 1))
    assert apart.macro_f1.low is not None
    assert apart.macro_f1.low > 0.2
    alone = agreement(resamples=80, human=human, ours=ours, groups=["a"] * 60)
    assert (alone.macro_f1.low, alone.length_macro_f1) == (None, None)


def test_a_scale_is_only_ordered() -> None:
    found = agreement(human=[-1.5, 0.2, 0.9, 4], ours=[Answer(None, s) for s in (0, 0.3, 0.2, 1.9)], kind=Kind.SCALE)
    assert found.spearman.value == pytest.approx(0.8)
    assert (found.macro_f1.value, found.kappa.value, found.class_f1) == (None, None, {})


def test_yes_or_no_without_a_rule_is_cut_at_our_median() -> None:
    given = asked([0, 1, 0, 1], [Answer(None, s) for s in (0.1, 0.9, 0.2, 0.8)], kind=Kind.YES_NO)
    value = compare(*given).value
    assert value is not None
    assert value.tolist() == [0, 1, 0, 1]


def test_length_alone_is_seen() -> None:
    human = [0, 1] * 30
    words = [3 + i % 3 if h == 0 else 40 + i % 5 for i, h in enumerate(human)]
    found = agreement(human=human, ours=levels(*[0, 1] * 30), words=words)
    assert found.length_macro_f1 == pytest.approx(1)
    assert found.people_with_length is not None
    assert found.people_with_length > 0.8


@pytest.mark.parametrize("human", [[], [1], [1, 1, 1], [None, None]])
def test_nothing_to_compare_is_no_number(human: list[float | None]) -> None:
    found = agreement(resamples=10, human=human, ours=[Answer(1, 1.0, sure=True)] * len(human))
    assert found.spearman.value is None
    assert found.kappa.value is None
    assert all(v is None or 0 <= v <= 1 for v in (found.macro_f1.value, found.majority_macro_f1, found.length_macro_f1))


def test_the_probe_is_tested_on_groups_left_out() -> None:
    chance = np.random.default_rng(3)
    signal = chance.normal(size=80)
    given = asked([float(v) for v in signal], [Answer(None, 0.0)] * 80, kind=Kind.SCALE)
    clear = Views({"a": np.column_stack([signal + 0.1 * chance.normal(size=80), chance.normal(size=80)])}, ("",) * 80)
    assert (probe(compare(*given), clear, Kind.SCALE) or 0) > 0.9
    noise = Views({"a": chance.normal(size=(80, 40))}, ("",) * 80)
    assert (probe(compare(*given), noise, Kind.SCALE) or 0) < 0.4
    few = asked([0, 1, 0], levels(0, 1, 0))
    assert probe(compare(*few), clear, Kind.LEVELS) is None


def test_the_probe_learns_from_words_and_cuts_where_it_must() -> None:
    said = [f"please could we talk about number {n}" if n % 3 else f"no, and stop asking about number {n}" for n in range(90)]
    truth: list[float | None] = [float(n % 3 > 0) for n in range(90)]
    given = asked(truth, [Answer(0, 0.0)] * 90, kind=Kind.YES_NO)
    views = Views({"a": np.random.default_rng(5).normal(size=(90, 4))}, tuple(said))
    assert (probe(compare(*given), views, Kind.YES_NO) or 0) > 0.95


def test_missing_libraries_are_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "find_spec", lambda name: None if name == "sklearn" else object())
    with pytest.raises(OperatorError, match=r"Measuring needs scikit-learn, not installed here.*rehearse\[validate\]"):
        need_statistics()
