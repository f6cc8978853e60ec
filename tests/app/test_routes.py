from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from rehearse.app.hardening import Hardened, is_loopback
from rehearse.workspace import Workspace

HERE = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
ELSEWHERE = {"origin": "https://example.org", "sec-fetch-site": "cross-site"}


def begin(client: TestClient, **chosen: str) -> str:
    form = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "difficulty": "normal"} | chosen
    answer = client.post("/do/begin", data=form, headers=HERE)
    assert answer.status_code == 303
    return parse_qs(urlsplit(answer.headers["location"]).query)["rehearsal"][0]


def test_begin_keeps_a_talk_and_leads_to_it(client: TestClient, workspace: Workspace) -> None:
    rehearsal_id = begin(client, focus="exploration")
    stored = workspace.store.get(rehearsal_id)
    assert (stored.scenario_id, stored.persona_id, stored.focus) == ("pitch-to-boss", "marguerite-dunne", "exploration")


@pytest.mark.parametrize(
    "wrong",
    [{"scenario": "no-such"}, {"persona": "nobody"}, {"difficulty": "brutal"}, {"focus": "charm"}, {"persona": "ben-castellano"}],
)
def test_begin_with_what_is_not_there(client: TestClient, workspace: Workspace, wrong: dict[str, str]) -> None:
    form = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "difficulty": "normal"} | wrong
    answer = client.post("/do/begin", data=form, headers=HERE)
    assert answer.status_code == 404
    assert "<h1>That did not work</h1>" in answer.text
    assert workspace.store.count() == 0


def test_an_unknown_id_is_not_echoed_as_html(client: TestClient) -> None:
    answer = client.post("/do/begin", data={"scenario": "<script>alert(1)</script>", "persona": "x"}, headers=HERE)
    assert "<script>" not in answer.text


@pytest.mark.parametrize("action", ["begin", "branch", "end", "delete", "delete-all"])
def test_another_site_can_do_nothing(client: TestClient, workspace: Workspace, action: str) -> None:
    rehearsal_id = begin(client)
    answer = client.post(f"/do/{action}", data={"rehearsal": rehearsal_id, "scenario": "pitch-to-boss"}, headers=ELSEWHERE)
    assert answer.status_code == 403
    assert workspace.store.count() == 1


def test_a_foreign_origin_is_enough_to_refuse(client: TestClient) -> None:
    assert client.post("/do/delete-all", headers={"origin": "http://127.0.0.1:9999"}).status_code == 403


def test_end_then_download(client: TestClient, workspace: Workspace) -> None:
    rehearsal_id = begin(client)
    workspace.resume(rehearsal_id).say("I'd like to show you how I read the drivers' forum, <b>really</b>.")
    answer = client.post("/do/end", data={"rehearsal": rehearsal_id}, headers=HERE)
    assert answer.headers["location"] == f"../lookback?rehearsal={rehearsal_id}"
    assert workspace.store.get(rehearsal_id).ending == "left"

    markdown = client.get(f"/download/{rehearsal_id}.md")
    assert markdown.headers["content-disposition"].startswith("attachment;")
    assert markdown.headers["content-type"].startswith("text/markdown")
    assert "<b>" not in markdown.text
    told = json.loads(client.get(f"/download/{rehearsal_id}.json").text)
    assert told["turns"][0]["learner"].endswith("<b>really</b>.")
    assert told["debrief"]["ratings"]


@pytest.mark.parametrize(
    "path", ["/download/nothing.md", "/download/nothing.json", "/download/x.exe", "/download/..%2f..%2fx.md"]
)
def test_nothing_else_can_be_downloaded(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_another_site_cannot_download(client: TestClient) -> None:
    rehearsal_id = begin(client)
    assert client.get(f"/download/{rehearsal_id}.md", headers=ELSEWHERE).status_code == 403


def test_branch_shares_what_was_before_and_lays_the_words_out(client: TestClient, workspace: Workspace) -> None:
    rehearsal_id = begin(client)
    kept = workspace.resume(rehearsal_id)
    kept.say("I'd like to show you how I read the drivers' forum.")
    kept.say("Half an hour every second Wednesday.")
    answer = client.post("/do/branch", data={"rehearsal": rehearsal_id, "turn": "1", "words": "Ten o'clock?"}, headers=HERE)
    new_id = parse_qs(urlsplit(answer.headers["location"]).query)["rehearsal"][0]
    stored = workspace.store.get(new_id)
    assert (stored.parent_id, stored.parent_turn, len(stored.turns)) == (rehearsal_id, 1, 1)
    assert "Ten" not in answer.headers["location"]
    assert len(workspace.store.get(rehearsal_id).turns) == 2


@pytest.mark.parametrize("turn", ["9", "-1", "x", ""])
def test_branch_to_a_turn_that_is_not_there(client: TestClient, workspace: Workspace, turn: str) -> None:
    rehearsal_id = begin(client)
    answer = client.post("/do/branch", data={"rehearsal": rehearsal_id, "turn": turn}, headers=HERE)
    assert answer.status_code == 404
    assert workspace.store.count() == 1


def test_delete_one_and_all(client: TestClient, workspace: Workspace) -> None:
    first, second = begin(client), begin(client)
    assert client.post("/do/delete", data={"rehearsal": first}, headers=HERE).status_code == 303
    assert [s.rehearsal_id for s in workspace.store.list()] == [second]
    assert client.post("/do/delete", data={"rehearsal": first}, headers=HERE).status_code == 404
    assert client.post("/do/delete-all", headers=HERE).status_code == 303
    assert workspace.store.count() == 0


@pytest.mark.parametrize("page", ["/", "/stage", "/lookback", "/history", "/ideas", "/privacy"])
def test_every_page_answers_with_a_policy(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_gradio_is_hardened(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert not config.get("run_history")
    assert config["footer_links"] == []
    assert {d["api_visibility"] for d in config["dependencies"]} == {"private"}
    assert client.get("/gradio_api/info").status_code == 404
    assert client.get("/monitoring").status_code in (403, 404)
    assert client.get("/docs").status_code == 404
    assert client.get("/openapi.json").status_code == 404


def test_gradio_serves_no_file_of_the_machine(client: TestClient, workspace: Workspace) -> None:
    begin(client)
    database = workspace.settings.database_path
    assert database.exists()
    assert client.get(f"/gradio_api/file={database}").status_code in (403, 404)


def test_style_and_script(client: TestClient) -> None:
    style = client.get("/assets-rehearse/style.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "--ground:#FBF8F3" in style.text
    assert client.get("/assets-rehearse/script.js").status_code == 200


@pytest.mark.parametrize(
    ("host", "status"), [("127.0.0.1:7860", 200), ("localhost", 200), ("[::1]:7860", 200), ("evil.example", 421)]
)
def test_only_this_machine_is_served(host: str, status: int) -> None:
    app = Hardened(PlainTextResponse("here"), local_only=True)
    assert TestClient(app).get("/", headers={"host": host}).status_code == status


def test_loopback_names() -> None:
    assert is_loopback("127.0.0.5")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("192.168.1.4")
    assert not is_loopback("rehearse.example")


def test_programs_reach_the_interface_beside_the_pages(client: TestClient) -> None:
    told = client.get("/api/v1/scenarios")
    assert told.status_code == 200
    assert "pitch-to-boss" in told.text
    begun = client.post("/api/v1/rehearsals", json={"scenario": "pitch-to-boss", "persona": "marguerite-dunne"})
    assert begun.status_code == 201
    assert begun.json()["opening"]
