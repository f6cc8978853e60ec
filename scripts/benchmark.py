"""How long things take and how much memory they need, measured on this machine: `python scripts/benchmark.py [--json]`.

Each figure is taken in a temporary data folder. The served application is driven as a browser drives it: forms and Gradio's
queue over HTTP.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

BIN = Path(sys.executable).parent / "rehearse"
TURNS, HELPS, REHEARSALS, TURNS_EACH, PAIRS = 200, 7, 10, 6, 500
CAST = [("pitch-to-boss", "priya-raman"), ("guide-hesitant-leader", "henrik-solberg")]


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    how: str


def learner_lines() -> list[tuple[str, str]]:
    """Context and answer of the rated exchanges: plain, odd, short and long ones."""
    from rehearse.domain.library import shipped_root
    from rehearse.domain.rated import load_rated

    return [(e.context, e.text) for e in load_rated(shipped_root() / "corpus" / "rated")]


def embedded_turns(home: Path) -> Iterator[Figure]:
    from rehearse.config import load_settings
    from rehearse.domain.state import Ending
    from rehearse.errors import LearnerError
    from rehearse.workspace import Workspace

    workspace = Workspace(load_settings(home=home))
    start = time.perf_counter()
    workspace.warm_up()
    yield Figure("first readiness", time.perf_counter() - start, "s", "data files, models and index, built in an empty folder")
    times: list[float] = []
    kept = None
    cast = itertools.cycle(CAST)
    for seed, (_, words) in enumerate(itertools.cycle(learner_lines())):
        if kept is None or kept.rehearsal.ended is not Ending.OPEN:
            kept = workspace.begin(*next(cast), seed=seed)
        start = time.perf_counter()
        try:
            kept.say(words)
        except LearnerError:
            continue
        times.append(1000 * (time.perf_counter() - start))
        if len(times) == TURNS:
            break
    how = f"{TURNS} turns: words, acts, state, answer, rating, remarks, all stored"
    yield Figure("turn, median", statistics.median(times), "ms", how)
    yield Figure("turn, 95th percentile", statistics.quantiles(times, n=20)[-1], "ms", how)
    workspace.store.close()


def exchanges(home: Path) -> Iterator[Figure]:
    pairs = home / "pairs.jsonl"
    lines = itertools.islice(itertools.cycle(learner_lines()), PAIRS)
    rows = [{"id": n, "context": context, "text": f"{text} {n}"} for n, (context, text) in enumerate(lines)]
    pairs.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    start = time.perf_counter()
    subprocess.run([BIN, "score", "--pairs", pairs, "--json"], check=True, capture_output=True, env=_env(home))
    took = time.perf_counter() - start
    yield Figure("score --pairs", PAIRS / took * 60, "a minute", f"{PAIRS} different exchanges in {took:.1f} s, start included")


def help_time(home: Path) -> Iterator[Figure]:
    times = []
    for _ in range(HELPS):
        start = time.perf_counter()
        subprocess.run([BIN, "--help"], check=True, capture_output=True, env=_env(home))
        times.append(time.perf_counter() - start)
    yield Figure("rehearse --help", statistics.median(times), "s", f"median of {HELPS}, whole process")


def served(home: Path) -> Iterator[Figure]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    page = Page(f"http://127.0.0.1:{port}")
    start = time.perf_counter()
    with _server(home, port) as process:
        page.wait(process)
        yield Figure("serve to page ready", time.perf_counter() - start, "s", "start of the process to HTTP 200 of / and /config")
        yield Figure("memory, page ready", _memory(process), "MB", "resident set of the server")
        times = page.rehearse()
        listed = subprocess.run([BIN, "history", "list", "--json"], check=True, capture_output=True, env=_env(home))
        kept = sum(entry["turns"] for entry in json.loads(listed.stdout))
        if kept < len(times) // 2:
            raise SystemExit(f"of {len(times)} turns only {kept} were answered, so this is no measure.")
        how = f"resident set after {REHEARSALS} rehearsals, {kept} turns in all, driven over HTTP through Gradio's queue"
        yield Figure("memory, in use", _memory(process), "MB", how)
        how = f"{len(times)} turns, from sending the words to the page's new content, over HTTP"
        yield Figure("served turn, median", statistics.median(times), "ms", how)


class Page:
    """Does over HTTP what the page does in a browser."""

    def __init__(self, base: str) -> None:
        self.base = base

    def wait(self, process: subprocess.Popen[bytes], limit: float = 600) -> None:
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if process.poll() is not None:
                raise SystemExit(f"`rehearse serve` ended with {process.returncode}.")
            try:
                self._get("/")
                self._get("/config")
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.05)
            else:
                return
        raise SystemExit("`rehearse serve` was not ready in time.")

    def rehearse(self) -> list[float]:
        """Ten rehearsals; the time of each turn in milliseconds."""
        found = json.loads(self._get("/config"))["dependencies"]
        load = next(d["id"] for d in found if not d["inputs"] and len(d["outputs"]) == 9)
        send = next(d["id"] for d in found if d["api_name"] == "send")
        times: list[float] = []
        lines = itertools.cycle(text for _, text in learner_lines()[::7])
        for number, (scenario, persona) in zip(range(REHEARSALS), itertools.cycle(CAST), strict=False):
            form = {"scenario": scenario, "persona": persona, "difficulty": "normal"}
            with self._open("/do/begin", urllib.parse.urlencode(form).encode()) as answer:
                rehearsal_id = urllib.parse.parse_qs(urllib.parse.urlsplit(answer.url).query)["rehearsal"][0]
            session = f"benchmark{number}"
            self._event(load, session, [], rehearsal_id)
            for turn in range(TURNS_EACH):
                start = time.perf_counter()
                self._event(send, session, [None, next(lines), turn], rehearsal_id)
                times.append(1000 * (time.perf_counter() - start))
        return times

    def _event(self, fn_index: int, session: str, data: list[object], rehearsal_id: str) -> None:
        """Run one event through Gradio's queue, to its end."""
        body = json.dumps({"fn_index": fn_index, "session_hash": session, "data": data, "event_data": None, "trigger_id": None})
        self._open(f"/gradio_api/queue/join?rehearsal={rehearsal_id}", body.encode(), "application/json").close()
        with self._open(f"/gradio_api/queue/data?session_hash={session}") as stream:
            for line in stream:
                told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if told.get("success") is False:
                    raise SystemExit(f"an event failed: {told}")
                if told.get("msg") == "process_completed":
                    return

    def _get(self, path: str) -> bytes:
        with self._open(path) as answer:
            content: bytes = answer.read()
            return content

    def _open(self, path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded"):  # type: ignore[no-untyped-def]
        request = urllib.request.Request(self.base + path, body, {"Content-Type": kind} if body else {})
        return urllib.request.urlopen(request, timeout=60)


@contextmanager
def _server(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen([BIN, "serve", "--port", str(port)], stdout=log, stderr=log, env=_env(home))
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)


def _env(home: Path) -> dict[str, str]:
    return os.environ | {"REHEARSE_HOME": str(home)}


def _memory(process: subprocess.Popen[bytes]) -> float:
    server = psutil.Process(process.pid)
    return sum(p.memory_info().rss for p in [server, *server.children(recursive=True)]) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    wanted = parser.parse_args()
    figures: list[Figure] = []
    for measure in (embedded_turns, exchanges, help_time, served):
        with tempfile.TemporaryDirectory() as folder:
            figures += measure(Path(folder))
    load = os.getloadavg()[0]
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, load {load:.1f}"
    if wanted.json:
        print(json.dumps({"machine": machine, "figures": [asdict(figure) for figure in figures]}, indent=2))
        return
    print(machine)
    for figure in figures:
        print(f"{figure.name:24} {figure.value:9.2f} {figure.unit:9} {figure.how}")


if __name__ == "__main__":
    main()
