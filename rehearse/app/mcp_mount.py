"""The Model Context Protocol at `/mcp`, for the same people and behind the same gate as the HTTP interface.

The package that speaks it is an extra. It is loaded when somebody first asks, and where it is missing the answer says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio
from anyio.abc import TaskGroup, TaskStatus
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from rehearse.app.api.gate import MOST_BYTES_RATED, Gate
from rehearse.app.api.problems import problem
from rehearse.app.desk import Desk
from rehearse.app.visitors import Visitors
from rehearse.errors import NotSignedInError, SettingsError

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

    from rehearse.app.mcp_tools import Asked

PREFIX = "/mcp"
MISSING = "Speaking MCP needs a package: pip install 'rehearse[mcp]'"


def require_mcp() -> None:
    """`SettingsError` where the package is missing."""
    if find_spec("mcp") is None:
        raise SettingsError(MISSING)


class McpMount:
    """Answers at `PREFIX`. Each request stands for itself: who sent it is looked up anew, and nothing is kept between two."""

    def __init__(self, visitors: Visitors) -> None:
        self.visitors = visitors
        self._group: TaskGroup | None = None
        self._ready: ASGIApp | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._first = anyio.Lock()
        self.gated = Gate(self._answer, MOST_BYTES_RATED)

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Where its tasks live, for as long as the application runs."""
        self._first, self._loop = anyio.Lock(), asyncio.get_running_loop()
        async with anyio.create_task_group() as group:
            self._group = group
            try:
                yield
            finally:
                self._group = self._ready = None
                group.cancel_scope.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        await self.gated(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A group of tasks belongs to the loop that it was begun in.
        if find_spec("mcp") is None or self._group is None or self._loop is not asyncio.get_running_loop():
            await problem(501, "no-mcp", "This cannot be spoken here", f"{MISSING}. Nothing was done.")(scope, receive, send)
            return
        async with self._first:
            ready = self._ready or await self._group.start(self._run)
        await ready(scope, receive, send)

    async def _run(self, *, task_status: TaskStatus[ASGIApp]) -> None:
        """Load the package and keep its tasks, until the application ends."""
        server = await anyio.to_thread.run_sync(self._load)
        from mcp.server.transport_security import TransportSecuritySettings

        # Names and origins are looked at by `Hardened`, the doorway and the gate, by the settings of this installation.
        looked_at = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._ready = server.streamable_http_app(
            streamable_http_path=PREFIX, json_response=True, stateless_http=True, transport_security=looked_at
        )
        async with server.session_manager.run():
            task_status.started(self._ready)
            await anyio.sleep_forever()

    def _load(self) -> MCPServer[Any]:
        from rehearse.app.mcp_tools import server_of

        def desk_of(ctx: Asked) -> Desk:
            request = ctx.request_context.request
            if request is None:
                raise NotSignedInError("Nobody is known to have asked this. Nothing was done.")
            return self.visitors.desk(request)

        return server_of(desk_of)


def on_standard_streams(desk: Desk) -> None:
    """Serve the person of this desk on standard input and output, until the input ends; `SettingsError` without the package."""
    require_mcp()
    from rehearse.app.mcp_tools import server_of

    server_of(lambda _: desk).run("stdio")
