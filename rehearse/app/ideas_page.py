"""The six ideas, as a page to read and to search."""

from __future__ import annotations

import gradio as gr

from rehearse.app.parts import QUIET, fragment, notice, page_head
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.errors import RehearseError
from rehearse.workspace import Workspace

MOST_HITS = 5
MOST_CHARACTERS = 400
"""How much of a question is searched for; a question is rarely longer."""


def hits_html(workspace: Workspace, words: str) -> str:
    """The passages that answer a question."""
    question = (words or "").strip()[:MOST_CHARACTERS]
    try:
        hits = workspace.index.search(question, MOST_HITS) if question else []
    except RehearseError as error:
        return notice(str(error))
    titles = {i.idea_id: i.title for i in workspace.library.corpus.ideas}
    return render("hits.html", words=question, hits=hits, titles=titles)


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    del demo
    page_head("title.ideas", "ideas")
    fragment(render("plain_head.html", heading=text("ideas.heading"), lede=text("ideas.lede")))
    with gr.Row(elem_id="search-row"):
        words = gr.Textbox(
            label=text("ideas.search"), placeholder=text("ideas.search_placeholder"), lines=1, max_lines=1, elem_id="search"
        )
    found = fragment(elem_id="found")
    fragment(render("ideas.html", ideas=visitors.workspace.library.corpus.ideas), elem_id="ideas")

    def search(question: str, request: gr.Request) -> str:
        return hits_html(visitors.desk(request).workspace, question)

    gr.on(
        [words.submit, words.change],
        search,
        [words],
        [found],
        trigger_mode="always_last",
        **QUIET,
    )
