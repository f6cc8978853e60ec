"""Turns in work and turns that wait: fair between people, bounded, and cancelled when whoever asked has left.

A person has one turn in work at a time, and one other thing. Those who wait are served in rotation, one of each, so that somebody
who sends many holds up nobody else. Turns go before other work, which people expect to take a while; that leaves one place to
turns, and goes before them once it has waited for long. What would wait too long is refused at once, in words.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Generic, Protocol, TypeVar, cast

from rehearse.errors import LearnerError, RehearseError
from rehearse.simulation.voice import VoiceRecord

T = TypeVar("T")

OWN_AT_ONCE = max(2, os.cpu_count() or 1)
"""Turns that this machine works on at the same time; more would wait for its processors, and hold up the pages with them."""
MODEL_AT_ONCE = 16
"""Turns that wait for a chat model at the same time; they cost this machine nearly nothing."""
MOST_WAITING = 400
"""Turns of all people together that wait; with more the wait would be longer than anybody's patience."""
MOST_OF_ONE = 4
"""Turns of one person that wait: as many as windows that somebody might have open."""
PATIENCE = 2.0
"""Seconds after which other work no longer stands behind turns."""
LONGEST_ADVICE = 60
"""Nobody is told to come back later than after so many seconds."""

log = logging.getLogger(__name__)


class Kind(StrEnum):
    """What waits."""

    TURN = "turn"
    OTHER = "other"
    """Rating what comes from elsewhere, going back to an earlier turn, a debrief, a look back."""


_OF_ONE = {
    Kind.TURN: "Several of your turns are still being answered, so this one was not sent. Wait for them, then send it again.",
    Kind.OTHER: "Several things that you asked for are still in work, so this was not begun. Wait for them, then ask again.",
}
_OF_ALL = {
    Kind.TURN: "Very many people are rehearsing at this moment, so this was not sent. Send it again in {seconds} seconds.",
    Kind.OTHER: "Very many people are rehearsing at this moment, so this was not begun. Ask again in {seconds} seconds.",
}


class BusyError(LearnerError):
    """Too much is waiting; nothing was said. `retry_after` is when there should be room again, in seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Watch(Protocol):
    """Somebody who counts; is told no content and no ids."""

    def begun(self, waited: float) -> None:
        """Something was begun after so many seconds of waiting."""
        ...

    def done(self, kind: Kind, seconds: float, outcome: str) -> None:
        """Something was worked on for so many seconds: `answered`, `refused` (the learner can mend it) or `failed`."""
        ...

    def turned_away(self, kind: Kind, outcome: str) -> None:
        """Something never began: `busy` or `left`."""
        ...


class _Unwatched:
    def begun(self, waited: float) -> None:
        pass

    def done(self, kind: Kind, seconds: float, outcome: str) -> None:
        pass

    def turned_away(self, kind: Kind, outcome: str) -> None:
        pass


@dataclass(frozen=True)
class _Job(Generic[T]):
    kind: Kind
    person: str
    work: Callable[[], T]
    future: Future[T]
    since: float


@dataclass
class _Rotation:
    """What waits of one kind, a line for each person in the order in which people are served; and for whom one is in work."""

    lines: OrderedDict[str, deque[_Job[object]]] = field(default_factory=OrderedDict)
    busy: set[str] = field(default_factory=set)

    def add(self, job: _Job[object]) -> None:
        self.lines.setdefault(job.person, deque()).append(job)

    def of(self, person: str) -> int:
        """How much of this person waits."""
        return len(self.lines.get(person, ()))

    def __len__(self) -> int:
        return sum(map(len, self.lines.values()))

    def next(self, before: float = math.inf) -> _Job[object] | None:
        """Begin the first that may begin and was asked for before that moment; whoever it belongs to goes to the end."""
        for person in list(self.lines):
            line = self.lines[person]
            while line and line[0].since <= before and person not in self.busy:
                job = line.popleft()
                if job.future.set_running_or_notify_cancel():
                    if line:
                        self.lines.move_to_end(person)
                    else:
                        del self.lines[person]
                    self.busy.add(person)
                    return job
            if not line:
                del self.lines[person]
        return None

    def sweep(self) -> None:
        """Take out what was cancelled."""
        for person in list(self.lines):
            kept = deque(job for job in self.lines[person] if not job.future.cancelled())
            if kept:
                self.lines[person] = kept
            else:
                del self.lines[person]


@dataclass
class FairQueue:
    """Does work in threads, `at_once` at the same time and one of a kind for a person. Safe to use from several threads."""

    at_once: int
    name: str = "turn"
    most_waiting: int = MOST_WAITING
    most_of_one: int = MOST_OF_ONE
    watch: Watch = field(default_factory=_Unwatched)
    patience: float = PATIENCE
    _lines: dict[Kind, _Rotation] = field(default_factory=lambda: {kind: _Rotation() for kind in Kind})
    _usual: float = 0.1
    """How long one piece of work takes, averaged over the last ones."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix=self.name)

    def submit(self, person: str, work: Callable[[], T], kind: Kind = Kind.TURN) -> Future[T]:
        """Have something done for a person; cancel what is given back, and it is not begun. `BusyError` where too much waits."""
        future: Future[T] = Future()
        job = cast("_Job[object]", _Job(kind, person, work, future, time.monotonic()))
        with self._lock:
            self._admit(person, kind)
            self._lines[kind].add(job)
        future.add_done_callback(lambda done: self.watch.turned_away(kind, "left") if done.cancelled() else None)
        self._begin_what_may()
        return future

    @property
    def waiting(self) -> int:
        """How much waits."""
        with self._lock:
            lines = [line for rotation in self._lines.values() for line in rotation.lines.values()]
            return sum(not job.future.cancelled() for line in lines for job in line)

    @property
    def in_work(self) -> int:
        """For how many people something is being done."""
        with self._lock:
            return len(set().union(*(rotation.busy for rotation in self._lines.values())))

    def _admit(self, person: str, kind: Kind) -> None:
        """Refuse what would wait too long."""
        if self._of(person) >= self.most_of_one or self._all() >= self.most_waiting:
            for rotation in self._lines.values():
                rotation.sweep()
        if self._of(person) >= self.most_of_one:
            self.watch.turned_away(kind, "busy")
            raise BusyError(_OF_ONE[kind], self._advice(self.most_of_one * self._usual))
        if self._all() >= self.most_waiting:
            self.watch.turned_away(kind, "busy")
            seconds = self._advice(self._all() * self._usual / self.at_once)
            raise BusyError(_OF_ALL[kind].format(seconds=seconds), seconds)

    def _of(self, person: str) -> int:
        return sum(rotation.of(person) for rotation in self._lines.values())

    def _all(self) -> int:
        return sum(map(len, self._lines.values()))

    @staticmethod
    def _advice(seconds: float) -> int:
        return max(1, min(LONGEST_ADVICE, math.ceil(seconds)))

    def _begin_what_may(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._pool.submit(self._run, job)
            except RuntimeError:
                # The process is ending; what was stored is answered when the talk is opened again.
                self._over(job)
                job.future.set_exception(BusyError("Rehearse is being stopped, so this was not sent. Send it again later.", 5))

    def _next(self) -> _Job[object] | None:
        """The next piece of work that may begin, marked as begun."""
        with self._lock:
            turns, others = self._lines[Kind.TURN], self._lines[Kind.OTHER]
            if len(turns.busy) + len(others.busy) >= self.at_once:
                return None
            room = len(others.busy) < max(1, self.at_once - 1)
            first = others.next(time.monotonic() - self.patience) if room else None
            return first or turns.next() or (others.next() if room else None)

    def _run(self, job: _Job[object]) -> None:
        began = time.monotonic()
        self.watch.begun(began - job.since)
        try:
            result = job.work()
        except BaseException as error:  # It is the future's; whoever waits for it gets it.
            self._finished(job, began, "refused" if isinstance(error, LearnerError) else "failed")
            job.future.set_exception(error)
            if not isinstance(error, RehearseError):
                log.debug("work ended in an error", exc_info=True)
        else:
            self._finished(job, began, "answered")
            job.future.set_result(result)
        self._begin_what_may()

    def _finished(self, job: _Job[object], began: float, outcome: str) -> None:
        seconds = time.monotonic() - began
        self._over(job)
        self._usual += 0.1 * (seconds - self._usual)
        self.watch.done(job.kind, seconds, outcome)

    def _over(self, job: _Job[object]) -> None:
        with self._lock:
            self._lines[job.kind].busy.discard(job.person)


@dataclass
class Work:
    """Two queues, so that nobody who is answered by this machine stands behind those who wait for a slow model."""

    own: FairQueue
    model: FairQueue
    listener: Callable[[VoiceRecord], None] | None = None
    """Is told what a chat model did in a turn."""

    def spoken(self, voice: VoiceRecord | None) -> None:
        """Tell whoever counts; None where the embedded engine spoke."""
        if voice is not None and self.listener is not None:
            self.listener(voice)

    @classmethod
    def of(cls, own: int = OWN_AT_ONCE, model: int = MODEL_AT_ONCE) -> Work:
        """With so many pieces of work at the same time in each."""
        return cls(FairQueue(own, "turn"), FairQueue(model, "model-turn"))

    def queue(self, *, by_model: bool) -> FairQueue:
        """Where a turn waits, by who answers it."""
        return self.model if by_model else self.own


@cache
def shared_work() -> Work:
    """The queues of this process."""
    return Work.of()
