"""What stored rehearsals cost, as a picture: `python scripts/draw_store.py` draws the tables of `docs/storage.md`.

It reads the page's own tables, so that picture and tables cannot differ; `scripts/measure_store.py --write` calls it.
"""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "storage.md"
PICTURE = PAGE.with_suffix(".svg")
DRAWN = {"A turn": "#005a9c", "History page": "#8a4b00", "Search, found": "#5b2a86"}
"""The columns that are drawn, with colours that are apart from white and from each other by lightness as well."""
MARKS = {"A turn": "o", "History page": "s", "Search, found": "^"}

Tables = dict[str, dict[str, list[tuple[int, float]]]]
"""For each database and column, how many are stored and how many milliseconds somebody waits."""


def tables(page: str) -> Tables:
    """The tables that were measured, without their last lines, which are ratios."""
    found: Tables = {}
    for name, rows in re.findall(r"^\*\*(\w+)\*\*\n\n((?:\|.*\n)+)", page, re.MULTILINE):
        heads, _, *lines = ([cell.strip() for cell in line.strip("|\n").split("|")] for line in rows.splitlines())
        found[name] = {
            column: [
                (int(cells[0].replace(",", "")), float(cells[heads.index(column)].split()[0]))
                for cells in lines
                if re.fullmatch(r"[\d,]+", cells[0])
            ]
            for column in DRAWN
        }
    return found


def line_id(database: str, column: str) -> str:
    """What a line is called inside the picture."""
    return "-".join(re.findall(r"[a-z]+", f"{database} {column}".lower()))


def draw(found: Tables, picture: Path) -> None:
    """One panel a database, both axes logarithmic; each line's id says what it is, and words stay words."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "storage", "font.family": "sans-serif", "font.size": 11}):
        figure = Figure(figsize=(8.4, 3.7), facecolor="white", layout="constrained")
        panels = figure.subplots(1, len(found), sharey=True, squeeze=False)[0]
        for panel, (database, columns) in zip(panels, found.items(), strict=True):
            for column, points in columns.items():
                stored, waits = zip(*points, strict=True)
                (line,) = panel.plot(stored, waits, color=DRAWN[column], marker=MARKS[column], linewidth=2)
                line.set_gid(line_id(database, column))
                panel.annotate(
                    f"{column.split(',')[0]} {waits[-1]:.1f} ms",
                    (stored[-1], waits[-1]),
                    (8, 0),
                    textcoords="offset points",
                    va="center",
                    color=DRAWN[column],
                )
            panel.set(xscale="log", yscale="log", title=database, xlabel="stored rehearsals", xticks=stored)
            panel.set_xlim(stored[0] * 0.7, stored[-1] * 25)
            panel.set_ylim(0.8, 200)
            for axis in (panel.xaxis, panel.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
                axis.set_minor_formatter(NullFormatter())
            panel.minorticks_off()
            panel.grid(axis="y", color="#d8d8d8", linewidth=0.8)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("milliseconds that somebody waits")
        figure.savefig(picture, format="svg", metadata={"Date": None, "Title": "What stored rehearsals cost"})


if __name__ == "__main__":
    draw(tables(PAGE.read_text("utf-8")), PICTURE)
