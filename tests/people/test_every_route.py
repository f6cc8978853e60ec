"""Every route, called as Ben with everything that names something of Ana's: refused, and nothing is changed.

A route that this page does not know how to call makes it fail, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import hosted
import httpx
from fastapi import FastAPI
from hosted import ANA, Ids, Theirs, everything_of
from starlette.testclient import TestClient

from rehearse.app.hardening import is_used

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


def forms(path: str, name: str = "rehearsal", **more: str) -> Calls:
    """A form that names one of Ana's talks."""
    return lambda ids: [Call(path, {name: talk, **more}) for talk in ids.talks]


def documents(path: str) -> Calls:
    return lambda ids: [Call(path, {"document": ids.document}, only=(404,))]


def downloads(path: str) -> Calls:
    return lambda ids: [
        Call(path.format(rehearsal_id=talk, what=what, kind=kind), only=(404,))
        for talk in ids.talks
        for what in ("transcript", "card", "agreement")
        for kind in ("md", "json", "pdf")
    ]


def api(path: str, json: Any = None) -> Calls:
    return lambda ids: [Call(path.replace("{rehearsal_id}", talk), json=json, only=(404,)) for talk in ids.talks]


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
    ("GET", "/share"): lambda ids: [Call(f"/share?rehearsal={talk}", only=(404,)) for talk in ids.talks],
    ("GET", "/shared/{token}"): lambda ids: [
        Call(f"/shared/{each}", only=(404,)) for each in (*ids.talks, ids.share, ids.document)
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
"""Of Gradio's own addresses none is open but those that the pages use, which `test_every_event.py` tries."""
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
