"""The passages that ship are indexed and ranked once for a process: to do it takes two seconds, for each data folder of a test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rehearse.domain.idea import Passage
from rehearse.storage import passages
from rehearse.storage.ranking import Ranking

LARGE = 1_000
"""Documents from which on a copy is worth it; the small collections of the tests of the index itself are always built."""


@contextmanager
def once(kept: Path) -> Iterator[None]:
    """A folder without an index gets a copy of the first one that was built from the same documents, and opens that."""
    stored = passages._stored

    def copied(path: Path, name: str, documents: passages.Documents, embed: passages.Embed) -> Any:
        first = kept / name
        if len(documents) < LARGE or path.exists():
            return stored(path, name, documents, embed)
        if first.exists():
            shutil.copytree(first, path)
            return stored(path, name, documents, embed)
        made = stored(path, name, documents, embed)
        shutil.copytree(path, first)
        return made

    @lru_cache(maxsize=4)
    def ranked(held: tuple[Passage, ...], width: int, vectors: bytes, own: bytes) -> Ranking:
        rows = np.frombuffer(vectors, dtype=np.float32).reshape(-1, width)
        return Ranking(held, rows, np.frombuffer(own, dtype=np.bool_))

    def ranking(held: list[Passage], vectors: NDArray[np.float32], own: NDArray[np.bool_]) -> Ranking:
        return ranked(tuple(held), vectors.shape[1], vectors.tobytes(), own.tobytes())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages, "_stored", copied)
        patch.setattr(passages, "Ranking", ranking)
        yield
