"""What thousands of stored rehearsals cost: `python scripts/measure_store.py [--rehearsals N] [--write]`.

A store is filled with talks as long as real ones; the history page, a search and a turn are timed at several sizes, on SQLite and,
given `--database URL` of an empty database, on PostgreSQL. `--write` puts the tables into `docs/storage.md`, and draws them.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import draw_store
import psutil
from sqlalchemy import text

from rehearse.storage.rows import BATCH
from rehearse.storage.search import folded
from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer
from rehearse.storage.tables import RehearsalRow, SaidRow, TurnRow

PAGE = draw_store.PAGE
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
TURNS, LEARNER_WORDS, ANSWER_WORDS = 8, 45, 25
TIMES = 9
HOW = (
    f"Waiting time and, in brackets, processor time: the least of {TIMES} times each, on a machine with {{machine}}. Talks of {TURNS} "
    "turns. A turn and a deletion wait for the disk, which is why they vary most; how many times as much is counted in processor time."
)
LISTED = 500
"""How many the history page lists."""
JSON_BYTES = {"exchange_json": 1500, "inner_json": 1200, "assessment_json": 4000}
"""About what a turn of the embedded engine takes."""
DEBRIEF_BYTES, SCORES_BYTES = 20_000, 900


@dataclass(frozen=True)
class Cost:
    """Milliseconds that somebody waits, and of these what the processor is at work, in our process and in the database's."""

    wait: float
    work: float

    def __str__(self) -> str:
        return f"{self.wait:.1f} ({self.work:.1f}) ms"


@dataclass(frozen=True)
class Row:
    """What things cost at one size."""

    stored: int
    page: Cost
    last_page: Cost
    found: Cost
    not_found: Cost
    turn: Cost
    delete: Cost
    opening: Cost
    """What of a start hangs on the database."""
    megabytes: float

    @property
    def costs(self) -> tuple[Cost, ...]:
        return self.page, self.last_page, self.found, self.not_found, self.turn, self.delete, self.opening


def fill(store: RehearsalStore, start: int, stop: int, words: list[str]) -> None:
    """Rehearsals number `start` to `stop`, as a person would have made them one after the other."""
    chance = random.Random(start)
    first = datetime(2025, 1, 1, tzinfo=UTC)
    # Words, because a server would press the same letter a thousand times together to nothing.
    some = " ".join(chance.choices(words, k=5_000))
    padding = {key: some[:size] for key, size in JSON_BYTES.items()}
    for low in range(start, stop, BATCH):
        rehearsals, turns, said = [], [], []
        for n in range(low, min(stop, low + BATCH)):
            key, begun = UUID(int=chance.getrandbits(128)).hex, first + timedelta(minutes=20 * n)
            rehearsals.append(
                {
                    "id": key, "person_id": store.person_id, "scenario_id": f"scenario-{n % 5}", "persona_id": f"persona-{n % 12}",
                    "difficulty": "normal", "seed": n, "engine": "embedded", "opening": "Yes?", "started_at": begun,
                    "ended_at": begun, "ending": "agreed", "trust": 0.5, "empathy": 50, "clarity": 50,
                    "debrief_json": some[:DEBRIEF_BYTES], "scores_json": some[:SCORES_BYTES],
                }
            )  # fmt: skip
            for number in range(1, TURNS + 1):
                learner, counterpart = (" ".join(chance.choices(words, k=k)) for k in (LEARNER_WORDS, ANSWER_WORDS))
                turns.append(
                    {"rehearsal_id": key, "number": number, "said_at": begun, "learner": learner, "counterpart": counterpart}
                    | padding
                )
                said.append({"rehearsal_id": key, "number": number, "words": folded(learner, counterpart)})
        with store.database.writing() as session:
            for table, rows in ((RehearsalRow, rehearsals), (TurnRow, turns), (SaidRow, said)):
                session.execute(table.__table__.insert(), rows)


def quickest(store: RehearsalStore, action: Callable[[], object], times: int = TIMES) -> Cost:
    """What it costs where least is in the way: the least of several times."""
    clock = _processor_clock(store)
    waits, works = [], []
    for _ in range(times):
        begun, worked = time.perf_counter(), clock()
        action()
        waits.append(time.perf_counter() - begun)
        works.append(clock() - worked)
    return Cost(1000 * min(waits), 1000 * min(works))


def _processor_clock(store: RehearsalStore) -> Callable[[], float]:
    """Seconds of processor time so far: ours and, where a server on this machine does the work, those of its process for us."""
    if store.database.engine.name == "sqlite":
        return time.process_time
    with store.database.reading() as session:
        server = psutil.Process(session.scalar(text("SELECT pg_backend_pid()")) or 0)
    return lambda: time.process_time() + sum(server.cpu_times()[:2])


def measure(store: RehearsalStore, stored: int, address: str | Path) -> Row:
    """One row of the table."""
    file = address if isinstance(address, Path) else None
    new = NewRehearsal("pitch-to-boss", "ruth-abelson", "normal", 1, "embedded", "Yes?")
    answer = StoredAnswer("word " * ANSWER_WORDS, *("x" * size for size in JSON_BYTES.values()))
    rehearsal_id, numbers = store.create(new), iter(range(1, 1000))

    def turn() -> None:
        number = next(numbers)
        store.add_learner_turn(rehearsal_id, number, "word " * LEARNER_WORDS)
        store.add_answer(rehearsal_id, number, answer)

    turn()
    store.list(limit=LISTED)
    return Row(
        stored=stored,
        page=quickest(store, lambda: (store.list(limit=LISTED), store.count())),
        last_page=quickest(store, lambda: store.list(offset=max(0, stored - 50))),
        found=quickest(store, lambda: store.list("one json document", limit=LISTED)),
        not_found=quickest(store, lambda: store.list("nobody ever said this", limit=LISTED)),
        turn=quickest(store, turn, 3 * TIMES),
        delete=_deleted(store, new),
        opening=quickest(store, lambda: RehearsalStore(address).close()),
        megabytes=sum(f.stat().st_size for f in file.parent.iterdir()) / 1e6 if file else float("nan"),
    )


def _deleted(store: RehearsalStore, new: NewRehearsal) -> Cost:
    rehearsal_ids = iter([store.create(new) for _ in range(3)])
    taken = quickest(store, lambda: store.delete(next(rehearsal_ids)), 3)
    # What goes on in the background is waited for, so that the next figures do not suffer from it.
    store.close()
    return taken


def measure_all(address: str | Path, sizes: list[int]) -> list[Row]:
    """The rows of one kind of database."""
    words = PAGE.with_name("cli.md").read_text("utf-8").replace("|", " ").split()
    store = RehearsalStore(address)
    rows, held = [], 0
    for size in sizes:
        fill(store, held, size, words)
        held = size
        rows.append(measure(store, size, address))
        print(rows[-1], flush=True)
    store.close()
    return rows


def table(name: str, rows: list[Row]) -> str:
    """A table in Markdown; the last line says how often the first is in the last."""
    heads = (
        "Stored rehearsals",
        "History page",
        "Its last page",
        "Search, found",
        "Search, not found",
        "A turn",
        "Delete one",
        "Open the database",
        "Size",
    )
    lines = [f"**{name}**", "", f"| {' | '.join(heads)} |", "|" + "---:|" * len(heads)]
    for row in rows:
        size = "" if math.isnan(row.megabytes) else f"{row.megabytes:.0f} MB"
        lines.append(f"| {row.stored:,} | {' | '.join(map(str, row.costs))} | {size} |")
    first, last = rows[0], rows[-1]
    ratios = [late.work / early.work for early, late in zip(first.costs, last.costs, strict=True)]
    lines.append(f"| {last.stored / first.stored:,.0f} times as many | {' | '.join(f'{r:.1f} ×' for r in ratios)} | |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rehearsals", type=int, default=10_000)
    parser.add_argument("--database", help="The address of an empty PostgreSQL database.")
    parser.add_argument("--write", action="store_true", help=f"Write the tables into {PAGE.name}, and draw them.")
    arguments = parser.parse_args()
    sizes = [n for n in (100, 1_000, 10_000, 100_000) if n < arguments.rehearsals] + [arguments.rehearsals]
    with tempfile.TemporaryDirectory() as folder:
        tables = [table("SQLite", measure_all(Path(folder) / "rehearse.db", sizes))]
    if arguments.database:
        tables.append(table("PostgreSQL", measure_all(arguments.database, sizes)))
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {datetime.now(UTC):%B %Y}"
    told = "\n\n".join([*tables, HOW.format(machine=machine)])
    print(told)
    if arguments.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.partition(END)[2]}", "utf-8")
        draw_store.draw(draw_store.tables(PAGE.read_text("utf-8")), draw_store.PICTURE)


if __name__ == "__main__":
    main()
