"""How a request shows who sent it: by a cookie or token of ours, or by what a trusted proxy says in a header."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from rehearse.app.hardening import PEER
from rehearse.config import Settings
from rehearse.errors import SettingsError
from rehearse.people.accounts import Accounts
from rehearse.storage.records import StoredPerson
from rehearse.workspace import Workspace

MOST_SUBJECT = 500


class WayIn(Protocol):
    """Tells who sent a request. Called in a thread, for it may ask the database."""

    @property
    def accounts(self) -> Accounts:
        """The people there are."""
        ...

    @property
    def kind(self) -> str:
        """`accounts`, `oidc` or `proxy`."""
        ...

    def who(self, scope: Scope) -> StoredPerson | None:
        """The person, or None; `NotSignedInError` says why somebody known may not enter."""
        ...


def is_secure(scope: Scope, settings: Settings) -> bool:
    """Whether the visitor's browser speaks TLS, with us or with a proxy in between."""
    return scope.get("scheme") == "https" or (settings.public_url or "").startswith("https://")


@dataclass(frozen=True)
class Cookies:
    """Logins of our own: a cookie in browsers, `Authorization: Bearer` for programs."""

    accounts: Accounts
    settings: Settings
    kind: str = "accounts"

    def name(self, scope: Scope) -> str:
        """What the cookie is called; with TLS in a way that no other host of the domain can set it."""
        return "__Host-rehearse" if is_secure(scope, self.settings) else "rehearse"

    def token(self, scope: Scope) -> str:
        """The token that came along, or nothing."""
        headers = Headers(scope=scope)
        way, _, told = headers.get("authorization", "").partition(" ")
        if way.lower() == "bearer":
            return told.strip()
        return cookie_parser(headers.get("cookie", "")).get(self.name(scope), "")

    def who(self, scope: Scope) -> StoredPerson | None:
        """Whose login it is."""
        return self.accounts.who(self.token(scope))

    def give(self, response: Response, scope: Scope, token: str) -> None:
        """Let the browser keep a token: not for scripts, not for other sites, and with TLS only over TLS."""
        response.set_cookie(
            self.name(scope),
            token,
            max_age=int(self.accounts.lasts.total_seconds()),
            path="/",
            httponly=True,
            samesite="lax",
            secure=is_secure(scope, self.settings),
        )

    def take(self, response: Response, scope: Scope) -> None:
        """Have the browser forget its token, and the drafts that it keeps."""
        response.delete_cookie(self.name(scope), path="/", httponly=True, samesite="lax", secure=is_secure(scope, self.settings))
        response.headers["clear-site-data"] = '"storage", "cache"'


@dataclass(frozen=True)
class TrustedHeader:
    """A proxy in front of us has people sign in, and says in a header who it is. Nobody else's word counts."""

    accounts: Accounts
    settings: Settings
    header: str
    kind: str = "proxy"

    def who(self, scope: Scope) -> StoredPerson | None:
        """The person whom the proxy names; None where another machine than a proxy asks, or the header is not there once."""
        if not self._trusted(scope):
            return None
        named = [value.strip() for value in Headers(scope=scope).getlist(self.header) if value.strip()]
        if len(named) != 1 or len(named[0]) > MOST_SUBJECT:
            return None
        return self.accounts.vouched("proxy", named[0], named[0])

    def _trusted(self, scope: Scope) -> bool:
        peer = scope.get(PEER) or scope.get("client")
        try:
            address = ipaddress.ip_address(peer[0]) if peer else None
        except ValueError:
            return False
        return address is not None and any(address in network for network in self.settings.trusted_networks)


def way_in(workspace: Workspace) -> Cookies | TrustedHeader | None:
    """How people are known by the settings; None where nobody signs in. `SettingsError` where something is missing."""
    settings = workspace.settings
    if settings.auth is None:
        return None
    accounts = Accounts(
        workspace.store.database, idle=timedelta(hours=settings.login_idle_hours), lasts=timedelta(days=settings.login_days)
    )
    kind, _, header = settings.auth.partition(":")
    if kind == "proxy":
        return TrustedHeader(accounts, settings, header)
    if kind == "oidc":
        _require_oidc(settings)
    return Cookies(accounts, settings, kind)


def _require_oidc(settings: Settings) -> None:
    for name, given in (
        ("oidc_issuer", settings.oidc_issuer),
        ("oidc_client_id", settings.oidc_client_id),
        ("oidc_client_secret", settings.oidc_secret()),
    ):
        if not given:
            raise SettingsError(f"Signing in by OpenID Connect needs REHEARSE_{name.upper()}. Set it, or choose another --auth.")
    try:
        import authlib  # noqa: F401
    except ImportError:
        raise SettingsError("Signing in by OpenID Connect needs a package: pip install 'rehearse[oidc]'") from None
