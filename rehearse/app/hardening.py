"""What keeps the page to this machine: response headers, and refusing requests that another site made."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'self'; object-src 'none'"
)
"""The browser itself refuses to ask any other host; Gradio needs inline and evaluated scripts."""
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
HOST = re.compile(r"(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?", re.IGNORECASE)
"""What a browser sends as the name of a host: no name of a user in it, and no path."""
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def came_from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that another site made this request."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return bool(origin) and urlsplit(origin or "").netloc != headers.get("host", "")


UNCHANGING = ("/static/", "/assets/", "/assets-rehearse/", "/theme.css", "/favicon.ico")
"""Files that are the same for everybody; everything else may hold what somebody said, and no cache keeps it."""
FOR_OTHER_SITES = ("access-control-allow-origin", "access-control-allow-credentials")
"""What Gradio tells browsers of pages at other ports of this machine: that they may read. Nothing here is theirs."""
TLS_ONLY = "max-age=31536000"
MOST_BYTES = 1024 * 1024
MOST_BYTES_BELOW = {"/do/guidance": 3 * 1024 * 1024, "/api/": 5 * 1024 * 1024, "/mcp": 5 * 1024 * 1024}
"""Where more may be sent; those addresses weigh more exactly themselves."""


PEER = "rehearse.peer"
"""Where in a request's scope the address of whoever connected is kept, before a proxy's word about the visitor replaces it."""


def behind_proxies(app: ASGIApp, trusted: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> ASGIApp:
    """Believe these proxies, and nobody else, about a visitor's address and whether the browser speaks TLS."""
    believing: ASGIApp = ProxyHeadersMiddleware(app, trusted_hosts=[str(network) for network in trusted])  # type: ignore[arg-type,assignment]

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        scope[PEER] = scope.get("client")
        await believing(scope, receive, send)

    return noting


GRADIO = "/gradio_api"
GRADIO_USED = (
    ("POST", re.compile(r"/gradio_api/queue/join")),
    ("GET", re.compile(r"/gradio_api/queue/data")),
    ("GET", re.compile(r"/gradio_api/heartbeat/(?P<session>[^/]+)")),
    # A number drawn at the start: by it a page that has lost the connection sees that the program is there again.
    ("GET", re.compile(r"/gradio_api/(?P<anybody>app_id)")),
)
"""What the pages use of Gradio's interface. Cancelling, uploading, files, runs by name and the rest do not exist here."""
CLOSED = ("/login", "/logout", "/svelte", "/monitoring", "/runs", "/deep_link", "/run-history", "/custom_component")
"""Addresses of Gradio's outside of its interface that no page uses."""


def is_used(method: str, path: str) -> bool:
    """Whether a page asks for this; of what is Gradio's, nothing else exists."""
    if path.startswith(GRADIO):
        return any(method == used and pattern.fullmatch(path.rstrip("/")) for used, pattern in GRADIO_USED)
    return not path.startswith(CLOSED)


def in_utf8(kind: str) -> bool:
    """Whether a form says of itself nothing but that it is in UTF-8: others can make halves of characters."""
    media, _, more = kind.lower().partition(";")
    told = [value.strip(" \t\"'") for name, _, value in (p.partition("=") for p in more.split(";")) if name.strip() == "charset"]
    return not media.strip().startswith(("multipart/", "application/x-www-form-urlencoded")) or set(told) <= {"utf-8", "utf8"}


def weighs_more(length: str, most: int) -> bool:
    """Whether a request says itself that it has more bytes than that."""
    return length.isdecimal() and (len(length) > 12 or int(length) > most)


class Hardened:
    """Sets the headers on each answer, refuses what weighs too much, and hosts that are not ours (DNS rebinding).

    Of what is Gradio's, only what the pages use is there, and only for them: another site could upload files otherwise.
    """

    def __init__(
        self, app: ASGIApp, local_only: bool = False, public_host: str = "", under_any_name: tuple[str, ...] = ()
    ) -> None:
        """`local_only` serves this machine's own names only, and besides them `public_host` where there is one.

        `under_any_name` is where addresses begin that hold nothing of anybody's, for whoever watches over the process.
        """
        self.app = app
        self.under_any_name = under_any_name
        self.local_only = local_only
        self.public_host = public_host.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = _most(scope["path"])
        length = headers.get("content-length", "")
        refusal: Response | None = None
        named = (self.local_only or self.public_host) and not scope["path"].startswith(self.under_any_name)
        if named and not self._ours(headers.get("host", "")):
            refusal = PlainTextResponse("This page is served under another name only.", status_code=421)
        elif not is_used(scope["method"], scope["path"]):
            refusal = JSONResponse({"detail": "There is nothing here."}, 404)
        elif scope["path"].startswith(GRADIO) and came_from_elsewhere(headers):
            refusal = PlainTextResponse("This came from another site, so it was not done.", 403)
        elif weighs_more(length, most):
            refusal = PlainTextResponse("That is more than can be taken in here. Nothing was kept.", status_code=413)
        elif not in_utf8(headers.get("content-type", "")):
            refusal = PlainTextResponse("A form has to be in UTF-8. Nothing was done.", status_code=415)
        answer = self.app if refusal is None else refusal
        begun = False

        async def noting(part: Message) -> None:
            nonlocal begun
            begun = True
            await send(part)

        told = _with_headers(scope, noting)
        try:
            await answer(scope, weighed(receive, most), told)
        except Exception:
            if not begun:
                # Whoever is outside of here would answer without the headers; they still hear of it, and log it.
                await PlainTextResponse("Something went wrong. What was said before is kept.", 500)(scope, receive, told)
            raise

    def _ours(self, host: str) -> bool:
        if not HOST.fullmatch(host):
            return False
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return is_loopback(name) or (bool(self.public_host) and name == self.public_host)


def _most(path: str) -> int:
    return next((most for below, most in MOST_BYTES_BELOW.items() if path.startswith(below)), MOST_BYTES)


def weighed(receive: Receive, most: int) -> Receive:
    """What a request sends, counted as it comes; more than `most` bytes end in the status 413."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        part = await receive()
        came += len(part.get("body", b""))
        if came > most:
            # One of those that FastAPI lets through while it reads a body.
            raise HTTPException(413)
        return part

    return counted


def _with_headers(scope: Scope, send: Send) -> Send:
    async def with_headers(part: Message) -> None:
        if part["type"] == "http.response.start":
            headers = MutableHeaders(scope=part)
            for name in FOR_OTHER_SITES:
                del headers[name]
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if not scope["path"].startswith(UNCHANGING):
                headers.setdefault("cache-control", "no-store")
            if scope.get("scheme") == "https":
                headers.setdefault("strict-transport-security", TLS_ONLY)
        await send(part)

    return with_headers
