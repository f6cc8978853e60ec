"""History: every talk that was kept, to search, open, go on with or delete."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from rehearse.app.parts import QUIET, fragment, notice, page_head
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.domain.state import Ending
from rehearse.errors import RehearseError
from rehearse.storage.store import RehearsalSummary
from rehearse.workspace import Workspace

MOST_CHARACTERS = 200
MOST_LISTED = 500
"""How many talks the page lists; older ones are found by searching on the command line."""


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
    iso: str
    when: str
    scores: tuple[tuple[str, int | None], ...]

    @property
    def searched(self) -> str:
        """What a search looks at."""
        return (
            f"{self.title} {self.name} {self.difficulty} {self.when} {text(f'ended.{self.ended}', name=self.first_name)}".lower()
        )


def entry_of(workspace: Workspace, summary: RehearsalSummary) -> Entry:
    """A stored talk with its names; a persona or scenario that is gone keeps its id."""
    names = {p.id: p.name for p in workspace.library.personas}
    titles = {s.id: s.title for s in workspace.library.scenarios}
    name = names.get(summary.persona_id, text("history.gone"))
    ended = summary.ending or Ending.OPEN.value
    page = "stage" if ended == Ending.OPEN.value else "lookback"
    return Entry(
        id=summary.rehearsal_id,
        href=f"{page}?rehearsal={summary.rehearsal_id}",
        persona_id=summary.persona_id,
        title=titles.get(summary.scenario_id, summary.scenario_id),
        name=name,
        first_name=name.split()[0] if summary.persona_id in names else name,
        difficulty=summary.difficulty,
        ended=ended,
        turns=summary.turns,
        branched=summary.parent_id is not None,
        iso=summary.started_at.isoformat(),
        when=when(summary.started_at),
        scores=((text("history.empathy"), summary.empathy), (text("history.clarity"), summary.clarity)),
    )


def history_html(workspace: Workspace, words: str = "") -> str:
    """The list, or what fits the words searched for."""
    wanted = (words or "").strip()[:MOST_CHARACTERS]
    try:
        entries = [entry_of(workspace, s) for s in workspace.store.list(limit=MOST_LISTED)]
        said = {s.rehearsal_id for s in workspace.store.list(search=wanted, limit=MOST_LISTED)}
        total = workspace.store.count()
    except RehearseError as error:
        return notice(str(error))
    parts = wanted.lower().split()
    found = [e for e in entries if e.id in said or all(p in e.searched for p in parts)]
    return render("history.html", entries=found, total=total, words=wanted)


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.history", "history")
    fragment(render("plain_head.html", heading=text("history.heading"), lede=text("history.lede")))
    with gr.Row(elem_id="search-row", visible=False) as row:
        words = gr.Textbox(
            label=text("history.search"), placeholder=text("history.search_placeholder"), lines=1, max_lines=1, elem_id="search"
        )
    talks = fragment(elem_id="talks")

    def load(request: gr.Request) -> tuple[object, str]:
        workspace = visitors.desk(request).workspace
        return gr.update(visible=bool(workspace.store.count())), history_html(workspace)

    def search(wanted: str, request: gr.Request) -> str:
        return history_html(visitors.desk(request).workspace, wanted)

    demo.load(load, None, [row, talks], **QUIET)
    gr.on(
        [words.submit, words.change],
        search,
        [words],
        [talks],
        trigger_mode="always_last",
        **QUIET,
    )
