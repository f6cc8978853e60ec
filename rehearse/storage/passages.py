"""Finding the passage that answers a question: dense vectors in Chroma and BM25, over passages expanded with learners' questions.

Each passage is indexed as several documents, its text and each of its cues (document expansion with authored questions, after
doc2query: Nogueira and Lin 2019). A question is compared with them twice, by the cosine of their embeddings and by BM25; a
passage scores by its best documents, and gains from neighbours of its idea that match as well. See `docs/retrieval.md`.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import uuid
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rehearse.domain.idea import Corpus, Hit, Passage, PassageIndex
from rehearse.perception.segments import words

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

INDEX_VERSION = "5"
"""Raised whenever documents are made differently; an index of another version is rebuilt."""
QUESTION_CHARACTERS = 600
"""More of a question than this is left out of its middle."""
NEIGHBOURS = 80
"""How many documents `nearest` looks at."""
DIFFERENT_IDEAS = 3
"""The first so many hits come from different ideas."""
IDEA_WEIGHT = 0.5
"""What the evidence for the whole idea is worth beside that for the passage."""

_log = logging.getLogger(__name__)


class _EncoderEmbeddings(Embeddings):
    """The shared encoder, as LangChain wants it."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def open_index(corpus: Corpus, embed: Embed, folder: Path | None, *, made_by: str = "") -> PassageIndex:
    """The index of a corpus in a folder, built where it is missing or was built from something else.

    `made_by` names the embedding, so that another model's vectors are never compared. Safe when two processes open at once. In
    memory where there is no folder or it cannot be used: then it is built anew each time.
    """
    documents = [(p, text) for p in corpus.passages() for text in (p.text, *p.cues)]
    name = _fingerprint(documents, made_by)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "index.lock", timeout=120):
                return ChromaPassageIndex(corpus, embed, documents, _stored(folder, name, documents, embed))
        except OSError as error:
            _log.warning("The index folder %s cannot be used (%s); searching from memory.", folder, error.strerror)
    return ChromaPassageIndex(corpus, embed, documents, _in_memory(documents, embed))


def _fingerprint(documents: list[tuple[Passage, str]], made_by: str) -> str:
    digest = hashlib.sha256(f"{INDEX_VERSION}\0{made_by}".encode())
    for passage, text in documents:
        digest.update(f"\0{passage.passage_id}\0{text}".encode())
    return f"passages-{digest.hexdigest()[:24]}"


def _store(embed: Embed, name: str, client: Any) -> Any:
    from langchain_chroma import Chroma

    return Chroma(
        collection_name=name,
        embedding_function=_EncoderEmbeddings(embed),
        client=client,
        collection_metadata={"hnsw:space": "cosine"},
    )


def _settings() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _fill(store: Any, documents: list[tuple[Passage, str]]) -> None:
    store.add_texts(
        [text for _, text in documents],
        metadatas=[{"idea": p.idea_id, "passage": p.passage_id} for p, _ in documents],
        ids=[str(n) for n in range(len(documents))],
    )


def _stored(folder: Path, name: str, documents: list[tuple[Passage, str]], embed: Embed) -> Any:
    """The persistent collection; a half-built or damaged one is built again, older ones are removed."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient

    path = folder / "chroma"
    for attempt in (1, 2):
        try:
            client = chromadb.PersistentClient(path=str(path), settings=_settings())
            store = _store(embed, name, client)
            if store._collection.count() != len(documents):
                for collection in client.list_collections():
                    client.delete_collection(collection.name)
                store = _store(embed, name, client)
                _fill(store, documents)
            return store
        except OSError:
            raise
        except Exception as error:  # Chroma raises whatever its storage raised; a damaged folder is only a cache.
            if attempt == 2:
                raise OSError(0, f"Chroma cannot use it: {type(error).__name__}") from error
            SharedSystemClient.clear_system_cache()
            shutil.rmtree(path, ignore_errors=True)
    raise AssertionError("unreachable")


def _in_memory(documents: list[tuple[Passage, str]], embed: Embed) -> Any:
    import chromadb

    # Ephemeral clients share their collections, so each has a name of its own.
    store = _store(embed, f"passages-{uuid.uuid4().hex[:24]}", chromadb.EphemeralClient(settings=_settings()))
    _fill(store, documents)
    return store


class ChromaPassageIndex:
    """A `PassageIndex` over the vectors of one Chroma collection and the words of the same documents.

    `search` ranks all passages exactly: with some thousands of vectors that takes a millisecond, and an approximate search of
    neighbours could only leave some out.
    """

    def __init__(self, corpus: Corpus, embed: Embed, store: Any, vectors: Floats) -> None:
        self._passages = list(corpus.passages())
        self._embed = embed
        self._store = store
        self._vectors = vectors

    @cached_property
    def _ranking(self) -> Ranking:
        # What `quick` leaves empty is the general model's.
        quick = getattr(self._embed, "quick", self._embed)
        return Ranking(self._passages, self._vectors, own=np.asarray(quick(["How often should we meet?"])[0] != 0.0))

    def search(self, question: str, top: int = 3) -> list[Hit]:
        """The `top` passages that answer a question best; an empty list for a question without words."""
        asked = _shortened(question)
        if top < 1 or not words(asked):
            return []
        scores = self._ranking.scores(asked, np.asarray(self._embed([asked])[0], dtype=np.float32))
        order = self._spread(np.argsort(-scores, kind="stable"))[:top]
        # Squeezed into [0, 1] for people, and never rising again after a hit that was brought forward.
        shown = np.minimum.accumulate(1.0 / (1.0 + np.exp(2.0 - scores[order])))
        found = [(self._passages[n], float(score)) for n, score in zip(order, shown, strict=True)]
        return [Hit(p.idea_id, p.passage_id, p.text, score) for p, score in found]

    def nearest(self, words: str, among: Sequence[str]) -> str | None:
        """The id of the passage among those given whose text or cues lie nearest to some words; None where none is near."""
        quick = getattr(self._embed, "quick", self._embed)
        vector = [float(x) for x in quick([words[-QUESTION_CHARACTERS:]])[0]]
        try:
            found = [str(d.metadata["passage"]) for d in self._store.similarity_search_by_vector(vector, k=NEIGHBOURS)]
        except Exception:  # A newer version may have replaced the collection under a running one; the vectors are here as well.
            _log.warning("The collection of passages is gone; going on from memory.")
            order = np.argsort(-(self._vectors @ np.array(vector, dtype=np.float32)), kind="stable")[:NEIGHBOURS]
            found = [self._passages[self._ranking.owner[n]].passage_id for n in order]
        return next((passage_id for passage_id in found if passage_id in among), None)

    def _spread(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Three ideas before a second passage of any: who asks obliquely sees the idea that was meant sooner."""
        first: list[int] = []
        for n in order:
            if len(first) < DIFFERENT_IDEAS and self._ranking.idea[n] not in {self._ranking.idea[m] for m in first}:
                first.append(int(n))
        return np.array(first + [int(n) for n in order if int(n) not in first])


def _shortened(question: str) -> str:
    """A long question is a story with a question before or after it: its beginning and, mostly, its end."""
    question = " ".join(question[: 50 * QUESTION_CHARACTERS].split()) if len(question) < 50 * QUESTION_CHARACTERS else question
    if len(question) <= QUESTION_CHARACTERS:
        return question
    third = QUESTION_CHARACTERS // 3
    return f"{question[:third].rpartition(' ')[0] or question[:third]} … {question[-2 * third :].partition(' ')[2] or question[-2 * third :]}"
