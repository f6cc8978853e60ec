"""How the model is run: short texts need one thread each, and several texts may be read side by side."""

from __future__ import annotations

import numpy as np

from rehearse.perception.encoder import Encoder

PAIRS = [("I see why you hesitate.", "I have no hour to spare."), ("Could we meet on Friday?", ""), ("Thank you.", "")]


def test_one_reading_keeps_one_processor_busy(encoder: Encoder) -> None:
    assert encoder._session.get_session_options().intra_op_num_threads == 1


def test_what_was_read_ahead_is_what_is_read(encoder: Encoder) -> None:
    ahead, plain = Encoder(), Encoder()
    ahead.read_ahead([*PAIRS, PAIRS[0]])
    assert ahead.read.cache_info().misses == len(PAIRS)
    for pair in PAIRS:
        assert np.array_equal(ahead.read(*pair).levels, plain.read(*pair).levels)
    assert ahead.read.cache_info().misses == len(PAIRS)
