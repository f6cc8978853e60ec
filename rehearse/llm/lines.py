"""The connections on which answers are coming, so that one can be hung up by another thread than the one that reads it.

Without this, an answer that nobody wants any more goes on until its next piece comes, and a local model goes on thinking.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Line:
    """What one thread reads; it is over when that thread has read it to its end."""

    def __init__(self) -> None:
        self._response: Any = None
        self._over = False
        self._lock = threading.Lock()

    def opened(self, response: Any) -> None:
        """The answer begins."""
        with self._lock:
            self._response = response

    def end(self) -> None:
        """The connection may be used for something else from now on."""
        with self._lock:
            self._over, self._response = True, None

    def hang_up(self) -> None:
        """Break it off; nothing happens where the answer has not begun, or is over."""
        with self._lock:
            response = self._response
            if self._over or response is None or response.is_closed:
                return
            stream = response.extensions.get("network_stream")
            line = stream.get_extra_info("socket") if stream is not None else None
            if line is not None:
                # Not closed but shut down: only that wakes the thread which waits for it.
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


class Lines:
    """The connections of one client. Safe to use from several threads."""

    def __init__(self) -> None:
        self._here = threading.local()

    @contextmanager
    def reading(self) -> Iterator[Line]:
        """Let what this thread reads be hung up meanwhile."""
        line = self._here.line = Line()
        try:
            yield line
        finally:
            self._here.line = None
            line.end()

    def opened(self, response: Any) -> None:
        """Told by the client of each answer that begins, in the thread that reads it."""
        line: Line | None = getattr(self._here, "line", None)
        if line is not None:
            line.opened(response)
