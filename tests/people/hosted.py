"""An installation for several people, in this process: its application, its people, and Gradio's events over HTTP."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import uvicorn
from fastapi import FastAPI, Request
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from rehearse.app import build
from rehearse.app.signed_in import PERSON
from rehearse.config import Settings
from rehearse.people.accounts import Accounts
from rehearse.people.sharing import shares_of
from rehearse.storage.records import StoredPerson
from rehearse.workspace import Workspace

PASSWORD = "three wet lamps"
HERE = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
HTML = {"accept": "text/html"}
SAID = "Thanks for making time. I'd like to show you how I read the drivers' forum, half an hour every Wednesday. {word}"
_numbers = count()


def application(workspace: Workspace) -> FastAPI:
    async def made() -> FastAPI:
        return build(workspace)

    # Inside a running loop, because outside of one Gradio makes event loops that it never closes.
    return asyncio.run(made())


def installed(home: Path, **settings: Any) -> Workspace:
    return Workspace(Settings(home=home, **settings))


def browser(app: ASGIApp, address: str = "192.0.2.9", base_url: str = "http://127.0.0.1") -> TestClient:
    return TestClient(app, base_url=base_url, follow_redirects=False, client=(address, 50_000))


def sign_in(client: TestClient | httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/sign-in", data={"name": name, "password": password}, headers=HERE)


def accounts_of(workspace: Workspace) -> Accounts:
    return Accounts(workspace.store.database)


def played(workspace: Workspace, word: str, *, end: bool = True, off_record: bool = False) -> str:
    """A talk in which a word was said; its id."""
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7, off_record=off_record)
    kept.say(SAID.format(word=word))
    if end:
        kept.finish()
    return kept.rehearsal_id


@contextmanager
def served(app: ASGIApp, port: int = 0, patience: int | None = None) -> Iterator[str]:
    """The application on a port of the loopback; its address. At the end connections have so many seconds to close."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="error", proxy_headers=False, timeout_graceful_shutdown=patience
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def new_session() -> str:
    return f"session{next(_numbers):06d}"


def join(client: httpx.Client, fn: int, data: list[Any], session: str, query: str = "", **more: Any) -> httpx.Response:
    """Begin an event as a page does; `query` is the page's."""
    body = {"data": data, "fn_index": fn, "session_hash": session, "event_data": None, "trigger_id": None, **more}
    return client.post(f"/gradio_api/queue/join?{query}", json=body)


def event(client: httpx.Client, fn: int, data: list[Any], query: str = "", session: str = "") -> str:
    """Everything that an event answers, as the page receives it."""
    session = session or new_session()
    begun = join(client, fn, data, session, query)
    assert begun.status_code == 200, begun.text
    told = ""
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}, timeout=60) as stream:
        assert stream.status_code == 200
        for line in stream.iter_lines():
            if line.startswith("data:"):
                told += line + "\n"
                if json.loads(line[5:])["msg"] in ("process_completed", "close_stream"):
                    break
    return told


def all_routes(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of an application, of what is mounted and included as well."""
    for route in routes:
        if isinstance(route, Mount):
            yield from all_routes(route.routes, before + route.path)
        elif hasattr(route, "original_router"):
            context: Any = route.include_context  # type: ignore[attr-defined]
            yield from all_routes(route.original_router.routes, before + context.prefix)
        else:
            for method in sorted(getattr(route, "methods", None) or {"*"}):
                yield method, before + getattr(route, "path", repr(route))


def gradio_handlers(app: FastAPI) -> dict[int, Callable[..., Any]]:
    """The functions behind the events, by number."""
    gradio: Any = next(r.app for r in app.routes if isinstance(r, Mount) and hasattr(r.app, "get_blocks"))
    return {number: handler.fn for number, handler in gradio.get_blocks().fns.items()}


def gradio_events(app: FastAPI) -> dict[str, int]:
    """Every event of the pages: the function that handles it, and its number."""
    found: dict[str, int] = {}
    for number, handler in gradio_handlers(app).items():
        name = f"{handler.__module__.removeprefix('rehearse.app.')}.{handler.__qualname__.replace('.<locals>', '')}"
        assert name not in found, name
        found[name] = number
    return found


def called(app: FastAPI, number: int, data: list[Any], person: StoredPerson | None, query: str = "") -> str:
    """All that the function behind an event answers when a page's state is what somebody wants it to be."""
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": query.encode(), PERSON: person}
    found = gradio_handlers(app)[number](*data, gr.Request(request=Request(scope)))
    if inspect.isasyncgen(found):
        return repr(asyncio.run(_all(found)))
    return repr(asyncio.run(found) if inspect.iscoroutine(found) else found)


async def _all(answers: AsyncIterator[Any]) -> list[Any]:
    return [answer async for answer in answers]


# Two people and what is theirs ----------------------------------------------------------------------

ANA = "zanzibar-canary"
"""Stands in everything that Ana keeps."""


@dataclass
class Theirs:
    """One person, signed in, and what is theirs."""

    person: StoredPerson
    workspace: Workspace
    browser: TestClient
    """In this process."""
    client: httpx.Client
    """Over the loopback, for Gradio's events."""


@dataclass(frozen=True)
class Ids:
    """Every kind of identifier of Ana's."""

    open: str
    ended: str
    off_record: str
    persona: str
    document: str
    share: str
    link: str

    @property
    def talks(self) -> tuple[str, ...]:
        return self.open, self.ended, self.off_record


def everything_of(theirs: Theirs, ids: Ids) -> list[object]:
    """All that is kept of a person, to see whether anything was changed."""
    store, notebook = theirs.workspace.store, theirs.workspace.store.notebook
    talks = [store.get(s.rehearsal_id) for s in store.list(limit=100)]
    contests = [notebook.contests(t.rehearsal_id) for t in talks]
    notes = [notebook.offer(), notebook.own_personas(), notebook.documents()]
    return [talks, contests, notes, shares_of(theirs.workspace).list(), store.get(ids.off_record)]
