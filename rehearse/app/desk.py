"""The talks that are open in this process: one object and one lock each, always checked against what is stored."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from rehearse.app.queueing import BusyError, Kind, Work, shared_work
from rehearse.domain.state import Ending
from rehearse.errors import EmptyTurnError, LearnerError
from rehearse.perception.readability import clean_turn
from rehearse.storage.records import Standing
from rehearse.workspace import KeptRehearsal, Workspace

T = TypeVar("T")

MOST_OPEN = 250
"""How many talks are kept in memory for all people together, of some 150 KB each; others are read again from the store."""
MODEL_PATIENCE = 10.0
"""Seconds that words wait in line for a chat model. After that the built-in counterpart answers and says so: an answer in other
words is worth more in a rehearsal than the right words in minutes, and the line gets shorter by it."""
MOST_LAID_OUT = 64
"""How many words laid out and notices a desk holds for talks that nobody looks at any more."""


class MovedOnError(LearnerError):
    """Words meant for a moment that has passed: the talk went on in another window."""


class RepeatedSendError(LearnerError):
    """The same words sent twice for the same moment, as a double click does; the first arrived."""


@dataclass
class OpenTalks:
    """The talks of every desk that are in memory, those last used; no desk finds another's."""

    most: int = MOST_OPEN
    _talks: OrderedDict[tuple[int, str], KeptRehearsal] = field(default_factory=OrderedDict)
    _desks: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def new_desk(self) -> int:
        """A number that no other desk has."""
        with self._guard:
            self._desks += 1
            return self._desks

    def get(self, desk: int, rehearsal_id: str) -> KeptRehearsal | None:
        """A talk of this desk, if it is still here."""
        with self._guard:
            return self._talks.get((desk, rehearsal_id))

    def keep(self, desk: int, kept: KeptRehearsal) -> None:
        """Have a talk here, instead of the one that was left alone for longest where there are too many."""
        with self._guard:
            self._talks[desk, kept.rehearsal_id] = kept
            self._talks.move_to_end((desk, kept.rehearsal_id))
            while len(self._talks) > self.most:
                self._talks.popitem(last=False)

    def forget(self, desk: int, rehearsal_id: str | None = None) -> None:
        """Let go of one talk of a desk, or of all."""
        with self._guard:
            for key in [key for key in self._talks if key[0] == desk and rehearsal_id in (None, key[1])]:
                del self._talks[key]

    def __len__(self) -> int:
        return len(self._talks)


@cache
def shared_talks() -> OpenTalks:
    """The talks that are open in this process."""
    return OpenTalks()


@dataclass
class _Hold:
    """The lock of one talk, and how many hold it or wait for it."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    users: int = 0


@dataclass
class Desk:
    """Opens talks, and lets one thing at a time happen to each."""

    workspace: Workspace
    talks: OpenTalks = field(default_factory=shared_talks)
    _words: OrderedDict[str, tuple[int, str]] = field(default_factory=OrderedDict)
    """Words laid out for the box of a talk that begins again, with the number of turns before them."""
    _coming: dict[str, list[str]] = field(default_factory=dict)
    """The sentences of answers that are still coming."""
    _notices: OrderedDict[str, str] = field(default_factory=OrderedDict)
    """What a person has to know about the last answer of a talk, until it was shown."""
    _asked: dict[tuple[str, str, int], Future[KeptRehearsal]] = field(default_factory=dict)
    """Turns that wait or are in work, by talk, words and moment."""
    _holds: dict[str, _Hold] = field(default_factory=dict)
    """Of the talks to which something happens at this moment, and of no others."""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    work: Work = field(default_factory=shared_work)
    """Where turns wait; one for all desks of the process."""
    _number: int = field(init=False)

    def __post_init__(self) -> None:
        self._number = self.talks.new_desk()

    @contextmanager
    def held(self, rehearsal_id: str) -> Iterator[None]:
        """Hold one talk, so that a second click waits for the first."""
        with self._guard:
            hold = self._holds.setdefault(rehearsal_id, _Hold())
            hold.users += 1
        try:
            with hold.lock:
                yield
        finally:
            with self._guard:
                hold.users -= 1
                if not hold.users:
                    del self._holds[rehearsal_id]

    def open(self, rehearsal_id: str) -> KeptRehearsal:
        """The talk as it is stored; `UnknownIdError` where there is none."""
        with self.held(rehearsal_id):
            stored = self.workspace.store.standing(rehearsal_id)
            kept = self.peek(rehearsal_id)
            if kept is None or _stands(kept) != stored:
                kept = self.workspace.resume(rehearsal_id)
            self._keep(kept)
            return kept

    def peek(self, rehearsal_id: str) -> KeptRehearsal | None:
        """The talk if it is in memory, without waiting for a turn that is being answered."""
        return self.talks.get(self._number, rehearsal_id)

    def begin(
        self,
        scenario_id: str,
        persona_id: str,
        difficulty: str,
        focus: str | None,
        seed: int | None = None,
        *,
        off_record: bool = False,
    ) -> KeptRehearsal:
        """Start a talk; without a seed one is drawn."""
        kept = self.workspace.begin(scenario_id, persona_id, difficulty, seed, focus, off_record=off_record)
        self._keep(kept)
        return kept

    def branch(self, rehearsal_id: str, turn: int) -> KeptRehearsal:
        """A new talk that goes back to after the first `turn` learner turns of another."""
        with self.held(rehearsal_id):
            self.open(rehearsal_id)
            kept = self.workspace.branch(rehearsal_id, turn)
            self._keep(kept)
            return kept

    def end(self, rehearsal_id: str) -> None:
        """End a talk from the learner's side; one that has ended stays as it is."""
        with self.held(rehearsal_id):
            kept = self.open(rehearsal_id)
            if kept.rehearsal.ended is Ending.OPEN:
                kept.finish()

    def say(self, rehearsal_id: str, words: str, turns: int) -> Future[KeptRehearsal]:
        """One turn in the background, meant for the moment after `turns` turns.

        Once begun it is finished even if nobody waits for it; cancelled before, it is not begun. `BusyError`, through the future,
        where too much waits already. The same words sent again for the same moment take no place in the line: theirs ends with
        the first one's, in `RepeatedSendError`.
        """
        asked = (rehearsal_id, words, turns)
        with self._guard:
            first = self._asked.get(asked)
            if first is None or first.done():
                until = time.monotonic() + MODEL_PATIENCE
                first = self._asked[asked] = self._queued(
                    lambda: self._say(rehearsal_id, words, turns, until), by_model=self.by_model
                )
            else:
                return _repeated(first)
        first.add_done_callback(lambda _: self._asked.pop(asked, None))
        return first

    @property
    def by_model(self) -> bool:
        """Whether a chat model words the answers here."""
        return self.workspace.settings.model is not None

    def do(self, work: Callable[[], T], *, by_model: bool = False) -> Future[T]:
        """Something else that takes a while, in line with this person's turns; `by_model` where a chat model is waited for."""
        return self._queued(work, Kind.OTHER, by_model=by_model)

    def _queued(self, work: Callable[[], T], kind: Kind = Kind.TURN, *, by_model: bool) -> Future[T]:
        try:
            return self.work.queue(by_model=by_model).submit(self.workspace.person_id, work, kind)
        except BusyError as error:
            refused: Future[T] = Future()
            refused.set_exception(error)
            return refused

    def _say(self, rehearsal_id: str, words: str, turns: int, until: float) -> KeptRehearsal:
        with self.held(rehearsal_id):
            kept = self.open(rehearsal_id)
            if kept.rehearsal.now.turn != turns:
                raise self._late(kept, words, turns)
            coming: list[str] = []
            self._coming[rehearsal_id] = coming
            try:
                reply = kept.say(words, coming.append, ask_model=time.monotonic() < until)
            except LearnerError:
                raise
            except Exception:
                self.forget(rehearsal_id)
                raise
            finally:
                self._coming.pop(rehearsal_id, None)
            self.work.spoken(kept.rehearsal.now.exchanges[-1].voice)
            if reply.notice:
                with self._guard:
                    _lay(self._notices, rehearsal_id, reply.notice)
            return kept

    def coming(self, rehearsal_id: str) -> tuple[str, ...]:
        """The sentences so far of the answer that is being given."""
        return tuple(self._coming.get(rehearsal_id, ()))

    def take_notice(self, rehearsal_id: str) -> str:
        """What has to be said about the last answer, once; empty where there is nothing."""
        return self._notices.pop(rehearsal_id, "")

    @staticmethod
    def _late(kept: KeptRehearsal, words: str, turns: int) -> LearnerError:
        """What to make of words that come late: a double click, or another window."""
        try:
            said = clean_turn(words)
        except EmptyTurnError as error:
            return error
        exchanges = kept.rehearsal.now.exchanges
        if len(exchanges) > turns and exchanges[turns].learner == said:
            return RepeatedSendError()
        return MovedOnError()

    def lay_out(self, rehearsal_id: str, turns: int, words: str) -> None:
        """Have words ready in the box for the moment after `turns` turns."""
        if words:
            with self._guard:
                _lay(self._words, rehearsal_id, (turns, words))

    def laid_out(self, rehearsal_id: str, turns: int) -> str:
        """The words laid out for that moment, or nothing."""
        with self._guard:
            at, words = self._words.get(rehearsal_id, (-1, ""))
        return words if at == turns else ""

    def forget(self, rehearsal_id: str) -> None:
        """Read this talk from the store the next time."""
        self.talks.forget(self._number, rehearsal_id)

    def drop(self, rehearsal_id: str) -> None:
        """Let go of a talk that was deleted, and of all that lay ready for it."""
        self.forget(rehearsal_id)
        with self._guard:
            self._words.pop(rehearsal_id, None)
            self._notices.pop(rehearsal_id, None)

    def forget_all(self) -> None:
        """Read every talk from the store the next time."""
        self.talks.forget(self._number)

    def _keep(self, kept: KeptRehearsal) -> None:
        self.talks.keep(self._number, kept)


def _lay(ready: OrderedDict[str, T], rehearsal_id: str, value: T) -> None:
    """Have something ready for a talk, for as long as nothing newer takes its place."""
    ready[rehearsal_id] = value
    ready.move_to_end(rehearsal_id)
    while len(ready) > MOST_LAID_OUT:
        ready.popitem(last=False)


def _repeated(first: Future[KeptRehearsal]) -> Future[KeptRehearsal]:
    """What becomes of words sent again while they were waiting: what became of the first, or that they were repeated."""
    again: Future[KeptRehearsal] = Future()

    def over(done: Future[KeptRehearsal]) -> None:
        if not again.set_running_or_notify_cancel():
            return
        if done.cancelled():
            again.set_exception(BusyError("What you sent first was taken back, so this was not sent. Send it again.", 1))
        else:
            again.set_exception(done.exception() or RepeatedSendError())

    first.add_done_callback(over)
    return again


def _stands(kept: KeptRehearsal) -> Standing:
    """How far a talk in memory has come, where every turn is answered."""
    turns, ended = kept.rehearsal.now.turn, kept.rehearsal.ended
    return Standing(None if ended is Ending.OPEN else ended.value, turns, turns)
