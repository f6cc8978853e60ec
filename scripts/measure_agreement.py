"""Agreement between the first labels and the second, blind ones; writes it, and what the files hold, into `corpus/rated/CARD.md`.

    python scripts/measure_agreement.py            # needs scikit-learn: pip install -e '.[validate]'

Both labellings are by a language model after the same guide, so this bounds the consistency of the labels. It is not agreement
among people.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from pages import place
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score, f1_score

from rehearse.domain.acts import Act
from rehearse.domain.rated import Habits, Levels, RatedExchange, load_conversations, load_rated
from rehearse.perception.segments import words

RATED = Path("corpus/rated")


def second_labels(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "second" / "second_labels.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def two(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.2f}"


def level_rows(pairs: list[tuple[RatedExchange, dict[str, object]]]) -> list[str]:
    rows = []
    for name in Levels.model_fields:
        both = [(getattr(first.levels, name), second["levels"][name]) for first, second in pairs]  # type: ignore[index]
        one_open = sum((a is None) != (b is None) for a, b in both)
        rated = [(a, b) for a, b in both if a is not None and b is not None]
        a, b = (np.array(side) for side in zip(*rated, strict=True))
        kappa = cohen_kappa_score(a, b, labels=[0, 1, 2], weights="quadratic")
        f1 = f1_score(a, b, labels=sorted({*a, *b}), average="macro", zero_division=0)
        far = int((abs(a - b) == 2).sum())
        rows.append(f"| `{name}` | {len(rated)} | {one_open} | {(a == b).mean():.0%} | {far} | {two(kappa)} | {two(f1)} |")
    return rows


def act_rows(pairs: list[tuple[RatedExchange, dict[str, object]]]) -> list[str]:
    rows, all_first, all_second = [], [], []
    pairs = [(first, second) for first, second in pairs if first.acts_complete]
    for act in Act:
        a = np.array([any(label.act is act for label in first.acts) for first, _ in pairs])
        b = np.array([act.value in second["acts"] for _, second in pairs])  # type: ignore[operator]
        all_first.append(a)
        all_second.append(b)
        kappa = cohen_kappa_score(a, b) if a.any() or b.any() else float("nan")
        f1 = f1_score(a, b, zero_division=0) if a.any() or b.any() else float("nan")
        rows.append(f"| `{act.value}` | {a.sum()} | {b.sum()} | {(a & b).sum()} | {two(f1)} | {two(kappa)} |")
    a, b = np.concatenate(all_first), np.concatenate(all_second)
    together = f"| all, each turn and act | {a.sum()} | {b.sum()} | {(a & b).sum()} | {two(f1_score(a, b))} | {two(cohen_kappa_score(a, b))} |"
    return [*rows, together]


def contents(folder: Path) -> str:
    """What each file holds, and how often each level was given."""
    rows = {
        p.name: [r for r in load_rated(folder) if r.id.startswith(p.stem.split("_")[0] + "-")]
        for p in sorted(folder.glob("*.jsonl"))
    }
    lines = ["| file | lines | held out | different things said | words: median, nine tenths below |", "|---|---|---|---|---|"]
    for name, found in rows.items():
        spoken = [len(words(r.text)) for r in found]
        median, high = np.quantile(spoken, [0.5, 0.9])
        said = len({r.context for r in found if r.context})
        lines.append(f"| `{name}` | {len(found)} | {sum(r.held_out for r in found)} | {said} | {median:.0f}, {high:.0f} |")
    every = [r for found in rows.values() for r in found]
    lines.append(
        f"| together | {len(every)} | {sum(r.held_out for r in every)} | {len({r.context for r in every if r.context})} | |"
    )
    levels = [r.levels for r in every if r.levels is not None]
    lines += ["", "| criterion | 0 | 1 | 2 | left open |", "|---|---|---|---|---|"]
    for name in Levels.model_fields:
        count = Counter(getattr(level, name) for level in levels)
        lines.append(f"| `{name}` | {count[0]} | {count[1]} | {count[2]} | {count[None]} |")
    return "\n".join(lines)


def tables(folder: Path) -> str:
    first = {row.id: row for row in load_rated(folder)}
    labels = second_labels(folder)
    pairs = [(first[str(second["id"])], second) for second in labels if str(second["id"]) in first]
    pairs = [(row, second) for row, second in pairs if row.levels is not None]
    lines = [
        f"{len(pairs)} exchanges were labelled twice ({len(labels) - len(pairs)} second labels belong to no exchange).",
        "",
        "| criterion | rated both times | left open once only | exactly alike | two levels apart | kappa, quadratic | macro-F1 |",
        "|---|---|---|---|---|---|---|",
        *level_rows(pairs),
        "",
        f"Acts, of the {sum(row.acts_complete for row, _ in pairs)} whose acts are labelled completely:",
        "",
        "| act | first | second | both | F1 | kappa |",
        "|---|---|---|---|---|---|",
        *act_rows(pairs),
    ]
    return "\n".join(lines)


def conversation_table(folder: Path) -> str:
    """How far two labellings of whole conversations agree, habit by habit."""
    first = {c.id: c.details for c in load_conversations(folder / "conversations")}
    text = (folder / "second" / "conversations.jsonl").read_text(encoding="utf-8")
    second = [json.loads(line) for line in text.split("\n") if line.strip()]
    lines = [
        f"{len(second)} of {len(first)} conversations were labelled twice.",
        "",
        "| habit | exactly alike | two or more apart | Spearman |",
        "|---|---|---|---|",
    ]
    for habit in Habits.model_fields:
        a = np.array([getattr(first[row["id"]], habit) for row in second])
        b = np.array([row["details"][habit] for row in second])
        lines.append(f"| `{habit}` | {(a == b).mean():.0%} | {int((abs(a - b) >= 2).sum())} | {spearmanr(a, b).statistic:.2f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=RATED)
    parser.add_argument("--card", type=Path, default=RATED / "CARD.md")
    args = parser.parse_args()
    table = tables(args.folder)
    place(args.card, "contents", contents(args.folder))
    place(args.card, "agreement", table)
    place(args.card, "conversations", conversation_table(args.folder))
    print(table)


if __name__ == "__main__":
    main()
