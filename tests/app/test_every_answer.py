"""What holds for each answer, also where something went wrong before it: headers, and nothing repeated."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rehearse.app.hardening import HEADERS, Hardened, in_utf8
from rehearse.workspace import Workspace

HERE = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}


def fails(request: Request) -> PlainTextResponse:
    raise RuntimeError("nobody thought of this")


def readable(request: Request) -> PlainTextResponse:
    told = {"access-control-allow-origin": "http://localhost:3000", "access-control-allow-credentials": "true"}
    return PlainTextResponse("here", headers=told)


@pytest.fixture
def bare() -> TestClient:
    app = Starlette(routes=[Route("/fails", fails), Route("/readable", readable), Route("/taken", readable, methods=["POST"])])
    app.add_middleware(Hardened, local_only=True)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def test_an_answer_to_what_nobody_thought_of_has_the_headers_too(bare: TestClient) -> None:
    answer = bare.get("/fails")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"
    assert "nobody thought" not in answer.text
    loud = TestClient(bare.app, base_url="http://127.0.0.1")
    with pytest.raises(RuntimeError):
        loud.get("/fails")


def test_no_other_site_may_read_not_even_of_this_machine(bare: TestClient) -> None:
    answer = bare.get("/readable")
    assert answer.text == "here"
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST"])
def test_names_of_this_machine(bare: TestClient, host: str) -> None:
    assert bare.get("/readable", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example:1@127.0.0.1", "evil.example@localhost", "127.0.0.1/evil", "localhost?x", ""])
def test_what_only_looks_like_one(bare: TestClient, host: str) -> None:
    assert bare.get("/readable", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    ("kind", "fine"),
    [
        ("", True),
        ("application/json; charset=utf-16", True),
        ("multipart/form-data; boundary=b", True),
        ('multipart/form-data; boundary=b; charset="UTF-8"', True),
        ("application/x-www-form-urlencoded; charset=UTF8", True),
        ("multipart/form-data; boundary=b; charset=unicode_escape", False),
        ("multipart/form-data; charset = 'utf-7' ; boundary=b", False),
        ("multipart/form-data; charset=utf-8; charset=utf-16; boundary=b", False),
    ],
)
def test_forms_are_in_utf_8(bare: TestClient, kind: str, fine: bool) -> None:
    assert in_utf8(kind) is fine
    assert bare.post("/taken", headers={"content-type": kind}).status_code == (200 if fine else 415)


def part(name: str, value: str) -> str:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape"])
def test_half_a_character_in_a_form_breaks_nothing(client: TestClient, workspace: Workspace, charset: str) -> None:
    body = part("rehearsal", "\\ud800") + part("turn", "1") + part("words", "\\ud800") + "--b--\r\n"
    kind = {"content-type": f"multipart/form-data; boundary=b; charset={charset}"}
    hardened: Any = client.app
    page = TestClient(Hardened(hardened), base_url="http://127.0.0.1")
    answer = page.post("/do/branch", content=body.encode(), headers=HERE | kind)
    assert answer.status_code == 415
    assert workspace.store.count() == 0


def test_a_form_that_cannot_be_used_is_not_repeated(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    answer = client.post("/do/share", data={"rehearsal": "a secret " * 300}, headers=HERE)
    assert answer.status_code == 422
    assert "a secret" not in answer.text
    assert "<h1>That did not work</h1>" in answer.text
