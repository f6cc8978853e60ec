"""Check every proof of the coach over many played and imported conversations, and write the count into `docs/validity.md`.

    python scripts/measure_proofs.py --played 10000 --imported 500

Played: learner bots of all kinds against the cast, as in `rehearse stress`. Imported: the rated conversations, and chains of rated
exchanges, each read as a transcript from elsewhere.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from os import cpu_count
from pathlib import Path

from pages import place

from rehearse.coaching.coach import Coach, Conversation
from rehearse.domain.library import shipped_library, shipped_root
from rehearse.domain.rated import RatedExchange, load_conversations, load_rated
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.stress import Cell, grid, perform, remembering_encoder
from rehearse.validation.conversations import transcript_of
from rehearse.validation.proofs import proofs

PAGE = Path("docs/validity.md")
Counted = Counter[tuple[str, bool]]


@cache
def coach() -> Coach:
    return Coach(shipped_library(), remembering_encoder(), None)


def check(conversation: Conversation) -> Counted:
    assessments = coach().assess_all(conversation)
    debrief = coach().debrief(conversation, assessments)
    return Counter(proofs(conversation, assessments, debrief, shipped_library(), coach().encoder))


def played(cell: Cell, seed: int) -> Counted:
    engine, snapshot = perform(cell, seed)
    return check(Conversation(snapshot.transcript, {e.turn: e.acts for e in snapshot.exchanges}, engine.setting, snapshot))


@cache
def whole_conversations() -> list[Transcript]:
    return [transcript_of(c) for c in load_conversations(shipped_root() / "corpus" / "rated" / "conversations")]


@cache
def rated_answers() -> list[RatedExchange]:
    return [r for r in load_rated(shipped_root() / "corpus" / "rated") if r.context]


def imported(number: int) -> Counted:
    if number < len(whole_conversations()):
        return check(coach().read(whole_conversations()[number]))
    chance = random.Random(number)
    turns: list[Turn] = []
    for n, row in enumerate(chance.sample(rated_answers(), chance.randint(3, 14)), 1):
        turns += [Turn(Speaker.COUNTERPART, n - 1, row.context), Turn(Speaker.LEARNER, n, row.text)]
    return check(coach().read(Transcript(tuple(turns))))


def table(counts: dict[str, Counted], conversations: dict[str, int]) -> str:
    lines = ["| conversations | quotes | citations | remarks, none within five turns of itself | better wordings | broken |"]
    lines.append("|---|---|---|---|---|---|")
    for kind, found in counts.items():
        total = {what: found[what, True] + found[what, False] for what in ("quote", "citation", "repeat", "suggestion")}
        broken = sum(n for (_, holds), n in found.items() if not holds)
        cells = " | ".join(f"{n:,}" for n in total.values())
        lines.append(f"| {conversations[kind]:,} {kind} | {cells} | {broken} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--played", type=int, default=10_000)
    parser.add_argument("--imported", type=int, default=500)
    parser.add_argument("--workers", type=int, default=cpu_count())
    args = parser.parse_args()
    cells = grid(shipped_library())
    each = -(-args.played // len(cells))
    jobs = [(cell, seed) for cell in cells for seed in range(each)][: args.played]
    with ProcessPoolExecutor(args.workers) as pool:
        counts = {
            "played": sum(pool.map(played, *zip(*jobs, strict=True), chunksize=16), Counter()),
            "imported": sum(pool.map(imported, range(args.imported), chunksize=8), Counter()),
        }
    text = table(counts, {"played": len(jobs), "imported": args.imported})
    print(text)
    place(PAGE, "proofs", text)
    if any(not holds for found in counts.values() for _, holds in found):
        raise SystemExit("Some proofs are broken.")


if __name__ == "__main__":
    main()
