"""`rehearse stress`: learner bots against the cast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, people

if TYPE_CHECKING:
    from rehearse.stress import Cell, Row


def stress(
    rehearsals: Annotated[
        int, typer.Option("--rehearsals", min=1, help="How many, spread evenly over bots, cast and difficulties.")
    ] = 600,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same rows.")] = 0,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Let learner bots rehearse with the whole cast, and count.

    Who is won and by whom; sentences said twice, facts told below their gate, concessions that were not permitted.
    """
    from rich.console import Console
    from rich.progress import Progress

    from rehearse.domain.library import shipped_library
    from rehearse.stress import grid, run

    cells = _spread(grid(shipped_library()), rehearsals)
    # Progress goes to the error stream, so that standard output stays what programs read.
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Rehearsals", total=max(1, -(-rehearsals // len(cells))) * len(cells))
        rows = run(cells, rehearsals, seed, tell=lambda done: progress.update(task, completed=done))
    if json:
        emit([row.to_dict() for row in rows])
    else:
        _print(rows)


def _spread(cells: list[Cell], rehearsals: int) -> list[Cell]:
    """As many cells as there are rehearsals, evenly over the whole grid, where there are not enough for all."""
    if rehearsals >= len(cells):
        return cells
    return [cells[n * len(cells) // rehearsals] for n in range(rehearsals)]


def _print(rows: list[Row]) -> None:
    """For people, summed up by bot and difficulty; the single rows are in the JSON."""
    from rich import box
    from rich.table import Table

    table = Table(
        "bot",
        "level",
        "n",
        "agreed",
        "trust",
        "turns",
        "repeats",
        "leaks",
        "unpermitted",
        box=box.SIMPLE,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for bot in dict.fromkeys(row.cell.bot for row in rows):
        for difficulty in dict.fromkeys(row.cell.difficulty for row in rows):
            own = [row for row in rows if row.cell.bot is bot and row.cell.difficulty is difficulty]
            played = sum(row.n for row in own)
            if played:
                agreed = sum(row.agreed * row.n for row in own) / played
                trust = sum(row.trust * row.n for row in own) / played
                turns = sum(row.turns * row.n for row in own) / played
                broken = [sum(counts) for counts in zip(*((r.repeats, r.leaks, r.unpermitted) for r in own), strict=True)]
                cells = [f"{agreed:.0%}", f"{trust:.2f}", f"{turns:.1f}", *(str(count) for count in broken)]
                table.add_row(bot.value, difficulty.value, str(played), *cells)
    people().print(table)
