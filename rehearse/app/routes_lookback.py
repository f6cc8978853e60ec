"""Our own addresses for what happens after a talk: a rating contested, a wording tried, a check-in, files."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rehearse.app.contesting import place_of
from rehearse.app.desk import Desk
from rehearse.app.history import Wanted, found_html
from rehearse.app.routes import MOST_WORDS, Field, answered, done, foreign, go, page_of, whole
from rehearse.app.strings import text
from rehearse.app.takeaway import written
from rehearse.app.visitors import Visitors
from rehearse.domain.check_in import CheckIn
from rehearse.retrospect import contest_rating

BACK = ("lookback", "progress")
"""The pages that have the check-in form."""


def _back(page: str, rehearsal_id: str, place: str) -> RedirectResponse:
    """To a place on a page about one talk."""
    return RedirectResponse(f"../{page}?rehearsal={quote(rehearsal_id, safe='')}#{place}", status_code=303)


def looking_back(visitors: Visitors) -> APIRouter:
    """What the forms of the pages about past talks do."""
    router = APIRouter(prefix="/do", include_in_schema=False)

    @router.post("/contest")
    def contest(request: Request, rehearsal: Field = "", turn: Field = "", criterion: Field = "", reason: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            with desk.held(rehearsal):
                found = contest_rating(desk.open(rehearsal), whole(turn, 0), criterion, reason)
            return _back("lookback", rehearsal, place_of(found.turn, found.criterion_id))

        return done(visitors, request, action)

    @router.post("/try")
    def attempt(request: Request, rehearsal: Field = "", turn: Field = "", words: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            number = whole(turn)
            kept = desk.branch(rehearsal, number)
            desk.say(kept.rehearsal_id, words[:MOST_WORDS], number).result()
            return go("stage", rehearsal=kept.rehearsal_id)

        return done(visitors, request, action)

    @router.post("/check-in")
    def check_in(
        request: Request,
        rehearsal: Field = "",
        held_on: Field = "",
        went: Field = "",
        agreed: Field = "",
        line: Field = "",
        back: Field = "lookback",
    ) -> Response:
        def action(desk: Desk) -> Response:
            told = CheckIn.told(held_on, went, agreed, line)
            desk.workspace.store.save_check_in(rehearsal, told.to_json())
            return _back(back if back in BACK else BACK[0], rehearsal, "after")

        return done(visitors, request, action)

    return router


def parts(visitors: Visitors) -> APIRouter:
    """Parts of pages that change while somebody types."""
    router = APIRouter(prefix="/part", include_in_schema=False)

    @router.get("/history")
    def history(request: Request) -> Response:
        def action(desk: Desk) -> Response:
            found = found_html(desk.workspace, Wanted.of(request.query_params))
            return HTMLResponse(found, headers={"cache-control": "no-store"})

        return done(visitors, request, action)

    return router


def files(visitors: Visitors) -> APIRouter:
    """A talk, its card and its agreement as files: only to the person whose they are, and kept by no cache."""
    router = APIRouter(prefix="/download", include_in_schema=False)

    def answer(request: Request, rehearsal_id: str, what: str, kind: str) -> Response:
        def action(desk: Desk) -> Response:
            file = written(desk, rehearsal_id, what, kind)
            if file is None:
                return page_of(text("error.page_heading"), text("error.unknown"), 404)
            headers = {"content-disposition": f'attachment; filename="{file.name}"', "cache-control": "no-store"}
            return Response(file.content, media_type=file.media_type, headers=headers)

        return foreign() if request.headers.get("sec-fetch-site") == "cross-site" else answered(visitors, request, action)

    @router.get("/{rehearsal_id}.{kind}")
    def talk(request: Request, rehearsal_id: str, kind: str) -> Response:
        return answer(request, rehearsal_id, "transcript", kind)

    @router.get("/{rehearsal_id}/{what}.{kind}")
    def paper(request: Request, rehearsal_id: str, what: str, kind: str) -> Response:
        return answer(request, rehearsal_id, what, kind)

    return router


def router(visitors: Visitors) -> APIRouter:
    """All of them."""
    whole = APIRouter()
    for part in (looking_back(visitors), parts(visitors), files(visitors)):
        whole.include_router(part)
    return whole
