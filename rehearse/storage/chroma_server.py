"""The passage index on a Chroma server that several processes share, and what happens while the server does not answer.

The server keeps the vectors and finds neighbours. Where it is away, a search goes on from the vectors in memory; it is asked
again after a while, and what it lacks then is put there again. Nothing that anybody said is stored there, only the guidance.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SECONDS = 3.0
"""For so long a server is waited for, once."""
AWAY_SECONDS = 15.0
"""For so long a server that did not answer is not asked again."""
NOTED_SECONDS = 86_400.0
"""So often it is noted that a collection is in use."""
AWAY = "The Chroma server of REHEARSE_CHROMA_URL does not answer as it should; passages are found from memory."

_log = logging.getLogger(__name__)


class ChromaAwayError(Exception):
    """The server did not answer, now or a moment ago; its caller goes on from memory."""


@dataclass(frozen=True)
class ChromaServer:
    """Where a Chroma server is, and what lets us in."""

    url: str
    token: str | None = field(default=None, repr=False)
    """Sent as `Authorization: Bearer`, for a server behind a proxy that wants one."""

    @property
    def headers(self) -> dict[str, str]:
        """What is sent with each request."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def answers(self) -> bool:
        """Whether it is there and well. By a request of its own, because Chroma's client would wait without end."""
        try:
            return httpx2.get(f"{self.url.rstrip('/')}/api/v2/heartbeat", headers=self.headers, timeout=SECONDS).is_success
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return False

    def client(self) -> Any:
        """Chroma's client for it; without telemetry, and with an end to its patience."""
        import chromadb
        from chromadb.config import Settings

        if not self.answers():
            raise ChromaAwayError
        parts = urlsplit(self.url)
        secure = parts.scheme == "https"
        made = chromadb.HttpClient(
            host=parts.hostname or "localhost",
            port=parts.port or (443 if secure else 80),
            ssl=secure,
            headers=self.headers,
            settings=Settings(anonymized_telemetry=False),
        )
        for session in _sessions(made):
            # Chroma has no setting for it; without it a server that hangs would hang every turn with it.
            session.timeout = SECONDS
        return made


def _sessions(client: Any) -> list[Any]:
    """The connections of Chroma's client, which it has no public way to."""
    return [part._server._session for part in (client, client._admin_client)]


def let_go(client: Any) -> None:
    """Close the connections of Chroma's client; its own `close` leaves them open."""
    for session in _sessions(client):
        session.close()
    client.close()


class ServedCollection:
    """One collection on a server, filled where it is missing or not whole. Safe to use from several threads and processes."""

    def __init__(
        self, server: ChromaServer, opened: Callable[[Any], tuple[Any, Floats]], still_used: Callable[[Any], None]
    ) -> None:
        """`opened` makes of a client the collection, whole, and its vectors; `still_used` notes later on that it is in use."""
        self._server = server
        self._opened = opened
        self._still_used = still_used
        self._noted = 0.0
        self._client: Any = None
        self._store: Any = None
        self._away_until = 0.0
        self._told = False
        self._lock = threading.Lock()

    def vectors(self) -> Floats | None:
        """The vectors that it holds; None where the server is away."""
        try:
            return self._open()[1]
        except ChromaAwayError:
            return None

    def similarity_search_by_vector(self, vector: list[float], k: int) -> list[Any]:
        """As LangChain's store has it; `ChromaAwayError` where the server is away."""
        store = self._store or self._open()[0]
        if time.monotonic() < self._away_until:
            raise ChromaAwayError
        try:
            found: list[Any] = store.similarity_search_by_vector(vector, k=k)
        except Exception as error:  # Chroma's client raises whatever its parts do.
            raise self._away(error) from None
        self._note_use()
        return found

    def _note_use(self) -> None:
        client = self._client
        if client is not None and time.monotonic() - self._noted > NOTED_SECONDS:
            self._noted = time.monotonic()
            self._still_used(client)

    def close(self) -> None:
        """Close the connections; they are made again when they are needed."""
        client, self._client, self._store = self._client, None, None
        if client is not None:
            let_go(client)

    def problem(self) -> str:
        """What is wrong, for whoever runs it; empty where all is well. Asks the server, if it is time to."""
        try:
            if self._store is None:
                self._open()
            elif time.monotonic() < self._away_until:
                return AWAY
            elif not self._server.answers():
                raise self._away(None)
            else:
                # Where a process runs and nobody rehearses, this is all that is asked of it.
                self._note_use()
        except ChromaAwayError:
            return AWAY
        return ""

    def _open(self) -> tuple[Any, Floats]:
        with self._lock:
            if time.monotonic() < self._away_until:
                raise ChromaAwayError
            self.close()
            try:
                self._client = self._server.client()
                store, vectors = self._opened(self._client)
            except Exception as error:  # Chroma's client raises whatever its parts do.
                raise self._away(error) from None
            self._store, self._noted = store, time.monotonic()
            if self._told:
                self._told = False
                _log.warning("The Chroma server of REHEARSE_CHROMA_URL answers again.")
            return store, vectors

    def _away(self, error: Exception | None) -> ChromaAwayError:
        """Note that the server is away, and open the collection anew when it is back: it may have come back empty."""
        self._store = None
        self._away_until = time.monotonic() + AWAY_SECONDS
        if not self._told:
            self._told = True
            _log.warning("%s (%s)", AWAY, type(error).__name__ if error is not None else "no heartbeat")
        return error if isinstance(error, ChromaAwayError) else ChromaAwayError()
