"""Take away: the card and the agreement on a page that prints, and as files; the whole talk as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby

import gradio as gr

from rehearse.app.desk import Desk
from rehearse.app.parts import QUIET, filled_later, message, no_such_talk, notice, page_head, param
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.coaching.agreement import Agreement
from rehearse.coaching.carry import CarryCard, spoken_by
from rehearse.coaching.pdf import agreement_pdf, card_pdf
from rehearse.domain.state import Ending
from rehearse.errors import LearnerError, RehearseError, UnknownIdError
from rehearse.export import to_dict, to_markdown
from rehearse.export_pdf import to_pdf
from rehearse.retrospect import agreement_of, card_of, contests_of, has_agreement, transcript_of
from rehearse.workspace import KeptRehearsal, Workspace

MEDIA = {"md": "text/markdown; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True)
class File:
    """What a download holds; the name says nothing about anybody."""

    name: str
    media_type: str
    content: bytes


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _transcript(workspace: Workspace, rehearsal_id: str, kind: str) -> str | bytes:
    stored = workspace.store.get(rehearsal_id)
    contests = contests_of(workspace, rehearsal_id, transcript_of(stored))
    if kind == "json":
        return _json(to_dict(stored, contests))
    return (to_markdown if kind == "md" else to_pdf)(stored, workspace.library, contests)


def _paper(paper: CarryCard | Agreement, kind: str) -> str | bytes:
    if kind == "json":
        return _json(paper.to_dict())
    if kind == "md":
        return paper.to_markdown()
    return card_pdf(paper) if isinstance(paper, CarryCard) else agreement_pdf(paper)


def ended(desk: Desk, rehearsal_id: str) -> KeptRehearsal:
    """A talk that is over and in which something was said; `LearnerError` for any other."""
    kept = desk.open(rehearsal_id)
    if kept.rehearsal.ended is Ending.OPEN:
        raise LearnerError(text("takeaway.open"))
    if not kept.rehearsal.assessments:
        raise LearnerError(text("takeaway.nothing"))
    return kept


def written(desk: Desk, rehearsal_id: str, what: str, kind: str) -> File | None:
    """`transcript`, `card` or `agreement` of a talk as `md`, `pdf` or `json`; None where there is no such thing."""
    if kind not in MEDIA:
        return None
    if what == "transcript":
        content, name = _transcript(desk.workspace, rehearsal_id, kind), f"rehearsal-{rehearsal_id[:12]}"
    elif what == "card":
        content, name = _paper(card_of(ended(desk, rehearsal_id)), kind), f"card-{rehearsal_id[:12]}"
    elif what == "agreement":
        content, name = _paper(agreement_of(ended(desk, rehearsal_id)), kind), f"agreement-{rehearsal_id[:12]}"
    else:
        return None
    return File(f"{name}.{kind}", MEDIA[kind], content if isinstance(content, bytes) else content.encode())


def takeaway_html(desk: Desk, rehearsal_id: str) -> str:
    """The card and, where there is one, the agreement, as they print."""
    kept = ended(desk, rehearsal_id)
    agreement = agreement_of(kept) if has_agreement(kept.rehearsal.engine.setting.scenario.id) else None
    groups = [(group, list(terms)) for group, terms in groupby(agreement.terms, key=lambda t: t.group)] if agreement else []
    return render(
        "takeaway.html",
        rehearsal_id=rehearsal_id,
        card=card_of(kept),
        agreement=agreement,
        groups=groups,
        spoken_by=spoken_by,
    )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.takeaway", "takeaway")
    page = filled_later("takeaway")

    def load(request: gr.Request) -> str:
        wanted = param(request, "rehearsal")
        try:
            return takeaway_html(visitors.desk(request), wanted)
        except UnknownIdError:
            return no_such_talk()
        except LearnerError as error:
            return message(text("takeaway.heading"), str(error), ("history", text("stage.none_action")))
        except RehearseError as error:
            return notice(str(error))

    demo.load(load, None, [page], **QUIET)
