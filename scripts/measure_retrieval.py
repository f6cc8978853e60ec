"""Measure how often a learner's question finds the right idea, and write the figures into `docs/retrieval.md`.

python scripts/measure_retrieval.py
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import numpy as np

from rehearse.domain.library import shipped_library
from rehearse.perception.embedding import shared_embedding
from rehearse.storage.ranking import Ranking
from rehearse.workspace import search_ideas

PAGE = Path("docs/retrieval.md")


def measured(name: str) -> str:
    """One row of the table: share of questions whose idea is first, and among the first three."""
    questions = json.loads(Path(f"tests/fixtures/{name}.json").read_text(encoding="utf-8"))
    found = [[hit.idea_id for hit in search_ideas(q["question"], 3)] for q in questions]
    first = sum(f[0] == q["idea"] for f, q in zip(found, questions, strict=True)) / len(questions)
    three = sum(q["idea"] in f for f, q in zip(found, questions, strict=True)) / len(questions)
    return f"| `{name}.json` | {len(questions)} | {first:.3f} | {three:.3f} |"


def hidden_cues() -> str:
    """The same for each cue, left out of the fit and asked: by the general model alone, since ours has seen the cues."""
    passages = list(shipped_library().corpus.passages())
    embedding = shared_embedding()
    vectors = embedding([text for p in passages for text in (p.text, *p.cues)])
    own = embedding.quick(["any words"])[0] != 0.0
    ranking = Ranking(passages, vectors, own)
    member = np.hstack([np.eye(len(passages))[ranking.owner], np.eye(6)[ranking.idea[ranking.owner]]]).astype(np.float32)
    [(_, _, classifier)] = [part for part in ranking._parts if not (part[0] & own).any()] or ranking._parts
    scores = classifier.left_out(member)
    firsts = np.concatenate([[True], np.diff(ranking.owner) > 0])
    order, wanted = np.argsort(-scores[~firsts], axis=1), ranking.idea[ranking.owner[~firsts]]
    ideas = [list(dict.fromkeys(ranking.idea[row]))[:3] for row in order]
    first = np.mean([i[0] == w for i, w in zip(ideas, wanted, strict=True)])
    three = np.mean([w in i for i, w in zip(ideas, wanted, strict=True)])
    return f"| cues, each hidden and asked; general model alone | {len(wanted)} | {first:.3f} | {three:.3f} |"


def main() -> None:
    search_ideas("warm up", 1)
    rows = [measured("questions"), measured("questions_held_out"), hidden_cues()]
    started = time.process_time()
    for n in range(30):
        search_ideas(f"he goes quiet whenever I open the laptop {n}", 3)
    speed = (time.process_time() - started) / 30 * 1000
    table = "\n".join(["| questions | number | right idea first | among the first three |", "|---|---|---|---|", *rows])
    page = PAGE.read_text(encoding="utf-8")
    figures = f"<!-- figures -->\n{table}\n\nA search took {speed:.0f} ms of processor time, nearly all of it the general model's.\n<!-- /figures -->"
    PAGE.write_text(re.sub(r"<!-- figures -->.*?<!-- /figures -->", figures, page, flags=re.S), encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
