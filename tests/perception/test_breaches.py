"""The guard's net: which rule a sentence breaks, read from the middle of the shared encoder."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

from rehearse.domain.speaking import WORDED_RULES, Rule
from rehearse.perception.breaches import BreachReader, reader_with
from rehearse.perception.encoder import WEIGHTS, WIDTH, Encoder


@pytest.fixture(scope="module")
def reader(encoder: Encoder) -> BreachReader:
    return reader_with(encoder)


def test_it_was_fitted_on_the_encoder_that_ships(encoder: Encoder) -> None:
    card = json.loads((WEIGHTS / "guard.json").read_text(encoding="utf-8"))
    assert card["encoder"] == encoder.name, "fit it again: python scripts/fit_guard.py"
    assert [Rule(kind) for kind in card["kinds"]] == list(WORDED_RULES)


def test_it_says_which_rule_is_broken_if_it_was_asked_about(reader: BreachReader) -> None:
    for rule, sentence in (
        (Rule.CONCESSION, "Fine, I'll learn it from you, starting on Monday."),
        (Rule.COACHING, "You should have started by asking me how I feel."),
        (Rule.GUSHING, "You are such a wonderful and inspiring young person."),
        (Rule.STAGE_TALK, "I am only a simulated manager in this exercise."),
    ):
        assert reader.broken(sentence, WORDED_RULES) is rule
        assert reader.broken(sentence, [r for r in WORDED_RULES if r is not rule]) is not rule
    assert reader.broken("Who covers my desk meanwhile?", WORDED_RULES) is None


def test_many_at_once_are_read_like_one_by_one(encoder: Encoder) -> None:
    said = ["Hm.", "Who covers the phones while I sit there with you?", "All right, we start on Monday."]
    together = BreachReader(encoder).read(said)
    for sentence, beyond in zip(said, together, strict=True):
        assert np.allclose(BreachReader(encoder).read([sentence])[0], beyond, atol=0.6)


def test_the_middle_is_read_without_changing_what_the_encoder_says(encoder: Encoder) -> None:
    said = "I could show you the forum, half an hour a week."
    (middle,) = encoder.middle([said])
    ids, kinds, _ = encoder._pair(said, "")
    assert middle.shape == (len(ids), WIDTH)
    plain = onnxruntime.InferenceSession(str(WEIGHTS / "encoder.onnx"), providers=["CPUExecutionProvider"])
    feed = {"ids": np.array([ids]), "mask": np.ones((1, len(ids)), dtype=np.int64), "kinds": np.array([kinds])}
    assert (plain.run(["embedding"], feed)[0] == encoder.embed([said])).all()
