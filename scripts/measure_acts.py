"""Measure the reading of dialogue acts and levels on the held-out fifth, and write `docs/acts.md`.

python scripts/measure_acts.py            # prints and writes the page
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from rehearse.domain.acts import Act
from rehearse.domain.library import load_lexicon, shipped_root
from rehearse.domain.rated import RatedExchange, load_rated
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import shared_encoder


def counts(rows: list[RatedExchange]) -> dict[Act, tuple[int, int, int]]:
    """Hits, false alarms and misses of each act, by turn."""
    lexicon, encoder = load_lexicon(shipped_root()), shared_encoder()
    table = {act: [0, 0, 0] for act in Act}
    for row in rows:
        truth = {label.act for label in row.acts}
        found = {span.act for span in detect_acts(row.text, row.context, encoder, lexicon)}
        for act in Act:
            if act in truth and act in found:
                table[act][0] += 1
            elif act in found:
                table[act][1] += 1
            elif act in truth:
                table[act][2] += 1
    return {act: (hit, alarm, miss) for act, (hit, alarm, miss) in table.items()}


def f1(hit: int, alarm: int, miss: int) -> float:
    return 2 * hit / (2 * hit + alarm + miss) if hit + alarm + miss else float("nan")


def micro(table: dict[Act, tuple[int, int, int]]) -> tuple[float, float, float]:
    """Micro precision, recall and F1."""
    hit, alarm, miss = (sum(v[i] for v in table.values()) for i in range(3))
    return hit / max(1, hit + alarm), hit / max(1, hit + miss), f1(hit, alarm, miss)


def confused(rows: list[RatedExchange]) -> Counter[tuple[Act, Act]]:
    """Which act was read where another was meant: pairs (meant and missed, read instead)."""
    lexicon, encoder = load_lexicon(shipped_root()), shared_encoder()
    pairs: Counter[tuple[Act, Act]] = Counter()
    for row in rows:
        truth = {label.act for label in row.acts}
        found = {span.act for span in detect_acts(row.text, row.context, encoder, lexicon)}
        pairs.update((meant, read) for meant in truth - found for read in found - truth)
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/acts.md"))
    args = parser.parse_args()
    held_out = [r for r in load_rated(shipped_root() / "corpus" / "rated") if r.held_out and r.acts_complete]
    utterances = [r for r in held_out if r.levels is None]
    exchanges = [r for r in held_out if r.levels is not None]
    tables = {"utterances": counts(utterances), "exchanges": counts(exchanges)}
    lines = [
        "# Reading dialogue acts: how well",
        "",
        "Measured on the fifth of `corpus/rated/` that nothing is fitted on (decided by a hash of what was answered), without the slices",
        "whose acts are labelled in part. Utterances were written to show one act or a few beyond doubt; exchanges are whole answers, many",
        "of them badly done on purpose, and harder.",
        "Made by `python scripts/measure_acts.py`.",
        "",
        "| set | turns | precision | recall | micro-F1 |",
        "|---|---|---|---|---|",
    ]
    for name, rows in (("utterances", utterances), ("exchanges", exchanges)):
        precision, recall, score = micro(tables[name])
        lines.append(f"| {name} | {len(rows)} | {precision:.2f} | {recall:.2f} | **{score:.3f}** |")
    lines += [
        "",
        "| act | utterances: hit / false alarm / miss | F1 | exchanges: hit / false alarm / miss | F1 |",
        "|---|---|---|---|---|",
    ]
    for act in Act:
        one, two = tables["utterances"][act], tables["exchanges"][act]
        lines.append(
            f"| `{act.value}` | {' / '.join(map(str, one))} | {f1(*one):.2f} | {' / '.join(map(str, two))} | {f1(*two):.2f} |"
        )
    lines += ["", "## Most confused", "", "| meant and missed | read instead | times |", "|---|---|---|"]
    lines += [f"| `{a.value}` | `{b.value}` | {n} |" for (a, b), n in confused(held_out).most_common(20)]
    args.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines[:12]))


if __name__ == "__main__":
    main()
