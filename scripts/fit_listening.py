"""Fit the weights of the listener's habits on the rated conversations and write them into the encoder's card.

    python scripts/fit_listening.py            # needs scikit-learn: pip install -e '.[validate]'

Run it after `train_encoder.py`. The held-out fifth is not read; what is printed is cross-validated on the rest, a tenth at a time.
"""

from __future__ import annotations

import json

import numpy as np
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_predict

from rehearse.coaching.conversation import Conversation
from rehearse.coaching.listening import HIGHEST, LOWEST, SIGNS, signs_of
from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_conversations
from rehearse.perception.encoder import WEIGHTS, Encoder, Reading
from rehearse.validation.conversations import transcript_of

ALPHAS = tuple(10.0**n for n in range(-2, 3))


def main() -> None:
    encoder = Encoder()
    rated = [c for c in load_conversations(shipped_root() / "corpus" / "rated" / "conversations") if not c.held_out]
    read: list[list[Reading]] = []
    for conversation in rated:
        seen = Conversation(transcript_of(conversation), {})
        read.append([encoder.read(t.text, seen.heard(t.number)) for t in seen.learner_turns])
    fitted: dict[str, list[float]] = {}
    for habit in SIGNS:
        columns = np.array([signs_of(habit, readings, encoder) for readings in read])
        people = np.array([float(getattr(c.details, habit)) for c in rated])
        guess = cross_val_predict(RidgeCV(ALPHAS), columns, people, cv=KFold(10, shuffle=True, random_state=7))
        off = np.abs(np.clip(guess, LOWEST, HIGHEST) - people).mean()
        print(
            f"{habit}: Spearman {spearmanr(guess, people).statistic:.2f}, off by {off:.2f} on average, {len(people)} conversations"
        )
        model = RidgeCV(ALPHAS).fit(columns, people)
        fitted[habit] = [round(float(v), 3) for v in (model.intercept_, *model.coef_)]
    card = WEIGHTS / "card.json"
    told = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**told, "listening": fitted}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
