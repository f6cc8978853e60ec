"""The interface as one application of its own, mounted into the other: its errors are problems, its description is OpenAPI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from rehearse import __version__
from rehearse.app.api import catalogue, rated, talks
from rehearse.app.api.gate import Gate
from rehearse.app.api.problems import MEDIA_TYPE, handle
from rehearse.app.api.reference import reference
from rehearse.app.api.told import Problem
from rehearse.app.strings import text
from rehearse.app.visitors import Visitors

PREFIX = "/api/v1"


def application(visitors: Visitors) -> FastAPI:
    """The interface for these people."""
    api = FastAPI(
        title=text("app.name"),
        version=__version__,
        description=text("api.description"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.visitors = visitors
    for router in (catalogue.router, talks.router, rated.router, reference()):
        api.include_router(router)
    handle(api)
    api.add_middleware(Gate)
    api.openapi = lambda: _described(api)  # type: ignore[method-assign]
    return api


def _described(api: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with every failure as the problem that it is."""
    if api.openapi_schema is None:
        found = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes, tags=None)
        schemas = found["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas |= _schemas()
        failed = {
            "description": "What did not work, and what to do.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for operations in found["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = failed
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{}, {"token": []}]
        found["servers"] = [{"url": PREFIX}]
        api.openapi_schema = found
    return api.openapi_schema


def _schemas() -> dict[str, Any]:
    """The schema of a problem, and of the parts of it."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**problem.pop("$defs", {}), "Problem": problem}
