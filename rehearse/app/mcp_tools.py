"""The tools that a program reaches over the Model Context Protocol: the same calls as the HTTP interface, under other names.

Imports the package of the extra `mcp`; nothing else does, so that Rehearse runs without it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from rehearse import __version__
from rehearse.app.api import catalogue, rated, talks
from rehearse.app.api.asked import MOST_SEED, MOST_TRANSCRIPT, Begin, KnownId, Rewind, Say, Transcript
from rehearse.app.api.problems import UNEXPECTED, sentence_of
from rehearse.app.api.told import Answer, Finished, HitTold, IdeaTold, PersonaTold, ScenarioTold, Scored, Talk
from rehearse.app.desk import Desk
from rehearse.domain.persona import Difficulty
from rehearse.errors import LearnerError, RehearseError
from rehearse.perception.readability import MAX_TURN_CHARACTERS

P = ParamSpec("P")
R = TypeVar("R")
Asked = Context[Any, Any]
DeskOf = Callable[[Asked], Desk]
"""Finds the desk of whoever calls a tool."""

INSTRUCTIONS = (
    "Rehearse lets a person practise the conversations that start a reverse mentorship. Read `scenarios` and `personas` "
    "first, then `start` a talk, `say` the learner's words turn by turn, and `finish` to read the coach's debrief. `rewind` "
    "goes back to any turn and leaves the old talk as it is. What the counterpart feels and whether they agree is decided "
    "by Rehearse and not by any words. `score` rates a conversation that was held elsewhere, `search_ideas` finds passages "
    "of the guidance."
)

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
ADDS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
REPEATS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)

RehearsalId = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$", description="The id that `start` or `rewind` told.")
]

log = logging.getLogger(__name__)


def said_plainly(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """A tool whose errors are sentences for whoever reads them, and whose bugs tell nothing."""

    @wraps(tool)
    async def plain(*given: P.args, **named: P.kwargs) -> R:
        try:
            return await tool(*given, **named)
        except RehearseError as error:
            if not isinstance(error, LearnerError):
                log.error("a tool failed", exc_info=error)
            raise ToolError(sentence_of(error)) from None
        except Exception:
            log.exception("a tool failed")
            raise ToolError(UNEXPECTED) from None

    return plain


def server_of(desk_of: DeskOf) -> MCPServer[Any]:
    """A server with every tool; `desk_of` says for whom."""
    server = _server()
    _add_reading(server, desk_of)
    _add_talking(server, desk_of)
    return server


def _server() -> MCPServer[Any]:
    root, nobody = logging.getLogger(), logging.NullHandler()
    # The package sets up the logging of the whole process, unless somebody has done so already.
    root.addHandler(nobody)
    try:
        return MCPServer("rehearse", title="Rehearse", instructions=INSTRUCTIONS, version=__version__, subscriptions=False)
    finally:
        root.removeHandler(nobody)


def _add_reading(server: MCPServer[Any], desk_of: DeskOf) -> None:
    @server.tool(annotations=READS)
    @said_plainly
    async def scenarios(ctx: Asked) -> list[ScenarioTold]:
        """The conversations that can be rehearsed, each with its brief and with who can play the counterpart."""
        return await run_in_threadpool(catalogue.scenarios, desk_of(ctx))

    @server.tool(annotations=READS)
    @said_plainly
    async def personas(ctx: Asked) -> list[PersonaTold]:
        """Who can play the counterpart: their public side."""
        return await run_in_threadpool(catalogue.personas, desk_of(ctx))

    @server.tool(annotations=READS)
    @said_plainly
    async def ideas(ctx: Asked) -> list[IdeaTold]:
        """The six ideas of the guidance with all their passages."""
        return await run_in_threadpool(catalogue.ideas, desk_of(ctx))

    @server.tool(annotations=READS)
    @said_plainly
    async def search_ideas(
        ctx: Asked,
        question: Annotated[str, Field(max_length=1_000, description="A question, or a few words.")],
        top: Annotated[int, Field(ge=1, le=50, description="How many passages.")] = 3,
    ) -> list[HitTold]:
        """The passages of the guidance that answer a question, best first."""
        return await run_in_threadpool(catalogue.search, desk_of(ctx), question, top)

    @server.tool(annotations=READS)
    @said_plainly
    async def score(
        ctx: Asked,
        text: Annotated[
            str,
            Field(max_length=MOST_TRANSCRIPT, description="`Name: words` lines, Markdown, WebVTT or JSON."),
        ],
        learner: Annotated[
            str | None, Field(max_length=200, description="The learner's name, where no speaker is called `learner`.")
        ] = None,
    ) -> Scored:
        """Rate a conversation that was held elsewhere; nothing of it is kept."""
        return await rated.rated(None, desk_of(ctx), Transcript(text=text, learner=learner))


def _add_talking(server: MCPServer[Any], desk_of: DeskOf) -> None:
    @server.tool(annotations=ADDS)
    @said_plainly
    async def start(
        ctx: Asked,
        scenario: Annotated[KnownId, Field(description="See `scenarios`.")],
        persona: Annotated[KnownId, Field(description="One who fits the scenario; see `personas`.")],
        difficulty: Difficulty = Difficulty.NORMAL,
        seed: Annotated[
            int | None,
            Field(ge=0, le=MOST_SEED, description="The same seed and words give the same talk."),
        ] = None,
        focus: Annotated[KnownId | None, Field(description="A criterion to practise, such as `exploration`.")] = None,
        off_record: Annotated[bool, Field(description="Keep it in memory only; it stands in no history.")] = False,
    ) -> Talk:
        """Begin a talk; the answer holds its id and the counterpart's first words."""
        wanted = Begin(scenario=scenario, persona=persona, difficulty=difficulty, seed=seed, focus=focus, off_record=off_record)
        return await run_in_threadpool(talks.begin, desk_of(ctx), wanted)

    @server.tool(annotations=REPEATS)
    @said_plainly
    async def say(
        ctx: Asked,
        rehearsal: RehearsalId,
        text: Annotated[str, Field(min_length=1, max_length=MAX_TURN_CHARACTERS, description="The learner's words.")],
        expect_turn: Annotated[
            int,
            Field(
                ge=1, le=10_000, description="The number that this turn will have, 1 for the first. Sent again, it is said once."
            ),
        ],
    ) -> Answer:
        """Say one turn of the learner and hear the counterpart's answer, with what the coach saw in it."""
        return await talks.said(None, desk_of(ctx), rehearsal, Say(text=text, expect_turn=expect_turn))

    @server.tool(annotations=READS)
    @said_plainly
    async def look(ctx: Asked, rehearsal: RehearsalId) -> Talk:
        """A talk as it stands; when it has ended, also what lay behind each answer."""
        return await run_in_threadpool(talks.look, desk_of(ctx), rehearsal)

    @server.tool(annotations=ADDS)
    @said_plainly
    async def rewind(
        ctx: Asked,
        rehearsal: RehearsalId,
        turn: Annotated[int, Field(ge=0, le=10_000, description="How many of the learner's turns are kept; 0 begins again.")],
    ) -> Talk:
        """Go back: a new talk that shares the first turns and the state after them; the old one stays."""
        return await talks.gone_back(None, desk_of(ctx), rehearsal, Rewind(turn=turn))

    @server.tool(annotations=REPEATS)
    @said_plainly
    async def finish(ctx: Asked, rehearsal: RehearsalId) -> Finished:
        """End a talk and read its debrief; one that has ended gives the same debrief again."""
        return await talks.finished(None, desk_of(ctx), rehearsal)
