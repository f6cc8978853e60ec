"""Who is served when: one of a kind for a person, turns before other work, and nobody for ever behind the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future

import pytest

from rehearse.app.queueing import BusyError, FairQueue, Kind

SOON = 20.0
"""Seconds that nothing here comes near."""


class Floor:
    """Work that ends when it is told to, and who was at it in which order."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self._ends: dict[str, threading.Event] = {}
        self._began = threading.Condition()

    def work(self, name: str) -> Callable[[], str]:
        end = self._ends[name] = threading.Event()

        def run() -> str:
            with self._began:
                self.order.append(name)
                self._began.notify_all()
            assert end.wait(SOON)
            return name

        return run

    def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()

    def end_all(self) -> None:
        self.end(*self._ends)

    def at(self, *names: str) -> None:
        """Wait until these have begun, in this order, and nothing else."""
        with self._began:
            assert self._began.wait_for(lambda: len(self.order) >= len(names), SOON)
        assert self.order == list(names)


@pytest.fixture
def floor() -> Iterator[Floor]:
    found = Floor()
    yield found
    found.end_all()


def test_turns_go_before_other_work_that_came_first(floor: Floor) -> None:
    queue = FairQueue(2)
    first = queue.submit("ana", floor.work("ana speaks"))
    second = queue.submit("ben", floor.work("ben speaks"))
    floor.at("ana speaks", "ben speaks")
    queue.submit("cleo", floor.work("cleo looks back"), Kind.OTHER)
    queue.submit("dan", floor.work("dan speaks"))
    floor.end("ana speaks")
    assert first.result(SOON) == "ana speaks"
    floor.at("ana speaks", "ben speaks", "dan speaks")
    floor.end("ben speaks")
    assert second.result(SOON) == "ben speaks"
    floor.at("ana speaks", "ben speaks", "dan speaks", "cleo looks back")


def test_other_work_leaves_one_place_to_turns(floor: Floor) -> None:
    queue = FairQueue(2)
    for name in ("ana", "ben"):
        queue.submit(name, floor.work(f"{name} looks back"), Kind.OTHER)
    floor.at("ana looks back")
    queue.submit("cleo", floor.work("cleo speaks"))
    floor.at("ana looks back", "cleo speaks")
    assert queue.waiting == 1


def test_with_one_place_other_work_is_done_too(floor: Floor) -> None:
    queue = FairQueue(1)
    queue.submit("ana", floor.work("ana looks back"), Kind.OTHER)
    floor.at("ana looks back")


def test_other_work_that_has_waited_for_long_stands_behind_nobody(floor: Floor) -> None:
    queue = FairQueue(2, patience=0.0)
    queue.submit("ana", floor.work("ana speaks"))
    queue.submit("ben", floor.work("ben speaks"))
    floor.at("ana speaks", "ben speaks")
    queue.submit("dan", floor.work("dan speaks"))
    queue.submit("cleo", floor.work("cleo looks back"), Kind.OTHER)
    floor.end("ana speaks")
    floor.at("ana speaks", "ben speaks", "cleo looks back")


def test_somebody_who_waits_for_an_answer_can_look_back_at_another_talk(floor: Floor) -> None:
    queue = FairQueue(3)
    queue.submit("ana", floor.work("ana speaks"))
    queue.submit("ana", floor.work("ana speaks elsewhere"))
    queue.submit("ana", floor.work("ana looks back"), Kind.OTHER)
    floor.at("ana speaks", "ana looks back")
    assert queue.in_work == 1, "one person"
    assert queue.waiting == 1


def test_whoever_sends_much_holds_up_nobody(floor: Floor) -> None:
    queue = FairQueue(1)
    answers: list[Future[str]] = [queue.submit("ana", floor.work(f"ana {number}")) for number in range(4)]
    floor.at("ana 0")
    queue.submit("ben", floor.work("ben"))
    queue.submit("cleo", floor.work("cleo"))
    floor.end("ana 0", "ana 1", "ben", "cleo")
    assert answers[1].result(SOON) == "ana 1"
    floor.at("ana 0", "ana 1", "ben", "cleo", "ana 2")


def test_what_was_taken_back_is_not_begun_and_makes_room(floor: Floor) -> None:
    queue = FairQueue(1, most_waiting=2)
    queue.submit("ana", floor.work("ana"))
    floor.at("ana")
    taken_back = queue.submit("ben", floor.work("ben"))
    queue.submit("cleo", floor.work("cleo looks back"), Kind.OTHER)
    assert taken_back.cancel()
    queue.submit("dan", floor.work("dan"))
    floor.end("ana")
    floor.at("ana", "dan")


@pytest.mark.parametrize(("kind", "words"), [(Kind.TURN, "was not sent"), (Kind.OTHER, "was not begun")])
def test_too_much_is_refused_in_the_words_of_what_was_asked(floor: Floor, kind: Kind, words: str) -> None:
    queue = FairQueue(1, most_waiting=4, most_of_one=2)
    queue.submit("ana", floor.work("ana"))
    floor.at("ana")
    for number in range(2):
        queue.submit("ana", floor.work(f"ana {number}"), kind)
    with pytest.raises(BusyError, match=f"Several .*{words}"):
        queue.submit("ana", floor.work("ana again"), kind)
    for name in ("ben", "cleo"):
        queue.submit(name, floor.work(name))
    with pytest.raises(BusyError, match=rf"Very many .*{words}.* in \d+ seconds") as refused:
        queue.submit("dan", floor.work("dan"), kind)
    assert refused.value.retry_after >= 1
