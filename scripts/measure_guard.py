"""Count how often the guard of a chat model's sentences is right, and how long it takes, and write it into `docs/acting.md`.

python scripts/measure_guard.py --turns 1000
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from pages import place

from rehearse.acting.guard import MOST_WORDS, Guard, Leave
from rehearse.domain.library import Library, shipped_library
from rehearse.perception.encoder import Encoder
from rehearse.validation.acting import (
    RememberingEncoder,
    Tally,
    by_rule,
    caught_without_leave,
    load_bad,
    load_good,
    play_many_hostile,
    wrongly_caught,
)

PAGE = Path("docs/acting.md")
BAD = Path("tests/fixtures/guard")
FILES = {
    "bad-first.yaml": "the patterns were written with them",
    "bad-second.yaml": "the patterns were mended with them",
    "bad-third.yaml": "the net was fitted with them",
    "bad-fourth.yaml": "a first net caught 73 % of them; then this one was fitted with them",
    "bad-fifth.yaml": "nothing was made with them",
}
UNSEEN = "bad-fifth.yaml"
GOOD = "good-fifth.yaml"


def milliseconds(library: Library) -> float:
    """The median time to check a sentence that was never checked before, with all facts of a counterpart kept back."""
    leave = Leave(concede=False, end=False, hidden=library.personas[0].facts, most_words=MOST_WORDS)
    guard, taken = Guard(library.guard, Encoder(), leave), []
    for sentence in ("Well.", "And who would do that?", *load_good(BAD / GOOD)):
        begun = time.perf_counter()
        guard.check(sentence)
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken[2:])


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
    good = load_good(BAD / GOOD)
    wrong = sum(caught_without_leave(sentence, library, encoder) is not None for sentence in good)
    lines.insert(
        3, f"| good, but it looks bad, `{GOOD}`: nothing was made with them | {len(good)} | {wrong} | {wrong / len(good):.0%} |"
    )
    rules = by_rule(load_bad(BAD / UNSEEN), library, encoder)
    kinds_of = ", ".join(f"{rule.value.replace('_', ' ')} {caught} of {n}" for rule, (n, caught) in rules.items())
    lines += ["", f"`{UNSEEN}` by rule: {kinds_of}.", "", f"One sentence takes {milliseconds(library):.1f} ms in the median."]
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
