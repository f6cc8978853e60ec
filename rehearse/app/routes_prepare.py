"""Our own addresses for what happens before a talk: the offer card, own counterparts, own guidance."""

from __future__ import annotations

import json
from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse

from rehearse.app import own_counterpart, own_guidance
from rehearse.app.desk import Desk
from rehearse.app.hardening import came_from_elsewhere
from rehearse.app.remembered import forget_pages
from rehearse.app.routes import Field, done, go
from rehearse.app.strings import text
from rehearse.app.visitors import Visitors
from rehearse.domain.offer import OfferCard
from rehearse.errors import LearnerError, RehearseError
from rehearse.storage.documents import MOST_BYTES, read_document

LINES = "application/x-ndjson"


def told(visitors: Visitors, request: Request, action: Callable[[Desk], Response]) -> Response:
    """Do what the script of one of our own pages asked for; trouble is told in a sentence that the page shows where it arose."""
    if came_from_elsewhere(request.headers):
        return JSONResponse({"error": text("error.foreign")}, status_code=403)
    try:
        return action(visitors.desk(request))
    except own_counterpart.FormError as error:
        return JSONResponse({"error": str(error), "field": error.field})
    except RehearseError as error:
        # What a person can put right is an answer like any other; a browser would log a status of 400 as a fault of the page.
        return JSONResponse({"error": str(error)}, status_code=200 if isinstance(error, LearnerError) else 500)


def preparing(visitors: Visitors) -> APIRouter:
    """What the forms of the preparing pages do."""
    router = APIRouter(prefix="/do", include_in_schema=False)
    _offer(router, visitors)
    _counterparts(router, visitors)
    _guidance(router, visitors)
    return router


def _offer(router: APIRouter, visitors: Visitors) -> None:
    @router.post("/offer")
    async def offer(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=20)
        typed = {key: value for key, value in form.items() if isinstance(value, str)}

        def action(desk: Desk) -> Response:
            desk.workspace.store.notebook.save_offer(OfferCard.from_dict(typed).to_json())
            return Response(status_code=204) if typed.get("stay") else go("")

        return await run_in_threadpool(done, visitors, request, action)


def _counterparts(router: APIRouter, visitors: Visitors) -> None:
    @router.post("/counterpart")
    async def counterpart(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=40)
        typed = {key: value for key, value in form.items() if isinstance(value, str)}
        impatient = [value for value in form.getlist("impatient") if isinstance(value, str)]

        def action(desk: Desk) -> Response:
            filled = own_counterpart.read_form(typed, impatient)
            persona = own_counterpart.save(desk.workspace, filled, typed.get("persona", ""))
            desk.forget_all()
            return JSONResponse({"go": f"./?persona={persona.id}"})

        return await run_in_threadpool(told, visitors, request, action)

    @router.post("/counterpart-delete")
    def counterpart_delete(request: Request, persona: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            own_counterpart.remove(desk.workspace, persona)
            forget_pages(desk.workspace.person_id)
            return go("")

        return done(visitors, request, action)


def _guidance(router: APIRouter, visitors: Visitors) -> None:
    @router.post("/guidance")
    async def guidance(request: Request, name: str = "", title: str = "") -> Response:
        # The file is the body itself, so that no more of it is ever taken in than is allowed.
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                break

        def action(desk: Desk) -> Response:
            document = read_document(name, bytes(content))
            document_id = own_guidance.add(desk.workspace, title, name, document)
            return StreamingResponse(own_guidance.building(desk.workspace, document_id), media_type=LINES)

        return await run_in_threadpool(told, visitors, request, action)

    @router.post("/guidance-ready")
    def guidance_ready(request: Request) -> Response:
        def action(desk: Desk) -> Response:
            waiting = desk.workspace.index.waiting()
            if not waiting:
                return Response(json.dumps({"go": "guidance"}) + "\n", media_type=LINES)
            return StreamingResponse(own_guidance.building(desk.workspace, waiting[0]), media_type=LINES)

        return told(visitors, request, action)

    @router.post("/guidance-delete")
    def guidance_delete(request: Request, document: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            own_guidance.remove(desk.workspace, document)
            # Talks in memory may quote it; what is read again from the store does not.
            desk.forget_all()
            forget_pages(desk.workspace.person_id)
            return go("guidance")

        return done(visitors, request, action)
