"""An answer read in the background, so that time can run out for it and it can be broken off.

The vendor's own time-outs bound each read; a server that sends signs of life and no words would never meet them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.chat import Usage
from rehearse.llm.failures import Wait, explain, failed, retry_after
from rehearse.llm.lines import Line, Lines

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

_T = TypeVar("_T")

SHORT_WAIT = 3.0
"""Seconds that we wait when a server says “later”; beyond that the turn is answered without it."""
_FILTERED = frozenset({"content_filter", "refusal", "SAFETY"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    connect: float
    first: float
    """For the first piece of an answer, connecting included."""
    between: float
    """From one piece to the next."""
    total: float

    @classmethod
    def within(cls, total: float, *, slow_start: bool = False) -> Patience:
        """Shares of a total; a local model may take nearly all of it to read the prompt."""
        first = total * (0.9 if slow_start else 2 / 3)
        return cls(connect=min(5.0, total), first=first, between=min(10.0, total), total=total)


class Ended:
    """The end of an answer; `error` is what ended it early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class VendorStream:
    """The pieces of one answer of a vendor's model. See `llm.chat.Stream`."""

    def __init__(
        self,
        begin: Callable[[], Iterator[BaseMessage]],
        name: str,
        patience: Patience,
        *,
        says_when_done: bool,
        lines: Lines | None = None,
    ) -> None:
        """`lines` are the client's connections, where they are known: an answer on one of them can be hung up at once."""
        self._begin = begin
        self._lines = lines or Lines()
        self._line: Line | None = None
        self._name = name
        self._patience = patience
        self._says_when_done = says_when_done
        self._started = time.monotonic()
        self._queue: Queue[BaseMessage | Ended] = Queue()
        self._closed = threading.Event()
        self._usage = Usage()
        self._finish: str | None = None
        threading.Thread(target=self._read, name="rehearse-stream", daemon=True).start()

    @property
    def usage(self) -> Usage:
        """What the call cost, as far as the server said."""
        return self._usage

    @property
    def finish(self) -> str | None:
        """Why the model stopped, in the server's word (`stop`, `length`); None while it speaks, or where it did not say."""
        return self._finish

    def __iter__(self) -> Iterator[str]:
        """The words, without a model's thinking aloud; `ModelError` where they fail to come."""
        aloud = Aloud()
        began = spoke = False
        while True:
            piece = self._next(began)
            if isinstance(piece, Ended):
                break
            began = True
            text = aloud.hear(self._take(piece))
            if text and (spoke or text.strip()):
                yield text if spoke else text.lstrip()
                spoke = True
        if piece.error is not None:
            raise explain(piece.error, self._name, began=began)
        if self._finish in _FILTERED:
            raise failed(ModelFailure.REFUSED, self._name)
        rest = aloud.rest()
        if rest.strip():
            yield rest if spoke else rest.lstrip()
            spoke = True
        if self._says_when_done and self._finish is None and not self._closed.is_set():
            raise failed(ModelFailure.CUT, self._name)
        if not spoke and not self._closed.is_set():
            raise failed(ModelFailure.EMPTY, self._name)

    def close(self) -> None:
        """Stop listening, and hang up. An answer that has not begun yet is dropped when it begins, or when its time is over."""
        self._closed.set()
        self._queue.put(Ended())
        line = self._line
        if line is not None:
            line.hang_up()

    def _next(self, began: bool) -> BaseMessage | Ended:
        """The next piece; raises where the time for it is over. What has already come is never too late."""
        if self._closed.is_set():
            return Ended()
        now = time.monotonic()
        left = self._started + self._patience.total - now
        mine = self._patience.between if began else self._started + self._patience.first - now
        try:
            return self._queue.get_nowait() if min(left, mine) <= 0 else self._queue.get(timeout=min(left, mine))
        except Empty:
            self.close()
            waited = Wait.TOTAL if left <= mine else Wait.NEXT if began else Wait.FIRST
            raise failed(ModelFailure.TIMEOUT, self._name, waited=waited) from None

    def _take(self, piece: BaseMessage) -> str:
        """Note what a piece says about itself, and give its words."""
        self._usage += usage_of(piece)
        self._finish = finish_of(piece) or self._finish
        return str(piece.text)

    def _read(self) -> None:
        """In the background: the vendor's pieces into the queue."""
        try:
            for attempt in (1, 2):
                wait = self._read_once(may_wait=attempt == 1)
                if wait is None or self._closed.wait(wait):
                    break
            self._queue.put(Ended())
        except BaseException as error:
            # Whatever happened here is told to whoever listens.
            self._queue.put(Ended(error))

    def _read_once(self, *, may_wait: bool) -> float | None:
        """Read to the end; seconds to wait before another attempt if the server asked for a short pause, else None."""
        began = False
        if self._closed.is_set():
            return None
        with untraced(), self._lines.reading() as self._line:
            pieces = self._begin()
            try:
                for piece in pieces:
                    began = True
                    if self._closed.is_set():
                        break
                    self._queue.put(piece)
            except Exception as error:
                pause = short_pause(error)
                if not may_wait or began or pause is None:
                    raise
                return pause
            finally:
                getattr(pieces, "close", lambda: None)()
        return None


class Aloud:
    """Leaves out what a model thinks before it speaks: `<think> … </think>` at the beginning of an answer."""

    _OPEN, _CLOSE = "<think>", "</think>"

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"

    def hear(self, text: str) -> str:
        """What of this piece is meant to be heard."""
        if self._state == "speaking":
            return text
        self._held += text
        if self._state == "start":
            said = self._held.lstrip()
            if len(said) < len(self._OPEN) and self._OPEN.startswith(said):
                return ""
            self._state = "thinking" if said.startswith(self._OPEN) else "speaking"
        if self._state == "thinking":
            _, mark, after = self._held.partition(self._CLOSE)
            if not mark:
                return ""
            self._held, self._state = after, "speaking"
        text, self._held = self._held, ""
        return text

    def rest(self) -> str:
        """What was held back at the end and turned out to be speech."""
        return self._held if self._state == "start" else ""


def usage_of(message: BaseMessage) -> Usage:
    """The tokens that a message or a piece of one reports; zero where it reports none."""
    raw: Any = getattr(message, "usage_metadata", None) or {}
    return Usage(
        prompt=raw.get("input_tokens") or 0,
        completion=raw.get("output_tokens") or 0,
        cached=(raw.get("input_token_details") or {}).get("cache_read") or 0,
    )


def finish_of(message: BaseMessage) -> str | None:
    """Why the model stopped, in the vendor's word."""
    about = message.response_metadata
    for key in ("finish_reason", "stop_reason", "done_reason"):
        if about.get(key):
            return str(about[key])
    return None


def refused(message: BaseMessage) -> bool:
    """Whether the vendor marks a whole answer as declined."""
    return bool(message.additional_kwargs.get("refusal")) or finish_of(message) in _FILTERED


def short_pause(error: BaseException) -> float | None:
    """Seconds to wait before one more attempt, where a server that is busy asked for a short pause."""
    if explain(error, "").failure is not ModelFailure.RATE_LIMITED:
        return None
    wait = retry_after(error)
    return wait if wait is not None and wait <= SHORT_WAIT else None


def within(seconds: float, work: Callable[[], _T], name: str) -> _T:
    """Do something in the background and wait for it; `ModelError` where it fails or the time is over."""
    done: Queue[tuple[_T | None, BaseException | None]] = Queue()

    def run() -> None:
        try:
            with untraced():
                done.put((work(), None))
        except BaseException as error:
            done.put((None, error))

    threading.Thread(target=run, name="rehearse-call", daemon=True).start()
    try:
        result, error = done.get(timeout=max(0.0, seconds))
    except Empty:
        raise failed(ModelFailure.TIMEOUT, name, waited=Wait.TOTAL) from None
    if error is not None:
        raise error if isinstance(error, ModelError) else Vendor(error)
    return result  # type: ignore[return-value]


class Vendor(Exception):  # noqa: N818 - a wrapper that is always unwrapped
    """A vendor's exception on its way through `within`; its text stays inside."""

    def __init__(self, error: BaseException) -> None:
        self.error = error
        super().__init__(type(error).__name__)


def untraced() -> Any:
    """A context in which langchain reports to nobody, whatever the environment asks for: the words are the learner's."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)
