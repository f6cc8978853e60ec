"""The listener's habits over a whole conversation, from 1 to 5, for comparison with expert ratings of whole conversations."""

from __future__ import annotations

from statistics import fmean

import numpy as np

from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import Act
from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import words

_SIGNS: dict[str, tuple[str, tuple[Act, ...]]] = {
    "validating_emotions": ("emotional_reaction", (Act.ACKNOWLEDGE_FEELING, Act.NORMALISE)),
    "encouraging_elaboration": ("exploration", (Act.ASK_OPEN,)),
    "demonstrating_understanding": ("interpretation", (Act.REFLECT,)),
    "advice_giving": ("advice_giving", (Act.LECTURE,)),
    "self_oriented": ("self_oriented", (Act.SELF_PROMOTE,)),
    "dismissing_emotions": ("dismissal", (Act.DISMISS,)),
}
"""Each habit with the criterion and the acts of which it is made up."""

_FULL = 0.6
"""The mean strength of the signs at which a habit stands at 5: no one does one thing in every turn."""


def listening_details(conversation: Conversation, encoder: Encoder) -> dict[str, float | None]:
    """Each of the six habits from 1.0 (never) to 5.0 (throughout); None where the learner said nothing."""
    turns = [t for t in conversation.learner_turns if words(t.text)]
    if not turns:
        return dict.fromkeys(_SIGNS)
    readings = [encoder.read(t.text, conversation.heard(t.number)) for t in turns]
    details: dict[str, float | None] = {}
    for habit, (criterion, acts) in _SIGNS.items():
        c = encoder.card.criteria.index(criterion)
        a = [encoder.card.acts.index(act.value) for act in acts]
        strength = fmean(max(float(r.levels[c] @ np.arange(3)) / 2, *(float(r.acts[i]) for i in a)) for r in readings)
        details[habit] = round(1 + 4 * min(1.0, strength / _FULL), 2)
    return details
