"""Whether a process lives and can serve, and what it counts: for whoever runs it, and nothing of anybody in it."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from rehearse.app import build
from rehearse.app.api import PREFIX, application
from rehearse.app.health import Readiness, Warmth, health
from rehearse.app.metrics import Measured, Metrics
from rehearse.app.queueing import BusyError, FairQueue, Kind, Work
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.errors import StorageError
from rehearse.llm.chat import Usage
from rehearse.simulation.voice import VoiceRecord
from rehearse.workspace import Workspace
from tests.app.api.conftest import BEGIN

Patch = pytest.MonkeyPatch


@pytest.fixture
def readiness(workspace: Workspace) -> Readiness:
    assert workspace.index_problem() == "", "read here, as it is while the models are loaded"
    return Readiness(workspace, Warmth.LOADED)


def watched(readiness: Readiness, metrics: Metrics | None = None, client: str = "127.0.0.1") -> TestClient:
    app = FastAPI()
    app.include_router(health(readiness, metrics or Metrics(Work.of(1, 1), lambda: 0)))
    return TestClient(app, base_url="http://127.0.0.1", client=(client, 50_000))


def test_a_process_that_is_warm_is_ready(readiness: Readiness) -> None:
    client = watched(readiness)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json() == {"status": "ready", "database": "there", "models": "loaded", "passages": "there", "reasons": []}
    assert client.get("/health/live").json() == {"status": "live"}


@pytest.mark.parametrize(("warmth", "reason"), [(Warmth.LOADING, "still being loaded"), (Warmth.FAILED, "could not be loaded")])
def test_a_process_whose_models_are_not_there_is_not_ready(readiness: Readiness, warmth: Warmth, reason: str) -> None:
    readiness.models = warmth
    client = watched(readiness)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    assert reason in answer.json()["reasons"][0]
    assert client.get("/health/live").status_code == 200


def test_a_database_that_is_away_is_told_without_where_it_was(
    readiness: Readiness, monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    database = readiness.workspace.store.database

    def away() -> None:
        raise StorageError(f"{database.place} cannot be reached.")

    client = watched(readiness)
    with monkeypatch.context() as patch:
        patch.setattr(database, "answers", away)
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["database"]) == (503, "away")
    assert "The database does not answer" in answer.json()["reasons"][0]
    assert str(readiness.workspace.settings.home) not in answer.text
    assert str(readiness.workspace.settings.home) in caplog.text
    assert client.get("/health/ready").status_code == 200


def test_a_database_that_hangs_holds_one_thread_however_often_it_is_asked(readiness: Readiness, monkeypatch: Patch) -> None:
    free, asked = threading.Event(), []

    def hang() -> None:
        asked.append(threading.current_thread())
        free.wait(20)

    monkeypatch.setattr(sys.modules["rehearse.app.health"], "PATIENCE", 0.05)
    monkeypatch.setattr(readiness.workspace.store.database, "answers", hang)
    client = watched(readiness)
    assert [client.get("/health/ready").status_code for _ in range(3)] == [503, 503, 503]
    assert len(asked) == 1
    free.set()
    asked[0].join(0.01)


def test_the_least_that_is_asked_of_a_database_reaches_its_tables(workspace: Workspace, monkeypatch: Patch) -> None:
    database = workspace.store.database
    database.answers()
    with database.writing() as session:
        connection = session.connection()
        connection.exec_driver_sql("ALTER TABLE alembic_version RENAME TO hidden")
    try:
        with pytest.raises(StorageError):
            database.answers()
    finally:
        with database.writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE hidden RENAME TO alembic_version")


def test_passages_from_memory_are_told_and_are_no_reason_to_send_people_away(readiness: Readiness, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Workspace, "index_problem", lambda self: "The Chroma server does not answer.")
    readiness = Readiness(readiness.workspace, Warmth.LOADED)
    answer = watched(readiness).get("/health/ready")
    assert answer.status_code == 200
    assert (answer.json()["passages"], answer.json()["reasons"]) == ("from memory", ["The Chroma server does not answer."])


def test_a_built_application_answers_whoever_watches_under_any_name(client: TestClient) -> None:
    named = {"host": "app1:7860"}
    assert client.get("/health/live", headers=named).status_code == 200
    assert client.get("/health/ready", headers=named).json()["models"] == "loading"
    assert client.get("/metrics").status_code == 404


def test_metrics_answer_under_any_name_only_where_they_are_open_to_anybody(workspace: Workspace) -> None:
    elsewhere = {"host": "app1:7860"}
    for setting, status in (("open", 200), ("local", 421)):
        told = {"home": workspace.settings.home, "metrics": setting, "public_url": "https://rehearse.example.com"}
        common = Workspace(Settings.model_validate(told))

        async def made(common: Workspace = common) -> FastAPI:
            return build(common)

        client = TestClient(asyncio.run(made()), base_url="http://127.0.0.1", client=("127.0.0.1", 50_000))
        assert client.get("/metrics", headers=elsewhere).status_code == status
        assert client.get("/metrics").status_code == 200
        common.casting.read_again("timeout", Usage())
        assert 'rehearse_model_reviews_total{outcome="timeout"} 1.0' in client.get("/metrics").text, "what this process reads"
        common.casting.read_acts("refused_key", Usage())
        assert 'rehearse_model_appraisals_total{outcome="refused_key"} 1.0' in client.get("/metrics").text
        assert client.get("/history", headers=elsewhere).status_code == 421


# Metrics --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "client", "headers", "status"),
    [
        ("off", "127.0.0.1", {}, 404),
        ("local", "127.0.0.1", {}, 200),
        ("local", "192.0.2.9", {}, 403),
        ("local", "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, 403),
        ("local", "127.0.0.1", {"forwarded": "for=127.0.0.1"}, 403),
        ("open", "192.0.2.9", {}, 200),
    ],
)
def test_metrics_are_for_whom_the_settings_say(
    workspace: Workspace, setting: str, client: str, headers: dict[str, str], status: int
) -> None:
    told = Settings.model_validate({"home": workspace.settings.home, "metrics": setting})
    answer = watched(Readiness(Workspace(told)), client=client).get("/metrics", headers=headers)
    assert answer.status_code == status
    assert ("rehearse_waiting" in answer.text) == (status == 200)


def values(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.exposed()[0].decode())
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return values(metrics).get((name, frozenset(labels.items())), 0.0)


def test_a_talk_is_counted_and_nothing_of_it_is_told(visitors: OnePerson) -> None:
    desk = visitors.own_desk
    desk.work = Work.of(1, 1)
    metrics = Metrics(desk.work, lambda: 7)
    app = FastAPI()
    app.mount(PREFIX, application(visitors))
    app.add_middleware(Measured, metrics=metrics)
    client = TestClient(app, base_url="http://127.0.0.1")
    talk = client.post(f"{PREFIX}/rehearsals", json=BEGIN).json()["id"]
    say = f"{PREFIX}/rehearsals/{talk}/turns"
    assert client.post(say, json={"text": "Thanks for making time, xylophone.", "expect_turn": 1}).status_code == 200
    assert client.post(say, json={"text": "   ", "expect_turn": 2}).status_code == 422
    assert client.post(f"{PREFIX}/rehearsals/{talk}/finish", json={}).status_code == 200
    client.get(f"/{talk}/xylophone?word=xylophone")
    client.request("XYLOPHONE", "/")
    assert value(metrics, "rehearse_work_total", kind="turn", queue="turn", outcome="answered") == 1
    assert value(metrics, "rehearse_work_total", kind="turn", queue="turn", outcome="refused") == 1
    assert value(metrics, "rehearse_work_total", kind="other", queue="turn", outcome="answered") == 1
    assert value(metrics, "rehearse_work_seconds_count", kind="turn", queue="turn") == 2
    assert value(metrics, "rehearse_wait_seconds_count", queue="turn") == 3
    route = f"{PREFIX}/rehearsals/{{rehearsal_id}}/turns"
    assert value(metrics, "rehearse_requests_total", method="POST", route=route, status="200") == 1
    assert value(metrics, "rehearse_requests_total", method="GET", route="other", status="404") == 1
    assert value(metrics, "rehearse_requests_total", method="other", route="other", status="404") == 1
    assert value(metrics, "rehearse_talks_open") == 7
    exposed = metrics.exposed()[0].decode().lower()
    for private in (talk, "xylophone", "marguerite", "pitch-to-boss", str(visitors.workspace.settings.home)):
        assert private not in exposed


def test_who_waits_who_is_answered_and_who_was_sent_away_is_counted() -> None:
    work = Work.of(1, 1)
    metrics = Metrics(work, lambda: 0)
    queue: FairQueue = work.own
    queue.most_waiting = 1
    begun, free = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        free.wait(20)

    first = queue.submit("ana", hold)
    begun.wait(20)
    second = queue.submit("ben", lambda: None)
    with pytest.raises(BusyError):
        queue.submit("cleo", lambda: None, Kind.OTHER)
    assert value(metrics, "rehearse_waiting", queue="turn") == 1
    assert value(metrics, "rehearse_people_answered", queue="turn") == 1
    assert value(metrics, "rehearse_work_total", kind="other", queue="turn", outcome="busy") == 1
    second.cancel()
    free.set()
    first.result(20)
    assert value(metrics, "rehearse_work_total", kind="turn", queue="turn", outcome="left") == 1
    assert "ana" not in metrics.exposed()[0].decode()


@pytest.mark.parametrize(
    ("voice", "outcome"),
    [
        (VoiceRecord("m", "p", first_ms=400, usage=Usage(prompt=90, completion=12)), "spoke"),
        (VoiceRecord("m", "p", failure="timeout", stood_in=True), "timeout"),
        (VoiceRecord("m", "p", stood_in=True, caught={"leak": 2}), "stood_in"),
    ],
)
def test_what_a_model_did_is_counted_by_kind(voice: VoiceRecord, outcome: str) -> None:
    work = Work.of(1, 1)
    metrics = Metrics(work, lambda: 0)
    work.spoken(None)
    work.spoken(voice)
    assert value(metrics, "rehearse_model_calls_total", outcome=outcome) == 1
    assert value(metrics, "rehearse_model_tokens_total", kind="prompt") == voice.usage.prompt
    assert value(metrics, "rehearse_model_first_seconds_count") == (voice.first_ms is not None)
    assert value(metrics, "rehearse_model_caught_total", rule="leak") == voice.caught.get("leak", 0)
