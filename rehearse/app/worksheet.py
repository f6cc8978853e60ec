"""The worksheet: six questions before the talk, answered in one's own words; the answers are the offer card."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from rehearse.app.parts import QUIET, filled_later, notice, page_head
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.offer import LONGEST, OPTIONAL, PASSAGES, OfferCard, OfferPart
from rehearse.errors import RehearseError
from rehearse.workspace import Workspace


@dataclass(frozen=True)
class Question:
    """One question of the sheet, and the passage behind it."""

    part: str
    answer: str
    citation: Citation
    optional: bool


def questions(library: Library, card: OfferCard) -> list[Question]:
    """The whole sheet with what has been answered so far."""
    return [
        Question(part.value, card.text(part), Citation.of(library.corpus, PASSAGES[part]), part in OPTIONAL) for part in OfferPart
    ]


def offer_of(workspace: Workspace) -> OfferCard:
    """The card in force; an empty one where nothing was written."""
    return OfferCard.from_json(workspace.store.notebook.offer())


def worksheet_html(workspace: Workspace) -> str:
    """The sheet as it was left."""
    try:
        card = offer_of(workspace)
    except RehearseError as error:
        return notice(str(error))
    library = workspace.library
    return render(
        "worksheet.html",
        questions=questions(library, card),
        ideas={i.idea_id: i for i in library.corpus.ideas},
        longest=LONGEST,
        card=card,
    )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.worksheet", "")
    sheet = filled_later("worksheet")

    def load(request: gr.Request) -> str:
        return worksheet_html(visitors.desk(request).workspace)

    demo.load(load, None, sheet, **QUIET)
