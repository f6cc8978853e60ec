"""Turn the rows of `rehearse stress --json` into `docs/stress.md`.

rehearse stress --rehearsals 10000 --json > stress.json && python scripts/write_stress.py stress.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

INTRO = """# The cast, tried by learner bots

Eight kinds of learner against every counterpart in every scenario that fits, at three difficulties, {n:,} rehearsals in all, with
`rehearse stress --rehearsals 10000 --json`. No rehearsal raised an error. A small grid of the same is a test (`tests/test_stress.py`).

*Agreed* is the share that ended in a yes, *turns* the mean length of those that did (of all, where none did). *Repeats* are sentences
said twice in a rehearsal, *leaks* facts told below their gate, *unpermitted* concessions that the state did not allow.

Bots are not people: they speak from pools of lines and see which worry is on the table. What the table shows is the order of things,
not what share of people would succeed.
"""


def table(rows: list[dict[str, Any]], by: tuple[str, ...]) -> list[str]:
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    lines = [f"| {' | '.join(by)} | n | agreed | trust | turns | repeats | leaks | unpermitted |", "|" + "---|" * (len(by) + 7)]
    for key, members in groups.items():
        n = sum(r["n"] for r in members)

        def mean(name: str, members: list[dict[str, Any]] = members, n: int = n) -> float:
            return float(sum(r[name] * r["n"] for r in members) / n)

        counts = " | ".join(str(sum(r[name] for r in members)) for name in ("repeats", "leaks", "unpermitted"))
        lines.append(f"| {' | '.join(key)} | {n} | {mean('agreed'):.0%} | {mean('trust'):.2f} | {mean('turns'):.1f} | {counts} |")
    return lines


def main() -> None:
    rows = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    skilled = [r for r in rows if r["bot"] in ("skilled", "average") and r["difficulty"] == "normal"]
    page = [
        INTRO.format(n=sum(r["n"] for r in rows)),
        "## By learner and difficulty\n",
        *table(rows, ("bot", "difficulty")),
        "\n## The skilled and the average learner at normal difficulty, by counterpart\n",
        *table(sorted(skilled, key=lambda r: (r["scenario"], r["persona"], r["bot"])), ("scenario", "persona", "bot")),
    ]
    Path("docs/stress.md").write_text("\n".join(page) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
