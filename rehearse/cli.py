"""The command line: `rehearse COMMAND`. Nothing heavy is imported before a command runs, so that `--help` is instant."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rehearse import __version__
from rehearse.cli_check import check
from rehearse.cli_doctor import doctor
from rehearse.cli_history import export, history
from rehearse.cli_keep import backup, rescue, restore
from rehearse.cli_library import ideas, personas, scenarios
from rehearse.cli_lookback import agreement, card, contest, progress
from rehearse.cli_machine import serve
from rehearse.cli_mcp import mcp
from rehearse.cli_models import models
from rehearse.cli_new import new_persona
from rehearse.cli_output import CommandGroup
from rehearse.cli_people import people
from rehearse.cli_rehearse import chat, play
from rehearse.cli_score import score
from rehearse.cli_stress import stress
from rehearse.cli_validate import validate

app = typer.Typer(
    cls=CommandGroup,
    # Plain help needs a third of the time that rich help needs.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rehearse {__version__}")
        raise typer.Exit


@app.callback()
def rehearse(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Practise the conversations that start a reverse mentorship.

    A counterpart who resists, and a coach who proves each remark. Everything stays on this machine.
    """


app.command()(serve)
app.command()(mcp)
app.command()(chat)
app.command()(play)
app.command()(score)
app.add_typer(scenarios, name="scenarios")
app.add_typer(personas, name="personas")
personas.command("new")(new_persona)
app.add_typer(ideas, name="ideas")
app.add_typer(history, name="history")
for lookback in (card, agreement, contest, progress):
    history.command()(lookback)
app.command()(export)
app.command()(backup)
app.command()(restore)
app.command()(rescue)
app.command()(check)
app.command()(stress)
app.command()(validate)
app.add_typer(models, name="models")
app.add_typer(people, name="people")
app.command()(doctor)


def main() -> None:
    """The console script `rehearse`."""
    for stream in (sys.stdout, sys.stderr):
        # What programs read is UTF-8 wherever it runs, and no sign can make a command fail.
        getattr(stream, "reconfigure", lambda **_: None)(encoding="utf-8", errors="replace")
    app(prog_name="rehearse")
