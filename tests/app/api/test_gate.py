from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from rehearse.app.api.gate import MOST_BYTES
from rehearse.app.desk import Desk
from rehearse.app.visitors import OnePerson
from rehearse.errors import NotSignedInError, RehearseError, TooManyAttemptsError
from rehearse.workspace import Workspace
from tests.app.api.conftest import BEGIN


@pytest.mark.parametrize(
    "headers", [{"origin": "https://example.org"}, {"sec-fetch-site": "cross-site"}, {"origin": "http://127.0.0.1:9999"}]
)
def test_another_site_is_refused_also_when_it_only_reads(
    client: TestClient, workspace: Workspace, headers: dict[str, str]
) -> None:
    for answer in (client.post("/rehearsals", json=BEGIN, headers=headers), client.get("/rehearsals", headers=headers)):
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert workspace.store.count() == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_can_send_is_refused(client: TestClient, workspace: Workspace, kind: str) -> None:
    body = '{"scenario": "pitch-to-boss", "persona": "marguerite-dunne"}'
    answer = client.post("/rehearsals", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 415
    assert workspace.store.count() == 0


def test_a_post_without_a_body_needs_the_header_too(client: TestClient) -> None:
    assert client.post("/rehearsals/abc/finish").status_code == 415
    assert client.post("/rehearsals/abc/finish", headers={"content-type": "application/json"}).status_code == 404


def test_too_much_is_refused_with_and_without_a_length(client: TestClient) -> None:
    heavy = b'{"scenario": "' + b"x" * MOST_BYTES + b'"}'

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(heavy), 10_000):
            yield heavy[start : start + 10_000]

    headers = {"content-type": "application/json"}
    for content in (heavy, pieces()):
        answer = client.post("/rehearsals", content=content, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:rehearse:problem:http-413")


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, '{"seed": ' + "9" * 5_000 + "}", '"\\ud800"', "null", "[]"])
def test_a_body_that_is_no_json_object(client: TestClient, body: str) -> None:
    answer = client.post("/rehearsals", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_half_a_character_is_refused_and_not_repeated(client: TestClient) -> None:
    body = '{"scenario": "\\ud800", "persona": "secret-words"}'
    answer = client.post("/rehearsals", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert "secret-words" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/rehearsals", 405), ("PATCH", "/ideas", 405)]
)
def test_what_is_not_there_is_a_problem_too(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, json={})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


def test_an_error_that_nobody_foresaw_tells_nothing_of_the_inside(
    client: TestClient, visitors: OnePerson, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> Desk:
        raise ZeroDivisionError("the inside")

    monkeypatch.setattr(OnePerson, "desk", broken)
    answer = client.get("/rehearsals")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:rehearse:problem:unexpected")
    assert "inside" not in answer.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "kind", "header"),
    [
        (NotSignedInError("Nobody is signed in."), 401, "nobody", ("www-authenticate", 'Bearer realm="rehearse"')),
        (TooManyAttemptsError(41.6), 429, "attempts", ("retry-after", "42")),
    ],
)
def test_who_is_not_let_in_is_told_so_in_a_program_s_words(
    error: RehearseError, status: int, kind: str, header: tuple[str, str], client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> Desk:
        raise error

    monkeypatch.setattr(OnePerson, "desk", refused)
    answer = client.get("/rehearsals")
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:rehearse:problem:{kind}")
    assert answer.headers[header[0]] == header[1]
    assert answer.json()["detail"] == str(error)
