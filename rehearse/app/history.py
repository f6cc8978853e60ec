"""History: every talk that was kept, to search, filter, compare, open, go on with or delete."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gradio as gr

from rehearse.app.branches import place_of
from rehearse.app.parts import QUIET, filled_later, fragment, notice, page_head, params
from rehearse.app.scorecard import in_order
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.domain.library import Library
from rehearse.domain.state import Ending
from rehearse.errors import RehearseError
from rehearse.retrospect import Branch, forest
from rehearse.storage.store import RehearsalSummary
from rehearse.workspace import Workspace

MOST_CHARACTERS = 200
MOST_LISTED = 500
"""How many talks the page lists; older ones are found by searching on the command line."""


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; empty is everything."""

    words: str = ""
    scenario: str = ""
    persona: str = ""
    ending: str = ""
    whole: bool = False
    """Without the talks that went back to an earlier moment."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wanted:
        """From a page's address."""
        words = given.get("words", "").strip()[:MOST_CHARACTERS]
        return cls(words, given.get("scenario", ""), given.get("persona", ""), given.get("ending", ""), bool(given.get("whole")))

    @property
    def anything(self) -> bool:
        """Whether anything is left out."""
        return self != Wanted()


@dataclass(frozen=True)
class Total:
    """A total with its parts: (criterion, score or None where it was not rated)."""

    title: str
    score: int | None
    parts: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Entry:
    """One talk as the list shows it."""

    id: str
    href: str
    persona_id: str
    title: str
    name: str
    first_name: str
    difficulty: str
    ended: str
    turns: int
    branched: bool
    from_turn: int
    """The first turn of its own, where it went back to an earlier moment."""
    iso: str
    when: str
    totals: tuple[Total, ...]
    comparable: bool
    """Whether there is another attempt at the same conversation."""
    branches: tuple[Entry, ...] = ()

    @property
    def searched(self) -> str:
        """What a search looks at."""
        return (
            f"{self.title} {self.name} {self.difficulty} {self.when} {text(f'ended.{self.ended}', name=self.first_name)}".lower()
        )


def totals(summary: RehearsalSummary, library: Library) -> tuple[Total, ...]:
    """The totals of a talk, never without their parts; none where it was not rated."""
    if not summary.scores_json:
        return ()
    scores: Mapping[str, Mapping[str, int | None]] = json.loads(summary.scores_json)
    found = []
    known = {"empathy": summary.empathy, "clarity": summary.clarity}
    for rubric in in_order(library):
        parts = tuple((c.title, scores.get(c.id, {}).get("score")) for c in rubric.criteria)
        found.append(Total(rubric.title, known.get(rubric.id), parts))
    return tuple(found)


def entry_of(workspace: Workspace, branch: Branch, attempts: Mapping[str, int] | None = None) -> Entry:
    """A stored talk with its names and its branches; a persona or scenario that is gone keeps its id."""
    summary = branch.summary
    names = {p.id: p.name for p in workspace.library.personas}
    titles = {s.id: s.title for s in workspace.library.scenarios}
    name = names.get(summary.persona_id, text("history.gone"))
    ended = summary.ending or Ending.OPEN.value
    return Entry(
        id=summary.rehearsal_id,
        href=place_of(summary),
        persona_id=summary.persona_id,
        title=titles.get(summary.scenario_id, summary.scenario_id),
        name=name,
        first_name=name.split()[0] if summary.persona_id in names else name,
        difficulty=summary.difficulty,
        ended=ended,
        turns=summary.turns,
        branched=summary.parent_turn is not None,
        from_turn=0 if summary.parent_turn is None else summary.parent_turn + 1,
        iso=summary.started_at.isoformat(),
        when=when(summary.started_at),
        totals=totals(summary, workspace.library),
        comparable=bool(summary.scores_json) and (attempts or {}).get(summary.scenario_id, 0) > 1,
        branches=tuple(entry_of(workspace, b, attempts) for b in branch.branches),
    )


def _fits(summary: RehearsalSummary, wanted: Wanted) -> bool:
    return (
        wanted.scenario in ("", summary.scenario_id)
        and wanted.persona in ("", summary.persona_id)
        and wanted.ending in ("", summary.ending or Ending.OPEN.value)
        and not (wanted.whole and summary.parent_turn is not None)
    )


def _found(workspace: Workspace, wanted: Wanted, summaries: Sequence[RehearsalSummary]) -> tuple[list[Entry], int]:
    """What fits of the talks that are kept, as trees, and how many talks that is."""
    attempts: dict[str, int] = {}
    for summary in summaries:
        attempts[summary.scenario_id] = attempts.get(summary.scenario_id, 0) + bool(summary.scores_json)
    fitting = [s for s in summaries if _fits(s, wanted)]
    if wanted.words:
        said = {s.rehearsal_id for s in workspace.store.list(search=wanted.words, limit=MOST_LISTED)}
        parts = wanted.words.lower().split()
        fitting = [
            s for s in fitting if s.rehearsal_id in said or all(p in entry_of(workspace, Branch(s, ())).searched for p in parts)
        ]
    return [entry_of(workspace, tree, attempts) for tree in forest(fitting)], len(fitting)


def _shown(workspace: Workspace, wanted: Wanted, summaries: Sequence[RehearsalSummary]) -> dict[str, object]:
    entries, count = _found(workspace, wanted, summaries)
    return {"entries": entries, "count": count, "words": wanted.words, "anything": wanted.anything}


def found_html(workspace: Workspace, wanted: Wanted) -> str:
    """The talks that fit."""
    return render("history_found.html", **_shown(workspace, wanted, workspace.store.list(limit=MOST_LISTED)))


def history_html(workspace: Workspace, wanted: Wanted = Wanted()) -> str:
    """The filters and the list; where nothing is kept yet, a sample is offered."""
    try:
        total = workspace.store.count()
        kept = workspace.store.list(limit=MOST_LISTED)
        shown = _shown(workspace, wanted, kept)
    except RehearseError as error:
        return notice(str(error))
    played = {s.persona_id for s in kept}
    practised = {s.scenario_id for s in kept}
    return render(
        "history.html",
        total=total,
        **shown,
        wanted=wanted,
        scenarios=[(s.id, s.title) for s in workspace.library.scenarios if s.id in practised],
        personas=sorted((p.id, p.name) for p in workspace.library.personas if p.id in played),
        endings=[e.value for e in Ending],
    )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.history", "history")
    fragment(render("plain_head.html", heading=text("history.heading"), lede=text("history.lede")))
    talks = filled_later("talks")

    def load(request: gr.Request) -> str:
        return history_html(visitors.desk(request).workspace, Wanted.of(params(request)))

    demo.load(load, None, [talks], **QUIET)
