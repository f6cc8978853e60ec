"""Signing in at an identity provider, against a small one on the loopback that checks what the protocol asks of us."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hosted
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.testclient import TestClient

from rehearse.workspace import Workspace

jose = pytest.importorskip("joserfc.jwt")
jwk = pytest.importorskip("joserfc.jwk")

CLIENT, SECRET = "rehearse-here", "a-secret-of-ours"


@dataclass
class Provider:
    """What the provider knows, and how it misbehaves when told to."""

    base: str = ""
    subject: str = "42"
    name: str = "Ana Lindt"
    claims: dict[str, Any] = field(default_factory=dict)
    wrong_key: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: Any = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"}))
    other: Any = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, parameters={"kid": "k1"}))

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, Any]:
            return {
                "issuer": self.base,
                "authorization_endpoint": f"{self.base}/authorize",
                "token_endpoint": f"{self.base}/token",
                "jwks_uri": f"{self.base}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            told = dict(request.query_params)
            assert told["client_id"] == CLIENT
            assert told["response_type"] == "code"
            assert told["code_challenge_method"] == "S256"
            code = f"code{len(self.codes)}"
            self.codes[code] = told
            return RedirectResponse(f"{told['redirect_uri']}?code={code}&state={told['state']}", 302)

        @app.post("/token")
        async def token(request: Request) -> Response:
            form = await request.form()
            told = self.codes.pop(str(form["code"]), None)
            sent = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            proof = base64.urlsafe_b64encode(hashlib.sha256(str(form["code_verifier"]).encode()).digest()).rstrip(b"=").decode()
            if told is None or proof != told["code_challenge"] or sent != f"{CLIENT}:{SECRET}":
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = int(time.time())
            claims = {
                "iss": self.base,
                "aud": CLIENT,
                "sub": self.subject,
                "name": self.name,
                "nonce": told["nonce"],
                "iat": now,
                "exp": now + 60,
                **self.claims,
            }
            signed = jose.encode({"alg": "RS256", "kid": "k1"}, claims, self.other if self.wrong_key else self.key)
            return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": signed})

        @app.get("/jwks")
        def jwks() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        return app


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()
    with hosted.served(provider.app()) as base:
        provider.base = base
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.subject, running.name, running.claims, running.wrong_key = "42", "Ana Lindt", {}, False
    return running


@pytest.fixture(scope="module")
def workspace(running: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    home: Path = tmp_path_factory.mktemp("oidc")
    secret = home / "secret"
    secret.write_text(SECRET + "\n")
    made = hosted.installed(home, auth="oidc", oidc_issuer=running.base, oidc_client_id=CLIENT, oidc_client_secret_file=secret)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def app(workspace: Workspace) -> FastAPI:
    return hosted.application(workspace)


def away(client: TestClient, place: str = "/history") -> str:
    """To the provider and back: the address that the browser is led to."""
    begun = client.get(f"/oidc/begin?next={place}")
    assert begun.status_code == 302, begun.text
    import httpx

    back = httpx.get(begun.headers["location"], follow_redirects=False).headers["location"]
    assert back.startswith("http://127.0.0.1/oidc/done?")
    return back.removeprefix("http://127.0.0.1")


def test_there_and_back(app: FastAPI, provider: Provider, workspace: Workspace) -> None:
    client = hosted.browser(app)
    assert "/oidc/begin" in client.get("/sign-in?next=/history").text.replace("oidc/begin", "/oidc/begin")
    assert client.post("/sign-in", data={"name": "x", "password": "y"}, headers=hosted.HERE).status_code in (404, 405)
    answer = client.get(away(client))
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/history"
    assert "Signed in as Ana Lindt" in client.get("/account").text
    again = hosted.browser(app)
    again.get(away(again))
    provider.subject = "43"
    other = hosted.browser(app)
    other.get(away(other))
    assert [p.name for p in hosted.accounts_of(workspace).store.everybody()] == ["Ana Lindt", "Ana Lindt 2"]
    assert "Signed in as Ana Lindt 2" in other.get("/account").text


def test_what_one_browser_began_another_cannot_end(app: FastAPI, provider: Provider) -> None:
    mine, theirs = hosted.browser(app), hosted.browser(app)
    back = away(mine)
    theirs.get("/oidc/begin")
    assert theirs.get(back).status_code == 502
    assert theirs.get("/account").status_code == 401
    assert hosted.browser(app).get(back).status_code == 502
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 502, "an answer works once"


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "somebody-else"}, {"nonce": "another"}, {"exp": 1_000_000_000}],
    ids=["issuer", "audience", "nonce", "expired"],
)
def test_a_word_that_is_not_the_provider_s_for_us_now(app: FastAPI, provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims = claims
    client = hosted.browser(app)
    assert client.get(away(client)).status_code == 502
    assert client.get("/account").status_code == 401


def test_a_signature_of_another_key(app: FastAPI, provider: Provider) -> None:
    provider.wrong_key = True
    client = hosted.browser(app)
    assert client.get(away(client)).status_code == 502
    assert client.get("/account").status_code == 401


@pytest.mark.parametrize("change", ["state", "code"])
def test_an_answer_that_was_changed_on_the_way(app: FastAPI, provider: Provider, change: str) -> None:
    client = hosted.browser(app)
    back = away(client)
    told = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()}
    told[change] = "forged"
    answer = client.get("/oidc/done", params=told)
    assert answer.status_code == 502
    assert "forged" not in answer.text


def test_a_locked_person_stays_out(app: FastAPI, provider: Provider, workspace: Workspace) -> None:
    provider.subject, provider.name = "99", "Locked"
    client = hosted.browser(app)
    client.get(away(client))
    store = hosted.accounts_of(workspace).store
    person = store.find("Locked")
    assert person is not None
    store.set_locked(person.person_id, locked=True)
    answer = client.get(away(client))
    assert (answer.status_code, "locked" in answer.text) == (400, True)
    assert client.get("/account").status_code == 401


def test_a_provider_that_cannot_be_reached(tmp_path: Path) -> None:
    workspace = hosted.installed(
        tmp_path, auth="oidc", oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT, oidc_client_secret=SECRET
    )
    client = hosted.browser(hosted.application(workspace))
    answer = client.get("/oidc/begin")
    assert answer.status_code == 502
    assert "did not confirm" in answer.text
    workspace.store.close()
