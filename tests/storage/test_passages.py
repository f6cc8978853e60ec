"""The collection of passages: built once, rebuilt when anything it was made from changes or breaks, never used half-built."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from rehearse.domain.idea import Corpus, Idea, Passage
from rehearse.storage.passages import QUESTION_CHARACTERS, _settings, _shortened, open_index


def corpus_of(*extra: str) -> Corpus:
    """Two ideas of two passages; `extra` cues for the first."""
    texts = {
        "secrets": ("Promise that it stays between you.", "who will hear about it", *extra),
        "pace": ("Let them set the speed.", "she is so slow", "should I hurry him"),
        "goal": ("Agree what it is for.", "what is our aim"),
        "diary": ("Fix the day and the room.", "how often do we meet", "his office or mine"),
    }
    passages = [
        Passage("safe" if n < 2 else "terms", name, text, tuple(cues)) for n, (name, (text, *cues)) in enumerate(texts.items())
    ]
    return Corpus(tuple(Idea(i, i, "", "", "", tuple(p for p in passages if p.idea_id == i)) for i in ("safe", "terms")))


class Words:
    """Embeds a text as the set of its words, each in a place of its own; counts how many texts it was given."""

    def __init__(self) -> None:
        self.texts = 0

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        rows = np.full((len(texts), 64), 0.01, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[int(hashlib.md5(word.encode()).hexdigest(), 16) % 64] += 1.0
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


DOCUMENTS = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def first(corpus: Corpus, folder: Path | None, embed: Words, made_by: str = "words") -> str:
    return open_index(corpus, embed, folder, made_by=made_by).search("who will hear")[0].passage_id


@pytest.mark.parametrize("kept", [True, False])
def test_the_best_passage_comes_first(folder: Path, kept: bool) -> None:
    index = open_index(corpus_of(), Words(), folder if kept else None)
    hits = index.search("how often should the two of us meet", 99)
    assert hits[0].passage_id == "diary"
    assert len(hits) == 4
    assert {h.idea_id for h in hits[:2]} == {"safe", "terms"}
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(0.0 <= h.score <= 1.0 for h in hits)
    assert index.search("… ?!", 3) == index.search("", 3) == index.search("meet", 0) == []


def test_a_long_question_loses_only_its_middle() -> None:
    story = "how often do we meet? " + "and nothing happened " * 5_000 + "his office or mine?"
    asked = _shortened(story)
    assert asked.startswith("how often do we meet?")
    assert asked.endswith("his office or mine?")
    assert len(asked) <= QUESTION_CHARACTERS + 1
    assert open_index(corpus_of(), Words(), None).search(story)


def test_an_index_is_built_once(folder: Path) -> None:
    first(corpus_of(), folder, Words())
    embed = Words()
    assert first(corpus_of(), folder, embed) == "secrets"
    assert embed.texts < DOCUMENTS


@pytest.mark.parametrize("changed", ["corpus", "encoder"])
def test_an_index_of_something_else_is_replaced(folder: Path, changed: str) -> None:
    import chromadb

    first(corpus_of(), folder, Words())
    embed = Words()
    if changed == "corpus":
        assert first(corpus_of("will my boss be told"), folder, embed) == "secrets"
    else:
        assert first(corpus_of(), folder, embed, made_by="other words") == "secrets"
    assert embed.texts >= DOCUMENTS
    assert len(chromadb.PersistentClient(path=str(folder / "chroma"), settings=_settings()).list_collections()) == 1


def test_a_half_built_index_is_never_used(folder: Path) -> None:
    class Dying(Words):
        def __call__(self, texts: Sequence[str]) -> np.ndarray:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_index(corpus_of(), Dying(), folder, made_by="words")
    assert first(corpus_of(), folder, Words()) == "secrets"


def test_an_index_that_lost_a_document_is_built_again(folder: Path) -> None:
    import chromadb

    first(corpus_of(), folder, Words())
    [collection] = chromadb.PersistentClient(path=str(folder / "chroma"), settings=_settings()).list_collections()
    collection.delete(ids=["3"])
    embed = Words()
    assert first(corpus_of(), folder, embed) == "secrets"
    assert embed.texts >= DOCUMENTS


DAMAGE = """
import sys
from pathlib import Path
folder, kind = Path(sys.argv[1]) / "chroma", sys.argv[2]
database = folder / "chroma.sqlite3"
if kind == "garbage":
    database.write_bytes(b"no database at all " * 1000)
elif kind == "cut":
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])
elif kind == "empty":
    database.write_bytes(b"")
elif kind == "gone":
    database.unlink()
elif kind == "a file":
    import shutil
    shutil.rmtree(folder)
    folder.write_text("not a folder")
"""
ASK = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from test_passages import Words, corpus_of, first
print(first(corpus_of(), Path(sys.argv[1]), Words()))
"""


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("kind", ["garbage", "cut", "empty", "gone", "a file"])
def test_a_damaged_folder_is_built_again(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    first(corpus_of(), folder, Words())
    # What a new process would see: Chroma keeps its handles to a folder for as long as a process lives.
    SharedSystemClient.clear_system_cache()
    monkeypatch.setattr(sys, "argv", ["damage", str(folder), kind])
    exec(DAMAGE, {})
    assert first(corpus_of(), folder, Words()) == "secrets"


def test_two_processes_build_one_index(folder: Path) -> None:
    both = [_python(ASK, str(folder), str(Path(__file__).parent)) for _ in range(2)]
    assert [process.communicate(timeout=100)[0].strip() for process in both] == ["secrets", "secrets"]


def test_a_folder_that_cannot_be_used_is_done_without(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("")
    with caplog.at_level(logging.WARNING):
        assert first(corpus_of(), tmp_path / "taken", Words()) == "secrets"
    assert "searching from memory" in caplog.text


def test_a_folder_that_another_process_holds_is_done_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearse.storage.passages.LOCK_SECONDS", 0.1)
    folder.mkdir()
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with FileLock(folder / "index.lock"):
            held.set()
            free.wait(20)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(20)
    assert first(corpus_of(), folder, Words()) == "secrets"
    free.set()
    other.join()


def test_the_nearest_is_found_though_the_collection_was_replaced(folder: Path) -> None:
    import chromadb

    index = open_index(corpus_of(), Words(), folder)
    among = ("pace", "diary")
    before = index.nearest("how often do we meet", among)  # type: ignore[attr-defined]
    client = chromadb.PersistentClient(path=str(folder / "chroma"), settings=_settings())
    for collection in client.list_collections():
        client.delete_collection(collection.name)
    assert before == index.nearest("how often do we meet", among) == "diary"  # type: ignore[attr-defined]
    assert index.search("how often do we meet")[0].passage_id == "diary"


def test_chroma_is_imported_only_for_an_index() -> None:
    code = "import sys, rehearse.storage.passages, rehearse.storage.store; print('chromadb' in sys.modules, 'langchain_chroma' in sys.modules)"
    assert _python(code).communicate(timeout=60)[0].split() == ["False", "False"]
