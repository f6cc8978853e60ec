"""A debrief for people, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rehearse.cli_output import say
from rehearse.export import IDEA_STATUS, check_titles, detail_rows, idea_title, score_groups

if TYPE_CHECKING:
    from rich.console import Console

    from rehearse.domain.library import Library
    from rehearse.export import ScoreGroup


def print_debrief(console: Console, debrief: Mapping[str, Any], library: Library, scenario_id: str | None = None) -> None:
    """Outcome, scorecard, remarks, what turned the conversation, the ideas, and what lay behind the answers."""
    if debrief["outcome"]:
        _outcome(console, debrief["outcome"], check_titles(library, scenario_id or ""))
    _scorecard(console, score_groups(debrief["ratings"], library))
    _head(console, "Listening")
    for title, value in detail_rows(debrief["details"]):
        say(console, f"{title}: {value}")
    if debrief["remarks"]:
        _head(console, "Remarks")
        for remark in debrief["remarks"]:
            print_remark(console, remark, library)
    if debrief["turning_points"]:
        _head(console, "Turning points")
        for point in debrief["turning_points"]:
            say(console, f"Turn {point['turn']}, “{point['quote']}”: {point['effect']}")
    _head(console, "The six ideas")
    for mark in debrief["ideas"]:
        where = f" (turn {mark['turn']}, “{mark['quote']}”)" if mark["quote"] else ""
        say(console, f"{idea_title(library, mark['idea'])}: {IDEA_STATUS.get(mark['status'], '')}{where}")
    _revealed(console, debrief)


def print_remark(console: Console, remark: Mapping[str, Any], library: Library) -> None:
    """One thing to keep or to change, with its quote and passage."""
    say(
        console,
        f"{remark['kind'].capitalize()}, turn {remark['turn']}: “{remark['quote']}”",
        style="green" if remark["kind"] == "keep" else "yellow",
    )
    say(console, f"{remark['why']}", indent=4)
    cited = remark["citation"]
    say(console, f"{idea_title(library, cited['idea'])} / {cited['passage']}: {cited['text']}", indent=4, style="dim")
    if remark["suggestion"]:
        say(console, f"You could say: “{remark['suggestion']}”", indent=4)


def _outcome(console: Console, outcome: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    _head(console, "Outcome")
    say(console, outcome["why"])
    for key, held in outcome["checks"].items():
        say(console, f"{'yes' if held else 'no ':3} {titles.get(key, key)}")


def _scorecard(console: Console, groups: tuple[ScoreGroup, ...]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for group in groups:
        table = Table("", "level", "score", "what it means", box=box.SIMPLE, title=group.title, title_justify="left")
        table.columns[2].justify = "right"
        for row in group.rows:
            level = row.level if row.sure else f"{row.level} (unsure)"
            score = "" if row.score is None else str(row.score)
            table.add_row(Text(row.title), Text(level), score, Text(row.meaning))
        if group.total is not None:
            table.add_row("Together", "", str(group.total), "The mean of what could be rated", style="dim")
        console.print(table)


def _revealed(console: Console, debrief: Mapping[str, Any]) -> None:
    if debrief["thoughts"]:
        _head(console, "What they thought and did not say")
        for thought in debrief["thoughts"]:
            say(console, f"Turn {thought['turn']}: {thought['thought']}")
    if debrief["undisclosed"]:
        _head(console, "What never came up")
        for item in debrief["undisclosed"]:
            say(console, f"{item['text']} You could have asked: {item['would_open']}")
    if debrief["next_practice"]:
        _head(console, "Next time")
        # `turn` is how many turns are kept: the next one is taken again.
        say(console, f"Take turn {debrief['next_practice']['turn'] + 1} again: {debrief['next_practice']['why']}")


def _head(console: Console, title: str) -> None:
    console.print()
    console.print(title, style="bold")
