"""Measure how often a learner's question finds the right idea, and write the figures into `docs/retrieval.md`.

python scripts/measure_retrieval.py
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from rehearse.workspace import search_ideas

PAGE = Path("docs/retrieval.md")


def measured(name: str) -> str:
    """One row of the table: share of questions whose idea is first, and among the first three."""
    questions = json.loads(Path(f"tests/fixtures/{name}.json").read_text(encoding="utf-8"))
    found = [[hit.idea_id for hit in search_ideas(q["question"], 3)] for q in questions]
    first = sum(f[0] == q["idea"] for f, q in zip(found, questions, strict=True)) / len(questions)
    three = sum(q["idea"] in f for f, q in zip(found, questions, strict=True)) / len(questions)
    return f"| `{name}.json` | {len(questions)} | {first:.3f} | {three:.3f} |"


def main() -> None:
    search_ideas("warm up", 1)
    rows = [measured("questions"), measured("questions_held_out")]
    started = time.perf_counter()
    for n in range(30):
        search_ideas(f"he goes quiet whenever I open the laptop {n}", 3)
    speed = (time.perf_counter() - started) / 30 * 1000
    table = "\n".join(["| questions | number | right idea first | among the first three |", "|---|---|---|---|", *rows])
    page = PAGE.read_text(encoding="utf-8")
    figures = f"<!-- figures -->\n{table}\n\nA search took {speed:.0f} ms on the two cores of the day.\n<!-- /figures -->"
    PAGE.write_text(re.sub(r"<!-- figures -->.*?<!-- /figures -->", figures, page, flags=re.S), encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
