"""Second readings in the background: each begins once the turn was answered, one after the other, and none holds anybody up."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakSet

from rehearse.coaching.coach import Assessment, Reviewer
from rehearse.coaching.conversation import Conversation
from rehearse.domain.assessment import Remark

Listener = Callable[[int, Assessment], object]
"""Told the number of a turn and its new assessment."""

log = logging.getLogger(__name__)

AT_ONCE = 4
"""Second readings of all rehearsals of the process at the same time: the rest of the model is for answers."""
PATIENCE = 60.0
"""Seconds that a second reading waits for its place; then the first one stands."""
AT_EXIT = 2.0
"""Seconds that the end of the process waits for readings that are under way."""
_PLACES = threading.BoundedSemaphore(AT_ONCE)
_UNDER_WAY: WeakSet[threading.Thread] = WeakSet()


@atexit.register
def _wait_briefly() -> None:
    until = time.monotonic() + AT_EXIT
    for work in list(_UNDER_WAY):
        work.join(max(0.0, until - time.monotonic()))


@dataclass
class Reviews:
    """The second readings of one rehearsal. They never begin before the answer, for a local model has one machine for both."""

    reviewer: Reviewer | None = None
    listener: Listener | None = None
    _last: threading.Thread | None = None

    def begin(
        self,
        conversation: Conversation,
        number: int,
        earlier: Callable[[], Sequence[Remark]],
        assessments: list[Assessment],
    ) -> None:
        """Have learner turn `number` read again; its place in `assessments` is replaced when that is done."""
        if self.reviewer is None:
            return
        work = threading.Thread(
            target=self._review,
            args=(self.reviewer, self._last, conversation, number, earlier, assessments),
            name=f"review-{number}",
            # The process need not wait for a model that is still thinking: nothing that was said depends on it.
            daemon=True,
        )
        self._last = work
        _UNDER_WAY.add(work)
        work.start()

    def wait(self, seconds: float) -> bool:
        """Wait for what is under way; False if it takes longer. What comes later is still told to the listener."""
        if self._last is None:
            return True
        self._last.join(seconds)
        return not self._last.is_alive()

    def _review(
        self,
        reviewer: Reviewer,
        before: threading.Thread | None,
        conversation: Conversation,
        number: int,
        earlier: Callable[[], Sequence[Remark]],
        assessments: list[Assessment],
    ) -> None:
        if before is not None:
            before.join()
        if not _PLACES.acquire(timeout=PATIENCE):
            log.info("turn %d was not read a second time: too many wait for that", number)
            return
        begun = time.monotonic()
        try:
            first = assessments[number - 1]
            second = reviewer.review(conversation, number, earlier(), first)
            if second is first:
                return
            assessments[number - 1] = second
            if self.listener is not None:
                self.listener(number, second)
        except Exception:
            # A second reading is an extra: whatever goes wrong with it, the first one stands.
            log.exception("the second reading of turn %d failed after %.1f s", number, time.monotonic() - begun)
        finally:
            _PLACES.release()
