"""Sharing one talk by a link: choosing what it shows, the list of one's links, and the page that whoever has a link reads."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from rehearse.app.desk import Desk
from rehearse.app.hardening import is_loopback
from rehearse.app.routes import answered, done, failure, go, page_of
from rehearse.app.routes_people import NO_REFERRER, bare, base_url
from rehearse.app.signed_in import PERSON
from rehearse.app.strings import text
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.domain.library import Library
from rehearse.errors import RehearseError, UnknownIdError
from rehearse.export import persona_title, scenario_title
from rehearse.people.sharing import DAYS, Choice, share, shares_of, shown
from rehearse.storage.records import StoredPerson
from rehearse.workspace import Workspace

Field = Annotated[str, Form(max_length=200)]


def sharing(visitors: Visitors) -> APIRouter:
    """Everything about links."""
    router = APIRouter(include_in_schema=False)
    _choosing(router, visitors)
    _listing(router, visitors)
    _reading(router, visitors)
    return router


def _own_name(request: Request) -> str:
    person = request.scope.get(PERSON)
    return person.name if isinstance(person, StoredPerson) else ""


def _title(workspace: Workspace, rehearsal_id: str) -> str:
    """What a talk is called, for its owner."""
    try:
        stored = workspace.store.get(rehearsal_id)
    except UnknownIdError:
        return text("history.gone")
    library: Library = workspace.library
    return f"{scenario_title(library, stored.scenario_id)}, {persona_title(library, stored.persona_id)[0]}"


def _choosing(router: APIRouter, visitors: Visitors) -> None:
    @router.get("/share")
    def choose(request: Request, rehearsal: str = "") -> Response:
        try:
            workspace = visitors.desk(request).workspace
            workspace.store.get(rehearsal)
        except RehearseError as error:
            return failure(error)
        return bare(
            "share.html",
            text("share.title"),
            rehearsal_id=rehearsal,
            talk=_title(workspace, rehearsal),
            days=DAYS,
            chosen=Choice(),
            only_here=is_loopback(workspace.settings.host) and not workspace.settings.public_url,
        )

    @router.post("/do/share")
    def make(
        request: Request, rehearsal: Field = "", scores: Field = "", thoughts: Field = "", names: Field = "", days: Field = ""
    ) -> Response:
        def action(desk: Desk) -> Response:
            choice = Choice(bool(scores), bool(thoughts), not names, int(days) if days.isdecimal() and len(days) < 5 else 0)
            token = share(desk.workspace, rehearsal, choice, _own_name(request))
            link = f"{base_url(request, desk.workspace)}/shared/{token}"
            return _list(desk.workspace, link)

        return done(visitors, request, action)

    @router.post("/do/unshare")
    def take_back(request: Request, share_id: Field = "") -> Response:
        def action(desk: Desk) -> Response:
            shares_of(desk.workspace).revoke(share_id)
            return go("shares")

        return done(visitors, request, action)


def _list(workspace: Workspace, link: str = "") -> Response:
    entries = [
        {
            "id": kept.share_id,
            "title": _title(workspace, kept.rehearsal_id),
            "made": when(kept.made_at),
            "until": when(kept.expires_at),
        }
        for kept in shares_of(workspace).list()
    ]
    return bare("shares.html", text("share.list_title"), entries=entries, link=link)


def _listing(router: APIRouter, visitors: Visitors) -> None:
    @router.get("/shares")
    def shares(request: Request) -> Response:
        return answered(visitors, request, lambda desk: _list(desk.workspace))


def _reading(router: APIRouter, visitors: Visitors) -> None:
    @router.get("/shared/{token}")
    def shared(token: str) -> Response:
        try:
            snapshot = shown(visitors.workspace, token)
        except UnknownIdError:
            answer: Response = page_of(text("share.gone"), text("share.gone_why"), 404)
        except RehearseError as error:
            answer = failure(error)
        else:
            answer = bare("shared.html", text("share.page_title"), snapshot=snapshot)
        answer.headers.update(NO_REFERRER)
        return answer
