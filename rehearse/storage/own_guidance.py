"""One person's index: the six ideas that everybody has, and beside them the guidance that this person brought along.

The documents lie in the notebook. What is kept here, one file of vectors a document, is made from them and may be deleted at any
time. Nobody else's document can be found: everything begins with what this person's notebook lists at that moment.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rehearse.domain.idea import Hit, Passage, PassageIndex
from rehearse.domain.own_guidance import OwnHit, OwnPassage
from rehearse.storage.notebook import Notebook
from rehearse.storage.ranking import PassageWords
from rehearse.storage.records import StoredDocument

Floats = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Floats]

VERSION = "1"
"""Raised whenever vectors are made differently; files of another version are made again."""
FRESH_SECONDS = 2.0
"""For how long the notebook is not asked again what it holds; changes made in this process count at once."""
BATCH = 16
"""Passages embedded between two reports of progress."""
WORDS_SHARE = 0.05
"""What the best match in words adds to a nearness of at most 1."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Nearness:
    """From where on something counts as near, as cosines of one kind of embedding; measured on programme guides."""

    found: float
    """A passage answers a question."""
    named: float
    """It answers one if it also shares words with it."""
    cited: float
    """It may stand beside a remark."""
    clearly: float
    """By how much it must be nearer than the passage of the idea."""


_BOTH = Nearness(found=0.755, named=0.72, cited=0.8, clearly=0.04)
_ENCODER_ALONE = Nearness(found=0.65, named=0.6, cited=0.78, clearly=0.1)


@dataclass(frozen=True)
class _Shelf:
    """What can be searched now."""

    passages: tuple[OwnPassage, ...]
    vectors: Floats
    words: PassageWords | None


_EMPTY = _Shelf((), np.zeros((0, 1), dtype=np.float32), None)


def folder_of(folder: Path, person_id: str) -> Path:
    """Where what is made from one person's guidance lies, in the folder of the index."""
    return folder / "own" / hashlib.sha256(person_id.encode()).hexdigest()[:24]


class PersonalIndex:
    """A `PassageIndex` over the ideas, with one person's own guidance beside them. Safe to use from several threads."""

    def __init__(self, ideas: PassageIndex, notebook: Notebook, embed: Embed, folder: Path | None, made_by: str) -> None:
        """`folder` is for all people; `made_by` names the embedding, so that another model's vectors are never compared."""
        self._ideas = ideas
        self._notebook = notebook
        self._embed = embed
        self._near = _ENCODER_ALONE if made_by.endswith("+none") else _BOTH
        self._made_by = f"{VERSION}:{made_by}"
        self._folder = folder_of(folder, notebook.person_id) if folder is not None else None
        self._vectors: dict[str, Floats] = {}
        self._shelf, self._looked = _EMPTY, 0.0
        self._listed: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._building = threading.Lock()

    # The six ideas ----------------------------------------------------------------------------------------------------

    def search(self, question: str, top: int = 3) -> list[Hit]:
        """The passages of the ideas that answer a question best."""
        return self._ideas.search(question, top)

    def nearest(self, words: str, among: Sequence[str]) -> str | None:
        """The id of the passage of the ideas among those given that lies nearest to some words."""
        return self._ideas.nearest(words, among)

    # Own guidance -----------------------------------------------------------------------------------------------------

    def search_own(self, question: str, top: int = 3) -> list[OwnHit]:
        """The passages of this person's documents that answer a question, best first; none where none does."""
        shelf = self._current()
        asked = " ".join(question.split())
        if not shelf.passages or shelf.words is None or not asked or top < 1:
            return []
        cosines = shelf.vectors @ np.asarray(self._embed([asked])[0], dtype=np.float32)
        shared = shelf.words.scores(asked)
        scores = cosines + WORDS_SHARE * shared / max(float(shared.max()), 1e-9)
        good = (cosines >= self._near.found) | ((cosines >= self._near.named) & (shared > 0))
        order = [int(n) for n in np.argsort(-scores, kind="stable") if good[n]][:top]
        return [OwnHit(shelf.passages[n], float(scores[n])) for n in order]

    def beside(self, words: str, passage: Passage) -> OwnPassage | None:
        """The own passage that lies clearly nearer to some words than a passage of the ideas; None where none does."""
        shelf = self._current()
        if not shelf.passages or not words.strip():
            return None
        asked, idea = np.asarray(self._embed([words, passage.text]), dtype=np.float32)
        cosines = shelf.vectors @ asked
        best = int(np.argmax(cosines))
        wanted = max(self._near.cited, float(idea @ asked) + self._near.clearly)
        return shelf.passages[best] if float(cosines[best]) >= wanted else None

    # What is on the shelf ---------------------------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """The ids of the documents that cannot be searched yet."""
        return [d.document_id for d in self._notebook.documents() if self._ready(d) is None]

    def build(self, document_id: str) -> Iterator[tuple[int, int]]:
        """Make a document searchable; says after each step how many of its passages are done, and of how many."""
        document = next((d for d in self._notebook.documents() if d.document_id == document_id), None)
        if document is None:
            return
        total = len(document.passages)
        with self._building:
            if self._ready(document) is None:
                rows: list[Floats] = []
                for start in range(0, total, BATCH):
                    yield start, total
                    texts = [kept.replace("\n", ". ") for kept in document.passages[start : start + BATCH]]
                    rows.append(np.asarray(self._embed(texts), dtype=np.float32))
                self._keep(document_id, np.concatenate(rows))
        if all(d.document_id != document_id for d in self._notebook.documents()):
            # It was deleted meanwhile, and nobody may ever search here again.
            self.discard(document_id)
        self.forget()
        yield total, total

    def discard(self, document_id: str) -> None:
        """Take away at once what was made from a document that is deleted."""
        with self._lock:
            self._vectors.pop(document_id, None)
            path = self._path(document_id)
            if path is not None:
                path.unlink(missing_ok=True)
            self._looked = 0.0

    def forget(self) -> None:
        """Ask the notebook again the next time: something was added or deleted."""
        with self._lock:
            self._looked = 0.0

    def _current(self) -> _Shelf:
        with self._lock:
            if time.monotonic() - self._looked > FRESH_SECONDS or not self._looked:
                documents = self._notebook.documents()
                ready = [(d, v) for d in documents if (v := self._ready(d)) is not None]
                listed = tuple(d.document_id for d, _ in ready)
                if listed != self._listed:
                    self._shelf, self._listed = _shelved(ready), listed
                self._prune({d.document_id for d in documents})
                self._looked = time.monotonic()
            return self._shelf

    def _ready(self, document: StoredDocument) -> Floats | None:
        """The vectors of a document, from memory or from its file; None where they have to be made."""
        with self._lock:
            known = self._vectors.get(document.document_id)
            if known is None:
                known = self._read(document)
                if known is not None:
                    self._vectors[document.document_id] = known
            return known

    def _read(self, document: StoredDocument) -> Floats | None:
        path = self._path(document.document_id)
        if path is None or not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as stored:
                vectors = stored["vectors"].astype(np.float32)
                whole = str(stored["made_by"]) == self._made_by and len(vectors) == len(document.passages)
        except (OSError, ValueError, KeyError, EOFError):
            return None  # Half-written or damaged: it is made again.
        return vectors if whole and np.isfinite(vectors).all() else None

    def _keep(self, document_id: str, vectors: Floats) -> None:
        with self._lock:
            self._vectors[document_id] = vectors
        path = self._path(document_id)
        if path is None:
            return
        try:
            # For their owner alone: words can be guessed from vectors.
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                np.savez(file, vectors=vectors.astype(np.float16), made_by=np.asarray(self._made_by))
            part.replace(path)
        except OSError as error:
            _log.warning("The index folder %s cannot be used (%s); searching from memory.", path.parent, error)

    def _prune(self, known: set[str]) -> None:
        """Take away what was made from documents that are gone."""
        for document_id in set(self._vectors) - known:
            del self._vectors[document_id]
        if self._folder is not None and self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.stem not in known:
                    path.unlink(missing_ok=True)

    def _path(self, document_id: str) -> Path | None:
        return self._folder / f"{document_id}.npz" if self._folder is not None else None


def _shelved(ready: Sequence[tuple[StoredDocument, Floats]]) -> _Shelf:
    passages = tuple(OwnPassage.of(d.document_id, d.title, kept) for d, _ in ready for kept in d.passages)
    if not passages:
        return _EMPTY
    return _Shelf(passages, np.concatenate([v for _, v in ready]), PassageWords([f"{p.heading} {p.text}" for p in passages]))
