"""The pages: whatever stands in an address, a form, a session or an event, the server answers it or refuses it, and never stumbles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from inspect import isasyncgen, iscoroutine
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI, Request
from hostile import cases, one_case, pieces
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Mount
from starlette.testclient import TestClient

from rehearse.app import build
from rehearse.config import Settings
from rehearse.workspace import Workspace

NAMES = ("rehearsal", "one", "other", "persona", "words", "turn", "document", "saved", "session_hash")
ADDRESSES = (
    "/",
    "/stage",
    "/lookback",
    "/compare",
    "/takeaway",
    "/worksheet",
    "/counterpart",
    "/guidance",
    "/history",
    "/part/history",
    "/share",
)
FORMS = (
    "begin",
    "branch",
    "end",
    "try",
    "contest",
    "check-in",
    "share",
    "unshare",
    "offer",
    "counterpart",
    "counterpart-delete",
    "guidance-delete",
)
FIELDS = (
    "scenario", "persona", "difficulty", "focus", "off_record", "rehearsal", "turn", "words", "criterion", "reason", "held_on", "went", "agreed",
    "line", "days", "share_id", "lessons", "stay", "name", "role", "worry-1", "ease-1", "impatient", "document", "scores", "thoughts",
)  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = Workspace(Settings(home=tmp_path_factory.mktemp("pages")))
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def app(workspace: Workspace) -> FastAPI:
    async def made() -> FastAPI:
        return build(workspace, local_only=True)

    return asyncio.run(made())


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def talk(workspace: Workspace) -> str:
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say("Thanks for making the time.")
    return kept.rehearsal_id


words = st.one_of(
    pieces,
    st.text(max_size=60),
    st.sampled_from(("0", "1", "-1", "9" * 5_000, "pitch-to-boss", "marguerite-dunne", "easy", "own-x")),
)


def test_addresses(client: TestClient, talk: str) -> None:
    @cases("page", 25)
    @given(
        path=st.sampled_from(ADDRESSES),
        query=st.dictionaries(st.sampled_from(NAMES), st.one_of(words, st.just(talk)), max_size=4),
    )
    def played(path: str, query: dict[str, str]) -> None:
        with one_case("page"):
            answer = client.get(path, params=query)
            assert answer.status_code < 500, answer.text
            assert "<script>alert(1)</script>" not in answer.text

    played()


def test_paths(client: TestClient, talk: str) -> None:
    @cases("page", 25)
    @given(
        before=st.sampled_from(
            (
                "/download/",
                "/shared/",
                "/static/",
                "/assets/",
                "/gradio_api/",
                "/gradio_api/file=",
                "/api/v1/",
                f"/download/{talk}.",
            )
        ),
        rest=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#?"), max_size=40),
    )
    def played(before: str, rest: str) -> None:
        with one_case("page"):
            answer = client.get(before + rest)
            assert answer.status_code < 500, answer.text
            assert "root:" not in answer.text

    played()


def test_forms(client: TestClient, talk: str, workspace: Workspace) -> None:
    @cases("page", 25)
    @given(
        form=st.sampled_from(FORMS),
        data=st.dictionaries(st.sampled_from(FIELDS), st.one_of(words, st.just(talk)), max_size=6),
        raw=st.none() | st.binary(max_size=80),
    )
    def played(form: str, data: dict[str, str], raw: bytes | None) -> None:
        with one_case("page"):
            kind = {"content-type": "application/x-www-form-urlencoded"}
            answer = (
                client.post(f"/do/{form}", data=data) if raw is None else client.post(f"/do/{form}", content=raw, headers=kind)
            )
            assert answer.status_code < 500, answer.text
            assert "<script>alert(1)</script>" not in answer.text

    played()
    assert workspace.store.get(talk).turns[0].text == "Thanks for making the time."


def test_joining_and_sessions(client: TestClient) -> None:
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | pieces, lambda inner: st.lists(inner, max_size=3), max_leaves=6
    )

    @cases("page", 15)
    @given(
        body=st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("data", "fn_index", "session_hash", "event_data", "trigger_id", "api_name"), anything)
        )
    )
    def played(body: dict[str, Any]) -> None:
        with one_case("page"):
            try:
                answer = client.post("/gradio_api/queue/join", json=body)
            except ValueError:
                # Numbers that JSON has no word for are not sent.
                return
            assert answer.status_code < 500, answer.text

    played()


def test_events(app: FastAPI, talk: str, workspace: Workspace) -> None:
    """Every function behind a page, called with a state and an address that no page has."""
    gradio: Any = next(route.app for route in app.routes if isinstance(route, Mount) and hasattr(route.app, "get_blocks"))
    handlers: list[tuple[Callable[..., Any], int]] = [
        (found.fn, len(found.inputs)) for found in gradio.get_blocks().fns.values() if found.fn.__module__.startswith("rehearse.")
    ]
    assert len(handlers) > 10

    @cases("page", 30)
    @given(
        handler=st.sampled_from(handlers),
        given_=st.tuples(st.one_of(words, st.just(talk)), words, st.integers(-5, 10**12)),
        query=st.dictionaries(st.sampled_from(NAMES), st.one_of(words, st.just(talk)), max_size=3),
    )
    def played(handler: tuple[Callable[..., Any], int], given_: tuple[str, str, int], query: dict[str, str]) -> None:
        call, count = handler
        values = {0: (), 1: given_[:1], 2: (given_[0], given_[2] % 101), 3: given_}[count]
        asked = TestClient(app).build_request("GET", "http://127.0.0.1/", params=query).url.query
        scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": asked}
        with one_case("page"):
            answer = call(*values, gr.Request(request=Request(scope)))
            if isasyncgen(answer):
                answer = asyncio.run(_all(answer))
            elif iscoroutine(answer):
                answer = asyncio.run(answer)
            shown = repr(answer)
            assert "<script>alert(1)</script>" not in shown

    played()
    assert workspace.store.get(talk).turns[0].text == "Thanks for making the time."


async def _all(answers: Any) -> list[Any]:
    return [answer async for answer in answers]
