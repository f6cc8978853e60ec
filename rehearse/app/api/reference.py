"""The reference page: the OpenAPI description as a page of our own, which asks no other host for anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from rehearse.app.strings import text
from rehearse.app.templating import render


@dataclass(frozen=True)
class Parameter:
    """Something that stands in the address or in the body."""

    name: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked."""

    method: str
    path: str
    anchor: str
    words: str
    parameters: tuple[Parameter, ...]
    example: str
    """How to ask it with curl."""
    answer: str
    """What the answer is called."""


def _name(schema: dict[str, Any]) -> str:
    """A short name of a schema."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_name(one) for one in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_name(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _fields(schema: dict[str, Any]) -> tuple[Parameter, ...]:
    required = schema.get("required", [])
    return tuple(
        Parameter(name, _name(field), name in required, str(field.get("description", "")))
        for name, field in schema.get("properties", {}).items()
    )


def _sample(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """An example of a body, from the examples of its required fields."""
    if "$ref" in schema:
        return _sample(schemas[_name(schema)], schemas)
    if "properties" in schema:
        wanted = [name for name in schema["properties"] if name in schema.get("required", schema["properties"])]
        return {name: _sample(schema["properties"][name], schemas) for name in wanted or list(schema["properties"])[:1]}
    for part in schema.get("anyOf", ()):
        return _sample(part, schemas)
    if schema.get("type") == "array":
        return [_sample(schema.get("items", {}), schemas)]
    return schema["examples"][0] if schema.get("examples") else schema.get("minimum", "")


def operations(described: dict[str, Any], base: str) -> list[tuple[str, list[Operation]]]:
    """All that can be asked, in groups, as `described` has it; `base` is where the interface is."""
    groups: dict[str, list[Operation]] = {}
    schemas = described["components"]["schemas"]
    for path, found in described["paths"].items():
        for method, operation in found.items():
            given = [
                Parameter(p["name"], _name(p["schema"]), p.get("required", False), str(p.get("description", "")))
                for p in operation.get("parameters", ())
            ]
            lines = [f"curl -X {method.upper()} {base}{path.replace('{rehearsal_id}', '$ID')}"]
            if "/search" in path:
                lines[0] = f"curl '{base}{path}?q=How+often+should+we+meet'"
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if body is not None:
                given += _fields(schemas[_name(body)])
                sample = json.dumps(_sample(body, schemas), ensure_ascii=False)
                lines += ["-H 'Content-Type: application/json'", "-d '" + sample.replace("'", "’") + "'"]
            elif method == "post":
                lines.append("-H 'Content-Type: application/json'")
            good: dict[str, Any] = next((found for status, found in operation["responses"].items() if status.startswith("2")), {})
            schema = good.get("content", {}).get("application/json", {}).get("schema")
            groups.setdefault(operation.get("tags", [""])[0], []).append(
                Operation(
                    method=method.upper(),
                    path=path,
                    anchor=operation["operationId"],
                    words=operation.get("description", ""),
                    parameters=tuple(given),
                    example=" \\\n  ".join(lines),
                    answer=_name(schema) if schema else "",
                )
            )
    return list(groups.items())


def shapes(described: dict[str, Any]) -> list[tuple[str, str, tuple[Parameter, ...]]]:
    """Each named shape with its fields."""
    found = described["components"]["schemas"].items()
    return [
        (name, str(schema.get("description", "")), _fields(schema)) for name, schema in sorted(found) if "properties" in schema
    ]


def reference() -> APIRouter:
    """The page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def docs(request: Request) -> HTMLResponse:
        described = request.app.openapi()
        base = str(request.url).partition("?")[0].removesuffix("/docs")
        groups = operations(described, base)
        return HTMLResponse(render("api.html", title=text("api.title"), groups=groups, shapes=shapes(described), base=base))

    return router
