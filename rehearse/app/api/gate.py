"""What a request must be before any handler sees it: from this site, JSON, and not too much."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearse.app.api.problems import TITLES, UNEXPECTED, log, problem
from rehearse.app.hardening import came_from_elsewhere, weighed, weighs_more

MOST_BYTES = 128 * 1024
"""What a request may weigh: a turn of 8,000 characters, each written as an escape, with room to spare."""
MOST_BYTES_RATED = 4 * 1024 * 1024
RATED = ("/score", "/pairs")
"""The addresses that take whole transcripts."""
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Gate:
    """Refuses other sites, other media types and too much; whatever no handler foresaw becomes a problem, not a stack trace."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        """`most_bytes` is what a request may weigh that rates nothing."""
        self.app = app
        self.most_bytes = most_bytes

    def _most(self, scope: Scope) -> int:
        return MOST_BYTES_RATED if scope["path"].endswith(RATED) else self.most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _refusal(scope, headers, self._most(scope))
        if refusal is not None:
            status, detail = refusal
            await problem(status, f"http-{status}", TITLES[status], detail)(scope, receive, send)
            return
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, weighed(receive, self._most(scope)), told)
        except Exception:
            if begun:
                raise
            log.exception("a request failed")
            await problem(500, "unexpected", "Something went wrong", UNEXPECTED)(scope, receive, send)


def _heavy(most: int) -> str:
    return f"A request here may have {most // 1024:,} KiB. Nothing was done: send less at a time."


def _refusal(scope: Scope, headers: Headers, most: int) -> tuple[int, str] | None:
    """The status and the sentence, or None for what may pass."""
    changing = scope["method"] in CHANGING
    if came_from_elsewhere(headers):
        return 403, "This came from another site, so it was not done."
    length = headers.get("content-length", "0")
    if weighs_more(length, most):
        return 413, _heavy(most)
    has_body = length not in ("", "0") or "transfer-encoding" in headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    # A form on another page can send text and forms without asking, but not this.
    if changing and kind != "application/json" and (has_body or scope["method"] != "DELETE"):
        return 415, "Send JSON, with the header Content-Type: application/json. Nothing was done."
    return None
