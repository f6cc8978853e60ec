"""What the buttons of the privacy page do: take everything along, delete everything, forget what is off the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response, StreamingResponse

from rehearse.app.desk import Desk
from rehearse.app.remembered import forget_pages
from rehearse.app.routes import answered, done, foreign, go, put_away
from rehearse.app.visitors import Visitors
from rehearse.errors import UnknownIdError
from rehearse.people.forgetting import delete_everything
from rehearse.people.takeout import takeout
from rehearse.storage.off_record import is_off_record

CHUNK = 256 * 1024


def privacy_actions(visitors: Visitors) -> APIRouter:
    """One's own data, whole."""
    router = APIRouter(include_in_schema=False)

    @router.get("/takeout.zip")
    def take(request: Request) -> Response:
        def action(desk: Desk) -> Response:
            name = f"rehearse-{datetime.now(UTC):%Y-%m-%d}.zip"
            headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
            return StreamingResponse(_parts(takeout(desk.workspace)), media_type="application/zip", headers=headers)

        return foreign() if request.headers.get("sec-fetch-site") == "cross-site" else answered(visitors, request, action)

    @router.post("/do/delete-everything")
    def delete(request: Request) -> Response:
        def action(desk: Desk) -> Response:
            delete_everything(desk.workspace)
            visitors.clear_desk(request)
            forget_pages(desk.workspace.person_id)
            return go("privacy")

        return done(visitors, request, action)

    @router.post("/do/forget")
    def forget(request: Request, rehearsal: Annotated[str, Form(max_length=64)] = "") -> Response:
        def action(desk: Desk) -> Response:
            if not is_off_record(rehearsal):
                raise UnknownIdError("talk off the record", "", [])
            with desk.held(rehearsal):
                desk.workspace.store.delete(rehearsal)
                put_away(desk, rehearsal)
            return go("")

        return done(visitors, request, action)

    return router


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(CHUNK):
            yield part
