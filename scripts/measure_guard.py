"""Count how often the guard of a chat model's sentences is right, and write it into `docs/acting.md`.

python scripts/measure_guard.py --turns 1000
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pages import place

from rehearse.domain.library import shipped_library
from rehearse.validation.acting import RememberingEncoder, Tally, by_rule, load_bad, play_many_hostile, wrongly_caught

PAGE = Path("docs/acting.md")
BAD = Path("tests/fixtures/guard")
FILES = {
    "bad-first.yaml": "the rules were written with them",
    "bad-second.yaml": "the rules were mended with them",
    "bad-third.yaml": "no rule was made for them",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=1000)
    args = parser.parse_args()
    library, encoder = shipped_library(), RememberingEncoder()
    checked = wrong = 0
    for persona in library.personas:
        n, found = wrongly_caught(persona, library, encoder)
        checked, wrong = checked + n, wrong + len(found)
    lines = ["| sentences | how many | caught | share |", "|---|---|---|---|"]
    lines.append(f"| authored, which may be said | {checked:,} | {wrong} | {wrong / checked:.2%} |")
    for name, what in FILES.items():
        rules = by_rule(load_bad(BAD / name), library, encoder)
        n, caught = (sum(counts) for counts in zip(*rules.values(), strict=True))
        lines.append(f"| bad, `{name}`: {what} | {n} | {caught} | {caught / n:.0%} |")
    place(PAGE, "sentences", "\n".join(lines))
    bad = load_bad(BAD / "bad-first.yaml") + load_bad(BAD / "bad-second.yaml")
    kinds = play_many_hostile(library, encoder, bad, args.turns)
    rows = ["| the model | turns | plan kept | authored draft stood in | bad sentences heard |", "|---|---|---|---|---|"]
    for kind, tally in [*kinds.items(), ("all", sum(kinds.values(), Tally()))]:
        kept, stood_in = tally.kept / tally.turns, tally.stood_in / tally.turns
        rows.append(f"| {kind} | {tally.turns} | {kept:.0%} | {stood_in:.0%} | {len(tally.bad)} |")
    place(PAGE, "hostile", "\n".join(rows))
    print("\n".join([*lines, "", *rows]))


if __name__ == "__main__":
    main()
