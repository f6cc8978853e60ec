"""The tools over the Model Context Protocol: the same as over HTTP, for the same people, and clear where the package is missing."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent
from starlette.testclient import TestClient

from rehearse.app import build, mcp_mount
from rehearse.app.mcp_tools import server_of
from rehearse.app.visitors import OnePerson
from rehearse.errors import SettingsError
from rehearse.workspace import Workspace

WORDS = "Thanks for making time. I'd like to show you how I read the drivers' forum every morning."
BEGIN = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "seed": 7}
TOOLS = {"scenarios", "personas", "ideas", "search_ideas", "score", "start", "say", "look", "rewind", "finish"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
JSON = {"accept": "application/json, text/event-stream"}


def asking(visitors: OnePerson, ask: Callable[[Client], Awaitable[None]]) -> None:
    """Ask a server in this process, with the package's own client."""

    async def asked() -> None:
        async with Client(server_of(lambda _: visitors.own_desk)) as client:
            await ask(client)

    asyncio.run(asked())


def content(result: CallToolResult) -> Any:
    assert not result.is_error, result.content
    return result.structured_content


def refused(result: CallToolResult) -> str:
    assert result.is_error
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


def test_a_whole_talk(visitors: OnePerson) -> None:
    async def ask(client: Client) -> None:
        assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
        begun = content(await client.call_tool("start", BEGIN))
        talk = begun["id"]
        assert begun["opening"]
        answer = content(await client.call_tool("say", {"rehearsal": talk, "text": WORDS, "expect_turn": 1}))
        assert answer["turn"]["counterpart"]
        assert answer["turn"]["ratings"]
        again = content(await client.call_tool("say", {"rehearsal": talk, "text": WORDS, "expect_turn": 1}))
        assert again["turn"]["counterpart"] == answer["turn"]["counterpart"]
        other = content(await client.call_tool("rewind", {"rehearsal": talk, "turn": 0}))
        assert (other["parent"], other["turns"]) == (talk, [])
        over = content(await client.call_tool("finish", {"rehearsal": talk}))
        assert over["ended"] == "left"
        assert over["debrief"]["ratings"]
        looked = content(await client.call_tool("look", {"rehearsal": talk}))
        assert looked["turns"][0]["reaction"]
        assert looked["debrief"] == over["debrief"]

    asking(visitors, ask)
    assert len(visitors.own_desk.workspace.store.list()) == 2


def test_what_there_is_to_read_is_what_the_http_interface_tells(visitors: OnePerson, client: TestClient) -> None:
    async def ask(tools: Client) -> None:
        for name in ("scenarios", "personas", "ideas"):
            assert content(await tools.call_tool(name))["result"] == client.get(f"/api/v1/{name}").json()
        found = content(await tools.call_tool("search_ideas", {"question": "how often should we meet?", "top": 2}))["result"]
        assert found == client.get("/api/v1/ideas/search", params={"q": "how often should we meet?", "top": 2}).json()
        text = f"Learner: {WORDS}\nCounterpart: I don't have the hours for another scheme.\nLearner: What would have to give?"
        scored = content(await tools.call_tool("score", {"text": text}))
        assert scored["turns"] == 2
        told = client.post("/api/v1/score", json={"text": text}).json()
        assert scored["debrief"]["ratings"] == told["debrief"]["ratings"]

    asking(visitors, ask)


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        ("start", {"scenario": "nothing", "persona": "marguerite-dunne"}, "nothing"),
        ("look", {"rehearsal": "0" * 32}, "rehearsal"),
        ("look", {"rehearsal": "../../etc/passwd"}, "pattern"),
        ("say", {"rehearsal": "0" * 32, "text": "", "expect_turn": 1}, "at least 1 character"),
        ("score", {"text": ""}, ""),
    ],
)
def test_what_cannot_be_done_is_said_in_words(visitors: OnePerson, tool: str, given: dict[str, Any], told: str) -> None:
    async def ask(client: Client) -> None:
        words = refused(await client.call_tool(tool, given))
        assert told in words
        assert "Traceback" not in words

    asking(visitors, ask)
    assert visitors.own_desk.workspace.store.list() == []


def test_words_for_a_moment_that_has_passed(visitors: OnePerson) -> None:
    async def ask(client: Client) -> None:
        talk = content(await client.call_tool("start", BEGIN))["id"]
        content(await client.call_tool("say", {"rehearsal": talk, "text": WORDS, "expect_turn": 1}))
        late = refused(await client.call_tool("say", {"rehearsal": talk, "text": "Other words.", "expect_turn": 1}))
        assert "does not fit where the talk stands" in late

    asking(visitors, ask)


def test_a_bug_tells_nothing(visitors: OnePerson, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(visitors.own_desk.workspace.store, "get", fail)

    async def ask(client: Client) -> None:
        assert "secret" not in refused(await client.call_tool("look", {"rehearsal": "0" * 32}))

    asking(visitors, ask)
    assert "a tool failed" in caplog.text


def test_making_a_server_leaves_the_logging_as_it_was(visitors: OnePerson) -> None:
    before = list(logging.getLogger().handlers), logging.getLogger().level
    server_of(lambda _: visitors.own_desk)
    assert (list(logging.getLogger().handlers), logging.getLogger().level) == before


# At /mcp ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def app(workspace: Workspace) -> FastAPI:
    async def made() -> FastAPI:
        return build(workspace, local_only=True)

    return asyncio.run(made())


def test_over_http_as_whoever_asks(app: FastAPI, workspace: Workspace) -> None:
    with TestClient(app, base_url="http://127.0.0.1") as client:
        call = CALL | {"params": {"name": "start", "arguments": BEGIN}}
        answer = client.post("/mcp", json=call, headers=JSON)
        assert answer.status_code == 200
        talk = answer.json()["result"]["structuredContent"]["id"]
        assert [summary.rehearsal_id for summary in workspace.store.list()] == [talk]
        for headers, status in (
            ({"origin": "https://elsewhere.example"}, 403),
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"host": "elsewhere.example"}, 421),
            ({"content-type": "text/plain"}, 415),
        ):
            refusal = client.post("/mcp", content=json.dumps(call), headers=JSON | {"content-type": "application/json"} | headers)
            assert refusal.status_code == status
        assert (
            client.post("/mcp", content=b'"' + b"a" * 4_300_000 + b'"', headers={"content-type": "application/json"}).status_code
            == 413
        )
        assert client.post("/mcp", content=b"{", headers=JSON | {"content-type": "application/json"}).status_code == 400
        assert client.get("/mcp/other").status_code == 404
    assert len(workspace.store.list()) == 1
    with TestClient(app, base_url="http://127.0.0.1") as again:
        assert again.post("/mcp", json=CALL | {"params": {"name": "scenarios"}}, headers=JSON).status_code == 200


def test_where_the_package_is_missing_it_is_said(app: FastAPI, monkeypatch: pytest.MonkeyPatch, workspace: Workspace) -> None:
    monkeypatch.setattr(mcp_mount, "find_spec", lambda _: None)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        answer = client.post("/mcp", json=CALL, headers=JSON)
    assert answer.status_code == 501
    assert "pip install 'rehearse[mcp]'" in answer.json()["detail"]
    with pytest.raises(SettingsError, match=r"pip install 'rehearse\[mcp\]'"):
        mcp_mount.on_standard_streams(OnePerson(workspace).own_desk)


def test_the_tools_are_loaded_when_somebody_asks() -> None:
    code = "import sys, rehearse.app, rehearse.app.mcp_mount; sys.exit('rehearse.app.mcp_tools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_on_standard_streams(own_data_folder: Path) -> None:
    command = StdioServerParameters(
        command=str(Path(sys.executable).parent / "rehearse"), args=["mcp"], env={"REHEARSE_HOME": str(own_data_folder)}
    )

    async def ask() -> None:
        async with Client(stdio_client(command)) as client:
            begun = content(await client.call_tool("start", BEGIN))
            answer = await client.call_tool("say", {"rehearsal": begun["id"], "text": WORDS, "expect_turn": 1})
            assert content(answer)["turn"]["counterpart"]

    asyncio.run(ask())
