"""Finding the passage that answers a question: vectors in Chroma, and BM25, over passages expanded with learners' questions.

Each passage is indexed as several documents, its text and each of its cues (document expansion with authored questions, after
doc2query: Nogueira and Lin 2019). How they are ranked is `ranking`'s; this module keeps them. See `docs/retrieval.md`.
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
from filelock import FileLock, Timeout
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

from rehearse.domain.idea import Corpus, Hit, Passage
from rehearse.domain.own_guidance import OwnPassage
from rehearse.perception.segments import words
from rehearse.storage.chroma_server import ChromaAwayError, ChromaServer, ServedCollection
from rehearse.storage.in_use import PREFIX, note_use
from rehearse.storage.ranking import Ranking

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]
Documents = list[tuple[Passage, str]]
"""What is indexed: each passage's text, then each of its cues."""

INDEX_VERSION = "6"
"""Raised whenever documents are made differently; an index of another version is rebuilt."""
QUESTION_CHARACTERS = 600
"""More of a question than this is left out of its middle."""
NEIGHBOURS = 40
"""How many documents `nearest` looks at."""
THOROUGH = 400
"""How far the search for neighbours looks around. With Chroma's own 100 it missed one in 500, another one in each index that was
built, and so the same talk was now and then given another passage; with this none of 7,000."""
DIFFERENT_IDEAS = 3
"""The first so many hits come from different ideas."""
LOCK_SECONDS = 120
BATCH = 500
"""Documents handed to Chroma at once; a server limits what one request may weigh."""

_log = logging.getLogger(__name__)


class _EncoderEmbeddings(Embeddings):
    """The shared encoder, as LangChain wants it."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def open_index(
    corpus: Corpus, embed: Embed, folder: Path | None, *, made_by: str = "", server: ChromaServer | None = None
) -> ChromaPassageIndex:
    """The index of a corpus on a server or in a folder, built where it is missing or was built from something else.

    `made_by` names the embedding, so that another model's vectors are never compared. Safe when two processes open at once. In
    memory where the server is away, there is no folder, or it cannot be used: then it is built anew each time.
    """
    documents = [(p, text) for p in corpus.passages() for text in (p.text, *p.cues)]
    if server is not None:
        name = f"{PREFIX}{_fingerprint(documents, made_by)}"
        served = ServedCollection(
            server, lambda client: _served(client, name, documents, embed), lambda client: note_use(client, name)
        )
        vectors = served.vectors()
        if vectors is None:
            vectors = np.asarray(embed([text for _, text in documents]), dtype=np.float32)
        return ChromaPassageIndex(corpus, embed, served, vectors)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "index.lock", timeout=LOCK_SECONDS):
                store, vectors = _stored(folder / "chroma", _fingerprint(documents, made_by), documents, embed)
                return ChromaPassageIndex(corpus, embed, store, vectors)
        except (OSError, Timeout) as error:
            _log.warning("The index folder %s cannot be used (%s); searching from memory.", folder, error)
    return ChromaPassageIndex(corpus, embed, *_in_memory(documents, embed))


def _fingerprint(documents: Documents, made_by: str) -> str:
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
        collection_metadata={"hnsw:space": "cosine", "hnsw:search_ef": THOROUGH},
    )


def _settings() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _fill(store: Any, documents: Documents) -> None:
    for start in range(0, len(documents), BATCH):
        part = documents[start : start + BATCH]
        store.add_texts(
            [text for _, text in part],
            metadatas=[{"idea": p.idea_id, "passage": p.passage_id} for p, _ in part],
            ids=[str(n) for n in range(start, start + len(part))],
        )


def _vectors(store: Any, documents: Documents) -> Floats | None:
    """The vectors of the documents in their order; None if the collection is not whole or holds something else."""
    held = store.get(include=["documents", "embeddings"])
    number = {name: n for n, name in enumerate(held["ids"])}
    order = [number.get(str(n), -1) for n in range(len(documents))]
    if len(number) != len(documents) or -1 in order:
        return None
    if any(held["documents"][n] != text for n, (_, text) in zip(order, documents, strict=True)):
        return None
    vectors = np.asarray(held["embeddings"], dtype=np.float32)[order]
    # Vectors and neighbours lie in different files; one may be damaged without the other.
    near = store.similarity_search_by_vector([float(x) for x in vectors[0]], k=1)
    return vectors if near and np.isfinite(vectors).all() else None


def _stored(path: Path, name: str, documents: Documents, embed: Embed) -> tuple[Any, Floats]:
    """The persistent collection and its vectors; a half-built or damaged one is built again, older ones are removed."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient

    problem: BaseException | None = None
    for _ in range(2):
        try:
            client = chromadb.PersistentClient(path=str(path), settings=_settings())
            store = _store(embed, name, client)
            vectors = _vectors(store, documents)
            if vectors is None:
                for collection in client.list_collections():
                    client.delete_collection(collection.name)
                store = _store(embed, name, client)
                _fill(store, documents)
                vectors = _vectors(store, documents)
            if vectors is not None:
                return store, vectors
        except (KeyboardInterrupt, SystemExit, OSError):
            raise
        except BaseException as error:  # Chroma raises whatever its storage raised, panics too; the folder is only a cache.
            problem = error
        SharedSystemClient.clear_system_cache()
        shutil.rmtree(path, ignore_errors=True)
    raise OSError(f"Chroma cannot keep a collection in it: {type(problem).__name__}")


def _served(client: Any, name: str, documents: Documents, embed: Embed) -> tuple[Any, Floats]:
    """The collection on a server and its vectors; made whole where it is not.

    Others may be filling it at this moment: the same ids with the same content. Other collections are other people's, or of a
    version that may still run beside this one; what becomes of those is decided in `in_use`.
    """
    store = _store(embed, name, client)
    # Before anything else, so that nobody takes it for one that is not used.
    note_use(client, name)
    vectors = _vectors(store, documents)
    if vectors is None:
        _fill(store, documents)
        vectors = _vectors(store, documents)
    if vectors is None:
        client.delete_collection(name)
        store = _store(embed, name, client)
        note_use(client, name)
        _fill(store, documents)
        vectors = _vectors(store, documents)
    if vectors is None:
        raise ChromaAwayError
    return store, vectors


def _in_memory(documents: Documents, embed: Embed) -> tuple[Any, Floats]:
    import chromadb

    # Ephemeral clients share their collections, so each has a name of its own.
    store = _store(embed, f"passages-{uuid.uuid4().hex[:24]}", chromadb.EphemeralClient(settings=_settings()))
    _fill(store, documents)
    vectors = _vectors(store, documents)
    assert vectors is not None, "a collection that was just filled is whole"
    return store, vectors


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
        except Exception as error:  # A newer version may have replaced the collection under a running one; there are the vectors.
            if not isinstance(error, ChromaAwayError):
                _log.warning("The collection of passages is gone; going on from memory.")
            order = np.argsort(-(self._vectors @ np.array(vector, dtype=np.float32)), kind="stable")[:NEIGHBOURS]
            found = [self._passages[self._ranking.owner[n]].passage_id for n in order]
        return next((passage_id for passage_id in found if passage_id in among), None)

    def problem(self) -> str:
        """What is wrong with where the passages are kept, for whoever runs it; empty where all is well."""
        return self._store.problem() if isinstance(self._store, ServedCollection) else ""

    def close(self) -> None:
        """Let go of a server; nothing where there is none."""
        if isinstance(self._store, ServedCollection):
            self._store.close()

    def beside(self, words: str, passage: Passage) -> OwnPassage | None:
        """None: this index holds the ideas alone."""
        del words, passage
        return None

    def _spread(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Three ideas before a second passage of any: who asks obliquely sees the idea that was meant sooner."""
        first: list[int] = []
        for n in order:
            if len(first) < DIFFERENT_IDEAS and self._ranking.idea[n] not in {self._ranking.idea[m] for m in first}:
                first.append(int(n))
        return np.array(first + [int(n) for n in order if int(n) not in first])


def _shortened(question: str) -> str:
    """A long question without its middle: it is a story, and people ask before it or, mostly, after it."""
    if len(question) > QUESTION_CHARACTERS:
        third = QUESTION_CHARACTERS // 3
        question = f"{question[:third]} {question[-2 * third :]}"
    return " ".join(question.split())
