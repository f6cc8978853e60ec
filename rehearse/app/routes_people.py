"""Our own pages for people: signing in and out, invitations, passwords, and where somebody is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rehearse.app.routes import failure
from rehearse.app.signed_in import PERSON, person_of
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.way_in import Cookies, WayIn
from rehearse.errors import LearnerError, RehearseError, TooManyAttemptsError, UnknownIdError
from rehearse.people.accounts import PROGRAM_FOR
from rehearse.people.passwords import SHORTEST
from rehearse.storage.accounts import BROWSER
from rehearse.storage.records import StoredPerson
from rehearse.workspace import Workspace

Field = Annotated[str, Form(max_length=2_000)]
NO_REFERRER = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
"""For addresses that are secrets."""
OWN_REFERRER = NO_REFERRER | {"referrer-policy": "same-origin"}
"""For secret addresses with a form: without any referrer a browser would not say either that the form is one of ours."""


def bare(template: str, title: str, status: int = 200, **values: Any) -> HTMLResponse:
    """One of our own pages, without Gradio."""
    return HTMLResponse(render("bare.html", title=title, body=render(template, **values)), status)


def safe_place(wanted: str) -> str:
    """A place on this site to go to; the first page for anything else."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() and "\\" not in wanted
    return wanted if plain else "/"


def address_of(request: Request) -> str:
    """Where a request comes from, as far as it is known."""
    return request.client.host if request.client else "unknown"


def _refused(error: RehearseError, page: Callable[[str, int], Response]) -> Response:
    """The same page again with what went wrong; says when to try again where that is later."""
    if isinstance(error, TooManyAttemptsError):
        answer = page(str(error), 429)
        answer.headers["retry-after"] = str(error.retry_after)
        return answer
    if not isinstance(error, LearnerError):
        return failure(error)
    return page(str(error), 400)


def signing_in(way: WayIn, workspace: Workspace) -> APIRouter:
    """Sign-in, invitations and one's own account, as far as this installation has them."""
    router = APIRouter(include_in_schema=False)
    if isinstance(way, Cookies):
        _in_and_out(router, way)
        if way.kind == "accounts":
            _invitations(router, way)
            _passwords(router, way, workspace)
        _logins(router, way, workspace)
    _account(router, way, workspace)
    return router


def _in_and_out(router: APIRouter, way: Cookies) -> None:
    accounts = way.accounts

    def page(wanted: str, problem: str = "", status: int = 200, name: str = "") -> Response:
        return bare(
            "sign_in.html", text("people.sign_in"), status, kind=way.kind, next=safe_place(wanted), problem=problem, name=name
        )

    @router.get("/sign-in")
    def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 (it is called so in the address)
        if PERSON in request.scope:
            return RedirectResponse(safe_place(next), 303)
        return page(next)

    if way.kind == "accounts":

        @router.post("/sign-in")
        def sign_in(request: Request, name: Field = "", password: Field = "", next: Field = "/") -> Response:  # noqa: A002
            try:
                token = accounts.sign_in(name, password, address_of(request), way.token(request.scope))
            except RehearseError as error:
                return _refused(error, lambda problem, status: page(next, problem, status, name))
            answer = RedirectResponse(safe_place(next), 303)
            way.give(answer, request.scope, token)
            return answer

    @router.post("/sign-out")
    def sign_out(request: Request) -> Response:
        try:
            accounts.sign_out(way.token(request.scope))
        except RehearseError as error:
            return failure(error)
        answer = RedirectResponse("/sign-in", 303)
        way.take(answer, request.scope)
        return answer


def _invitations(router: APIRouter, way: Cookies) -> None:
    accounts = way.accounts

    def page(problem: str = "", status: int = 200, name: str = "") -> Response:
        answer = bare("invitation.html", text("people.invited"), status, problem=problem, name=name, shortest=SHORTEST)
        answer.headers.update(OWN_REFERRER)
        return answer

    def gone() -> Response:
        return bare(
            "message.html",
            text("people.invited"),
            404,
            heading=text("people.invitation_gone"),
            words=text("people.invitation_gone_why"),
            actions=[("../sign-in", text("people.sign_in"))],
        )

    @router.get("/invitation/{token}")
    def invitation(token: str) -> Response:
        try:
            accounts.require_invitation(token)
        except UnknownIdError:
            return gone()
        return page()

    @router.post("/invitation/{token}")
    def accept(request: Request, token: str, name: Field = "", password: Field = "") -> Response:
        try:
            login = accounts.accept(token, name, password, address_of(request))
        except UnknownIdError:
            return gone()
        except RehearseError as error:
            return _refused(error, lambda problem, status: page(problem, status, name))
        answer = RedirectResponse("/", 303)
        way.give(answer, request.scope, login)
        return answer


def _account(router: APIRouter, way: WayIn, workspace: Workspace) -> None:
    @router.get("/account")
    def account(request: Request) -> Response:
        return account_page(way, workspace, person_of(request))


def account_page(
    way: WayIn, workspace: Workspace, person: StoredPerson, problem: str = "", status: int = 200, told: tuple[str, str] = ("", "")
) -> Response:
    """What there is about somebody's account; `told` is something that is shown this once, with what it is."""
    try:
        logins = way.accounts.logins(person)
    except RehearseError as error:
        return failure(error)
    browsers = sum(login.kind == BROWSER for login in logins)
    return bare(
        "account.html",
        text("people.account"),
        status,
        kind=way.kind,
        name=person.name,
        host=person.host,
        has_password=person.password_hash is not None,
        browsers=browsers,
        programs=len(logins) - browsers,
        program_days=PROGRAM_FOR.days,
        problem=problem,
        told=told,
        shortest=SHORTEST,
        idle_hours=workspace.settings.login_idle_hours,
    )


def _passwords(router: APIRouter, way: Cookies, workspace: Workspace) -> None:
    accounts = way.accounts

    @router.post("/account/password")
    def change(request: Request, old: Field = "", new: Field = "") -> Response:
        person = person_of(request)
        try:
            accounts.change_password(person, old, new, way.token(request.scope), address_of(request))
        except RehearseError as error:
            return _refused(error, lambda problem, status: account_page(way, workspace, person, problem, status))
        return account_page(way, workspace, person, told=(text("people.password_changed"), ""))

    @router.post("/account/invite")
    def invite(request: Request) -> Response:
        person = person_of(request)
        if not person.host:
            return account_page(way, workspace, person, text("people.not_host"), 403)
        try:
            link = f"{base_url(request, workspace)}/invitation/{accounts.invite()}"
        except RehearseError as error:
            return failure(error)
        return account_page(way, workspace, person, told=(text("people.invitation_made"), link))


def _logins(router: APIRouter, way: Cookies, workspace: Workspace) -> None:
    accounts = way.accounts

    @router.post("/account/sign-out-everywhere")
    def everywhere(request: Request) -> Response:
        try:
            accounts.sign_out_everywhere(person_of(request))
        except RehearseError as error:
            return failure(error)
        answer = RedirectResponse("/sign-in", 303)
        way.take(answer, request.scope)
        return answer

    @router.post("/account/token")
    def token(request: Request) -> Response:
        person = person_of(request)
        try:
            made = accounts.token_for_program(person)
        except RehearseError as error:
            return failure(error)
        return account_page(way, workspace, person, told=(text("people.token_made"), made))


def base_url(request: Request, workspace: Workspace) -> str:
    """The address under which others reach this page."""
    return workspace.settings.public_url or str(request.base_url).rstrip("/")
