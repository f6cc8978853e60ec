"""Our own addresses for what happens before a talk: the offer card, own counterparts, own guidance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from rehearse.app.desk import Desk
from rehearse.app.routes import done, go
from rehearse.app.visitors import Visitors
from rehearse.domain.offer import OfferCard

Field = Annotated[str, Form()]


def preparing(visitors: Visitors) -> APIRouter:
    """What the forms of the preparing pages do."""
    router = APIRouter(prefix="/do", include_in_schema=False)

    @router.post("/offer")
    def offer(
        request: Request,
        lessons: Field = "",
        challenges: Field = "",
        audience: Field = "",
        plainly: Field = "",
        ask: Field = "",
        time: Field = "",
        stay: Field = "",
    ) -> Response:
        told = {
            "lessons": lessons,
            "challenges": challenges,
            "audience": audience,
            "plainly": plainly,
            "ask": ask,
            "time": time,
        }

        def action(desk: Desk) -> Response:
            desk.workspace.store.notebook.save_offer(OfferCard.from_dict(told).to_json())
            return Response(status_code=204) if stay else go("")

        return done(visitors, request, action)

    return router
