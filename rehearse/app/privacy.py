"""Privacy: what is kept, where and for how long, what leaves this machine, and who can read it, as the settings have it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import gradio as gr

from rehearse.app.hardening import is_loopback
from rehearse.app.parts import QUIET, filled_later, notice, page_head
from rehearse.app.strings import counted, text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.config import TOML_NAME, Settings
from rehearse.errors import RehearseError
from rehearse.people.sharing import shares_of
from rehearse.workspace import Workspace

OPENAI_HOST = "api.openai.com"


@dataclass(frozen=True)
class Endpoint:
    """One place that something is sent to."""

    where: str
    what: str
    here: bool
    """Whether it is this machine itself."""


@dataclass(frozen=True)
class Account:
    """The whole page, as sentences."""

    home: str
    kept: tuple[str, ...]
    long: str
    leaves: tuple[Endpoint, ...]
    nothing_leaves: bool
    leaves_more: tuple[str, ...]
    see: tuple[str, ...]


def model_endpoint(settings: Settings) -> Endpoint | None:
    """Who is shown the words of a talk: the host alone, nothing that opens it."""
    if settings.model is None:
        return None
    kind, _, _ = settings.model.partition(":")
    what = [text("privacy.model_words")]
    if settings.model_coach:
        what.append(text("privacy.model_coach"))
    if settings.model_appraisal:
        what.append(text("privacy.model_appraisal"))
    what.append(text("privacy.model_names") if settings.hide_names else text("privacy.model_no_names"))
    if kind == "local":
        return Endpoint(text("privacy.model_local"), " ".join(what), here=True)
    if kind == "openai":
        host = (urlsplit(settings.openai_base_url).hostname or "?") if settings.openai_base_url else OPENAI_HOST
        if is_loopback(host):
            return Endpoint(text("privacy.model_loopback", host=host), " ".join(what), here=True)
        return Endpoint(host, " ".join(what), here=False)
    return Endpoint(text("privacy.model_provider", provider=kind), " ".join(what), here=False)


def account_of(workspace: Workspace) -> Account:
    """What is true of this installation and this person now."""
    settings = workspace.settings
    model = model_endpoint(settings)
    endpoints = [model] if model else []
    place = workspace.store.database.place
    if settings.database_url or settings.database_url_file:
        endpoints_here = text("privacy.kept_elsewhere", place=place)
    else:
        endpoints_here = text("privacy.kept_file", place=place)
    shared = shares_of(workspace).count()
    # Only where it stands in our own file: what a secret store or the environment holds is theirs.
    key_here = (text("privacy.kept_key"),) if settings.key_source() == TOML_NAME else ()
    kept = (
        endpoints_here,
        text("privacy.kept_what"),
        text("privacy.kept_index"),
        text("privacy.kept_log"),
        *key_here,
        text("privacy.draft"),
        text("privacy.off_record"),
        text("privacy.cookie", hours=settings.login_idle_hours, days=settings.login_days)
        if settings.auth and not settings.auth.startswith("proxy")
        else text("privacy.no_cookie"),
    )
    long = text("privacy.forever") if settings.keep_days is None else counted("privacy.days", settings.keep_days)
    if settings.chroma_url:
        host = urlsplit(settings.chroma_url).hostname or "?"
        here = is_loopback(host)
        where = text("privacy.model_loopback", host=host) if here else host
        endpoints.append(Endpoint(where, text("privacy.chroma"), here=here))
    more = [text("privacy.no_telemetry")]
    if settings.auth == "oidc":
        host = urlsplit(settings.oidc_issuer or "").hostname or "?"
        endpoints.append(Endpoint(host, text("privacy.oidc"), here=is_loopback(host)))
    more.append(counted("privacy.links", shared) if shared else text("privacy.no_links"))
    return Account(
        home=str(settings.home),
        kept=kept,
        long=long,
        leaves=tuple(endpoints),
        nothing_leaves=all(e.here for e in endpoints),
        leaves_more=tuple(more),
        see=tuple(_readers(settings)),
    )


def _readers(settings: Settings) -> list[str]:
    if settings.auth is None:
        own = text("privacy.see_here") if is_loopback(settings.host) else text("privacy.see_open", host=settings.host)
        return [own, text("privacy.see_machine")]
    if settings.auth == "accounts":
        how = text("privacy.see_accounts")
    else:
        how = text("privacy.see_oidc") if settings.auth == "oidc" else text("privacy.see_proxy")
    return [how, text("privacy.see_no_manager"), text("privacy.see_operator")]


def privacy_html(workspace: Workspace) -> str:
    """The page for the person whose workspace it is."""
    try:
        return render("privacy.html", account=account_of(workspace))
    except RehearseError as error:
        return notice(str(error))


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.privacy", "privacy")
    page = filled_later("privacy")

    def load(request: gr.Request) -> str:
        return privacy_html(visitors.desk(request).workspace)

    demo.load(load, None, [page], **QUIET)
