"""Questions as learners ask them find the right idea; the bars are what was measured, not what was hoped for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rehearse.config import load_settings
from rehearse.domain.idea import PassageIndex
from rehearse.domain.library import Library
from rehearse.perception.embedding import READY, SentenceEmbedding, text_key
from rehearse.perception.encoder import Encoder
from rehearse.workspace import Workspace

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    return Workspace(load_settings(home=tmp_path_factory.mktemp("index"))).index


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chroma: str) -> Iterator[PassageIndex]:
    workspace = Workspace(load_settings(home=tmp_path_factory.mktemp("served"), chroma_url=chroma))
    assert workspace.index_problem() == ""
    yield workspace.index
    workspace._ideas.close()


@pytest.fixture(params=["embedded", "served"])
def index(request: pytest.FixtureRequest) -> PassageIndex:
    """In the data folder, and on a Chroma server."""
    found: PassageIndex = request.getfixturevalue(request.param)
    return found


def test_a_server_finds_what_the_folder_finds(embedded: PassageIndex, served: PassageIndex, library: Library) -> None:
    questions = [q["question"] for q in json.loads((FIXTURES / "questions.json").read_text(encoding="utf-8"))[:25]]
    few = [p.passage_id for p in library.corpus.passages()][::5]
    assert [served.search(q, 5) for q in questions] == [embedded.search(q, 5) for q in questions]
    assert [served.nearest(q, few) for q in questions] == [embedded.nearest(q, few) for q in questions]


@pytest.mark.parametrize(("name", "first", "three"), [("questions", 0.86, 0.98), ("questions_held_out", 0.8, 0.95)])
def test_learners_questions_find_the_idea(index: PassageIndex, name: str, first: float, three: float) -> None:
    questions = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert len(questions) >= 60
    found = [[hit.idea_id for hit in index.search(q["question"], 3)] for q in questions]
    wanted = [q["idea"] for q in questions]
    assert np.mean([f[0] == w for f, w in zip(found, wanted, strict=True)]) >= first
    assert np.mean([w in f for f, w in zip(found, wanted, strict=True)]) >= three


def test_hits_are_passages_of_the_corpus_best_first(index: PassageIndex, library: Library) -> None:
    hits = index.search("what if she tells everyone what he said?", 100)
    assert len(hits) == len(list(library.corpus.passages()))
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(0.0 <= h.score <= 1.0 for h in hits)
    assert all(library.corpus.passage(h.passage_id).text == h.text for h in hits)
    assert len({h.idea_id for h in hits[:3]}) == 3


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "😀"])
def test_a_question_without_words_finds_nothing(index: PassageIndex, nothing: str) -> None:
    assert index.search(nothing) == []


def test_long_and_odd_questions_are_answered(index: PassageIndex) -> None:
    assert index.search("word " * 5000, 2)
    assert index.search("<b>how often</b> 'should' \"we\" meet; DROP TABLE", 2)


def test_the_nearest_of_a_few_passages(index: PassageIndex) -> None:
    few = ("assure-confidentiality", "agree-how-long-it-lasts")
    assert index.nearest("I won't tell anyone what you said", few) == "assure-confidentiality"
    assert index.nearest("six weeks and then it ends", few) == "agree-how-long-it-lasts"


def test_ready_vectors_are_those_the_models_make(library: Library, encoder: Encoder) -> None:
    embedding = SentenceEmbedding(encoder)
    texts = [p.text for p in library.corpus.passages()]
    with np.load(READY, allow_pickle=False) as stored:
        if str(stored["name"]) != embedding.name:
            pytest.skip("this machine has no general model, so the ready vectors do not apply")
        assert {text_key(t) for p in library.corpus.passages() for t in (p.text, *p.cues)} <= set(stored["keys"].tolist())
    likeness = (embedding(texts[:8]) * embedding.fresh(texts[:8])).sum(axis=1)
    assert likeness.min() > 0.97
