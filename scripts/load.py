"""Many people at once: `python scripts/load.py [--people N] [--seconds S] [--slow-model] [--write]`.

Starts `rehearse serve` with accounts on a free port of the loopback, in a temporary data folder, and sends people who rehearse as
people do (`load_people.py`). Nothing leaves this machine, and it stops by itself. With `--slow-model` a language model on the loopback
answers slowly and a few at a time; then the question is whether anybody starves. The exit code is 1 where a bar was missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import secrets
import socket
import socketserver
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import uvloop

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "llm")]
from fake_openai import Behaviour, Call, fake_openai, says  # noqa: E402
from load_people import Account, Manner, Waited, people_at_once  # noqa: E402
from pages import place  # noqa: E402

BIN = Path(sys.executable).parent / "rehearse"
PAGE = ROOT / "docs" / "load.md"
MOST_PEOPLE, MOST_SECONDS = 1000, 3600
BY_PAGE = 0.5
"""The share of people who use the page; the others are programs that use the HTTP interface."""
MOST_P95 = 0.5
"""Seconds that were set as the bar."""
MOST_GROWTH = 0.10
WARM_SHARE = 0.25
"""The first part of a run, after which the memory should stay as it is."""
LONGEST_SLOW = 60.0
"""Seconds that nobody may wait for an answer, however slow the model: ten in line, then the model's own time, and its end."""
SLOW_ANSWER, SLOW_AT_ONCE = 5.0, 8
PUSHY = 12
"""Turns that one person sends at the same time, to see the cap."""


@dataclass
class Server:
    """A running `rehearse serve`, and what it took of this machine."""

    base: str
    process: psutil.Process
    began: float = field(default_factory=time.monotonic)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds after the beginning, and the resident set in MB."""
    threads: int = 0
    cpu_before: float = 0.0

    def start_watching(self) -> None:
        self.began, self.cpu_before = time.monotonic(), self._cpu()
        self.memory.clear()

    def look(self) -> None:
        self.memory.append((time.monotonic() - self.began, self.process.memory_info().rss / 2**20))
        self.threads = max(self.threads, self.process.num_threads())

    def cpu(self) -> float:
        """Processors kept busy on average, since the watching began."""
        return (self._cpu() - self.cpu_before) / (time.monotonic() - self.began)

    def _cpu(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def accounts(home: Path, count: int) -> list[tuple[str, str]]:
    """People with an account in an empty data folder: the token of a browser and that of a program of each."""
    from rehearse.config import load_settings
    from rehearse.people.accounts import Accounts
    from rehearse.people.passwords import hashed
    from rehearse.workspace import Workspace

    workspace = Workspace(load_settings(home=home))
    found = Accounts(workspace.store.database)
    # One slow hash for all of them: signing in is not what is measured.
    password = hashed(secrets.token_urlsafe(12))
    people = [found.store.add(f"Person {number}", password, host=False) for number in range(count)]
    tokens = [(found.let_in(person), found.token_for_program(person)) for person in people]
    workspace.store.close()
    return tokens


@contextmanager
def serving(home: Path, model: str = "", **more: str) -> Iterator[Server]:
    """The server, warm, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("REHEARSE_", "OPENAI_"))}
    environment |= {"REHEARSE_HOME": str(home), "REHEARSE_MODEL": model, **more}
    if not model:
        del environment["REHEARSE_MODEL"]
    command = [str(BIN), "serve", "--port", str(port), "--auth", "accounts"]
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            base = f"http://127.0.0.1:{port}"
            _wait(base, process, home)
            yield Server(base, psutil.Process(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(base: str, process: subprocess.Popen[bytes], home: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"`rehearse serve` ended: {(home / 'serve.log').read_text(errors='replace')[-2000:]}")
        try:
            if httpx.get(f"{base}/sign-in", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("`rehearse serve` was not ready in a minute.")


# The figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What one run came to. Waits in seconds, memory in MB."""

    people: int
    seconds: float
    turns: int
    median: float
    p95: float
    slowest: float
    by_way: dict[str, tuple[int, float, float, float]]
    begin_p95: float
    look_back_p95: float
    talks: int
    errors: tuple[str, ...]
    busy: int
    left: int
    warm: float
    end: float
    highest: float
    cpu: float
    threads: int
    logged: tuple[str, ...]
    """What the server wrote that is not its greeting."""

    @property
    def growth(self) -> float:
        return self.end / self.warm - 1 if self.warm else 0.0


def spread(waits: list[float]) -> tuple[float, float, float]:
    """The median, the 95th percentile and the longest."""
    if not waits:
        return 0.0, 0.0, 0.0
    ordered = sorted(waits)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], ordered[-1]


def around(memory: list[tuple[float, float]], share: float) -> float:
    """The memory at a moment of the run, as the median of the five samples around it."""
    if not memory:
        return 0.0
    at = min(len(memory) - 1, int(share * len(memory)))
    return statistics.median(rss for _, rss in memory[max(0, at - 2) : at + 3])


def figures(account: Account, server: Server, people: int, seconds: float, log: str) -> Figures:
    ways = sorted({waited.way for waited in account.turns})
    of_way = {way: [w.seconds for w in account.turns if w.way == way] for way in ways}
    median, p95, slowest = spread([w.seconds for w in account.turns])
    return Figures(
        people=people,
        seconds=seconds,
        turns=len(account.turns),
        median=median,
        p95=p95,
        slowest=slowest,
        by_way={way: (len(waits), *spread(waits)) for way, waits in of_way.items()},
        begin_p95=spread(account.begun)[1],
        look_back_p95=spread(account.looked_back)[1],
        talks=len(account.begun),
        errors=tuple(account.errors),
        busy=account.busy,
        left=account.left,
        warm=around(server.memory, WARM_SHARE),
        end=around(server.memory, 1.0),
        highest=max((rss for _, rss in server.memory), default=0.0),
        cpu=server.cpu(),
        threads=server.threads,
        logged=tuple(line for line in log.splitlines() if line and not line.startswith("Rehearse is at")),
    )


def run(people: int, seconds: float, manner: Manner, by_page: float = BY_PAGE) -> Figures:
    """So many people against a server of their own, for so long."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        tokens = accounts(home, people)
        with serving(home) as server:
            server.start_watching()
            # The people share the machine with the server, so they should cost it little.
            account = uvloop.run(people_at_once(server.base, tokens, by_page, seconds, manner, server.look))
            return figures(account, server, people, seconds, (home / "serve.log").read_text(errors="replace"))


# With a slow model ----------------------------------------------------------------------------------------------------


def slowly(seconds: float, at_once: int) -> Behaviour:
    """An endpoint that needs so long for an answer and gives so many at the same time; the others wait there."""
    places = threading.Semaphore(at_once)
    answer = says("I see. Tell me what it would take of my week, and who would notice.")

    def behave(call: Call) -> None:
        with places:
            if not call.over.wait(seconds):
                answer(call)

    return behave


@dataclass(frozen=True)
class Slow:
    """What a run with a slow model came to."""

    figures: Figures
    by_person: tuple[float, float, float]
    """The mean wait of each person: of the luckiest, of the one in the middle, of the unluckiest."""
    unanswered: int
    """People who were never answered."""
    asked: int
    """What the model was asked."""
    pushed: tuple[int, int]
    """Of many turns of one person at the same time: answered, refused in words."""
    begun_after_leaving: int
    """Turns that were begun although whoever asked had hung up while they waited; see `leavers`."""


def by_person(turns: list[Waited]) -> tuple[float, float, float]:
    means = sorted(statistics.mean(w.seconds for w in turns if w.person == who) for who in {w.person for w in turns})
    return (means[0], statistics.median(means), means[-1]) if means else (0.0, 0.0, 0.0)


async def pushy(base: str, token: str, count: int) -> tuple[int, int]:
    """One person who says something in many talks at the same time: answered, refused in words."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", timeout=300, headers=headers) as client:
        begin = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 1}
        talks = [(await client.post("/rehearsals", json=begin)).json()["id"] for _ in range(count)]
        said = {"text": "Thanks for making the time.", "expect_turn": 1}
        answers = await asyncio.gather(*(client.post(f"/rehearsals/{talk}/turns", json=said) for talk in talks))
    statuses = [answer.status_code for answer in answers]
    return statuses.count(200), statuses.count(503)


async def leavers(base: str, token: str, count: int = 4, pause: float = 0.5) -> int:
    """One person whose first turn is in work and whose others wait; hangs up on those. How many were said all the same."""
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{base}/api/v1", timeout=300, headers=headers) as client:
        begin = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 1}
        talks = [(await client.post("/rehearsals", json=begin)).json()["id"] for _ in range(count)]
        said = {"text": "Thanks for making the time.", "expect_turn": 1}
        asking = []
        for talk in talks:
            asking.append(asyncio.create_task(client.post(f"/rehearsals/{talk}/turns", json=said)))
            # One behind the other, so that it is the first that is in work.
            await asyncio.sleep(pause)
        for task in asking[1:]:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await asyncio.sleep(pause)
        told = [(await client.get(f"/rehearsals/{talk}")).json() for talk in talks]
    return sum(bool(talk["turns"]) for talk in told[1:])


def run_slow(people: int, seconds: float, manner: Manner, answer: float = SLOW_ANSWER, at_once: int = SLOW_AT_ONCE) -> Slow:
    """So many people against a server whose language model is slow."""
    # The server hangs up on the model when it has waited long enough; that is no news.
    socketserver.BaseServer.handle_error = lambda *_: None  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        fake = stack.enter_context(fake_openai())
        fake.will(slowly(answer, at_once))
        tokens = accounts(home, people + 2)
        told = {"OPENAI_BASE_URL": fake.url, "OPENAI_API_KEY": "sk-loopback"}
        server = stack.enter_context(serving(home, "openai:slow", **told))

        async def everybody() -> tuple[Account, tuple[int, int], int]:
            crowd = people_at_once(server.base, tokens[:people], BY_PAGE, seconds, manner, server.look)
            account, pushed, begun = await asyncio.gather(
                crowd, pushy(server.base, tokens[-1][1], PUSHY), leavers(server.base, tokens[-2][1])
            )
            return account, pushed, begun

        server.start_watching()
        account, pushed, begun = uvloop.run(everybody())
        log = (home / "serve.log").read_text(errors="replace")
        answered = {waited.person for waited in account.turns}
        return Slow(
            figures(account, server, people, seconds, log),
            by_person(account.turns),
            people - len(answered),
            len(fake.requests),
            pushed,
            begun,
        )


# Telling --------------------------------------------------------------------------------------------------------------


def machine() -> str:
    load = os.getloadavg()[0]
    return f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, load before {load:.1f}"


def told(found: Figures, manner: Manner, where: str) -> str:
    low, high = manner.think
    lines = [
        f"{where}; {time.strftime('%Y-%m-%d')}. {found.people} people for {found.seconds:.0f} s, thinking {low:.0f} to {high:.0f} s "
        f"before each of {manner.turns} turns, then looking back and beginning again. {found.talks} talks, {found.turns} turns.",
        "",
        "| | turns | median | p95 | slowest |",
        "|---|---|---|---|---|",
        f"| all | {found.turns} | {_ms(found.median)} | {_ms(found.p95)} | {_ms(found.slowest)} |",
        *(
            f"| over the {way} | {count} | {_ms(median)} | {_ms(p95)} | {_ms(slowest)} |"
            for way, (count, median, p95, slowest) in found.by_way.items()
        ),
        "",
        f"- Errors: {len(found.errors)}. Refused because too much waited: {found.busy}. Lines in the server's log: {len(found.logged)}.",
        f"- Beginning a talk took {_ms(found.begin_p95)} (p95), looking back {_ms(found.look_back_p95)} (p95).",
        f"- Memory of the server: {found.warm:.0f} MB after the first quarter, {found.end:.0f} MB at the end ({found.growth:+.1%}), "
        f"{found.highest:.0f} MB at most.",
        f"- Processors kept busy by the server: {found.cpu:.2f} of {os.cpu_count()}; the people ran on the same machine. "
        f"Threads at most: {found.threads}.",
    ]
    return "\n".join(lines)


def told_slow(found: Slow, manner: Manner, where: str) -> str:
    luckiest, middle, unluckiest = found.by_person
    return (
        told(found.figures, manner, where)
        + f"""
- The model needed {SLOW_ANSWER:.0f} s for an answer and gave {SLOW_AT_ONCE} at the same time; it was asked {found.asked} times.
- People who were never answered: {found.unanswered}. Mean wait of a person: {luckiest:.1f} s for the luckiest, {middle:.1f} s in the
  middle, {unluckiest:.1f} s for the unluckiest.
- Turns that nobody waited for any more: {found.figures.left}. Of a person's turns that still waited when the connection was hung up,
  {found.begun_after_leaving} were said all the same.
- One person with {PUSHY} turns at the same time: {found.pushed[0]} answered, {found.pushed[1]} refused in words."""
    )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms"


def missed(found: Figures) -> list[str]:
    """The bars that were missed."""
    return [
        what
        for what, holds in (
            (f"{len(found.errors)} errors", not found.errors),
            (f"{len(found.logged)} lines in the server's log", not found.logged),
            (f"p95 of {_ms(found.p95)}", found.p95 <= MOST_P95),
            (f"memory {found.growth:+.1%}", abs(found.growth) <= MOST_GROWTH),
        )
        if not holds
    ]


def missed_slow(found: Slow) -> list[str]:
    return [
        what
        for what, holds in (
            (f"{len(found.figures.errors)} errors", not found.figures.errors),
            (f"{found.unanswered} people without an answer", not found.unanswered),
            (f"somebody waited {found.figures.slowest:.0f} s", found.figures.slowest <= LONGEST_SLOW),
            (f"{found.begun_after_leaving} turns said that nobody waited for", not found.begun_after_leaving),
            (f"of {PUSHY} turns at once {found.pushed[0]} were taken", 1 <= found.pushed[0] <= 5 and sum(found.pushed) == PUSHY),
        )
        if not holds
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--think", type=float, nargs=2, default=(10.0, 20.0), metavar=("LOW", "HIGH"))
    parser.add_argument("--slow-model", action="store_true")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/load.md")
    parser.add_argument("--samples", type=Path, help="write every wait and every sample of the memory there, as JSON")
    wanted = parser.parse_args()
    people = min(wanted.people, MOST_PEOPLE)
    seconds, where = min(wanted.seconds, MOST_SECONDS), machine()
    if wanted.slow_model:
        manner = Manner(think=tuple(wanted.think), leaving=0.1)
        slow = run_slow(people, seconds, manner)
        body, wrong, found = told_slow(slow, manner, where), missed_slow(slow), slow.figures
    else:
        manner = Manner(think=tuple(wanted.think))
        found = run(people, seconds, manner)
        body, wrong = told(found, manner, where), missed(found)
    print(body)
    for line in (*found.errors[:20], *found.logged[:40]):
        print("  ", line)
    print("missed: " + "; ".join(wrong) if wrong else "all bars held")
    if wanted.samples:
        wanted.samples.write_text(json.dumps({"errors": found.errors, "logged": found.logged}, indent=1))
    if wanted.write:
        place(PAGE, "slow" if wanted.slow_model else "load", body)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
