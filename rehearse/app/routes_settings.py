"""What the form of the settings page does."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from rehearse.app.desk import Desk
from rehearse.app.model_choice import choose, whose_choice
from rehearse.app.routes_prepare import told
from rehearse.app.visitors import Visitors


def choosing(visitors: Visitors) -> APIRouter:
    """Choosing another counterpart."""
    router = APIRouter(prefix="/do", include_in_schema=False)

    @router.post("/settings")
    async def settings(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=20)
        typed = {key: value for key, value in form.items() if isinstance(value, str)}

        def action(desk: Desk) -> Response:
            refused = whose_choice(desk.workspace.settings)
            if refused:
                return JSONResponse({"error": refused}, status_code=403)
            choose(desk.workspace, typed)
            # Open talks go on with the model that was chosen.
            desk.forget_all()
            return JSONResponse({"go": "settings?saved=1"})

        return await run_in_threadpool(told, visitors, request, action)

    return router
