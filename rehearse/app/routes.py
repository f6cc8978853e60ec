"""Our own addresses beside Gradio's: the style sheet, the script, and what buttons in fragments do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rehearse.app.desk import Desk
from rehearse.app.hardening import came_from_elsewhere
from rehearse.app.parts import message
from rehearse.app.queueing import BusyError
from rehearse.app.remembered import forget_pages
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.theme import token_css
from rehearse.app.visitors import Visitors
from rehearse.errors import LearnerError, RehearseError, UnknownIdError
from rehearse.people.forgetting import forget_readings

STATIC = Path(__file__).parent / "static"
MOST_WORDS = 8_000
"""Words carried over into the box of a talk that begins again; a turn holds no more."""

log = logging.getLogger(__name__)


def style_sheet() -> str:
    """The tokens and the rules that use them."""
    return token_css() + "".join(path.read_text("utf-8") for path in sorted(STATIC.glob("*.css")))


def scripts() -> str:
    """What the pages do for themselves."""
    return "\n".join(path.read_text("utf-8") for path in sorted(STATIC.glob("*.js")))


def page_of(heading: str, words: str, status: int) -> HTMLResponse:
    """A page of our own, without Gradio, for when something did not work."""
    body = message(heading, words, ("../", text("error.page_action")))
    return HTMLResponse(render("bare.html", title=heading, body=body), status, {"cache-control": "no-store"})


def foreign() -> HTMLResponse:
    """What another site is told that made somebody's browser ask."""
    return page_of(text("error.page_heading"), text("error.foreign"), 403)


def failure(error: RehearseError) -> HTMLResponse:
    """A page that says what went wrong."""
    if not isinstance(error, LearnerError):
        log.error("a request failed", exc_info=error)
    return page_of(text("error.page_heading"), str(error), _status(error))


def _status(error: RehearseError) -> int:
    if isinstance(error, UnknownIdError):
        return 404
    if isinstance(error, BusyError):
        return 503
    return 400 if isinstance(error, LearnerError) else 500


def unreadable(request: Request, error: Exception) -> HTMLResponse:
    """A page for a form with a field that cannot be used. What was typed is not repeated: it may be a password."""
    del request, error
    return page_of(text("error.page_heading"), text("error.form"), 422)


def go(page: str, **query: str) -> RedirectResponse:
    """Lead to a page of ours."""
    return RedirectResponse(f"../{page}" + (f"?{urlencode(query)}" if query else ""), status_code=303)


def put_away(desk: Desk, rehearsal_id: str) -> None:
    """Let go of what memory holds of a talk that was deleted: the talk, words laid out for it, pages, and what models read."""
    desk.drop(rehearsal_id)
    forget_pages(desk.workspace.person_id)
    forget_readings(desk.workspace)


def done(visitors: Visitors, request: Request, action: Callable[[Desk], Response]) -> Response:
    """Do what one of our own pages asked for; refuse another site."""
    return foreign() if came_from_elsewhere(request.headers) else answered(visitors, request, action)


def answered(visitors: Visitors, request: Request, action: Callable[[Desk], Response]) -> Response:
    """What an action at the person's desk gives, or a page that says what went wrong."""
    try:
        return action(visitors.desk(request))
    except RehearseError as error:
        return failure(error)


async def done_in_line(visitors: Visitors, request: Request, action: Callable[[Desk], Response]) -> Response:
    """The same for what takes a while: behind turns, and whoever waits for it keeps no thread busy."""
    if came_from_elsewhere(request.headers):
        return foreign()
    try:
        desk = visitors.desk(request)
        return await asyncio.wrap_future(desk.do(lambda: action(desk), by_model=desk.by_model))
    except RehearseError as error:
        return failure(error)


Field = Annotated[str, Form()]
LONGEST_NUMBER = 9
"""Digits; no turn has more."""


def whole(told: str, otherwise: int = -1) -> int:
    """A number that a form tells; `otherwise`, which no turn has, where it is none."""
    return int(told) if told.isdecimal() and len(told) <= LONGEST_NUMBER else otherwise


def assets() -> APIRouter:
    """The style sheet and the script; both are part of the package."""
    router = APIRouter()
    fresh = {"cache-control": "no-cache"}

    @router.get("/assets-rehearse/style.css", include_in_schema=False)
    def css() -> Response:
        return Response(style_sheet(), media_type="text/css", headers=fresh)

    @router.get("/assets-rehearse/script.js", include_in_schema=False)
    def script() -> Response:
        return Response(scripts(), media_type="text/javascript", headers=fresh)

    return router


def actions(visitors: Visitors) -> APIRouter:
    """What the buttons in our fragments do: change something, then go to the page that shows it."""
    router = APIRouter(prefix="/do", include_in_schema=False)

    @router.post("/begin")
    def begin(
        request: Request,
        scenario: Field = "",
        persona: Field = "",
        difficulty: Field = "normal",
        focus: Field = "",
        off_record: Field = "",
    ) -> Response:
        def action(desk: Desk) -> Response:
            wanted = desk.workspace.library.criterion(focus).id if focus else None
            return go(
                "stage", rehearsal=desk.begin(scenario, persona, difficulty, wanted, off_record=bool(off_record)).rehearsal_id
            )

        return done(visitors, request, action)

    @router.post("/branch")
    async def branch(request: Request, rehearsal: Field = "", turn: Field = "", words: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            number = whole(turn)
            kept = desk.branch(rehearsal, number)
            desk.lay_out(kept.rehearsal_id, number, words[:MOST_WORDS])
            return go("stage", rehearsal=kept.rehearsal_id)

        return await done_in_line(visitors, request, action)

    @router.post("/end")
    async def end(request: Request, rehearsal: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            desk.end(rehearsal)
            return go("lookback", rehearsal=rehearsal)

        return await done_in_line(visitors, request, action)

    @router.post("/delete")
    def delete(request: Request, rehearsal: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            with desk.held(rehearsal):
                desk.workspace.store.delete(rehearsal)
                put_away(desk, rehearsal)
            return go("history")

        return done(visitors, request, action)

    @router.post("/delete-all")
    def delete_all(request: Request) -> Response:
        def action(desk: Desk) -> Response:
            desk.workspace.store.delete_talks()
            visitors.clear_desk(request)
            forget_pages(desk.workspace.person_id)
            forget_readings(desk.workspace)
            return go("history")

        return done(visitors, request, action)

    return router
