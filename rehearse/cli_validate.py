"""`rehearse validate`: how far the coach's ratings agree with people who rated the same words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import EXIT_DATA, JSON_HELP, complain, emit, note, people, printable

if TYPE_CHECKING:
    from rehearse.validation.report import Report


def validate(
    data_dir: Annotated[
        Path,
        typer.Argument(metavar="DATA_DIR", exists=True, file_okay=False, help="A folder of conversations that people rated."),
    ],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables in Markdown, for a page.")] = False,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", metavar="N", min=0, max=100_000, help="Draws for the 95 % intervals; 0 for none.")
    ] = 500,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the draws.")] = 7,
    probe: Annotated[
        bool, typer.Option("--probe", help="Also fit a linear model on the readings, where a licence allows it.")
    ] = False,
) -> None:
    """Measure the coach against people's ratings, per criterion and beside simple baselines.

    Nothing is fitted that ships, no text is kept or shown. What can be read, and what each number means: docs/validity.md.
    """
    from rehearse.domain.library import shipped_library
    from rehearse.perception.encoder import shared_encoder
    from rehearse.validation import report as account

    if json and markdown:
        raise typer.BadParameter("choose one form.", param_hint="--json, --markdown")
    found = account.validate(
        data_dir, shared_encoder(), shipped_library().lexicon, resamples=bootstrap, seed=seed, with_probe=probe, say=note
    )
    if json:
        emit(found.to_dict())
    elif markdown:
        typer.echo(account.markdown(found), nl=False)
    else:
        _print(found)
    if not found.files:
        complain(f"{data_dir}: nothing in it can be measured on.")
        raise typer.Exit(EXIT_DATA)


def _print(report: Report) -> None:
    from rich.table import Table

    from rehearse.validation.report import SHORT_HEADINGS, footnotes, short_cells

    console = people()
    for file in report.files:
        fit = "" if file.source.may_fit else "; only measured on"
        console.print(f"\n{printable(file.source.title)}", style="bold")
        console.print(f"{printable(file.file)}: {len(file.source.pairs)} pairs, {file.groups} groups{fit}", style="dim")
        table = Table(box=None, pad_edge=False, header_style="dim")
        for place, heading in enumerate(SHORT_HEADINGS):
            table.add_column(heading, justify="right" if place else "left", no_wrap=bool(place))
        for agreement in file.agreements:
            table.add_row(*(printable(cell) for cell in short_cells(agreement)))
        console.print(table)
        for line in footnotes(file):
            console.print(f"  {printable(line)}", style="dim")
    for skipped in report.skipped:
        console.print(f"\nSkipped {printable(skipped.file)}: {printable(skipped.reason)}")
    if report.files:
        draws = f"{report.resamples} bootstrap draws of whole groups, seed {report.seed}" if report.resamples else "none drawn"
        console.print(f"\nEncoder {report.weights}. Intervals: 95 %, {draws}.", style="dim")
