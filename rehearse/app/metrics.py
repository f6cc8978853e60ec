"""What is counted and timed, for Prometheus: turns, model calls, requests, queues. No content, no ids, nobody's name."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearse.app.queueing import FairQueue, Kind, Work
from rehearse.llm.chat import Usage
from rehearse.simulation.voice import VoiceRecord

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ELSEWHERE = "other"
"""The route of a request that none of ours answered; the address itself is never kept."""

QUIET = frozenset({"/health/live", "/health/ready", "/metrics"})
"""Routes that are asked every few seconds; only what did not go well there is told to the log."""

requests_log = logging.getLogger("rehearse.requests")
# A second series for each, of when it began, which no question needs.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """The counts of one application."""

    def __init__(self, work: Work, talks: Callable[[], int]) -> None:
        """Watch these queues; `talks` says how many talks are open in memory."""
        self.registry = registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=registry)
        self.requests = Counter(
            "rehearse_requests", "Requests, by route and status.", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "rehearse_request_seconds", "How long requests took.", ["route"], buckets=SECONDS, registry=registry
        )
        self.work = Counter(
            "rehearse_work", "Turns and other work, by what became of it.", ["kind", "queue", "outcome"], registry=registry
        )
        self.work_seconds = Histogram(
            "rehearse_work_seconds", "How long work took once begun.", ["kind", "queue"], buckets=SECONDS, registry=registry
        )
        self.wait_seconds = Histogram(
            "rehearse_wait_seconds", "How long work waited before it was begun.", ["queue"], buckets=SECONDS, registry=registry
        )
        self.model_calls = Counter(
            "rehearse_model_calls",
            "Answers asked of a chat model: spoke, stood_in, or how it failed.",
            ["outcome"],
            registry=registry,
        )
        self.model_first = Histogram(
            "rehearse_model_first_seconds", "From the call to the first sentence shown.", buckets=SECONDS, registry=registry
        )
        self.model_reviews = Counter(
            "rehearse_model_reviews",
            "Turns that a chat model was to read a second time: read, unusable, error, or how it failed.",
            ["outcome"],
            registry=registry,
        )
        self.model_appraisals = Counter(
            "rehearse_model_appraisals",
            "Turns whose acts a chat model was to read: read, unusable, error, or how it failed.",
            ["outcome"],
            registry=registry,
        )
        self.model_tokens = Counter(
            "rehearse_model_tokens", "Tokens of answers, of second readings and of acts read.", ["kind"], registry=registry
        )
        self.model_caught = Counter(
            "rehearse_model_caught", "Sentences of a model that were kept from being shown, by rule.", ["rule"], registry=registry
        )
        waiting = Gauge("rehearse_waiting", "Turns and other work that wait.", ["queue"], registry=registry)
        answered = Gauge("rehearse_people_answered", "People whose work is being done.", ["queue"], registry=registry)
        Gauge("rehearse_talks_open", "Talks that are open in memory.", registry=registry).set_function(talks)
        for queue in (work.own, work.model):
            waiting.labels(queue.name).set_function(partial(_waiting, queue))
            answered.labels(queue.name).set_function(partial(_in_work, queue))
            queue.watch = _QueueWatch(self, queue.name)
        work.listener = self.spoken

    def spoken(self, voice: VoiceRecord) -> None:
        """A chat model was asked for an answer."""
        self.model_calls.labels(voice.failure or ("stood_in" if voice.stood_in else "spoke")).inc()
        if voice.first_ms is not None:
            self.model_first.observe(voice.first_ms / 1000)
        self._used(voice.usage)
        for rule, times in voice.caught.items():
            self.model_caught.labels(rule).inc(times)

    def reviewed(self, outcome: str, usage: Usage) -> None:
        """A chat model was asked to read a turn a second time."""
        self.model_reviews.labels(outcome).inc()
        self._used(usage)

    def appraised(self, outcome: str, usage: Usage) -> None:
        """A chat model was asked to read the acts of a turn."""
        self.model_appraisals.labels(outcome).inc()
        self._used(usage)

    def _used(self, usage: Usage) -> None:
        for kind, tokens in (("prompt", usage.prompt), ("completion", usage.completion), ("cached", usage.cached)):
            self.model_tokens.labels(kind).inc(tokens)

    def exposed(self) -> tuple[bytes, str]:
        """All of it in Prometheus's form, and the media type of that."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST


def _waiting(queue: FairQueue) -> float:
    return queue.waiting


def _in_work(queue: FairQueue) -> float:
    return queue.in_work


class _QueueWatch:
    """Counts what a queue does."""

    def __init__(self, metrics: Metrics, queue: str) -> None:
        self._metrics = metrics
        self._queue = queue

    def begun(self, waited: float) -> None:
        self._metrics.wait_seconds.labels(self._queue).observe(waited)

    def done(self, kind: Kind, seconds: float, outcome: str) -> None:
        self._metrics.work.labels(kind.value, self._queue, outcome).inc()
        self._metrics.work_seconds.labels(kind.value, self._queue).observe(seconds)

    def turned_away(self, kind: Kind, outcome: str) -> None:
        self._metrics.work.labels(kind.value, self._queue, outcome).inc()


class Measured:
    """Counts and times requests by the template of their route, never by their address; tells the log the same."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, noted)
        finally:
            self._count(scope, status, time.perf_counter() - began)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else ELSEWHERE
        route = template_of(scope)
        self.metrics.requests.labels(method, route, str(status)).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        if route in QUIET and status < 400:
            return
        told = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
        requests_log.info("%(method)s %(route)s %(status)d", told, extra=told)


def template_of(scope: Scope) -> str:
    """The address of the route that answered, with names where ids stand."""
    path = getattr(scope.get("route"), "path", None)
    if path is None or scope.get("endpoint") is None:
        return ELSEWHERE
    return f"{scope.get('root_path', '')}{path}"
