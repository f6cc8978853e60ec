"""The guard's ear for wording that no pattern knows: a small fitted net says which rule a sentence breaks.

It stands on the shared encoder's middle layer (`guard.onnx`, 4 MB beside the encoder's weights) and is fitted by
`scripts/fit_guard.py` on `corpus/guard-examples.yaml` and the authored lines of the cast.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rehearse.domain.speaking import Rule
from rehearse.perception.encoder import WEIGHTS, Encoder, Floats
from rehearse.perception.segments import words

_BATCH = 32
_MOST_KEPT = 20_000


class BreachReader:
    """Reads sentences with one encoder; what was read is kept, for one sentence is asked about several times."""

    def __init__(self, encoder: Encoder, folder: Path = WEIGHTS) -> None:
        self._encoder, self._folder = encoder, folder
        card = json.loads((folder / "guard.json").read_text(encoding="utf-8"))
        self.rules = tuple(Rule(kind) for kind in card["kinds"])
        self._up_to_words: list[int] = card["up_to_words"]
        self._thresholds: list[float] = card["thresholds"]
        self._most_tokens: int = card["most_tokens"]
        self._kept: dict[str, Floats] = {}
        self._lock = threading.Lock()

    def broken(self, sentence: str, asked: Sequence[Rule]) -> Rule | None:
        """Which of the rules asked about a sentence breaks; the one that it is furthest beyond, if it breaks several."""
        (beyond,) = self.read([sentence])
        found = [(float(beyond[k]), rule) for k, rule in enumerate(self.rules) if rule in asked and beyond[k] >= 0]
        return max(found)[1] if found else None

    def read(self, sentences: Sequence[str]) -> list[Floats]:
        """For each sentence how far beyond the threshold each rule is; many at once are quicker than one by one."""
        with self._lock:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            new = sorted({s for s in sentences if s not in self._kept}, key=len)
            for start in range(0, len(new), _BATCH):
                part = new[start : start + _BATCH]
                self._kept.update(
                    (sentence, odds - self._threshold(sentence)) for sentence, odds in zip(part, self._odds(part), strict=True)
                )
            return [self._kept[sentence] for sentence in sentences]

    def _threshold(self, sentence: str) -> np.float32:
        """More certainty is asked of a fragment, which can mean anything."""
        return np.float32(self._thresholds[bisect_left(self._up_to_words, len(words(sentence)))])

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # It is so small that a second thread costs more than it brings.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(self._folder / "guard.onnx"), options, providers=["CPUExecutionProvider"])

    def _odds(self, sentences: list[str]) -> Floats:
        values = [value[: self._most_tokens] for value in self._encoder.middle(sentences)]
        width = max(len(value) for value in values)
        middle = np.zeros((len(values), width, values[0].shape[1]), dtype=np.float32)
        mask = np.zeros((len(values), width), dtype=np.float32)
        for row, value in enumerate(values):
            middle[row, : len(value)], mask[row, : len(value)] = value, 1.0
        odds: Floats = self._session.run(["odds"], {"middle": middle, "mask": mask})[0]
        return odds


@lru_cache(maxsize=4)
def reader_with(encoder: Encoder) -> BreachReader:
    """The reader that stands on this encoder."""
    return BreachReader(encoder)
