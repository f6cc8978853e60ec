"""The six ideas, as a page to read, to search together with one's own guidance, and to go and practise from."""

from __future__ import annotations

import gradio as gr

from rehearse.app.parts import QUIET, fragment, notice, page_head
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.domain.idea_examples import load_examples
from rehearse.domain.library import Library, shipped_root
from rehearse.errors import RehearseError
from rehearse.workspace import Workspace

MOST_HITS = 5
MOST_OWN_HITS = 3
MOST_CHARACTERS = 400
"""How much of a question is searched for; a question is rarely longer."""


def hits_html(workspace: Workspace, words: str) -> str:
    """The passages that answer a question: of the ideas, and of this person's own documents."""
    question = (words or "").strip()[:MOST_CHARACTERS]
    try:
        hits = workspace.index.search(question, MOST_HITS) if question else []
        own = workspace.index.search_own(question, MOST_OWN_HITS) if question else []
    except RehearseError as error:
        return notice(str(error))
    titles = {i.idea_id: i.title for i in workspace.library.corpus.ideas}
    return render("hits.html", words=question, hits=hits, own=own, titles=titles)


def ideas_html(library: Library) -> str:
    """The ideas with their passages and examples."""
    return render(
        "ideas.html",
        ideas=library.corpus.ideas,
        examples=load_examples(shipped_root(), library),
        scenarios={s.id: s.title for s in library.scenarios},
        skills={c.id: c.title for r in library.rubrics for c in r.criteria},
    )


def own_html(workspace: Workspace) -> str:
    """The way to one's own guidance, and how much of it there is."""
    try:
        documents = len(workspace.store.notebook.documents())
    except RehearseError as error:
        return notice(str(error))
    return render("ideas_own.html", documents=documents)


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.ideas", "ideas")
    fragment(render("plain_head.html", heading=text("ideas.heading"), lede=text("ideas.lede")))
    with gr.Row(elem_id="search-row"):
        words = gr.Textbox(
            label=text("ideas.search"), placeholder=text("ideas.search_placeholder"), lines=1, max_lines=1, elem_id="search"
        )
    found = fragment(elem_id="found")
    own = fragment(elem_id="own-guidance")
    fragment(ideas_html(visitors.workspace.library), elem_id="ideas")

    def load(request: gr.Request) -> str:
        return own_html(visitors.desk(request).workspace)

    def search(question: str, request: gr.Request) -> str:
        return hits_html(visitors.desk(request).workspace, question)

    demo.load(load, None, own, **QUIET)
    gr.on(
        [words.submit, words.change],
        search,
        [words],
        [found],
        trigger_mode="always_last",
        **QUIET,
    )
