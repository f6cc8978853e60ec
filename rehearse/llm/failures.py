"""What becomes of a vendor's exception: a `ModelError` with a sentence that a person can act on.

Vendors' own messages are read to tell failures apart and are never passed on: they repeat parts of keys and of what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from rehearse.errors import ModelError, ModelFailure

TAKES_OVER = "The built-in engine takes over for this turn; nothing is lost."


class Wait(StrEnum):
    """What was waited for when the time was over."""

    FIRST = "first"
    NEXT = "next"
    TOTAL = "total"


_SENTENCES = {
    ModelFailure.UNREACHABLE: (
        "The endpoint of {name} cannot be reached.",
        "Check that it runs, and OPENAI_BASE_URL; `rehearse doctor` tries it.",
    ),
    ModelFailure.TIMEOUT: ("{name} did not answer in time.", "If it is only slow, raise REHEARSE_MODEL_TIMEOUT."),
    ModelFailure.REFUSED_KEY: (
        "The endpoint does not let us use {name} with this key.",
        "Check OPENAI_API_KEY, and what it may use.",
    ),
    ModelFailure.NO_SUCH_MODEL: ("The endpoint knows no model called {name}.", "Check REHEARSE_MODEL, and OPENAI_BASE_URL."),
    ModelFailure.RATE_LIMITED: (
        "The endpoint of {name} takes no more requests for now.",
        "Wait a little, or look at your quota.",
    ),
    ModelFailure.CROWDED: (
        "So many people wait for {name} at this moment that it was not asked.",
        "If it happens often, the endpoint is too slow for so many.",
    ),
    ModelFailure.SERVER: (
        "The endpoint of {name} had a fault of its own.",
        "Try again later; if it stays, look at the endpoint.",
    ),
    ModelFailure.CUT: ("The answer of {name} was cut off midway.", "If it happens often, look at the network and the endpoint."),
    ModelFailure.EMPTY: ("{name} answered with nothing.", "If it happens often, try another model."),
    ModelFailure.REFUSED: ("{name} refused to answer.", "Saying it in other words may help."),
    ModelFailure.MALFORMED: ("{name} did not keep to the form that was asked for.", "If it happens often, try another model."),
    ModelFailure.TOO_LONG: (
        "The conversation is longer than {name} can hold.",
        "Check REHEARSE_MODEL_WINDOW, or try another model.",
    ),
    ModelFailure.LANGUAGE: ("{name} answered in another language.", "If it happens often, try another model."),
    ModelFailure.REJECTED: ("What {name} said did not fit the scene.", "If it happens often, try another model."),
}

_WAITED = {
    Wait.FIRST: "{name} did not begin to answer in time.",
    Wait.NEXT: "{name} stopped in the middle of its answer.",
    Wait.TOTAL: "{name} took too long over its answer.",
}

_TOO_LONG = re.compile(
    r"context[_ ](length|size|window|limit)|exceed_context|maximum context|prompt is too long|too many tokens"
    r"|input tokens exceed",
    re.I,
)
_NO_MODEL = re.compile(r"model[^.]{0,60}(not found|does not exist|not exist)|no such model|unknown model", re.I)
_REFUSAL = re.compile(
    r"^\W*(i['’]?m (very |really )?sorry|sorry|i apologi[sz]e|unfortunately)?[,.\s]*(but )?"
    r"(i|we) (can['’]?t|cannot|can not|won['’]?t|am (not able|unable) to|['’]m (not able|unable) to) "
    r"(help|assist|comply|do that|fulfil|provide|continue|engage|answer|respond)",
    re.I,
)


def failed(failure: ModelFailure, name: str, *, retry_after: float | None = None, waited: Wait | None = None) -> ModelError:
    """The error for a failure of that kind, with what happened, what takes over and what to do."""
    what, mend = _SENTENCES[failure]
    if waited is not None:
        what = _WAITED[waited]
    if retry_after is not None:
        mend = f"It asks to wait {retry_after:.0f} seconds."
    return ModelError(failure, f"{what.format(name=name)} {TAKES_OVER} {mend}", retry_after)


def explain(error: BaseException, name: str, *, began: bool = False) -> ModelError:
    """The `ModelError` that says what a vendor's exception means; `began` tells whether a part of the answer had come."""
    if isinstance(error, ModelError):
        return error
    wait = retry_after(error)
    failure = failure_of(error, began=began)
    return failed(
        failure, name, retry_after=wait if failure is ModelFailure.RATE_LIMITED else None, waited=_waited(failure, began)
    )


def failure_of(error: BaseException, *, began: bool = False) -> ModelFailure:
    """Which failure an exception is, by its class, its HTTP status, and at last its words."""
    names = set(_class_names(error))
    words = str(error)
    status = status_of(error)
    if names & {"ContextOverflowError"} or (status in {None, 400, 413, 422, 500} and _TOO_LONG.search(words)):
        return ModelFailure.TOO_LONG
    if names & {"ContentFilterFinishReasonError", "OpenAIRefusalError"} or "content_filter" in words:
        return ModelFailure.REFUSED
    if names & {"LengthFinishReasonError", "ValidationError", "OutputParserException", "JSONDecodeError"}:
        return ModelFailure.MALFORMED
    by_status = _by_status(status, words)
    if by_status is not None:
        return by_status
    if names & {"ModelTimeoutError", "TimeoutException", "APITimeoutError", "TimeoutError"}:
        return ModelFailure.TIMEOUT
    if names & {"ModelConnectionError", "APIConnectionError", "TransportError", "ConnectionError", "OSError"}:
        return ModelFailure.CUT if began else ModelFailure.UNREACHABLE
    return ModelFailure.CUT if began else ModelFailure.SERVER


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an exception carries, or None."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asked us to wait, from its headers; None if it did not say."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None:
        return None
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        raw = headers.get(name)
        if raw is None:
            continue
        try:
            return max(0.0, float(raw) / unit)
        except ValueError:
            pass
        try:
            return max(0.0, (parsedate_to_datetime(raw) - datetime.now(UTC)).total_seconds())
        except (TypeError, ValueError):
            continue
    return None


def is_refusal(text: str) -> bool:
    """Whether an answer begins the way models decline: “I'm sorry, but I can't help with that”."""
    return _REFUSAL.search(text[:200]) is not None


def _by_status(status: int | None, words: str) -> ModelFailure | None:
    match status:
        case 401 | 403 | 407:
            return ModelFailure.REFUSED_KEY
        case 404:
            return ModelFailure.NO_SUCH_MODEL
        case 408 | 504:
            return ModelFailure.TIMEOUT
        case 402 | 429:
            return ModelFailure.RATE_LIMITED
        case 400 | 422 if _NO_MODEL.search(words):
            return ModelFailure.NO_SUCH_MODEL
        case None:
            return None
        case _:
            return ModelFailure.SERVER


def _waited(failure: ModelFailure, began: bool) -> Wait | None:
    if failure is not ModelFailure.TIMEOUT:
        return None
    return Wait.NEXT if began else Wait.FIRST


def _class_names(error: BaseException) -> Iterator[str]:
    """Names of an exception's classes: they tell the vendors' errors apart without importing any vendor."""
    for kind in type(error).__mro__:
        yield kind.__name__
