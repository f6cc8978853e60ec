"""Whether the process lives, whether it can serve, and its metrics: for whoever runs it, without a word of anybody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from rehearse.app.hardening import PEER, is_loopback
from rehearse.app.metrics import Metrics
from rehearse.errors import RehearseError
from rehearse.workspace import Workspace

PATIENCE = 4.0
"""Seconds within which a part has to answer; load balancers wait for five or ten."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
"""What a proxy adds; whoever asks through one is not this machine."""
FRESH = {"cache-control": "no-store"}

log = logging.getLogger(__name__)


class Warmth(StrEnum):
    """How far the models and the passages have come."""

    LOADING = "loading"
    LOADED = "loaded"
    FAILED = "failed"


class Part:
    """One thing that is asked whether it is well, one question at a time: a server that hangs holds one thread and no more."""

    def __init__(self, name: str, ask: Callable[[], str]) -> None:
        """`ask` gives what is wrong, empty where all is well; what it raises is wrong too."""
        self._ask = ask
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"health-{name}")
        self._asked: Future[str] | None = None

    def problem(self, late: str) -> str:
        """What is wrong; `late` where no answer came in time."""
        asked = self._asked
        if asked is None or asked.done():
            asked = self._asked = self._pool.submit(self._ask)
        try:
            return asked.result(PATIENCE)
        except Late:
            return late


@dataclass
class Readiness:
    """What is known of the parts that it takes to answer anybody."""

    workspace: Workspace
    models: Warmth = Warmth.LOADING
    """Set by the thread that loads them."""
    _database: Part = field(init=False)
    _passages: Part = field(init=False)

    def __post_init__(self) -> None:
        self._database = Part("database", self._ask_database)
        self._passages = Part("passages", self.workspace.index_problem)

    def _ask_database(self) -> str:
        try:
            self.workspace.store.database.answers()
        except RehearseError as error:
            # The answer goes to whoever asks; what it is about in detail is for the log.
            log.warning("not ready: %s", error)
            return DATABASE_AWAY
        return ""

    def told(self) -> tuple[bool, dict[str, object]]:
        """Whether somebody could rehearse now, and the parts of that."""
        wrong, noted = [], []
        database = self._database.problem(DATABASE_AWAY)
        if database:
            wrong.append(database)
        if self.models is not Warmth.LOADED:
            wrong.append(LOADING if self.models is Warmth.LOADING else NOT_LOADED)
        else:
            passages = self._passages.problem(PASSAGES_LATE)
            if passages:
                noted.append(passages)
        return not wrong, {
            "status": "not ready" if wrong else "ready",
            "database": "away" if database else "there",
            "models": self.models.value,
            "passages": self.models.value if self.models is not Warmth.LOADED else "from memory" if noted else "there",
            "reasons": wrong + noted,
        }


DATABASE_AWAY = "The database does not answer; the log says more."
LOADING = "The models and the passages are still being loaded."
NOT_LOADED = "The models or the passages could not be loaded; the log says why."
PASSAGES_LATE = "The Chroma server does not answer in time; passages are found from memory."


def health(readiness: Readiness, metrics: Metrics) -> APIRouter:
    """The addresses that watch over a process."""
    router = APIRouter(include_in_schema=False)
    who = readiness.workspace.settings.metrics

    @router.get("/health/live")
    async def live() -> Response:
        """Answers as long as the process does."""
        return JSONResponse({"status": "live"}, headers=FRESH)

    @router.get("/health/ready")
    def ready() -> Response:
        """Whether a talk could begin and go on: the database answers, models and passages are there."""
        good, told = readiness.told()
        return JSONResponse(told, 200 if good else 503, headers=FRESH)

    @router.get("/metrics")
    def exposed(request: Request) -> Response:
        """For nobody, this machine, or whoever asks, as the settings have it."""
        if who == "off":
            return PlainTextResponse("Metrics are off. Set REHEARSE_METRICS to local or open.", 404, FRESH)
        if who == "local" and not from_this_machine(request):
            words = "Metrics are for this machine only. Set REHEARSE_METRICS=open to let others read them."
            return PlainTextResponse(words, 403, FRESH)
        content, media_type = metrics.exposed()
        return Response(content, headers=FRESH | {"content-type": media_type})

    return router


def from_this_machine(request: Request) -> bool:
    """Whether whoever connected is this machine, and no proxy speaks for somebody else."""
    if any(name in request.headers for name in FORWARDED):
        return False
    peer = request.scope.get(PEER) or request.scope.get("client")
    return peer is not None and is_loopback(peer[0])
