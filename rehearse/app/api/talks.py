"""Talks: begin, say, look, rewind, finish, delete. The transcript lives on the server; a program sends only its next turn."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from rehearse.app.api.asked import Begin, KnownId, Rewind, Say
from rehearse.app.api.people import MyDesk
from rehearse.app.api.telling import debrief_told, ending_of, line_told, numbered, talk_told, turn_told
from rehearse.app.api.told import Answer, Finished, History, Talk
from rehearse.app.desk import Desk, MovedOnError, RepeatedSendError
from rehearse.app.routes import put_away
from rehearse.errors import StorageError
from rehearse.perception.readability import clean_turn

T = TypeVar("T")

CLIENT_LEFT = 499
"""What nobody will read: whoever asked has hung up."""

router = APIRouter(prefix="/rehearsals", tags=["Talks"])

RehearsalId = Annotated[
    str, Path(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$", description="As it was told at the start.")
]


async def awaited(request: Request | None, future: Future[T]) -> T:
    """What a piece of work comes to; if whoever asked hangs up first, or the task is cancelled, it is not begun any more.

    Without a request nobody can hang up.
    """
    waiting = asyncio.wrap_future(future)
    leaving = asyncio.ensure_future(_left(request)) if request is not None else None
    either: set[asyncio.Future[Any]] = {waiting} if leaving is None else {waiting, leaving}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        raise HTTPException(CLIENT_LEFT)
    finally:
        if leaving is not None:
            leaving.cancel()
        # Does nothing to work that has begun: a turn that was stored is answered.
        waiting.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


@router.post("", status_code=201)
def begin(desk: MyDesk, wanted: Begin) -> Talk:
    """Begin a talk; the answer holds its id and the counterpart's first words."""
    focus = desk.workspace.library.criterion(wanted.focus).id if wanted.focus else None
    kept = desk.begin(wanted.scenario, wanted.persona, wanted.difficulty.value, focus, wanted.seed, off_record=wanted.off_record)
    return talk_told(desk.workspace.store.get(kept.rehearsal_id))


@router.get("")
def history(
    desk: MyDesk,
    search: Annotated[str, Query(max_length=200, description="Words that were said.")] = "",
    scenario: Annotated[KnownId | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> History:
    """Your talks, newest first."""
    words = "".join(c for c in search if c.isprintable())
    found = desk.workspace.store.list(words, scenario, limit=limit + 1, offset=offset)
    return History(rehearsals=[line_told(summary) for summary in found[:limit]], more=len(found) > limit)


@router.get("/{rehearsal_id}")
def look(desk: MyDesk, rehearsal_id: RehearsalId) -> Talk:
    """A talk as it stands: what was said, what the coach saw, and when it has ended, what lay behind it."""
    return talk_told(desk.workspace.store.get(rehearsal_id))


@router.post("/{rehearsal_id}/turns")
async def say(request: Request, desk: MyDesk, rehearsal_id: RehearsalId, turn: Say) -> Answer:
    """Say something and hear the answer. Safe to send again: the same turn with the same words is said once."""
    return await said(request, desk, rehearsal_id, turn)


async def said(request: Request | None, desk: Desk, rehearsal_id: str, turn: Say) -> Answer:
    """One turn and its answer, whoever asks for it."""
    notice = ""
    try:
        await awaited(request, desk.say(rehearsal_id, turn.text, turn.expect_turn - 1))
        notice = desk.take_notice(rehearsal_id)
    except RepeatedSendError:
        pass
    except StorageError:
        if await run_in_threadpool(_said_otherwise, desk, rehearsal_id, turn):
            raise MovedOnError from None
        raise
    return await run_in_threadpool(_answer, desk, rehearsal_id, turn.expect_turn, notice)


def _said_otherwise(desk: Desk, rehearsal_id: str, turn: Say) -> bool:
    """Whether another process was first at this point, with other words."""
    said = {t.number: t.text for t in desk.workspace.store.get(rehearsal_id).turns}
    return said.get(turn.expect_turn, clean_turn(turn.text)) != clean_turn(turn.text)


def _answer(desk: Desk, rehearsal_id: str, number: int, notice: str) -> Answer:
    stored = desk.workspace.store.get(rehearsal_id)
    told = turn_told(stored, numbered(stored, number))
    return Answer(rehearsal=rehearsal_id, turn=told, ended=ending_of(stored), notice=notice or None)


@router.post("/{rehearsal_id}/rewind", status_code=201)
async def rewind(request: Request, desk: MyDesk, rehearsal_id: RehearsalId, moment: Rewind) -> Talk:
    """Go back: a new talk that shares the first turns and the state after them; the old one stays."""
    return await gone_back(request, desk, rehearsal_id, moment)


async def gone_back(request: Request | None, desk: Desk, rehearsal_id: str, moment: Rewind) -> Talk:
    """The new talk, whoever asks for it."""
    kept = await awaited(request, desk.do(lambda: desk.branch(rehearsal_id, moment.turn)))
    return await run_in_threadpool(lambda: talk_told(desk.workspace.store.get(kept.rehearsal_id)))


@router.post("/{rehearsal_id}/finish")
async def finish(request: Request, desk: MyDesk, rehearsal_id: RehearsalId) -> Finished:
    """End a talk and read its debrief; one that has ended gives the same debrief again."""
    return await finished(request, desk, rehearsal_id)


async def finished(request: Request | None, desk: Desk, rehearsal_id: str) -> Finished:
    """The talk's end and its debrief, whoever asks for it."""
    return await awaited(request, desk.do(lambda: _finished(desk, rehearsal_id), by_model=desk.by_model))


def _finished(desk: Desk, rehearsal_id: str) -> Finished:
    desk.end(rehearsal_id)
    stored = desk.workspace.store.get(rehearsal_id)
    debrief = debrief_told(stored)
    if debrief is None:
        # It ended, and the process was killed before the debrief was kept.
        with desk.held(rehearsal_id):
            desk.open(rehearsal_id).finish()
        stored = desk.workspace.store.get(rehearsal_id)
        debrief = debrief_told(stored)
    assert debrief is not None, "a finished talk has a debrief"
    return Finished(rehearsal=rehearsal_id, ended=ending_of(stored), debrief=debrief)


@router.delete("/{rehearsal_id}", status_code=204)
def delete(desk: MyDesk, rehearsal_id: RehearsalId) -> None:
    """Delete a talk; no word of it is kept."""
    with desk.held(rehearsal_id):
        desk.open(rehearsal_id)
        desk.workspace.store.delete(rehearsal_id)
        put_away(desk, rehearsal_id)
