"""Embed the corpus that ships and write the vectors beside the weights, so that nobody's first search waits for them.

    python scripts/embed_corpus.py        # after a change of corpus/ideas, corpus/cues or the weights

An index that finds no ready vector for a text makes it: without this file everything works, only later.
"""

from __future__ import annotations

import numpy as np

from rehearse.domain.library import load_corpus, shipped_root
from rehearse.perception.embedding import READY, SentenceEmbedding, text_key
from rehearse.perception.encoder import shared_encoder


def main() -> None:
    embedding = SentenceEmbedding(shared_encoder(), ready=None)
    texts = sorted({text for p in load_corpus(shipped_root()).passages() for text in (p.text, *p.cues)})
    vectors = embedding.fresh(texts).astype(np.float16)
    np.savez_compressed(READY, name=np.array(embedding.name), keys=np.array([text_key(t) for t in texts]), vectors=vectors)
    print(f"wrote {READY}: {len(texts)} vectors, {READY.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
