"""One's own guidance: documents that are searched and cited beside the six ideas, for this person only."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import gradio as gr

from rehearse.app.parts import QUIET, filled_later, notice, page_head, param
from rehearse.app.strings import counted, text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.domain.own_guidance import OwnPassage
from rehearse.errors import DocumentError, RehearseError
from rehearse.storage.documents import LONGEST_TITLE, MOST_BYTES, Document
from rehearse.workspace import Workspace

MOST_DOCUMENTS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Shown:
    """A document as the page lists it."""

    id: str
    title: str
    file_name: str
    added: str
    passages: tuple[OwnPassage, ...]
    ready: bool


def add(workspace: Workspace, title: str, file_name: str, document: Document) -> str:
    """Keep a document; its id. It can be searched once it has been built."""
    notebook = workspace.store.notebook
    there = notebook.documents()
    for known in there:
        if known.passages == document.passages:
            raise DocumentError(text("guidance.twice", title=known.title))
    if len(there) >= MOST_DOCUMENTS:
        raise DocumentError(text("guidance.too_many", n=MOST_DOCUMENTS))
    named = " ".join(title.split())[:LONGEST_TITLE] or document.title
    return notebook.add_document(named, file_name[-200:], document.passages)


def building(workspace: Workspace, document_id: str) -> Iterator[str]:
    """Make a document searchable, telling the page how far it is: one JSON object a line."""
    try:
        for done, total in workspace.index.build(document_id):
            yield json.dumps({"done": done, "of": total, "words": text("guidance.reading", done=done, of=total)}) + "\n"
        yield json.dumps({"go": f"guidance?added={document_id}"}) + "\n"
    except Exception as error:  # whatever it was, the page has to hear of it: the answer has begun already
        log.exception("a document could not be indexed")
        words = str(error) if isinstance(error, RehearseError) else text("guidance.unexpected")
        yield json.dumps({"error": words}) + "\n"


def remove(workspace: Workspace, document_id: str) -> None:
    """Delete a document and everything that was made from it."""
    workspace.store.notebook.delete_document(document_id)
    workspace.index.discard(document_id)


def guidance_html(workspace: Workspace, added: str = "") -> str:
    """The documents, and the form for another."""
    try:
        waiting = set(workspace.index.waiting())
        documents = [
            Shown(
                d.document_id,
                d.title,
                d.file_name,
                when(d.added_at),
                tuple(OwnPassage.of(d.document_id, d.title, kept) for kept in d.passages),
                d.document_id not in waiting,
            )
            for d in workspace.store.notebook.documents()
        ]
    except RehearseError as error:
        return notice(str(error))
    new = next((d for d in documents if d.id == added and d.ready), None)
    return render(
        "guidance.html",
        documents=documents,
        added=counted("guidance.added", len(new.passages), title=new.title) if new else "",
        waiting=bool(waiting),
        most_bytes=MOST_BYTES,
        longest_title=LONGEST_TITLE,
    )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.guidance", "ideas")
    page = filled_later("guidance")

    def load(request: gr.Request) -> str:
        return guidance_html(visitors.desk(request).workspace, param(request, "added"))

    demo.load(load, None, page, **QUIET)
