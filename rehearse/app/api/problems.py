"""What did not work, as RFC 9457 has it: a kind for programs, a sentence for people, and never what somebody said."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rehearse.app.api.told import Problem
from rehearse.app.desk import MovedOnError
from rehearse.app.queueing import BusyError
from rehearse.errors import (
    EmptyTurnError,
    LearnerError,
    ModelError,
    NotSignedInError,
    OperatorError,
    RehearsalOverError,
    RehearseError,
    TooManyAttemptsError,
    TranscriptError,
    TurnTooLongError,
    UnknownIdError,
)

MEDIA_TYPE = "application/problem+json"
KINDS: tuple[tuple[type[RehearseError], int, str, str], ...] = (
    (BusyError, 503, "busy", "Too much is waiting"),
    (NotSignedInError, 401, "nobody", "Nobody is signed in"),
    (TooManyAttemptsError, 429, "attempts", "Too many attempts"),
    (UnknownIdError, 404, "unknown-id", "There is no such thing"),
    (MovedOnError, 409, "moved-on", "The talk has gone on"),
    (RehearsalOverError, 409, "over", "The talk has ended"),
    (EmptyTurnError, 422, "empty-turn", "Nothing was said"),
    (TurnTooLongError, 422, "turn-too-long", "More than one turn can hold"),
    (TranscriptError, 422, "transcript", "The transcript cannot be read"),
    (LearnerError, 400, "refused", "That cannot be done"),
    (ModelError, 502, "model", "The language model failed"),
    (OperatorError, 503, "out-of-order", "The server needs attention"),
    (RehearseError, 500, "unexpected", "Something went wrong"),
)
"""What each kind of error is to a program, the most particular first."""
MOVED_ON = (
    "This turn does not fit where the talk stands, so nothing was sent and all is kept. Read the talk, and go on from there."
)
UNEXPECTED = (
    "Something went wrong on the server; what had been said before is kept. Try again; if it happens twice, tell whoever runs it."
)
BEARER = 'Bearer realm="rehearse"'
"""How a program signs in, as a header says it."""
TITLES = {
    400: "The request cannot be read",
    401: "Nobody is signed in",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This cannot be done here",
    408: "The request took too long",
    413: "That is too much",
    415: "This has to be JSON",
    421: "This is served to this machine only",
    422: "A field cannot be used",
    429: "Too many requests",
}

log = logging.getLogger(__name__)


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    *,
    errors: Sequence[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """One problem, ready to be sent."""
    told = Problem(type=f"urn:rehearse:problem:{kind}", title=title, status=status, detail=detail)
    content: dict[str, Any] = told.model_dump(exclude_none=True)
    if errors is not None:
        content["errors"] = list(errors)
    kept = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse(content, status_code=status, media_type=MEDIA_TYPE, headers=kept)


def sentence_of(error: RehearseError) -> str:
    """An error of ours as one or two sentences for a person."""
    return MOVED_ON if isinstance(error, MovedOnError) else str(error)


def of_error(error: RehearseError) -> JSONResponse:
    """The problem that an error of ours is."""
    status, kind, title = next((status, kind, title) for of, status, kind, title in KINDS if isinstance(error, of))
    if status >= 500 and not isinstance(error, BusyError):
        log.error("a request failed", exc_info=error)
    detail = UNEXPECTED if status == 500 else sentence_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, BusyError | TooManyAttemptsError):
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, NotSignedInError):
        headers["www-authenticate"] = BEARER
    return problem(status, kind, title, detail, headers=headers)


def of_fields(error: RequestValidationError) -> JSONResponse:
    """Which fields cannot be used; what was written in them is not repeated."""
    found = []
    for one in error.errors():
        place = [str(part) for part in one["loc"] if part not in ("body", "query", "path")]
        message = str(one["msg"]).removeprefix("Value error, ")
        found.append({"field": ".".join(place) or "body", "detail": message})
    first = found[0]
    detail = f"{first['field']}: {first['detail'].rstrip('.')}. Nothing was done."
    return problem(422, "fields", TITLES[422], detail, errors=found)


def of_http(error: HTTPException) -> JSONResponse:
    """A problem that FastAPI found by itself."""
    status = error.status_code
    title = TITLES.get(status, "That did not work")
    return problem(status, f"http-{status}", title, f"{title}. Nothing was done.", headers=error.headers)


def handle(api: FastAPI) -> None:
    """Have every error of an application answered as a problem."""

    def ours(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RehearseError)
        return of_error(error)

    def fields(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return of_fields(error)

    def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return of_http(error)

    api.add_exception_handler(RehearseError, ours)
    api.add_exception_handler(RequestValidationError, fields)
    api.add_exception_handler(HTTPException, http)
