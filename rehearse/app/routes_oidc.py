"""Signing in at an identity provider by OpenID Connect; Authlib does the protocol, with PKCE, state and nonce."""

from __future__ import annotations

import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rehearse.app.parts import message
from rehearse.app.routes import failure
from rehearse.app.routes_people import base_url, safe_place
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.way_in import Cookies, is_secure
from rehearse.errors import RehearseError
from rehearse.people.accounts import AWAY_FOR
from rehearse.workspace import Workspace

DISCOVERY = "/.well-known/openid-configuration"
NAMES = ("preferred_username", "name", "email", "sub")
"""What a provider may call somebody, the best first."""
SECONDS = 10.0
"""How long we wait for the provider."""

log = logging.getLogger(__name__)


def provider_of(workspace: Workspace) -> Any:
    """Authlib's client for the provider of the settings; what the provider offers is read at its first use."""
    from authlib.integrations.starlette_client import OAuth

    settings = workspace.settings
    issuer = (settings.oidc_issuer or "").rstrip("/").removesuffix(DISCOVERY)
    return OAuth().register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_secret(),
        server_metadata_url=issuer + DISCOVERY,
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "timeout": SECONDS, "trust_env": False},
    )


def name_of(claims: dict[str, Any]) -> str:
    """What to call somebody."""
    return next((str(claims[key]) for key in NAMES if claims.get(key)), "somebody")


def signing_in_elsewhere(way: Cookies, workspace: Workspace) -> APIRouter:
    """The way to the provider and back."""
    router = APIRouter(prefix="/oidc", include_in_schema=False)
    accounts = way.accounts
    provider = provider_of(workspace)

    def cookie_name(request: Request) -> str:
        return "__Host-rehearse-away" if is_secure(request.scope, workspace.settings) else "rehearse-away"

    def trouble(error: Exception) -> Response:
        # Its message may repeat what the provider sent, codes and tokens among it.
        log.warning("signing in at the identity provider failed: %s", type(error).__name__)
        actions = [("../sign-in", text("people.sign_in"))]
        body = message(text("people.elsewhere_failed"), text("people.elsewhere_failed_why"), *actions)
        return HTMLResponse(render("bare.html", title=text("people.sign_in"), body=body), 502)

    @router.get("/begin")
    async def begin(request: Request, next: str = "/") -> Response:  # noqa: A002 (it is called so in the address)
        session: dict[str, Any] = {}
        request.scope["session"] = session
        try:
            answer: Response = await provider.authorize_redirect(request, f"{base_url(request, workspace)}/oidc/done")
        except Exception as error:
            return trouble(error)
        try:
            told = json.dumps({"session": session, "next": safe_place(next)})
            token = await run_in_threadpool(accounts.remember, told)
        except RehearseError as error:
            return failure(error)
        secure = is_secure(request.scope, workspace.settings)
        answer.set_cookie(
            cookie_name(request), token, int(AWAY_FOR.total_seconds()), path="/", httponly=True, samesite="lax", secure=secure
        )
        return answer

    @router.get("/done")
    async def done(request: Request) -> Response:
        try:
            # What the browser that comes back was given when it left: nobody else can end what it began.
            kept = await run_in_threadpool(accounts.recall, request.cookies.get(cookie_name(request), ""))
        except RehearseError as error:
            return failure(error)
        told: dict[str, Any] = json.loads(kept) if kept else {"session": {}, "next": "/"}
        request.scope["session"] = told["session"]
        try:
            found = await provider.authorize_access_token(request)
            claims = dict(found["userinfo"])
            issuer, subject = str(claims["iss"]), str(claims["sub"])
        except Exception as error:
            return trouble(error)

        def let_in() -> str:
            return accounts.let_in(accounts.vouched(issuer, subject, name_of(claims)), way.token(request.scope))

        try:
            login = await run_in_threadpool(let_in)
        except RehearseError as error:
            return failure(error)
        answer = RedirectResponse(safe_place(told["next"]), 303)
        way.give(answer, request.scope, login)
        answer.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="lax")
        return answer

    return router
