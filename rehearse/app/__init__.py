"""The browser application: Gradio pages on FastAPI, with our own routes for what Gradio should not serve."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import threading
import warnings
from urllib.parse import urlsplit

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# Gradio would make a table of all its events after each of them, for a page of figures that is not served here.
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))

import gradio as gr
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from gradio.components.navbar import Navbar
from starlette.routing import Route

from rehearse.app import (
    attempts,
    history,
    ideas_page,
    lookback,
    own_counterpart,
    own_guidance,
    prepare,
    privacy,
    progress_page,
    routes,
    routes_lookback,
    routes_people,
    routes_prepare,
    routes_privacy,
    routes_settings,
    routes_sharing,
    settings_page,
    stage,
    takeaway,
    worksheet,
)
from rehearse.app.api import PREFIX, application
from rehearse.app.desk import shared_talks
from rehearse.app.doorway import Doorway, Sessions
from rehearse.app.hardening import Hardened, behind_proxies, is_loopback
from rehearse.app.health import Readiness, Warmth, health
from rehearse.app.logs import log_as_json
from rehearse.app.mcp_mount import PREFIX as MCP_PREFIX
from rehearse.app.mcp_mount import McpMount
from rehearse.app.metrics import Measured, Metrics
from rehearse.app.queueing import shared_work
from rehearse.app.remembered import forget_pages, watch
from rehearse.app.signed_in import SignedIn
from rehearse.app.strings import speak, text
from rehearse.app.theme import gradio_theme
from rehearse.app.visitors import OnePerson, Visitors
from rehearse.app.way_in import Cookies, WayIn, way_in
from rehearse.errors import RehearseError
from rehearse.people.forgetting import forget_readings
from rehearse.workspace import Workspace

log = logging.getLogger(__name__)

SECONDS_A_DAY = 86_400
SECONDS_OFF_RECORD = 600.0
"""How often it is looked for talks off the record that were left too long ago."""
AT_ONCE = 8
"""How many events of one kind are handled at the same time."""
EVENTS_AT_ONCE = 600
"""How many events of all kinds: more than people whose words can wait for an answer, so that those keep nobody from a page."""
SWITCH_SECONDS = 0.0005
"""How long a thread may hold Python while others wait for it. A turn lets go of it some hundred times, whenever it asks the
database or a model; with Python's own 5 ms each of those would cost it as much while another thread is busy: half a second."""
MOST_PAGES = 300
"""Pages whose components Gradio remembers, of 120 KB each. It keeps those that were closed as well, and would keep 10,000; a page
that it has forgotten is known by its address."""
HEAD = (
    '<link rel="stylesheet" href="assets-rehearse/style.css"><script defer src="assets-rehearse/script.js"></script>'
    '<meta name="referrer" content="same-origin"><link rel="icon" href="data:,">'
)


def pages(visitors: Visitors, *, with_account: bool = False) -> gr.Blocks:
    """Every page, each with an address of its own; `with_account` puts one's account beside them."""
    demo: gr.Blocks = gr.Blocks(analytics_enabled=False, title=text("app.name"), fill_width=True)
    with demo:
        prepare.add_page(demo, visitors)
    with demo.route(text("nav.history"), "history"):
        history.add_page(demo, visitors)
    with demo.route(text("nav.progress"), "progress"):
        progress_page.add_page(demo, visitors)
    with demo.route(text("nav.ideas"), "ideas"):
        ideas_page.add_page(demo, visitors)
    with demo.route(text("nav.privacy"), "privacy"):
        privacy.add_page(demo, visitors)
    with demo.route(text("title.stage"), "stage", show_in_navbar=False):
        stage.add_page(demo, visitors)
    with demo.route(text("title.lookback"), "lookback", show_in_navbar=False):
        lookback.add_page(demo, visitors)
    with demo.route(text("title.compare"), "compare", show_in_navbar=False):
        attempts.add_page(demo, visitors)
    with demo.route(text("title.takeaway"), "takeaway", show_in_navbar=False):
        takeaway.add_page(demo, visitors)
    with demo.route(text("title.worksheet"), "worksheet", show_in_navbar=False):
        worksheet.add_page(demo, visitors)
    with demo.route(text("title.counterpart"), "counterpart", show_in_navbar=False):
        own_counterpart.add_page(demo, visitors)
    with demo.route(text("title.guidance"), "guidance", show_in_navbar=False):
        own_guidance.add_page(demo, visitors)
    with demo.route(text("title.settings"), "settings", show_in_navbar=False):
        settings_page.add_page(demo, visitors)
    if with_account:
        for block in demo.blocks.values():
            if isinstance(block, Navbar):
                block.value = [(text("people.account"), "account")]
    _note_signatures(demo)
    demo.max_threads = EVENTS_AT_ONCE
    demo.state_session_capacity = MOST_PAGES
    demo.queue(default_concurrency_limit=AT_ONCE, api_open=False)
    return demo


def _note_signatures(demo: gr.Blocks) -> None:
    """Spare Python working out the parameters of each component again for each page that is opened, a quarter of what that costs.

    Gradio asks for them with `inspect.signature`, which takes what is noted on a function (PEP 362).
    """
    for kind in {kind for block in demo.blocks.values() for kind in type(block).__mro__ if "__init__" in vars(kind)}:
        made = kind.__init__  # type: ignore[misc]
        if inspect.isfunction(made):
            made.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]


def _signing_in(way: WayIn | None, workspace: Workspace) -> list[APIRouter]:
    """The pages about people that this installation has."""
    if way is None:
        return []
    found = [routes_people.signing_in(way, workspace)]
    if isinstance(way, Cookies) and way.kind == "oidc":
        from rehearse.app.routes_oidc import signing_in_elsewhere

        found.append(signing_in_elsewhere(way, workspace))
    return found


def build(workspace: Workspace, *, local_only: bool = False) -> FastAPI:
    """The whole application, ready for a server; `local_only` for one that other machines cannot reach."""
    speak(workspace.settings.language)
    way, sessions = way_in(workspace), Sessions()
    visitors: Visitors = OnePerson(workspace) if way is None else SignedIn(workspace)
    tools = McpMount(visitors)
    app = FastAPI(title=text("app.name"), docs_url=None, redoc_url=None, openapi_url=None, lifespan=tools.lifespan)
    metrics = Metrics(shared_work(), lambda: len(shared_talks()))
    workspace.casting.watch = metrics
    app.state.readiness = readiness = Readiness(workspace)
    app.state.visitors = visitors
    app.add_exception_handler(RequestValidationError, routes.unreadable)
    for router in (
        routes.assets(),
        routes.actions(visitors),
        routes_lookback.router(visitors),
        routes_prepare.preparing(visitors),
        routes_sharing.sharing(visitors),
        routes_privacy.privacy_actions(visitors),
        routes_settings.choosing(visitors),
        *_signing_in(way, workspace),
        health(readiness, metrics),
    ):
        app.include_router(router)
    app.mount(PREFIX, application(visitors))
    app.router.routes.append(Route(MCP_PREFIX, endpoint=tools, methods=["GET", "POST", "DELETE"]))
    if way is not None:
        app.add_middleware(Doorway, way=way, sessions=sessions)
    public_host = urlsplit(workspace.settings.public_url or "").hostname or ""
    # Whoever watches over a process knows it by an address of its own.
    watched = ("/health/", "/metrics") if workspace.settings.metrics == "open" else ("/health/",)
    app.add_middleware(Hardened, local_only=local_only, public_host=public_host, under_any_name=watched)
    app.add_middleware(Measured, metrics=metrics)
    with warnings.catch_warnings():
        # Gradio says that several pages switch server-side rendering off, also where it is off already.
        warnings.filterwarnings("ignore", message="SSR mode is not supported", category=UserWarning)
        mounted: FastAPI = gr.mount_gradio_app(
            app,
            demo := pages(visitors, with_account=way is not None),
            path="/",
            theme=gradio_theme(),
            head=HEAD,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            show_error=False,
            pwa=False,
            mcp_server=False,
            app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        )
    watch(demo.state_holder, sessions.owned if way is not None else None)
    return mounted


def _warm_up(workspace: Workspace, readiness: Readiness) -> None:
    # What fails in a way that nobody foresaw has failed too: it is not “loading” for ever.
    came_to = Warmth.FAILED
    try:
        workspace.warm_up()
        came_to = Warmth.LOADED
    except RehearseError as error:
        # The page says the same where it matters; the server stays up, so that it can.
        log.warning("%s", error)
    finally:
        readiness.models = came_to


def expire_daily(workspace: Workspace, stop: threading.Event, wait: float = SECONDS_A_DAY) -> None:
    """Delete what has grown too old, now and every day, until told to stop."""
    while True:
        try:
            gone = workspace.expire()
            if gone:
                log.info("%d rehearsals were older than %s days and are deleted.", gone, workspace.settings.keep_days)
        except RehearseError as error:
            log.warning("%s", error)
        if stop.wait(wait):
            return


def forget_overdue(workspace: Workspace, visitors: Visitors, stop: threading.Event, wait: float = SECONDS_OFF_RECORD) -> None:
    """Let go of talks off the record that were left hours ago, again and again until told to stop."""
    while not stop.wait(wait):
        if workspace.store.forget_overdue():
            visitors.put_away()
            forget_pages()
            forget_readings(workspace)


def serve(workspace: Workspace, host: str, port: int) -> None:
    """Serve the application until it is interrupted; the models are loaded while the page is opened."""
    settings = workspace.settings
    if settings.log_json:
        log_as_json()
    built = build(workspace, local_only=is_loopback(host))
    app = behind_proxies(built, settings.trusted_networks)
    # The library requests silences this when it is loaded; a thread that puts its own filters back at that moment would undo it.
    warnings.filterwarnings("ignore", message="SOCKS support in urllib3")
    threading.Thread(target=_warm_up, args=(workspace, built.state.readiness), name="warm-up", daemon=True).start()
    stop = threading.Event()
    forgetting = (workspace, built.state.visitors, stop)
    threading.Thread(target=forget_overdue, args=forgetting, name="off the record", daemon=True).start()
    if settings.keep_days is not None or settings.auth is not None:
        threading.Thread(target=expire_daily, args=(workspace, stop), name="expiry", daemon=True).start()
    shown = f"[{host}]" if ":" in host else host
    where = "the database that is set" if isinstance(settings.database, str) else settings.home
    print(f"Rehearse is at http://{shown}:{port} (stop with Ctrl+C). Your talks are in {where}", flush=True)  # noqa: T201
    if settings.auth is None and not is_loopback(host):
        print("Whoever reaches this address reads all talks; nobody has to sign in. Add --auth to change that.", flush=True)  # noqa: T201
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            # The log is set up already; uvicorn would set up its own beside it.
            log_config=None if settings.log_json else uvicorn.config.LOGGING_CONFIG,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=1,
            # `behind_proxies` does it, for the proxies of the settings only.
            proxy_headers=False,
            server_header=False,
        )
    finally:
        stop.set()
