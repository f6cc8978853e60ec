"""The listener's habits over a whole conversation, from 1 to 5, for comparison with expert ratings of whole conversations.

Each habit is a short weighted sum over what was read in the turns (`listening` in the encoder's card). The signs were chosen by
meaning; the weights are fitted on `corpus/rated/conversations` by `scripts/fit_listening.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from rehearse.coaching.conversation import Conversation
from rehearse.domain.rubric import DETAIL_IDS
from rehearse.perception.encoder import Encoder, Reading
from rehearse.perception.segments import words

LOWEST, HIGHEST = 1.0, 5.0
SIGNS: dict[str, tuple[str, ...]] = {
    "validating_emotions": ("emotional_reaction", "interpretation", "dismissal", "act acknowledge_feeling", "act normalise"),
    "encouraging_elaboration": ("exploration", "act ask_open"),
    "demonstrating_understanding": ("interpretation", "act reflect", "act acknowledge_feeling", "self_oriented"),
    "advice_giving": ("advice_giving", "act lecture", "act agree_next_step"),
    "self_oriented": ("self_oriented", "act self_promote"),
    "dismissing_emotions": ("dismissal", "act dismiss", "interpretation", "emotional_reaction"),
}
"""What each habit shows itself in: criteria by their mean level, acts by their mean probability, over the turns."""


def listening_details(conversation: Conversation, encoder: Encoder) -> dict[str, float | None]:
    """Each of the six habits from 1.0 (never) to 5.0 (throughout); None where the learner said nothing."""
    turns = [t for t in conversation.learner_turns if words(t.text)]
    if not turns:
        return dict.fromkeys(DETAIL_IDS)
    readings = [encoder.read(t.text, conversation.heard(t.number)) for t in turns]
    details: dict[str, float | None] = {}
    for habit in DETAIL_IDS:
        weights = encoder.card.listening[habit]
        found = signs_of(habit, readings, encoder)
        strength = weights[0] + sum(w * x for w, x in zip(weights[1:], found, strict=True))
        details[habit] = round(min(HIGHEST, max(LOWEST, strength)), 2)
    return details


def signs_of(habit: str, readings: Sequence[Reading], encoder: Encoder) -> list[float]:
    """The signs of a habit in [0, 1], in the order of `SIGNS`, as means over the turns."""
    found = []
    for sign in SIGNS[habit]:
        if sign.startswith("act "):
            index = encoder.card.acts.index(sign.removeprefix("act "))
            found.append(fmean(float(r.acts[index]) for r in readings))
        else:
            index = encoder.card.criteria.index(sign)
            found.append(fmean(float(r.levels[index] @ np.arange(3)) / 2 for r in readings))
    return found
