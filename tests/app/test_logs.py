"""The log as JSON lines: every request in it, and not a word of what was said, whatever breaks."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from rehearse.app.logs import log_as_json
from rehearse.errors import StorageError
from tests.app.api.conftest import BEGIN

WORD = "xylophone-between-us"
SAID = f"Thanks for making time. I'd like to show you how I read the drivers' forum. {WORD}"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is written to the log, with everything put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("rehearse")
    before = list(root.handlers), root.level, ours.level
    stream = io.StringIO()
    log_as_json(stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:], root.level, ours.level = before


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def rehearsed(client: TestClient) -> list[int]:
    """A talk with the marked sentence in every place that takes words; the statuses."""
    begun = client.post("/api/v1/rehearsals", json=BEGIN)
    talk = f"/api/v1/rehearsals/{begun.json()['id']}"
    answers = [
        client.post(f"{talk}/turns", json={"text": SAID, "expect_turn": 1}),
        client.post(f"{talk}/turns", json={"text": SAID, "expect_turn": 7}),
        client.post(f"{talk}/turns", json={"text": SAID, "expect_turn": WORD}),
        client.post(f"{talk}/finish", json={}),
        client.get("/api/v1/rehearsals", params={"search": WORD}),
        client.get(f"/api/v1/rehearsals/{WORD}"),
        client.get("/api/v1/ideas/search", params={"q": WORD}),
        client.post("/api/v1/score", json={"turns": [{"speaker": "learner", "text": SAID}]}),
        client.post("/do/try", data={"rehearsal": WORD, "turn": "1", "words": SAID}),
        client.get(f"/{WORD}", params={"word": WORD}),
    ]
    return [answer.status_code for answer in answers]


def test_a_talk_leaves_its_requests_in_the_log_and_none_of_its_words(client: TestClient, log: io.StringIO) -> None:
    assert rehearsed(client)[0] == 200
    told = lines(log)
    assert {"method": "POST", "route": "/api/v1/rehearsals/{rehearsal_id}/turns", "status": 200}.items() <= told[1].items()
    assert sum(line["logger"] == "rehearse.requests" for line in told) >= 10
    assert WORD not in log.getvalue()


@pytest.mark.parametrize("kind", ["a bug", "the database"])
def test_what_breaks_is_told_by_kind_and_place_and_without_the_words(
    client: TestClient, log: io.StringIO, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from rehearse.simulation.engine import Engine
    from rehearse.storage.store import RehearsalStore

    def fail(*told: Any, **more: Any) -> Any:
        raise StorageError("The disk is full.") if kind == "the database" else RuntimeError(f"broke at {SAID}")

    if kind == "a bug":
        monkeypatch.setattr(Engine, "settle", fail)
    else:
        monkeypatch.setattr(RehearsalStore, "add_answer", fail)
    assert rehearsed(client)[0] >= 500
    [broke, *_] = [line for line in lines(log) if line["level"] == "error"]
    assert broke["error"][0] == ("RuntimeError" if kind == "a bug" else "StorageError")
    assert any(place.startswith("test_logs.py:") for place in broke["where"])
    assert broke.get("reason") == (None if kind == "a bug" else "The disk is full.")
    assert WORD not in log.getvalue()


def test_messages_of_other_packages_are_told_by_place_alone(log: io.StringIO) -> None:
    logging.getLogger("somebody.else").error("could not read %s", WORD)
    logging.getLogger("somebody.else").info("%s", WORD)
    loud = logging.getLogger("somebody.loud")
    loud.setLevel(logging.DEBUG)
    loud.debug("%s", WORD)
    logging.getLogger("py.warnings").warning("%s", WORD)
    logging.getLogger("rehearse.storage").warning("A plain word.")
    told = lines(log)
    assert [line["logger"] for line in told] == ["somebody.else", "py.warnings", "rehearse.storage"]
    assert told[0]["place"].startswith("test_logs:")
    assert told[2]["message"] == "A plain word."
    assert WORD not in log.getvalue()


def test_a_request_that_is_asked_every_few_seconds_is_told_when_it_went_wrong(client: TestClient, log: io.StringIO) -> None:
    client.get("/health/live")
    assert lines(log) == []
    client.get("/health/ready")
    assert [line["route"] for line in lines(log)] == ["/health/ready"]
