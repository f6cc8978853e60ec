"""`rehearse history card | agreement | contest | progress`: what follows from rehearsals that are over."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_history import Json, RehearsalId, stored
from rehearse.cli_output import emit, hand_over, note, people, refuse_on_terminal, say

if TYPE_CHECKING:
    from rehearse.coaching.agreement import Agreement
    from rehearse.coaching.carry import CarryCard
    from rehearse.workspace import KeptRehearsal, Workspace


class PaperFormat(StrEnum):
    """What a paper to take along is written as."""

    MARKDOWN = "markdown"
    PDF = "pdf"


Format = Annotated[PaperFormat, typer.Option("--format", help="Markdown to read, PDF to print (needs --output).")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to; an existing file is not replaced.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


_SAID = {
    "changed": "The rating was changed.",
    "shown as unsure": "The rating is shown as unsure from now on.",
    "stands": "The rating stands.",
}


def _over(workspace: Workspace, rehearsal_id: str) -> KeptRehearsal:
    """A rehearsal that has ended; `LearnerError` for one that is still open or in which nothing was said."""
    from rehearse.domain.state import Ending
    from rehearse.errors import LearnerError

    kept = workspace.resume(stored(workspace.store, rehearsal_id).rehearsal_id)
    if kept.rehearsal.ended is Ending.OPEN:
        raise LearnerError(f"This talk is not over yet. Go on with: rehearse chat --resume {kept.rehearsal_id[:8]}")
    if not kept.rehearsal.assessments:
        raise LearnerError("Nothing was said in this talk, so there is nothing to take from it.")
    return kept


def _hand_over(paper: CarryCard | Agreement, written: PaperFormat, output: Path | None, force: bool, json: bool) -> None:
    from rehearse.coaching.agreement import Agreement
    from rehearse.coaching.pdf import agreement_pdf, card_pdf

    if json:
        emit(paper.to_dict())
        return
    refuse_on_terminal(written is PaperFormat.PDF, output)
    content: str | bytes = paper.to_markdown()
    if written is PaperFormat.PDF:
        content = agreement_pdf(paper) if isinstance(paper, Agreement) else card_pdf(paper)
    hand_over(content, output, force)


def card(
    rehearsal_id: RehearsalId,
    written: Format = PaperFormat.MARKDOWN,
    output: Output = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """The card for the real conversation: opening line, two questions, the likely objection and an answer, the ask."""
    from rehearse.retrospect import card_of
    from rehearse.workspace import shared_workspace

    _hand_over(card_of(_over(shared_workspace(), rehearsal_id)), written, output, force, json)


def agreement(
    rehearsal_id: RehearsalId,
    written: Format = PaperFormat.MARKDOWN,
    output: Output = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """The draft agreement of a talk about expectations, in the words of both; what was not settled stays blank."""
    from rehearse.retrospect import agreement_of
    from rehearse.workspace import shared_workspace

    _hand_over(agreement_of(_over(shared_workspace(), rehearsal_id)), written, output, force, json)


def contest(
    rehearsal_id: RehearsalId,
    turn: Annotated[int, typer.Argument(metavar="TURN", min=1, help="The number of your turn.")],
    criterion: Annotated[str, typer.Argument(metavar="CRITERION", help="What was rated, for instance interpretation.")],
    reason: Annotated[str, typer.Argument(metavar="WHY", help="Why you see it differently; quote the words that show it.")],
    json: Json = False,
) -> None:
    """Have the coach look at a rating again. Both views are kept, and the debrief follows the answer."""
    from rehearse.retrospect import contest_rating
    from rehearse.workspace import shared_workspace

    found = contest_rating(_over(shared_workspace(), rehearsal_id), turn, criterion, reason)
    if json:
        emit(found.to_dict())
        return
    console = people()
    console.print(_SAID[found.verdict.value], style="bold")
    say(console, found.why)


def progress(
    scenario: Annotated[str | None, typer.Option("--scenario", metavar="ID", help="Only rehearsals of this scenario.")] = None,
    json: Json = False,
) -> None:
    """What became of each criterion over your rehearsals; a change within the noise is not called progress."""
    from rehearse.retrospect import Past
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    if scenario is not None:
        scenario = workspace.library.scenario(scenario).id
    found = Past(workspace, scenario).progress
    if json:
        emit(found.to_dict())
        return
    if not found.series:
        note("There is nothing to compare yet: no talk has been looked back at. Begin with: rehearse chat")
        return
    console = people()
    for series in found.series:
        console.print(workspace.library.criterion(series.criterion_id).title, style="bold")
        say(console, ", ".join(f"{point.score} ± {point.band:.0f}" for point in series.points))
        change = series.overall
        say(console, f"{change.verdict.value} ({change.points:+.0f}; noise {change.noise:.0f})", style="dim")
    if found.playbook:
        console.print("Your best lines", style="bold")
        for line in found.playbook:
            say(console, f"“{line.remark.span.quote}” ({line.key[:8]})")
