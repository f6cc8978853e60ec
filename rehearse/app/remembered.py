"""What Gradio remembers of pages: the values of their components, so what people read there, long after they were closed.

Nothing needs it: a page that it has forgotten is known by its address. So a person's go whenever that person deletes something.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from gradio.state_holder import SessionState, StateHolder

LATELY = timedelta(seconds=10)
"""A page that was used since then may be in work at this moment, so it is given an empty memory rather than none."""

Owned = Callable[[str], Container[str]]
"""Which pages are a person's."""

_holders: WeakKeyDictionary[StateHolder, Owned | None] = WeakKeyDictionary()


def watch(holder: StateHolder, owned: Owned | None = None) -> None:
    """Have the pages of an application forgotten when it is time; call once for each. Without `owned` all are one person's."""
    _holders[holder] = owned


def forget_pages(person_id: str | None = None) -> None:
    """Forget what stands in the pages of one person in this process, or of everybody."""
    since = datetime.now() - LATELY  # As Gradio notes it: without a zone.
    for holder, owned in list(_holders.items()):
        theirs = None if owned is None or person_id is None else owned(person_id)
        for page in list(holder.session_data):
            if theirs is not None and page not in theirs:
                continue
            if holder.time_last_used.get(page, since) > since:
                holder.session_data[page] = SessionState(holder.blocks)
                continue
            with holder.lock:
                holder.session_data.pop(page, None)
                holder.time_last_used.pop(page, None)
