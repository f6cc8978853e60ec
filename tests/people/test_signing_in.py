"""The pages of signing in, in a browser's eyes: cookies, places to go back to, invitations, and a proxy's word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import hosted
import pytest
from fastapi import FastAPI
from hosted import Theirs
from starlette.testclient import TestClient

from rehearse.app.hardening import Hardened, behind_proxies
from rehearse.app.routes_people import safe_place
from rehearse.config import Settings, load_settings
from rehearse.errors import SettingsError
from rehearse.people.accounts import PER_ACCOUNT
from rehearse.workspace import Workspace

ELSEWHERE = {"origin": "https://example.org", "sec-fetch-site": "cross-site"}


@pytest.fixture
def fresh(app: FastAPI) -> TestClient:
    return hosted.browser(app, "192.0.2.50")


@pytest.fixture(scope="module")
def dora(common: Workspace) -> str:
    hosted.accounts_of(common).add("Dora", hosted.PASSWORD, host=True)
    return "Dora"


def test_the_way_in_and_back_to_where_one_wanted_to_go(fresh: TestClient, dora: str) -> None:
    asked = fresh.get("/stage?rehearsal=abc", headers=hosted.HTML)
    assert asked.status_code == 303
    assert asked.headers["location"] == "/sign-in?next=%2Fstage%3Frehearsal%3Dabc"
    page = fresh.get(asked.headers["location"])
    assert 'name="next" value="/stage?rehearsal=abc"' in page.text
    answer = fresh.post(
        "/sign-in", data={"name": dora, "password": hosted.PASSWORD, "next": "/stage?rehearsal=abc"}, headers=hosted.HERE
    )
    assert answer.headers["location"] == "/stage?rehearsal=abc"
    cookie = answer.headers["set-cookie"]
    for flag in ("rehearse=", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=604800"):
        assert flag in cookie
    assert "Secure" not in cookie
    assert fresh.get("/account").status_code == 200
    assert fresh.get("/sign-in?next=/history").headers["location"] == "/history"


def test_behind_tls_the_cookie_is_for_tls_and_this_host_only(app: FastAPI, dora: str) -> None:
    client = hosted.browser(Hardened(app), base_url="https://127.0.0.1")
    here = {"origin": "https://127.0.0.1", "sec-fetch-site": "same-origin"}
    answer = client.post("/sign-in", data={"name": dora, "password": hosted.PASSWORD}, headers=here)
    assert answer.headers["set-cookie"].startswith("__Host-rehearse=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert client.get("/account").status_code == 200
    planted = {"cookie": f"rehearse={client.cookies['__Host-rehearse']}"}
    client.cookies.clear()
    assert client.get("/account", headers=planted).status_code == 401


def test_what_is_wrong_is_said_and_nothing_is_repeated(fresh: TestClient, dora: str) -> None:
    answer = hosted.sign_in(fresh, '<b>"Dora', "my secret guess")
    assert answer.status_code == 400
    assert "Name or password is wrong" in answer.text
    assert "my secret guess" not in answer.text
    assert "<b>" not in answer.text
    assert "set-cookie" not in answer.headers


def test_a_program_is_told_in_its_own_form_that_nobody_is_signed_in(fresh: TestClient) -> None:
    for answer in (
        fresh.get("/api/v1/rehearsals"),
        fresh.post("/api/v1/rehearsals", json={}),
        fresh.get("/api/v1/nothing", headers={"authorization": "Bearer made-up"}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
        assert answer.json()["type"] == "urn:rehearse:problem:nobody"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    # A person who looks up the description of the interface is led to where they sign in.
    assert fresh.get("/api/v1/docs", headers=hosted.HTML).headers["location"].startswith("/sign-in")


def test_too_many_guesses_are_told_when_to_come_back(app: FastAPI, common: Workspace) -> None:
    hosted.accounts_of(common).add("Guessed", hosted.PASSWORD)
    client = hosted.browser(app, "192.0.2.51")
    for _ in range(PER_ACCOUNT.free):
        assert hosted.sign_in(client, "Guessed", "wrong").status_code == 400
    answer = hosted.sign_in(client, "Guessed", hosted.PASSWORD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 30
    assert "Wait" in answer.text


@pytest.mark.parametrize(
    "path", ["/sign-in", "/sign-out", "/account/password", "/account/token", "/do/delete-everything", "/gradio_api/queue/join"]
)
def test_another_site_can_post_nothing(ana: Theirs, path: str) -> None:
    for headers in (ELSEWHERE, {"origin": "null"}, {"origin": "http://127.0.0.1:9"}, {"sec-fetch-site": "same-site"}):
        assert ana.browser.post(path, data={"name": "Ana", "password": hosted.PASSWORD}, headers=headers).status_code == 403


def test_signing_out_ends_the_login_and_clears_the_browser(fresh: TestClient, dora: str) -> None:
    hosted.sign_in(fresh, dora)
    token = fresh.cookies["rehearse"]
    answer = fresh.post("/sign-out", headers=hosted.HERE)
    assert answer.headers["clear-site-data"] == '"storage", "cache"'
    assert "rehearse=" in answer.headers["set-cookie"]
    assert fresh.get("/account", headers={"cookie": f"rehearse={token}"}).status_code == 401


def test_a_token_that_was_planted_before_is_not_the_one_used_after(fresh: TestClient, dora: str, common: Workspace) -> None:
    other = hosted.browser(fresh.app, "192.0.2.52")
    hosted.sign_in(other, dora)
    planted = other.cookies["rehearse"]
    told = {"name": dora, "password": hosted.PASSWORD}
    answer = fresh.post("/sign-in", data=told, headers=hosted.HERE | {"cookie": f"rehearse={planted}"})
    assert answer.status_code == 303
    assert planted not in answer.headers["set-cookie"]
    assert hosted.accounts_of(common).who(planted) is None
    for made_up in ("x", "", "0" * 43):
        assert hosted.browser(fresh.app).get("/account", headers={"cookie": f"rehearse={made_up}"}).status_code == 401


def test_changing_the_password_signs_the_others_out(app: FastAPI, common: Workspace) -> None:
    hosted.accounts_of(common).add("Emil", hosted.PASSWORD)
    here, there = hosted.browser(app, "192.0.2.53"), hosted.browser(app, "192.0.2.54")
    hosted.sign_in(here, "Emil")
    hosted.sign_in(there, "Emil")
    refused = here.post("/account/password", data={"old": hosted.PASSWORD, "new": "short"}, headers=hosted.HERE)
    assert (refused.status_code, "at least 10" in refused.text) == (400, True)
    done = here.post("/account/password", data={"old": hosted.PASSWORD, "new": "four dry lamps"}, headers=hosted.HERE)
    assert (done.status_code, "is changed" in done.text) == (200, True)
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 401


def test_a_program_s_token(app: FastAPI, common: Workspace) -> None:
    hosted.accounts_of(common).add("Fay", hosted.PASSWORD)
    client = hosted.browser(app, "192.0.2.55")
    hosted.sign_in(client, "Fay")
    token = re.findall(r"<code>([\w-]{43})</code>", client.post("/account/token", headers=hosted.HERE).text)[0]
    program = hosted.browser(app, "192.0.2.56")
    assert "Fay" in program.get("/account", headers={"authorization": f"Bearer {token}"}).text
    assert program.get("/account", headers={"authorization": f"Basic {token}"}).status_code == 401
    assert "One program has a token" in client.get("/account").text
    client.post("/account/sign-out-everywhere", headers=hosted.HERE)
    assert program.get("/account", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_a_host_invites_and_the_invited_come_in_once(fresh: TestClient, dora: str, ana: Theirs, common: Workspace) -> None:
    hosted.sign_in(fresh, dora)
    link = re.findall(
        r"<code>http://127.0.0.1(/invitation/[\w-]{43})</code>", fresh.post("/account/invite", headers=hosted.HERE).text
    )[0]
    assert ana.browser.post("/account/invite", headers=hosted.HERE).status_code == 403
    guest = hosted.browser(fresh.app, "192.0.2.57")
    page = guest.get(link)
    assert page.status_code == 200
    # Not "no-referrer": browsers then send the form with `Origin: null`, and it would be taken for another site's.
    assert page.headers["referrer-policy"] == "same-origin"
    assert "noindex" in page.headers["x-robots-tag"]
    taken = guest.post(link, data={"name": "Ana", "password": hosted.PASSWORD}, headers=hosted.HERE)
    assert (taken.status_code, "taken" in taken.text) == (400, True)
    answer = guest.post(link, data={"name": "Guest", "password": hosted.PASSWORD}, headers=hosted.HERE)
    assert answer.status_code == 303
    assert "Signed in as Guest" in guest.get("/account").text
    assert guest.get("/account").text.count("/account/invite") == 0
    assert guest.get(link).status_code == 404
    person = hosted.accounts_of(common).store.find("Guest")
    assert person is not None
    assert common.for_person(person.person_id).store.count() == 0


@pytest.mark.parametrize(
    "place", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a\nb", "/a\\b"]
)
def test_nobody_is_led_to_another_site(fresh: TestClient, dora: str, place: str) -> None:
    assert safe_place(place) == "/"
    answer = fresh.post("/sign-in", data={"name": dora, "password": hosted.PASSWORD, "next": place}, headers=hosted.HERE)
    assert answer.headers["location"] == "/"


def test_a_page_may_be_kept_by_no_cache(app: FastAPI, ana: Theirs) -> None:
    for path in ("/", "/account", "/shares", "/history", "/config", "/takeout.zip"):
        assert "no-store" in ana.browser.get(path).headers["cache-control"], path
    assert ana.browser.get("/assets-rehearse/style.css").headers["cache-control"] == "no-cache"


def test_what_weighs_too_much_is_refused(ana: Theirs) -> None:
    heavy = {"words": "x" * 2_000_000}
    assert ana.browser.post("/do/branch", data=heavy, headers=hosted.HERE).status_code == 413

    def in_parts() -> Iterator[bytes]:
        for _ in range(200):
            yield b"words=" + b"x" * 10_000

    headers = hosted.HERE | {"content-type": "application/x-www-form-urlencoded"}
    assert ana.browser.post("/do/offer", content=in_parts(), headers=headers).status_code == 413


# By a proxy -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(
        tmp_path_factory.mktemp("proxied"),
        auth="proxy:X-Forwarded-User",
        trusted_proxies="127.0.0.1, 10.0.0.0/8",
        public_url="https://rehearse.example",
    )
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def proxied_app(proxied: Workspace) -> object:
    return behind_proxies(
        Hardened(hosted.application(proxied), public_host="rehearse.example"), proxied.settings.trusted_networks
    )


def test_a_trusted_proxy_says_who_it_is(proxied: Workspace, proxied_app: FastAPI) -> None:
    client = hosted.browser(proxied_app, "10.1.2.3", "https://rehearse.example")
    told = {"x-forwarded-user": "ana@example.org", "x-forwarded-for": "203.0.113.5", "x-forwarded-proto": "https"}
    page = client.get("/account", headers=told)
    assert page.status_code == 200
    assert "Signed in as ana@example.org" in page.text
    assert "set-cookie" not in page.headers
    assert "sign-out" not in page.text
    assert page.headers["strict-transport-security"]
    client.get("/account", headers=told | {"x-forwarded-user": "ben@example.org"})
    client.get("/account", headers=told)
    assert [p.name for p in hosted.accounts_of(proxied).store.everybody()] == ["ana@example.org", "ben@example.org"]


def test_nobody_else_s_word_counts(proxied: Workspace, proxied_app: FastAPI) -> None:
    before = hosted.accounts_of(proxied).store.everybody()
    told = {"x-forwarded-user": "eve@example.org"}
    stranger = hosted.browser(proxied_app, "203.0.113.5", "https://rehearse.example")
    assert stranger.get("/account", headers=told).status_code == 401
    assert stranger.get("/account", headers=told | {"x-forwarded-for": "127.0.0.1"}).status_code == 401
    proxy = hosted.browser(proxied_app, "127.0.0.1", "https://rehearse.example")
    assert proxy.get("/account").status_code == 401
    assert proxy.get("/account", headers={"x-forwarded-user": "  "}).status_code == 401
    twice = [("x-forwarded-user", "eve@example.org"), ("x-forwarded-user", "ana@example.org")]
    assert proxy.get("/account", headers=twice).status_code == 401
    assert proxy.get("/account", headers={"x-forwarded-user": "x" * 501}).status_code == 401
    assert proxy.get("/sign-in").status_code in (401, 404)
    other = hosted.browser(proxied_app, "127.0.0.1", "https://evil.example")
    assert other.get("/account", headers=told).status_code == 421
    assert hosted.accounts_of(proxied).store.everybody() == before


def test_a_locked_person_is_refused_whatever_the_proxy_says(proxied: Workspace, proxied_app: FastAPI) -> None:
    client = hosted.browser(proxied_app, "127.0.0.1", "https://rehearse.example")
    told = {"x-forwarded-user": "cyd@example.org"}
    assert client.get("/account", headers=told).status_code == 200
    store = hosted.accounts_of(proxied).store
    person = store.find("cyd@example.org")
    assert person is not None
    store.set_locked(person.person_id, locked=True)
    answer = client.get("/account", headers=told)
    assert (answer.status_code, "locked" in answer.text) == (403, True)


# Settings -------------------------------------------------------------------------------------------------------------


def test_what_is_missing_for_a_provider_is_said_before_anything_is_served(tmp_path: Path) -> None:
    workspace = Workspace(Settings(home=tmp_path, auth="oidc", oidc_issuer="https://id.example"))
    with pytest.raises(SettingsError, match="REHEARSE_OIDC_CLIENT_ID"):
        hosted.application(workspace)
    workspace.store.close()


def test_secrets_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("postgresql://u:p@h/d\n")
    monkeypatch.setenv("REHEARSE_DATABASE_URL_FILE", str(file))
    monkeypatch.setenv("REHEARSE_OIDC_CLIENT_SECRET_FILE", str(file))
    settings = load_settings()
    assert settings.database == "postgresql://u:p@h/d"
    assert settings.oidc_secret() == "postgresql://u:p@h/d"
    assert "u:p" not in repr(settings)
    monkeypatch.setenv("REHEARSE_OIDC_CLIENT_SECRET_FILE", str(tmp_path / "gone"))
    with pytest.raises(SettingsError, match="REHEARSE_OIDC_CLIENT_SECRET_FILE"):
        load_settings().oidc_secret()


@pytest.mark.parametrize("page", ["/", "/stage", "/history", "/privacy"])
def test_the_account_is_one_click_away_from_every_page(ana: Theirs, page: str) -> None:
    config = json.loads(re.findall(r"window.gradio_config = (\{.*?\});</script>", ana.browser.get(page).text)[0])
    bars = [c["props"]["value"] for c in config["components"] if c["type"] == "navbar"]
    assert bars == [[["Account", "account"]]]
