"""The one way in where several people use an installation: before any page, route or event of Gradio's sees a request.

Whatever is not listed here as open needs a person, and of Gradio's own addresses only those exist that the pages use. A page's
session belongs to the person who first used it.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs, quote

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rehearse.app.api import PREFIX
from rehearse.app.api.gate import CHANGING
from rehearse.app.api.problems import BEARER, of_error
from rehearse.app.hardening import CLOSED, GRADIO, GRADIO_USED, came_from_elsewhere
from rehearse.app.routes import foreign, page_of
from rehearse.app.signed_in import PERSON
from rehearse.app.strings import text
from rehearse.app.way_in import WayIn
from rehearse.errors import NotSignedInError, RehearseError

OPEN = frozenset(
    {
        "/sign-in",
        "/sign-out",
        "/oidc/begin",
        "/oidc/done",
        "/assets-rehearse/style.css",
        "/assets-rehearse/script.js",
        "/health/live",
        "/health/ready",
        "/metrics",
    }
)
"""Addresses for whoever comes; `/metrics` looks itself who asks."""
OPEN_BELOW = ("/invitation/", "/shared/")
SESSION = re.compile(r"[a-z0-9]{6,40}")
MOST_JOIN = 256 * 1024
"""What an event of a page may weigh; a turn has 8,000 characters."""
MOST_SESSIONS = 50_000


class Sessions:
    """Which page belongs to whom. Kept where Gradio keeps the pages themselves: in the memory of this process."""

    def __init__(self, most: int = MOST_SESSIONS) -> None:
        self._owner: OrderedDict[str, str] = OrderedDict()
        self._most = most

    def belongs(self, session: object, person_id: str) -> bool:
        """Whether a page is this person's; whoever is first to use it has it."""
        if not isinstance(session, str) or not SESSION.fullmatch(session):
            return False
        owner = self._owner.setdefault(session, person_id)
        if owner == person_id:
            self._owner.move_to_end(session)
        while len(self._owner) > self._most:
            self._owner.popitem(last=False)
        return owner == person_id

    def owned(self, person_id: str) -> set[str]:
        """The pages of one person."""
        return {session for session, owner in list(self._owner.items()) if owner == person_id}


def _for_programs(scope: Scope) -> bool:
    """Whether an address is of the interface for programs, whose failures are problems and not pages."""
    return bool(scope["path"].startswith(f"{PREFIX}/"))


class Doorway:
    """Lets in who is known, to what is theirs."""

    def __init__(self, app: ASGIApp, way: WayIn, sessions: Sessions | None = None) -> None:
        self.app = app
        self.way = way
        self.sessions = sessions or Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        scope.pop(PERSON, None)
        if scope["method"] in CHANGING and came_from_elsewhere(Headers(scope=scope)):
            await foreign()(scope, receive, send)
            return
        try:
            person = await to_thread.run_sync(self.way.who, scope)
        except NotSignedInError as error:
            # Whoever is known and may not enter; a program is told so in its own form.
            refused = of_error(error) if _for_programs(scope) else page_of(text("people.refused_heading"), str(error), 403)
            await refused(scope, receive, send)
            return
        except RehearseError as error:
            if _for_programs(scope):
                await of_error(error)(scope, receive, send)
                return
            await page_of(text("error.page_heading"), str(error), 503)(scope, receive, send)
            return
        path = scope["path"]
        if person is not None:
            scope[PERSON] = person
        elif path not in OPEN and not path.startswith(OPEN_BELOW):
            await self._ask(scope)(scope, receive, send)
            return
        if path.startswith(CLOSED):
            await PlainTextResponse("", 404)(scope, receive, send)
            return
        if person is not None and path.startswith(GRADIO):
            passed = await self._gradio(scope, receive, person.person_id)
            if passed is None:
                await JSONResponse({"detail": "There is nothing here."}, 404)(scope, receive, send)
                return
            receive = passed
        await self.app(scope, receive, send)

    def _ask(self, scope: Scope) -> Response:
        """Lead a person to where they sign in; tell a program that nobody is signed in."""
        headers = Headers(scope=scope)
        shown = scope["method"] == "GET" and "text/html" in headers.get("accept", "")
        if _for_programs(scope) and not shown:
            return of_error(NotSignedInError(text("people.proxy_missing" if self.way.kind == "proxy" else "people.nobody")))
        if self.way.kind == "proxy":
            return page_of(text("people.refused_heading"), text("people.proxy_missing"), 401)
        if not shown:
            told = {"www-authenticate": BEARER, "cache-control": "no-store"}
            return JSONResponse({"detail": text("people.nobody")}, 401, told)
        wanted = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='')}", 303, {"cache-control": "no-store"})

    async def _gradio(self, scope: Scope, receive: Receive, person_id: str) -> Receive | None:
        """What to go on receiving from; None for what is not used, or is a page of somebody else's."""
        path = scope["path"].rstrip("/")
        for method, pattern in GRADIO_USED:
            match = pattern.fullmatch(path)
            if match is None or scope["method"] != method:
                continue
            if "anybody" in pattern.groupindex:
                return receive
            if "session" in pattern.groupindex:
                return receive if self.sessions.belongs(match["session"], person_id) else None
            if method == "GET":
                told = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("session_hash", [])
                return receive if len(told) == 1 and self.sessions.belongs(told[0], person_id) else None
            return await self._joined(receive, person_id)
        return None

    async def _joined(self, receive: Receive, person_id: str) -> Receive | None:
        """An event of a page, read to see whose page it is, and handed on as it came."""
        body = bytearray()
        while True:
            part = await receive()
            if part["type"] != "http.request":
                return None
            body += part.get("body", b"")
            if len(body) > MOST_JOIN:
                return None
            if not part.get("more_body"):
                break
        if not self._own_event(bytes(body), person_id):
            return None
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        return again

    def _own_event(self, body: bytes, person_id: str) -> bool:
        try:
            event: Any = json.loads(body)
        except (ValueError, RecursionError):
            return False
        # Gradio would take a `request` in the body for the request itself: nobody may say who they are.
        if not isinstance(event, dict) or event.get("request") is not None or event.get("batched"):
            return False
        return self.sessions.belongs(event.get("session_hash"), person_id)
