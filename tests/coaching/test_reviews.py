"""Second readings run beside the talk: never before the answer, one after the other, and nobody waits longer than was said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from rehearse.coaching import reviews
from rehearse.coaching.coach import Assessment
from rehearse.coaching.conversation import Conversation
from rehearse.coaching.reviews import Reviews
from rehearse.domain.assessment import EMBEDDED, Provenance, Remark
from rehearse.domain.library import Library
from rehearse.domain.transcript import Speaker
from rehearse.session import Rehearsal

LINES = (
    "I'd like to show you how our customers find us on TikTok.",
    "Half an hour every second Wednesday, and what you say stays between us.",
    "What would have made it fair for the depots last time?",
)
SECONDS = 30.0
"""How long a test waits for what has to happen at once; the machine may be shared."""


@dataclass
class Slow:
    """A second reader that reads when it is let, and notes what it saw."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    earlier: list[int] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    fails: Sequence[int] = ()
    reading: threading.Event = field(default_factory=threading.Event)
    counting: threading.Lock = field(default_factory=threading.Lock)

    def review(self, conversation: Conversation, number: int, earlier: Sequence[Remark], first: Assessment) -> Assessment:
        self.begun.append(number)
        with self.counting:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.reading.set()
        try:
            assert self.gate.wait(SECONDS)
            if number in self.fails:
                raise RuntimeError("a secret detail")
        finally:
            with self.counting:
                self.at_once -= 1
        self.earlier.append(len(earlier))
        self.heard.append(conversation.transcript.turns[-1].text)
        self.done.append(number)
        return replace(first, provenance=Provenance(rubric="r", encoder="e", model=f"read {number}"))


@pytest.fixture
def slow() -> Iterator[Slow]:
    made = Slow()
    yield made
    made.gate.set()


def started(library: Library, reviewer: Slow | None) -> Rehearsal:
    return Rehearsal.start("pitch-to-boss", "marguerite-dunne", "normal", 7, library=library, reviewer=reviewer)


def readers(rehearsal: Rehearsal) -> list[str | None]:
    return [a.provenance.model if a.provenance else None for a in rehearsal.assessments]


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    assert true()


def test_the_answer_never_waits_for_a_second_reading(library: Library, slow: Slow) -> None:
    rehearsal = started(library, slow)
    told: list[tuple[int, str | None]] = []
    rehearsal.reviews.listener = lambda number, view: told.append((number, view.provenance.model if view.provenance else None))
    replies = [rehearsal.say(line) for line in LINES]
    # All three are answered, and not one has been read a second time.
    assert slow.done == []
    assert readers(rehearsal) == [None] * 3
    assert [a.ratings for a in rehearsal.assessments] == [r.rating for r in replies]
    assert not rehearsal.reviews.wait(0.01)
    slow.gate.set()
    assert rehearsal.reviews.wait(SECONDS)
    assert readers(rehearsal) == ["read 1", "read 2", "read 3"]
    assert told == [(1, "read 1"), (2, "read 2"), (3, "read 3")]
    # Each saw the talk as it was after its own answer.
    assert slow.heard == [reply.text for reply in replies]


def test_it_begins_once_the_answer_is_there(library: Library) -> None:
    """Not even asked while the counterpart is being worded: a local model has one machine for both."""
    seen: list[str] = []
    rehearsal = started(library, None)
    settle = type(rehearsal.engine).settle

    class Watching(Slow):
        def review(self, conversation: Conversation, number: int, earlier: Sequence[Remark], first: Assessment) -> Assessment:
            seen.append(f"read {number}")
            assert conversation.transcript.turns[-1].speaker is Speaker.COUNTERPART
            assert conversation.transcript.turns[-1].number == number
            return first

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(rehearsal.engine), "settle", lambda *given: (seen.append("answered"), settle(*given))[1])
        rehearsal = started(library, Watching())
        for line in LINES[:2]:
            rehearsal.say(line)
            assert rehearsal.reviews.wait(SECONDS)
    assert seen == ["answered", "read 1", "answered", "read 2"]


def test_one_after_the_other_each_with_the_remarks_of_those_before(library: Library, slow: Slow) -> None:
    rehearsal = started(library, slow)
    for line in LINES:
        rehearsal.say(line)
    until(lambda: slow.begun)
    assert slow.begun == [1]
    slow.gate.set()
    assert rehearsal.reviews.wait(SECONDS)
    assert slow.done == [1, 2, 3]
    assert slow.most_at_once == 1
    before = [len(a.remarks) for a in rehearsal.assessments]
    assert slow.earlier == [0, before[0], before[0] + before[1]]


def test_a_reading_that_fails_changes_nothing_and_holds_up_no_other(
    library: Library, slow: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    slow.fails = (1,)
    slow.gate.set()
    rehearsal = started(library, slow)
    first = rehearsal.say(LINES[0])
    rehearsal.say(LINES[1])
    assert rehearsal.reviews.wait(SECONDS)
    assert readers(rehearsal) == [None, "read 2"]
    assert rehearsal.assessments[0].ratings == first.rating
    assert "the second reading of turn 1 failed" in caplog.text
    assert LINES[0] not in caplog.text


def test_the_end_goes_on_without_what_takes_too_long(library: Library, slow: Slow) -> None:
    rehearsal = started(library, slow)
    rehearsal.say(LINES[0])
    begun = time.monotonic()
    debrief = rehearsal.finish(wait=0.05)
    assert time.monotonic() - begun < SECONDS
    assert {getattr(r, "by", EMBEDDED).split()[0] for r in debrief.ratings.values()} == {EMBEDDED}
    told = threading.Event()
    rehearsal.reviews.listener = lambda *_: told.set()
    slow.gate.set()
    assert told.wait(SECONDS), "what comes later is still told"
    assert readers(rehearsal) == ["read 1"]


def test_another_attempt_is_left_alone_by_readings_of_the_first(library: Library, slow: Slow) -> None:
    rehearsal = started(library, slow)
    rehearsal.say(LINES[0])
    sibling = rehearsal.rewind(1)
    assert sibling.reviews is not rehearsal.reviews
    assert sibling.reviews.wait(0.0), "nothing is under way in it"
    slow.gate.set()
    assert rehearsal.reviews.wait(SECONDS)
    assert (readers(rehearsal), readers(sibling)) == (["read 1"], [None])


def test_without_a_second_reader_nothing_is_begun(library: Library) -> None:
    rehearsal = started(library, None)
    rehearsal.say(LINES[0])
    assert rehearsal.reviews == Reviews()
    assert rehearsal.reviews.wait(0.0)


def test_the_end_of_the_process_waits_a_moment_and_no_longer(
    library: Library, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "AT_EXIT", 0.05)
    rehearsal = started(library, slow)
    rehearsal.say(LINES[0])
    assert slow.reading.wait(SECONDS)
    begun = time.monotonic()
    reviews._wait_briefly()
    assert 0.04 < time.monotonic() - begun < SECONDS / 2
    assert all(work.daemon for work in threading.enumerate() if work.name.startswith("review-")), "else they would hold it up"
    monkeypatch.setattr(reviews, "AT_EXIT", SECONDS)
    slow.gate.set()
    reviews._wait_briefly()
    assert readers(rehearsal) == ["read 1"], "what is nearly done is waited for"


def test_few_are_read_at_once_however_many_rehearse(library: Library, slow: Slow) -> None:
    talks = [started(library, slow) for _ in range(reviews.AT_ONCE + 2)]
    for rehearsal in talks:
        rehearsal.say(LINES[0])
    until(lambda: len(slow.begun) >= reviews.AT_ONCE)
    slow.gate.set()
    assert all(rehearsal.reviews.wait(SECONDS) for rehearsal in talks)
    assert [readers(rehearsal) for rehearsal in talks] == [["read 1"]] * len(talks)
    assert slow.most_at_once == reviews.AT_ONCE


def test_a_reading_that_gets_no_place_leaves_the_first_one(library: Library, slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "PATIENCE", 0.01)
    talks = [started(library, slow) for _ in range(reviews.AT_ONCE + 1)]
    for rehearsal in talks[:-1]:
        rehearsal.say(LINES[0])
    until(lambda: len(slow.begun) == reviews.AT_ONCE)
    talks[-1].say(LINES[0])
    assert talks[-1].reviews.wait(SECONDS)
    assert readers(talks[-1]) == [None]
    slow.gate.set()
    assert all(rehearsal.reviews.wait(SECONDS) for rehearsal in talks)
    assert len(slow.done) == reviews.AT_ONCE
