"""Two processes behind nginx, with PostgreSQL and a Chroma server, as `deploy/` has them: one is killed, and the talk goes on.

It runs the nginx.conf of `deploy/` itself, with other addresses in it. Left out where nginx is not installed.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import chroma_process
import httpx
import pytest

from rehearse.config import Settings
from rehearse.people.accounts import Accounts
from rehearse.session import Rehearsal
from rehearse.storage.opening import open_database

ROOT = Path(__file__).parents[2]
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
PATIENCE = 90.0
PASSWORD = "three wet lamps"
WORD = "zanzibar-canary"
LINES = (
    f"Thanks for making time. I'd like to show you how I read the drivers' forum every morning. {WORD}",
    "It would be half an hour every second Wednesday, and I'd prepare it in my own breaks.",
)

REQUIRED = os.environ.get("REHEARSE_TEST_REQUIRE_NGINX") == "1"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None and not REQUIRED, reason="nginx is not installed.")]


@dataclass
class App:
    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ready(self) -> dict[str, object]:
        try:
            answer = httpx.get(f"{self.address}/health/ready", timeout=10)
        except httpx.TransportError:
            return {}
        return dict(answer.json())

    def turns(self) -> int:
        """How many turns this process has answered, as its metrics have it."""
        exposed = httpx.get(f"{self.address}/metrics", timeout=10).text
        found = re.findall(r'^rehearse_work_total\{kind="turn",outcome="answered",[^}]*\} (\d+)', exposed, re.MULTILINE)
        return sum(int(number) for number in found)


@contextmanager
def app(home: Path, number: int, env: dict[str, str]) -> Iterator[App]:
    port = chroma_process.free_port()
    log = home / f"app{number}.log"
    command = [sys.executable, "-m", "rehearse", "serve", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | env, stdout=output, stderr=output, cwd=home)
        try:
            yield App(f"http://127.0.0.1:{port}", process, log)
        finally:
            process.kill()
            process.wait()


@contextmanager
def nginx(home: Path, port: int, apps: list[App]) -> Iterator[Path]:
    """nginx with the configuration of `deploy/`; its log."""
    assert NGINX is not None
    log = home / "access.log"
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("app1:7860", apps[0].address.removeprefix("http://")),
        ("app2:7860", apps[1].address.removeprefix("http://")),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        (" /tmp/", f" {home}/"),
        ("/dev/stdout", str(log)),
        ("/dev/stderr", str(home / "nginx-error.log")),
    ):
        assert old in text, f"deploy/nginx.conf has no {old}"
        text = text.replace(old, new)
    (home / "nginx.conf").write_text(text, encoding="utf-8")
    user = "user root; " if os.geteuid() == 0 else ""
    command = [NGINX, "-p", str(home), "-c", str(home / "nginx.conf"), "-g", f"{user}daemon off; pid {home}/nginx.pid;"]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr, checked.stderr
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield log
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()


def until(done: Callable[[], bool], log: Path) -> None:
    """Wait for something; what a log says, if it does not come."""
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end, log.read_text(errors="replace")
        time.sleep(0.1)


def test_a_rehearsal_goes_on_when_the_process_it_was_begun_in_is_killed(tmp_path: Path, postgres: str, chroma: str) -> None:
    database = open_database(postgres)
    Accounts(database).add("Ana", PASSWORD)
    database.close()
    (tmp_path / "database-url").write_text(postgres)
    port = chroma_process.free_port()
    public = f"http://127.0.0.1:{port}"
    env = {
        "REHEARSE_HOME": str(tmp_path / "data"),
        "REHEARSE_DATABASE_URL_FILE": str(tmp_path / "database-url"),
        "REHEARSE_CHROMA_URL": chroma,
        "REHEARSE_AUTH": "accounts",
        "REHEARSE_PUBLIC_URL": public,
        "REHEARSE_METRICS": "local",
        "REHEARSE_LOG_JSON": "true",
    }
    assert {name.removeprefix("REHEARSE_").lower() for name in env} <= set(Settings.model_fields)
    with ExitStack() as stack:
        apps = [stack.enter_context(app(tmp_path, number, env)) for number in (1, 2)]
        log = stack.enter_context(nginx(tmp_path, port, apps))
        for each in apps:
            until(lambda each=each: each.ready().get("status") == "ready", each.log)  # type: ignore[misc]
            assert each.ready()["passages"] == "there"
        client = stack.enter_context(httpx.Client(base_url=public, timeout=60, headers={"origin": public}))
        assert client.post("/sign-in", data={"name": "Ana", "password": PASSWORD}).status_code == 303
        begin = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 7}
        talk = f"/api/v1/rehearsals/{client.post('/api/v1/rehearsals', json=begin).json()['id']}"

        def say(number: int) -> str:
            answer = client.post(f"{talk}/turns", json={"text": LINES[number - 1], "expect_turn": number})
            assert answer.status_code == 200, answer.text
            return str(answer.json()["turn"]["counterpart"])

        alone = Rehearsal.start("pitch-to-boss", "marguerite-dunne", "normal", 7)
        assert say(1) == alone.say(LINES[0]).text
        for _ in range(5):
            # All of one person's requests come to one process.
            assert client.post(f"{talk}/turns", json={"text": LINES[0], "expect_turn": 1}).status_code == 200
        assert sorted(each.turns() for each in apps) == [0, 1]
        [first], [second] = [e for e in apps if e.turns()], [e for e in apps if not e.turns()]
        first.process.kill()
        first.process.wait()
        # Signed in as before, from where the talk stood, to the same words as if nothing had happened.
        assert say(2) == alone.say(LINES[1]).text
        assert second.turns() == 1
        told, expected = client.post(f"{talk}/finish", json={}).json()["debrief"], alone.finish().to_dict()
        assert told["details"] == expected["details"]
        assert [r["quote"] for r in told["remarks"]] == [r["quote"] for r in expected["remarks"]] != []
        # What a page listens to comes through as it is said.
        with client.stream("GET", "/gradio_api/heartbeat/session000001") as beats:
            assert beats.headers["content-type"].startswith("text/event-stream")
            assert next(beats.iter_lines())
        # What is not for people is not there for them; what was searched for, and links, are in no log.
        assert client.get("/metrics").status_code == client.get("/health/ready").status_code == 404
        assert client.get("/health/live").json() == {"status": "live"}
        client.get("/api/v1/rehearsals", params={"search": WORD})
        client.get(f"/shared/{WORD}")
        until(lambda: "/shared/..." in log.read_text(), log)
        for written in (log, tmp_path / "nginx-error.log", first.log, second.log):
            assert WORD not in written.read_text(errors="replace"), written
