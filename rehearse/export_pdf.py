"""A stored rehearsal on paper: the same as its Markdown, set for printing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rehearse.coaching.pdf import Paper, Section, paper_pdf
from rehearse.domain.check_in import CheckIn
from rehearse.domain.library import Library
from rehearse.export import (
    STILL_OPEN,
    check_in_lines,
    check_titles,
    contest_lines,
    detail_rows,
    idea_title,
    persona_title,
    scenario_title,
    score_groups,
)

if TYPE_CHECKING:
    from rehearse.coaching.contest import Contest
    from rehearse.storage.store import StoredRehearsal


def to_pdf(stored: StoredRehearsal, library: Library, contests: Sequence[Contest] = ()) -> bytes:
    """The scored transcript as pages of A4; without scores while the rehearsal is still open."""
    name, role = persona_title(library, stored.persona_id)
    facts = [f"With {name}" + (f", {role}" if role else ""), f"{stored.started_at:%Y-%m-%d}, {stored.difficulty}"]
    sections: list[Section] = []
    if not stored.ending:
        facts.append(STILL_OPEN)
    elif stored.debrief_json:
        sections += _debrief(json.loads(stored.debrief_json), stored.scenario_id, library)
        told = tuple(contest_lines(contests, library))
        sections += [Section(told[0][1], told[1:])] if told else []
    if stored.check_in_json:
        sections.append(Section("How the real talk went", tuple(check_in_lines(CheckIn.from_json(stored.check_in_json)))))
    sections.append(Section("Transcript", tuple(_said(stored, name))))
    return paper_pdf(Paper(scenario_title(library, stored.scenario_id), tuple(facts), tuple(sections)))


def _said(stored: StoredRehearsal, name: str) -> Iterator[tuple[str, str]]:
    if stored.opening:
        yield name, stored.opening
    for turn in stored.turns:
        yield f"You, turn {turn.number}", turn.text
        if turn.answer is not None:
            yield name, turn.answer.text


def _debrief(debrief: Mapping[str, Any], scenario_id: str, library: Library) -> Iterator[Section]:
    if debrief["outcome"]:
        titles = check_titles(library, scenario_id)
        checks = [f"{'Yes' if held else 'No'}: {titles.get(key, key)}" for key, held in debrief["outcome"]["checks"].items()]
        yield Section("Outcome", (("", debrief["outcome"]["why"]), *(("", check) for check in checks)))
    for group in score_groups(debrief["ratings"], library):
        rows = []
        for row in group.rows:
            score = "" if row.score is None else f", {row.score}"
            rows.append((row.title, f"{row.level}{score}{'' if row.sure else ' (unsure)'}. {row.meaning}".strip()))
        if group.total is not None:
            rows.append(("Together", f"{group.total}, the mean of what could be rated"))
        yield Section(group.title, tuple(rows))
    yield Section("Listening", tuple(("", f"{title}: {value}") for title, value in detail_rows(debrief["details"])))
    if debrief["remarks"]:
        yield Section("Remarks", tuple(_remarks(debrief, library)))
    if debrief["thoughts"]:
        thoughts = tuple((f"Turn {t['turn']}", t["thought"]) for t in debrief["thoughts"])
        yield Section("What they thought and did not say", thoughts)


def _remarks(debrief: Mapping[str, Any], library: Library) -> Iterator[tuple[str, str]]:
    for remark in debrief["remarks"]:
        cited = remark["citation"]
        yield f"{remark['kind'].capitalize()}, turn {remark['turn']}", f"“{remark['quote']}” {remark['why']}"
        yield idea_title(library, cited["idea"]), cited["text"]
        if remark["suggestion"]:
            yield "You could say", f"“{remark['suggestion']}”"
