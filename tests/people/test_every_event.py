"""Every event and every tool, called as Ben with everything that names something of Ana's: it tells nothing, and changes nothing.

An event that this page does not know how to call makes it fail, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hosted
import httpx
import pytest
from fastapi import FastAPI
from hosted import ANA, Ids, Theirs, everything_of

from rehearse.errors import NotSignedInError
from rehearse.workspace import Workspace

# The tools ------------------------------------------------------------------------------------------------------------

TOOLS: dict[str, dict[str, Any]] = {
    "say": {"text": "May I?", "expect_turn": 2},
    "look": {},
    "rewind": {"turn": 1},
    "finish": {},
}
"""Those that name a talk, and what they need besides."""
UNNAMED = {"scenarios", "personas", "ideas", "search_ideas", "score", "start"}


def tool(client: httpx.Client, name: str, arguments: dict[str, Any]) -> Any:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    return client.post("/mcp", json=call, headers={"accept": "application/json, text/event-stream"})


def test_no_tool_tells_or_changes_anything_of_another(ana: Theirs, ben: Theirs, ids: Ids) -> None:
    accept = {"accept": "application/json, text/event-stream"}
    listed = ben.client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=accept)
    assert {each["name"] for each in listed.json()["result"]["tools"]} == set(TOOLS) | UNNAMED
    before = everything_of(ana, ids)
    for name, more in TOOLS.items():
        for talk in ids.talks:
            answer = tool(ben.client, name, {"rehearsal": talk, **more})
            assert answer.json()["result"]["isError"], name
            assert ANA not in answer.text
            assert everything_of(ana, ids) == before
    answer = tool(ben.client, "start", {"scenario": "pitch-to-boss", "persona": ids.persona})
    assert answer.json()["result"]["isError"]
    for name in ("personas", "search_ideas"):
        assert ANA not in tool(ben.client, name, {"question": ANA} if name == "search_ideas" else {}).text
    assert everything_of(ana, ids) == before
    assert ANA in tool(ana.client, "look", {"rehearsal": ids.open}).text


def test_a_tool_is_nobody_s_without_a_login(address: str, ids: Ids) -> None:
    with httpx.Client(base_url=address) as stranger:
        answer = tool(stranger, "look", {"rehearsal": ids.open})
        assert answer.status_code == 401
        assert ANA not in answer.text


# Gradio's events ------------------------------------------------------------------------------------------------------

Event = Callable[[Ids], list[tuple[list[Any], str]]]
"""The data of an event and the query of the page it comes from."""


def by_query(*names: str) -> Event:
    return lambda ids: [([], "&".join(f"{name}={talk}" for name in names)) for talk in ids.talks]


def by_state(*rest: Any) -> Event:
    return lambda ids: [([talk, *rest], f"rehearsal={talk}") for talk in ids.talks]


EVENTS: dict[str, Event] = {
    "prepare.add_page.load": lambda ids: [([], f"persona={ids.persona}&words=zanzibar")],
    "history.add_page.load": lambda ids: [([], "persona=own-boss"), ([], "")],
    "progress_page.add_page.load": by_query("rehearsal"),
    "ideas_page.add_page.load": by_query("rehearsal", "document"),
    "ideas_page.add_page.search": lambda ids: [(["how often should we meet, once a month?"], "")],
    "privacy.add_page.load": by_query("rehearsal"),
    "stage.StagePage.load": by_query("rehearsal"),
    "stage.StagePage.send": by_state("May I?", 1),
    "stage.StagePage.hint": by_state(),
    "lookback.LookBackPage.load": by_query("rehearsal"),
    "lookback.LookBackPage.save": by_state(50),
    "attempts.add_page.load": by_query("one", "other"),
    "takeaway.add_page.load": by_query("rehearsal"),
    "worksheet.add_page.load": by_query("rehearsal"),
    "own_counterpart.add_page.load": lambda ids: [([], f"persona={ids.persona}")],
    "settings_page.SettingsPage.load": lambda ids: [([], "saved=1")],
    "settings_page.SettingsPage.try_it": lambda ids: [([], "")],
    "own_guidance.add_page.load": lambda ids: [([], f"document={ids.document}")],
}


def test_there_is_no_event_that_nobody_thought_of(app: FastAPI) -> None:
    assert sorted(hosted.gradio_events(app)) == sorted(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_no_event_tells_or_changes_anything_of_another(app: FastAPI, ana: Theirs, ben: Theirs, ids: Ids, name: str) -> None:
    before = everything_of(ana, ids)
    number = hosted.gradio_events(app)[name]
    for data, query in EVENTS[name](ids):
        told = hosted.event(ben.client, number, data, query)
        assert "process_completed" in told
        assert ANA not in told
        assert everything_of(ana, ids) == before


def test_the_same_events_tell_ana_what_is_hers(app: FastAPI, ana: Theirs, ids: Ids) -> None:
    numbers = hosted.gradio_events(app)
    assert ANA in hosted.event(ana.client, numbers["stage.StagePage.load"], [], f"rehearsal={ids.open}")
    assert ANA in hosted.event(ana.client, numbers["worksheet.add_page.load"], [], "")
    assert (
        "off the record" in hosted.event(ana.client, numbers["stage.StagePage.load"], [], f"rehearsal={ids.off_record}").lower()
    )
    assert ANA in hosted.event(ana.client, numbers["own_guidance.add_page.load"], [], "")


def test_a_page_of_another_cannot_be_listened_to_or_spoken_through(app: FastAPI, ana: Theirs, ben: Theirs, ids: Ids) -> None:
    numbers = hosted.gradio_events(app)
    load = numbers["stage.StagePage.load"]
    session = hosted.new_session()
    begun = hosted.join(ana.client, load, [], session, f"rehearsal={ids.open}")
    event_id = begun.json()["event_id"]
    for path in (
        f"/gradio_api/queue/data?session_hash={session}",
        f"/gradio_api/queue/data?session_hash={session}&session_hash=session999999",
        f"/gradio_api/queue/data?session_hash=session999999&session_hash={session}",
        f"/gradio_api/heartbeat/{session}",
        f"/gradio_api/call/x/{event_id}",
        f"/gradio_api/stream/{event_id}",
        f"/gradio_api/file={ana.workspace.settings.database_path}",
        f"/gradio_api/file/{ana.workspace.settings.database_path}",
    ):
        assert ben.client.get(path).status_code == 404, path
    assert hosted.join(ben.client, numbers["stage.StagePage.hint"], [ids.open], session).status_code == 404
    cancel = {"session_hash": session, "fn_index": load, "event_id": event_id}
    for path in ("cancel", "reset", "queue/join/", "run/predict", "api/predict", "component_server", "upload"):
        assert ben.client.post(f"/gradio_api/{path}", json=cancel).status_code == 404, path
    with ana.client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        assert any("process_completed" in line for line in stream.iter_lines() if "data:" in line)


@pytest.mark.parametrize(
    "body",
    [
        {"request": {"scope": {"rehearse.person": "ana"}}},
        {"request": {"session": "x"}},
        {"batched": True},
        {"session_hash": None},
        {"session_hash": ["session000001"]},
        {"session_hash": "../x"},
    ],
)
def test_nobody_can_say_in_an_event_who_they_are(app: FastAPI, ben: Theirs, body: dict[str, Any]) -> None:
    number = hosted.gradio_events(app)["stage.StagePage.load"]
    whole = {"data": [], "fn_index": number, "session_hash": hosted.new_session(), "event_data": None} | body
    assert ben.client.post("/gradio_api/queue/join", json=whole).status_code == 404
    assert (
        ben.client.post(
            "/gradio_api/queue/join", content=b"[" * 100_000, headers={"content-type": "application/json"}
        ).status_code
        == 404
    )


@pytest.mark.parametrize("name", EVENTS)
def test_a_state_that_was_forged_opens_nothing(app: FastAPI, ana: Theirs, ben: Theirs, ids: Ids, name: str) -> None:
    """Were a page's state in other hands: whatever id it holds is looked up among what is one's own."""
    before = everything_of(ana, ids)
    number = hosted.gradio_events(app)[name]
    for data, query in EVENTS[name](ids):
        assert ANA not in hosted.called(app, number, data, ben.person, query)
        assert everything_of(ana, ids) == before
        try:
            told = hosted.called(app, number, data, None, query)
        except NotSignedInError:
            continue
        assert "Nobody is signed in" in told
        assert ANA not in told


def test_the_same_state_opens_ana_s(app: FastAPI, ana: Theirs, ids: Ids) -> None:
    numbers = hosted.gradio_events(app)
    told = hosted.called(app, numbers["stage.StagePage.load"], [], ana.person, f"rehearsal={ids.open}")
    assert ANA in told
    assert "no longer there" not in hosted.called(app, numbers["stage.StagePage.hint"], [ids.open], ana.person)
    assert "no longer there" in hosted.called(app, numbers["stage.StagePage.hint"], ["0" * 32], ana.person)


def test_an_event_after_signing_out_is_refused(app: FastAPI, common: Workspace, address: str) -> None:
    hosted.accounts_of(common).add("Cleo", hosted.PASSWORD)
    with httpx.Client(base_url=address) as client:
        origin = {"origin": address, "sec-fetch-site": "same-origin"}
        client.post("/sign-in", data={"name": "Cleo", "password": hosted.PASSWORD}, headers=origin)
        kept = dict(client.cookies)
        number = hosted.gradio_events(app)["history.add_page.load"]
        session = hosted.new_session()
        assert hosted.join(client, number, [], session).status_code == 200
        assert client.post("/sign-out", headers=origin).status_code == 303
        client.cookies.update(kept)
        assert hosted.join(client, number, [], session).status_code == 401
        assert client.get("/gradio_api/queue/data", params={"session_hash": session}).status_code == 401
