"""Which collections of passages on a Chroma server are in use: each says when it was last, and goes when that is long ago.

A changed corpus or another encoder makes a new collection, and processes of the old version may run beside those of the new one
for a while. So none is deleted for being old: every process notes once a day that it uses its own, and who notes it takes away
those that nobody noted anything on for `UNUSED_DAYS`. Should one be in use all the same, by a version that notes nothing or after
a long sleep, its process goes on from memory and fills it again (`chroma_server`).
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, date, datetime
from typing import Any

PREFIX = "rehearse-"
UNUSED_DAYS = 30
"""A collection that no process has used for longer than this is deleted."""
_OURS = re.compile(rf"{PREFIX}passages-[0-9a-f]{{24}}")
"""What others keep on the server may begin with our name as well, so the whole form counts."""
_USED = "rehearse:used"
"""The day of the last use, in the metadata of a collection: the number of the day, because Chroma keeps no dates."""
_FIXED = "hnsw:space"
"""What Chroma lets nobody write a second time; it is in the collection's configuration too, where it stays."""

_log = logging.getLogger(__name__)


def note_use(client: Any, name: str) -> None:
    """Note that a collection is used today, and delete those of ours that nobody has used for long.

    Never raises: the passages are there without it, and it is done again tomorrow.
    """
    try:
        today = datetime.now(UTC).date()
        # Our own first: another process may be deleting the same ones at this moment, and the second to do so fails.
        for collection in sorted(client.list_collections(), key=lambda found: found.name != name):
            used = _day(collection.metadata)
            if collection.name == name or (used is None and _OURS.fullmatch(collection.name)):
                # One that nobody noted anything on is an older version's, and may be in use: its days count from now on.
                _note(collection, today)
            elif used is not None and today.toordinal() - used > UNUSED_DAYS and _OURS.fullmatch(collection.name):
                client.delete_collection(collection.name)
                _log.info("Deleted %s from the Chroma server: it was last used on %s.", collection.name, date.fromordinal(used))
    except Exception as error:  # Chroma's client raises whatever its parts do, and another process may have been first.
        _log.warning("The Chroma server could not be told which passages are in use (%s).", type(error).__name__)


def _day(metadata: Any) -> int | None:
    """The day of the last use; None where none that can be is noted."""
    used = (metadata or {}).get(_USED)
    return used if isinstance(used, int) and 1 <= used <= date.max.toordinal() else None


def _note(collection: Any, today: date) -> None:
    kept = {key: value for key, value in (collection.metadata or {}).items() if key != _FIXED}
    collection.modify(metadata=kept | {_USED: today.toordinal()})
