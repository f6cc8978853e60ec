"""The picture on the page about storage shows what its tables say."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "storage.md").read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"
LINES = {"A turn": "a-turn", "History page": "history-page", "Search, found": "search-found"}
DATABASES = ("SQLite", "PostgreSQL")

Points = list[tuple[float, float]]


def measured(database: str, column: str) -> Points:
    """How many are stored and what somebody waits, as the table of that database says."""
    table = PAGE.split(f"**{database}**\n\n")[1].split("\n\n")[0].splitlines()
    place = [cell.strip() for cell in table[0].split("|")].index(column)
    cells = [[cell.strip() for cell in line.split("|")] for line in table[2:-1]]
    return [(float(row[1].replace(",", "")), float(row[place].split()[0])) for row in cells]


def drawn(picture: ElementTree.Element, line_id: str) -> Points:
    """The points of a line, where they stand in the picture."""
    path = picture.find(f".//{SVG}g[@id='{line_id}']/{SVG}path")
    assert path is not None, line_id
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([\d.]+) ([\d.]+)", path.attrib["d"])]


def fits(points: list[tuple[float, float]]) -> bool:
    """Whether all points (figure, place) lie on one logarithmic scale, to a third of a pixel."""
    (low, low_at), (high, high_at) = min(points), max(points)
    scale = (high_at - low_at) / math.log(high / low)
    return all(abs(low_at + scale * math.log(figure / low) - at) < 0.3 for figure, at in points)


@pytest.fixture(scope="module")
def picture() -> ElementTree.Element:
    return ElementTree.parse(DOCS / "storage.svg").getroot()


def test_each_line_runs_where_its_table_says(picture: ElementTree.Element) -> None:
    assert "](storage.svg)" in PAGE
    heights: list[tuple[float, float]] = []
    for database in DATABASES:
        across: list[tuple[float, float]] = []
        for column, slug in LINES.items():
            table, line = measured(database, column), drawn(picture, f"{database.lower()}-{slug}")
            assert len(table) == len(line) >= 3
            across += [(stored, x) for (stored, _), (x, _) in zip(table, line, strict=True)]
            heights += [(waits, y) for (_, waits), (_, y) in zip(table, line, strict=True)]
        assert fits(across), database
    assert fits(heights), "draw it again: python scripts/draw_store.py"
    assert not fits([(waits * 1.1, y) if n == 4 else (waits, y) for n, (waits, y) in enumerate(heights)]), "else all would pass"


def test_its_words_are_words_and_its_last_figures_are_told(picture: ElementTree.Element) -> None:
    words = [element.text or "" for element in picture.iter(f"{SVG}text")]
    for database in DATABASES:
        assert database in words
        for column in LINES:
            assert f"{column.split(',')[0]} {measured(database, column)[-1][1]:.1f} ms" in words


def test_a_turn_costs_no_more_where_a_hundred_times_as_many_are_stored() -> None:
    for database in DATABASES:
        waits = [wait for _, wait in measured(database, "A turn")]
        assert all(late < 1.5 * early for early, late in pairwise(waits)), f"{database}: docs/storage.md says otherwise"
