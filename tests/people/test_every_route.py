"""Every route and every event, called as Ben with everything that names something of Ana's: refused, and nothing is changed.

A route or an event that this page does not know how to call makes it fail, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hosted
import httpx
import pytest
from fastapi import FastAPI
from hosted import ANA, Ids, Theirs, everything_of
from starlette.testclient import TestClient

from rehearse.app.hardening import is_used
from rehearse.errors import NotSignedInError
from rehearse.workspace import Workspace

REFUSED = (400, 403, 404, 405, 415, 422)
"""Nothing was told and nothing was done. 400 is for what a person could put right, had it been theirs."""


@dataclass(frozen=True)
class Call:
    """One request that names something of Ana's."""

    path: str
    data: dict[str, str] = field(default_factory=dict)
    json: Any = None
    only: tuple[int, ...] = REFUSED
    saying: str = ""
    """What has to stand in the answer, where a refusal is told to a script of ours with 200."""


Calls = Callable[[Ids], list[Call]]


def talks(ids: Ids) -> tuple[str, ...]:
    return ids.open, ids.ended, ids.off_record


def forms(path: str, name: str = "rehearsal", **more: str) -> Calls:
    """A form that names one of Ana's talks."""
    return lambda ids: [Call(path, {name: talk, **more}) for talk in talks(ids)]


def documents(path: str) -> Calls:
    return lambda ids: [Call(path, {"document": ids.document}, only=(404,))]


def downloads(path: str) -> Calls:
    return lambda ids: [
        Call(path.format(rehearsal_id=talk, what=what, kind=kind), only=(404,))
        for talk in talks(ids)
        for what in ("transcript", "card", "agreement")
        for kind in ("md", "json", "pdf")
    ]


def api(path: str, json: Any = None) -> Calls:
    return lambda ids: [Call(path.replace("{rehearsal_id}", talk), json=json, only=(404,)) for talk in talks(ids)]


def own(*statuses: int, data: dict[str, str] | None = None, query: str = "") -> Callable[[str], Calls]:
    """It names nothing: it does what it does to Ben, and tells nothing of Ana's."""
    return lambda path: lambda ids: [Call(path + query.format(talk=ids.ended, word=ANA.split("-")[0]), data or {}, only=statuses)]


def closed(path: str) -> Calls:
    """An address of Gradio's that does not exist here, whatever is put into it."""

    def calls(ids: Ids) -> list[Call]:
        filled = {re.sub(r"\{[^}]*\}", value, path) for value in (ids.ended, ids.document, "0", "session000000")}
        return [Call(each, only=(404,)) for each in sorted(filled)]

    return calls


PAGES = (
    "",
    "history",
    "progress",
    "ideas",
    "privacy",
    "stage",
    "lookback",
    "compare",
    "takeaway",
    "worksheet",
    "counterpart",
    "guidance",
    "settings",
)
NOTHING = own(200, 301, query="?rehearsal={talk}&one={talk}&other={talk}&persona=own-boss&words={word}")
"""A page of Gradio's: its frame holds nothing of anybody's; what is in it comes by events."""

KNOWN: dict[tuple[str, str], Calls] = {
    ("POST", "/do/branch"): forms("/do/branch", turn="1"),
    ("POST", "/do/end"): forms("/do/end"),
    ("POST", "/do/delete"): forms("/do/delete"),
    ("POST", "/do/forget"): forms("/do/forget"),
    ("POST", "/do/try"): forms("/do/try", turn="1", words="May I?"),
    ("POST", "/do/contest"): forms("/do/contest", turn="1", criterion="purpose", reason="Why?"),
    ("POST", "/do/check-in"): forms("/do/check-in", held_on="2026-01-01", went="well", agreed="no", line="Hm."),
    ("POST", "/do/share"): forms("/do/share", days="7"),
    ("POST", "/do/unshare"): lambda ids: [Call("/do/unshare", {"share_id": ids.share}, only=(404,))],
    ("POST", "/do/guidance-delete"): documents("/do/guidance-delete"),
    ("POST", "/do/counterpart-delete"): lambda ids: [Call("/do/counterpart-delete", {"persona": ids.persona})],
    ("POST", "/do/counterpart"): lambda ids: [
        Call("/do/counterpart", {"persona": ids.persona, "name": "Me"}, only=(200, 400), saying='"error"')
    ],
    ("POST", "/do/begin"): lambda ids: [Call("/do/begin", {"scenario": "pitch-to-boss", "persona": ids.persona})],
    ("GET", "/share"): lambda ids: [Call(f"/share?rehearsal={talk}", only=(404,)) for talk in talks(ids)],
    ("GET", "/shared/{token}"): lambda ids: [
        Call(f"/shared/{each}", only=(404,)) for each in (*talks(ids), ids.share, ids.document)
    ],
    ("GET", "/download/{rehearsal_id}.{kind}"): downloads("/download/{rehearsal_id}.{kind}"),
    ("GET", "/download/{rehearsal_id}/{what}.{kind}"): downloads("/download/{rehearsal_id}/{what}.{kind}"),
    ("GET", "/api/v1/rehearsals/{rehearsal_id}"): api("/api/v1/rehearsals/{rehearsal_id}"),
    ("POST", "/api/v1/rehearsals/{rehearsal_id}/turns"): api(
        "/api/v1/rehearsals/{rehearsal_id}/turns", {"text": "May I?", "expect_turn": 2}
    ),
    ("POST", "/api/v1/rehearsals/{rehearsal_id}/rewind"): api("/api/v1/rehearsals/{rehearsal_id}/rewind", {"turn": 1}),
    ("POST", "/api/v1/rehearsals/{rehearsal_id}/finish"): api("/api/v1/rehearsals/{rehearsal_id}/finish", {}),
    ("DELETE", "/api/v1/rehearsals/{rehearsal_id}"): api("/api/v1/rehearsals/{rehearsal_id}"),
    ("GET", "/api/v1/rehearsals"): own(200, query="?search={word}")("/api/v1/rehearsals"),
    ("POST", "/api/v1/rehearsals"): lambda ids: [
        Call("/api/v1/rehearsals", json={"scenario": "pitch-to-boss", "persona": ids.persona}, only=(404,))
    ],
    ("GET", "/api/v1/ideas/search"): own(200, query="?q={word}")("/api/v1/ideas/search"),
    # What names nothing: it is Ben's own, or everybody's.
    ("GET", "/part/history"): own(200, query="?words={word}")("/part/history"),
    ("POST", "/do/offer"): own(303, data={"lessons": "mine"})("/do/offer"),
    ("POST", "/do/guidance"): own(200, 400)("/do/guidance"),
    ("POST", "/do/guidance-ready"): own(200)("/do/guidance-ready"),
    ("POST", "/do/settings"): own(403, data={"who": "endpoint", "name": "mine", "endpoint": "http://127.0.0.1:1/v1"})(
        "/do/settings"
    ),
    ("POST", "/do/delete-all"): own(303)("/do/delete-all"),
    ("POST", "/do/delete-everything"): own(303)("/do/delete-everything"),
    ("GET", "/takeout.zip"): own(200)("/takeout.zip"),
    ("GET", "/shares"): own(200)("/shares"),
    ("GET", "/account"): own(200)("/account"),
    ("POST", "/account/password"): own(400, data={"old": "wrong", "new": "five old lamps"})("/account/password"),
    ("POST", "/account/invite"): own(403)("/account/invite"),
    ("POST", "/account/token"): own(200)("/account/token"),
    ("GET", "/sign-in"): own(303)("/sign-in"),
    ("POST", "/sign-in"): own(400, data={"name": "Ana", "password": "wrong"})("/sign-in"),
    ("GET", "/invitation/{token}"): own(404)("/invitation/nothing"),
    ("POST", "/invitation/{token}"): own(404, data={"name": "Cy", "password": hosted.PASSWORD})("/invitation/nothing"),
    **{
        ("GET", path): own(200)(path)
        for path in (
            "/assets-rehearse/style.css",
            "/assets-rehearse/script.js",
            "/api/v1/scenarios",
            "/api/v1/personas",
            "/api/v1/ideas",
            "/api/v1/openapi.json",
            "/api/v1/docs",
            "/health/live",
            "/theme.css",
            "/config",
            "/config/",
        )
    },
    ("GET", "/metrics"): own(200, 403, 404)("/metrics"),
    # The tools need the application's own tasks, which run behind the loopback; they are called there below.
    **{(method, "/mcp"): lambda ids: [Call("/mcp", json={}, only=(415, 501))] for method in ("GET", "HEAD", "POST", "DELETE")},
    ("POST", "/api/v1/score"): own(*REFUSED)("/api/v1/score"),
    ("POST", "/api/v1/pairs"): own(*REFUSED)("/api/v1/pairs"),
    **{("GET", f"/{page}"): NOTHING(f"/{page}") for page in PAGES},
    **{("GET", f"/{page}/"): NOTHING(f"/{page}/") for page in PAGES if page},
    ("HEAD", "/"): own(200)("/"),
    ("HEAD", "/api/v1/openapi.json"): own(200)("/api/v1/openapi.json"),
    ("GET", "/health/ready"): own(200, 503)("/health/ready"),
    # Files of Gradio's package.
    ("GET", "/static/{path:path}"): own(403, 404)("/static/..%2f..%2frehearse.db"),
    ("GET", "/assets/{path:path}"): own(403, 404)("/assets/..%2f..%2frehearse.db"),
    ("GET", "/favicon.ico"): own(200, 404)("/favicon.ico"),
    ("GET", "/robots.txt"): own(200)("/robots.txt"),
    ("GET", "/manifest.json"): own(200, 404)("/manifest.json"),
    ("GET", "/pwa_icon"): own(200, 404)("/pwa_icon"),
    ("GET", "/pwa_icon/{size}"): own(200, 404)("/pwa_icon/96"),
}
LAST = (("POST", "/sign-out"), ("POST", "/account/sign-out-everywhere"))
"""They end what the other calls need; called on their own below."""
CLOSED = re.compile(r"/(gradio_api|login|logout|svelte|monitoring)(/|=|$)")
"""Of Gradio's own addresses none is open but those that the pages use, which are tried below."""
USED = {
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data"),
    ("GET", "/gradio_api/heartbeat/{session_hash}"),
    # By these a page sees that the program is there again; they are the same for everybody.
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/app_id/"),
}


def routes(app: FastAPI) -> list[tuple[str, str]]:
    return sorted(set(hosted.all_routes(app.routes)))


def test_there_is_no_route_that_nobody_thought_of(app: FastAPI) -> None:
    found = routes(app)
    assert len(found) > 100, "the routes were not found"
    unknown = [r for r in found if r not in KNOWN and r not in USED and r not in LAST and not CLOSED.match(r[1])]
    assert unknown == [], "say in KNOWN how to call it with what is another's"
    assert set(found) >= USED


def calls(app: FastAPI, ids: Ids) -> Iterator[tuple[str, Call]]:
    for method, path in routes(app):
        if (method, path) in USED or (method, path) in LAST:
            continue
        build = KNOWN.get((method, path)) or closed(path)
        for call in build(ids):
            yield method, call


def sent(client: TestClient, method: str, call: Call) -> httpx.Response:
    headers = hosted.HERE | hosted.HTML if not call.path.startswith("/api") else hosted.HERE
    if call.json is not None:
        return client.request(method, call.path, json=call.json, headers=headers)
    return client.request(method, call.path, data=call.data or None, headers=headers)


def test_ben_gets_nothing_of_ana_s(app: FastAPI, ana: Theirs, ben: Theirs, ids: Ids) -> None:
    before = everything_of(ana, ids)
    tried = 0
    for method, call in calls(app, ids):
        answer = sent(ben.browser, method, call)
        said = f"{method} {call.path} {call.data}: {answer.status_code}"
        assert answer.status_code in call.only, said
        assert call.saying in answer.text, said
        assert ANA.encode() not in answer.content, said
        assert everything_of(ana, ids) == before, said
        tried += 1
    assert tried > 200


def test_whoever_is_not_signed_in_gets_nothing_at_all(app: FastAPI, ana: Theirs, ids: Ids) -> None:
    before = everything_of(ana, ids)
    stranger = hosted.browser(app, "192.0.2.200")
    open_to_all = {"/sign-in", "/sign-out", "/assets-rehearse/style.css", "/assets-rehearse/script.js"}
    for method, call in calls(app, ids):
        answer = sent(stranger, method, call)
        said = f"{method} {call.path}: {answer.status_code}"
        bare = call.path.partition("?")[0]
        if bare in open_to_all or bare.startswith(("/shared/", "/invitation/", "/health/", "/metrics")):
            assert answer.status_code in (*call.only, 200), said
        elif not is_used(method, bare):
            assert answer.status_code == 404, said
        elif method == "GET" and not call.path.startswith("/api"):
            assert answer.status_code == 303, said
            assert answer.headers["location"].startswith("/sign-in?next="), said
        else:
            assert answer.status_code == 401, said
        assert ANA.encode() not in answer.content, said
    assert everything_of(ana, ids) == before
    for method, path in (*USED, *LAST):
        assert stranger.request(method, path.replace("{session_hash}", "x"), headers=hosted.HERE).status_code in (401, 303)


def test_ana_gets_what_ben_does_not(ana: Theirs, ids: Ids) -> None:
    """The same calls, so that the refusals above are no accident of how they are made."""
    for path in (
        f"/download/{ids.ended}.md",
        f"/download/{ids.ended}.json",
        f"/share?rehearsal={ids.ended}",
        f"/part/history?words={ANA}",
        "/shares",
    ):
        answer = ana.browser.get(path, headers=hosted.HERE)
        assert answer.status_code == 200, path
    assert ANA in ana.browser.get(f"/download/{ids.ended}.md").text
    assert ids.ended in ana.browser.get(f"/part/history?words={ANA}", headers=hosted.HERE).text
    assert ANA in hosted.browser(ana.browser.app, "192.0.2.77").get(f"/shared/{ids.link}").text


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
        for talk in talks(ids):
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
    return lambda ids: [([], "&".join(f"{name}={talk}" for name in names)) for talk in talks(ids)]


def by_state(*rest: Any) -> Event:
    return lambda ids: [([talk, *rest], f"rehearsal={talk}") for talk in talks(ids)]


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
