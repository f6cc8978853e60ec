"""One's own counterpart: the short form, what becomes of it, and taking one out again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import gradio as gr
from pydantic import ValidationError

from rehearse.app.parts import QUIET, filled_later, message, notice, page_head, param
from rehearse.app.strings import counted, text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.domain.draft_form import Doubt, Ease, Manner, Patience, draft_lines
from rehearse.domain.own_persona import (
    FEWEST_WORRIES,
    MOST_WORRIES,
    Impatience,
    OwnForm,
    as_removed,
    form_in,
    is_removed,
    own_form_texts,
    own_persona,
    own_text,
)
from rehearse.domain.persona import Persona
from rehearse.errors import LearnerError, RehearseError, UnknownIdError
from rehearse.storage.records import OwnPersona
from rehearse.workspace import Workspace

MOST_OWN = 30
"""Counterparts that one person may keep."""
MOST_LISTED = 100_000


class FormError(LearnerError):
    """A form that cannot be used yet; `field` is the name of the input that it is about."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        super().__init__(words)


# What is kept ---------------------------------------------------------------------------------------------------------


def kept_entry(workspace: Workspace, persona_id: str) -> OwnPersona:
    """A counterpart of this person's own; `UnknownIdError` where there is none."""
    entries = workspace.store.notebook.own_personas()
    for entry in entries:
        if entry.persona_id == persona_id:
            return entry
    raise UnknownIdError("counterpart of your own", persona_id, [e.persona_id for e in entries if not is_removed(e.yaml)])


def talks_with(workspace: Workspace, persona_id: str) -> int:
    """How many talks with somebody are kept."""
    return sum(entry.persona_id == persona_id for entry in workspace.store.list(limit=MOST_LISTED))


def save(workspace: Workspace, form: OwnForm, persona_id: str = "") -> Persona:
    """Keep a new counterpart, or the changed form of one that is there; they can be talked to at once."""
    notebook = workspace.store.notebook
    if persona_id:
        kept_entry(workspace, persona_id)
        persona = own_persona(form, persona_id=persona_id)
    else:
        if sum(not is_removed(entry.yaml) for entry in notebook.own_personas()) >= MOST_OWN:
            raise FormError("name", text("own.too_many", n=MOST_OWN))
        persona = own_persona(form, [p.id for p in workspace.library.personas])
    notebook.save_own_persona(persona.id, own_text(form, persona))
    workspace.refresh()
    return persona


def remove(workspace: Workspace, persona_id: str) -> None:
    """Take a counterpart out of the choice. While talks with them are kept, what is needed to read those stays."""
    entry = kept_entry(workspace, persona_id)
    notebook = workspace.store.notebook
    if talks_with(workspace, persona_id):
        notebook.save_own_persona(persona_id, as_removed(entry.yaml))
    else:
        notebook.delete_own_persona(persona_id)
    workspace.refresh()


def sweep(workspace: Workspace, entries: Sequence[OwnPersona]) -> None:
    """Delete for good what was only kept for talks that are gone by now."""
    gone = [e.persona_id for e in entries if is_removed(e.yaml) and not talks_with(workspace, e.persona_id)]
    for persona_id in gone:
        workspace.store.notebook.delete_own_persona(persona_id)
    if gone:
        workspace.refresh()


# The form -------------------------------------------------------------------------------------------------------------


def read_form(told: Mapping[str, str], impatient: Sequence[str]) -> OwnForm:
    """The filled-in form; `FormError` names the first input that cannot be used."""
    given: dict[str, object] = {key: told.get(key, "").strip() for key in ("name", "role", "cares_about")}
    given |= {key: told[key] for key in ("pronoun", "manner", "patience", "scepticism") if told.get(key)}
    given |= {key: told.get(key, "").strip() or None for key in ("word", "wish", "secret")}
    given["impatient"] = tuple(impatient)
    worries = [
        (n, {"says": told.get(f"worry-{n}", "").strip(), "eased_by": (told.get(f"ease-{n}") or "",)})
        for n in range(1, MOST_WORRIES + 1)
    ]
    filled = [(n, worry) for n, worry in worries if worry["says"]]
    if len(filled) < FEWEST_WORRIES:
        empty = next(n for n, worry in worries if not worry["says"])
        raise FormError(f"worry-{empty}", text("own.too_few_worries"))
    given["worries"] = tuple(worry for _, worry in filled)
    try:
        return OwnForm.model_validate_json(json.dumps(given))
    except ValidationError as error:
        first = error.errors()[0]
        place = first["loc"]
        field = str(place[0]) if place else "name"
        if field == "worries" and len(place) > 2:
            field = f"{'ease' if place[2] == 'eased_by' else 'worry'}-{filled[int(place[1])][0]}"
        raise FormError(field, _complaint(first["type"], field)) from None


def _complaint(kind: str, field: str) -> str:
    if kind == "string_too_long":
        return text("own.too_long")
    if field.startswith("ease-"):
        return text("own.choose_ease")
    return text("own.missing")


@dataclass(frozen=True)
class Choice:
    """One option of a menu."""

    value: str
    label: str


def form_html(persona_id: str = "", form: OwnForm | None = None, talks: int = 0) -> str:
    """The form, empty or as it was filled in."""
    lines, texts = draft_lines(), own_form_texts()
    worries = [*(form.worries if form else ()), *[None] * MOST_WORRIES][:MOST_WORRIES]
    return render(
        "own_counterpart.html",
        persona_id=persona_id,
        form=form,
        worries=[(n, w.says if w else "", w.eased_by[0].value if w else "") for n, w in enumerate(worries, 1)],
        fewest=FEWEST_WORRIES,
        eases=[Choice(e.value, lines.menu[e].says) for e in Ease],
        impatience=[Choice(i.value, texts.impatience[i].says) for i in Impatience],
        word_label=texts.impatience["word"].says,
        manners=[Choice(m.value, lines.manners[m].says) for m in Manner],
        patiences=[Choice(p.value, text(f"own.patience_{p.value}")) for p in Patience],
        doubts=[Choice(d.value, text(f"own.doubt_{d.value}")) for d in Doubt],
        pronouns=[Choice(p, text(f"own.pronoun_{p}")) for p in ("she", "he", "they")],
        remove_words=(counted("own.remove_with_talks", talks) if talks else text("own.remove_alone")) if persona_id else "",
    )


def page_html(workspace: Workspace, persona_id: str = "") -> str:
    """The form that the address names, or an empty one."""
    if not persona_id:
        return form_html()
    try:
        entry = kept_entry(workspace, persona_id)
        form = form_in(entry.yaml)
        if form is None or is_removed(entry.yaml):
            return message(text("own.closed_heading"), text("own.closed"), ("counterpart", text("own.make_another")))
        return form_html(persona_id, form, talks_with(workspace, persona_id))
    except UnknownIdError:
        return message(text("own.none_heading"), text("own.none"), ("counterpart", text("own.make_another")))
    except RehearseError as error:
        return notice(str(error))


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.counterpart", "")
    page = filled_later("counterpart")

    def load(request: gr.Request) -> str:
        return page_html(visitors.desk(request).workspace, param(request, "persona"))

    demo.load(load, None, page, **QUIET)
