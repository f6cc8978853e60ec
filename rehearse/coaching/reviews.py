"""Second readings in the background: each begins once the turn was answered, one after the other, and none holds anybody up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rehearse.coaching.coach import Assessment, Reviewer
from rehearse.coaching.conversation import Conversation
from rehearse.domain.assessment import Remark

Listener = Callable[[int, Assessment], object]
"""Told the number of a turn and its new assessment."""

log = logging.getLogger(__name__)


@dataclass
class Reviews:
    """The second readings of one rehearsal. They never begin before the answer, for a local model has one machine for both."""

    reviewer: Reviewer | None = None
    listener: Listener | None = None
    _last: threading.Thread | None = None
    _closed: threading.Event = field(default_factory=threading.Event)

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
            # The process may end while a model is still thinking: nothing that was said depends on it.
            daemon=True,
        )
        self._last = work
        work.start()

    def wait(self, seconds: float) -> bool:
        """Wait for what is under way; False if it took longer, and then it is left out."""
        last = self._last
        if last is None:
            return True
        last.join(seconds)
        done = not last.is_alive()
        if not done:
            self._closed.set()
        return done

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
        if self._closed.is_set():
            return
        begun = time.monotonic()
        try:
            first = assessments[number - 1]
            second = reviewer.review(conversation, number, earlier(), first)
            if second is first or self._closed.is_set():
                return
            assessments[number - 1] = second
            if self.listener is not None:
                self.listener(number, second)
        except Exception:
            # A second reading is an extra: whatever goes wrong with it, the first one stands.
            log.exception("the second reading of turn %d failed after %.1f s", number, time.monotonic() - begun)
