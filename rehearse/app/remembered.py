"""What Gradio remembers of pages: the values of their components, so what people read there, long after they were closed.

Nothing needs it: a page that it has forgotten is known by its address. So it goes whenever somebody deletes anything.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from weakref import WeakSet

from gradio.state_holder import SessionState, StateHolder

LATELY = timedelta(seconds=10)
"""A page that was used since then may be in work at this moment, so it is given an empty memory rather than none."""

_holders: WeakSet[StateHolder] = WeakSet()


def watch(holder: StateHolder) -> None:
    """Have the pages of an application forgotten when it is time; call once for each."""
    _holders.add(holder)


def forget_pages() -> None:
    """Forget what stands in the pages of everybody in this process."""
    since = datetime.now() - LATELY  # As Gradio notes it: without a zone.
    for holder in list(_holders):
        for page in list(holder.session_data):
            if holder.time_last_used.get(page, since) > since:
                holder.session_data[page] = SessionState(holder.blocks)
                continue
            with holder.lock:
                holder.session_data.pop(page, None)
                holder.time_last_used.pop(page, None)
