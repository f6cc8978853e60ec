"""`rehearse history` and `rehearse export`: what is stored on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rehearse.cli_output import JSON_HELP, emit, hand_over, note, people, printable, refuse_on_terminal, say
from rehearse.errors import LearnerError, UnknownIdError

if TYPE_CHECKING:
    from rehearse.storage.store import RehearsalStore, StoredRehearsal

history = typer.Typer(help="Stored rehearsals, and what follows from them.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
RehearsalId = Annotated[str, typer.Argument(metavar="ID")]


_EVERYTHING = 1_000_000
_SHORTEST = 4
"""How many signs of an id are enough, if no other id begins with them."""


def stored(store: RehearsalStore, given: str) -> StoredRehearsal:
    """The rehearsal with that id, or whose id alone begins with it; `UnknownIdError` where there is none."""
    try:
        return store.get(given)
    except UnknownIdError:
        known = [summary.rehearsal_id for summary in store.list(limit=_EVERYTHING)]
        close = [key for key in known if len(given) >= _SHORTEST and key.startswith(given)]
        if len(close) != 1:
            raise UnknownIdError("rehearsal", given, known[:5] + ["… (rehearse history list)"][: len(known) > 5]) from None
        return store.get(close[0])


@history.command("list")
def list_history(
    search: Annotated[str, typer.Option("--search", metavar="WORDS", help="Only those in which this was said.")] = "",
    json: Json = False,
) -> None:
    """Every stored rehearsal, newest first."""
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    entries = [
        {
            "id": s.rehearsal_id,
            "scenario": s.scenario_id,
            "persona": s.persona_id,
            "difficulty": s.difficulty,
            "started": s.started_at.isoformat(timespec="seconds"),
            "turns": s.turns,
            "ended": s.ending or "open",
            "trust": s.trust,
            "empathy": s.empathy,
            "clarity": s.clarity,
        }
        for s in workspace.store.list(search, limit=_EVERYTHING)
    ]
    if json:
        emit(entries)
    elif entries:
        _print_entries(entries)
    else:
        note("Nothing was found." if search else "Nothing is stored yet. Begin with: rehearse chat")


def _print_entries(entries: list[dict[str, Any]]) -> None:
    console = people()
    for entry in entries:
        console.print(entry["id"][:8], style="bold cyan", end="  ")
        console.print(f"{entry['started'][:16].replace('T', ' ')}, {entry['scenario']} with {entry['persona']}")
        turns = f"{entry['turns']} turn{'s' if entry['turns'] != 1 else ''}, {entry['difficulty']}, {entry['ended']}"
        scores = [f"{key} {entry[key]}" for key in ("empathy", "clarity") if entry[key] is not None]
        say(console, ", ".join([turns, *scores]), style="dim", indent=10)


@history.command("show")
def show(rehearsal_id: RehearsalId, json: Json = False) -> None:
    """One stored rehearsal: what was said and, once it has ended, the debrief."""
    from rehearse.export import STILL_OPEN, persona_title, scenario_title, to_dict
    from rehearse.retrospect import contests_of, transcript_of
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    kept = stored(workspace.store, rehearsal_id)
    told: Mapping[str, Any] = to_dict(kept, contests_of(workspace, kept.rehearsal_id, transcript_of(kept)))
    if json:
        emit(told)
        return
    console = people()
    name, role = persona_title(workspace.library, told["persona"])
    console.print(f"{scenario_title(workspace.library, told['scenario'])}, with {name}", style="bold", end="")
    console.print(f" ({role}), {told['difficulty']}" if role else f", {told['difficulty']}", style="dim")
    said = [(name, told["opening"])]
    for turn in told["turns"]:
        said += [("You", turn["learner"]), (name, turn["counterpart"])]
    for speaker, words in said:
        if words:
            console.print(f"{speaker}: ", style="bold", end="")
            console.print(printable(words))
    if told["debrief"]:
        from rehearse.cli_debrief import print_debrief

        print_debrief(console, told["debrief"], workspace.library, told["scenario"])
    else:
        console.print(f"{STILL_OPEN} Go on with: rehearse chat --resume {told['id']}", style="dim")


@history.command("delete")
def delete(
    rehearsal_id: RehearsalId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete one stored rehearsal for good."""
    from rehearse.workspace import shared_workspace

    store = shared_workspace().store
    rehearsal_id = stored(store, rehearsal_id).rehearsal_id
    if not yes:
        if json:
            raise LearnerError("Nothing was deleted. With --json nobody can be asked: add --yes.")
        typer.confirm(f"Delete {rehearsal_id}, its words and its scores, for good?", abort=True, err=True)
    store.delete(rehearsal_id)
    if json:
        emit({"deleted": rehearsal_id})
    else:
        note(f"Deleted {rehearsal_id}.")


class ExportFormat(StrEnum):
    """What an export is written as."""

    MARKDOWN = "markdown"
    JSON = "json"
    PDF = "pdf"


def export(
    rehearsal_id: RehearsalId,
    written: Annotated[ExportFormat, typer.Option("--format", help="Markdown to read, PDF to print, JSON for programs.")] = (
        ExportFormat.MARKDOWN
    ),
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where to; an existing file is not replaced.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
) -> None:
    """Take a stored rehearsal along as a scored transcript."""
    import json

    from rehearse.export import to_dict, to_markdown
    from rehearse.export_pdf import to_pdf
    from rehearse.retrospect import contests_of, transcript_of
    from rehearse.workspace import shared_workspace

    refuse_on_terminal(written is ExportFormat.PDF, output)
    workspace = shared_workspace()
    kept = stored(workspace.store, rehearsal_id)
    contests = contests_of(workspace, kept.rehearsal_id, transcript_of(kept))
    content: str | bytes
    if written is ExportFormat.JSON:
        content = json.dumps(to_dict(kept, contests), ensure_ascii=False, indent=2) + "\n"
    else:
        content = (to_pdf if written is ExportFormat.PDF else to_markdown)(kept, workspace.library, contests)
    hand_over(content, output, force)
