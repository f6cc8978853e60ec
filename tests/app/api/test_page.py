"""What the page about the interface shows is run as it stands, and the failures it lists are those there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from rehearse.app.api import gate
from rehearse.app.api.asked import MOST_PAIRS
from rehearse.app.api.problems import KINDS
from rehearse.app.api.rated import MOST_TURNS
from rehearse.people.accounts import PROGRAM_FOR
from rehearse.perception.readability import MAX_TURN_CHARACTERS
from rehearse.workspace import Workspace

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:7860"
ALSO = ("fields",)
"""Problems of fields, which are no error of ours."""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def address(served: TestClient, workspace: Workspace) -> Iterator[str]:
    """The application of the tests on a port of the loopback."""
    server = uvicorn.Server(uvicorn.Config(served.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed.")
def test_the_curl_examples_do_what_they_say(address: str, workspace: Workspace) -> None:
    script = "\n".join(block.replace("curl ", "curl --fail-with-body -w '\\n' ") for block in blocks("sh"))
    assert script.count(ADDRESS) >= 10
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(ADDRESS, address)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answers: list[Any] = [json.loads(line) for line in done.stdout.splitlines() if line]
    scenarios, personas, turn, branch, finished, talk, history, hits, scored = answers
    assert {"pitch-to-boss", "marguerite-dunne"} <= {each["id"] for each in scenarios + personas}
    [shown] = [json.loads(block) for block in blocks("json")]
    assert shown.keys() <= turn.keys()
    assert shown["turn"].keys() <= turn["turn"].keys()
    assert (turn["turn"]["turn"], turn["ended"], branch["turns"]) == (1, "open", [])
    assert branch["parent"] == turn["rehearsal"] == finished["rehearsal"] == talk["id"]
    assert finished["debrief"]["details"]
    assert talk["turns"][0]["state"]
    assert [line["id"] for line in history["rehearsals"]] == [talk["id"]]
    assert len(hits) == 3
    assert scored["turns"] == 1
    assert [each.rehearsal_id for each in workspace.store.list()] == [branch["id"]], "the other one was deleted"


def test_the_python_example_does_what_it_says(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    [example] = blocks("python")
    exec(example.replace(ADDRESS, address), {})
    told = capsys.readouterr().out.splitlines()
    assert len(told) >= 3
    assert all(told)


def test_every_kind_of_failure_is_listed_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.+?) \|", PAGE, re.MULTILINE)
    listed = {(int(status), kind) for status, kinds in rows for kind in re.findall(r"`([a-z-]+)`", kinds)}
    assert listed == {(status, kind) for _, status, kind, _ in KINDS} | {(422, kind) for kind in ALSO}


def test_the_limits_are_those_of_the_code() -> None:
    text = " ".join(PAGE.split())
    assert f"({gate.MOST_BYTES // 1024} KiB; {gate.MOST_BYTES_RATED // 1024**2} MiB for `score` and `pairs`)" in text
    assert f"it lasts {PROGRAM_FOR.days} days" in text
    assert f"A turn of {MAX_TURN_CHARACTERS:,} characters, {MOST_PAIRS} pairs and {MOST_TURNS} learner turns" in text
