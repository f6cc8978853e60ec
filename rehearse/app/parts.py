"""What every page is made of: fragments in Gradio's HTML component, the title, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr
from fastapi import Request
from gradio.components.navbar import Navbar

from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.errors import RehearseError

Params = Mapping[str, str]

QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
"""How every event is wired: nothing spins over the page, and no event is offered as an API."""


def fragment(value: str = "", elem_id: str | None = None, *, visible: bool = True) -> gr.HTML:
    """A place for one of our own fragments; the templates have escaped what is in it."""
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None, visible=visible)


def filled_later(elem_id: str) -> gr.HTML:
    """The place of a page's main part, which comes from the store: until it is there, the place says that it is coming."""
    return fragment(render("loading.html"), elem_id=elem_id)


def page_head(title_key: str, current: str) -> gr.HTML:
    """What the script reads to set the page's title and mark its place in the navigation."""
    Navbar(visible=True, main_page_name=text("nav.practise"))
    return fragment(render("page.html", title=text(title_key), current=current))


def params(request: gr.Request | None) -> Params:
    """The parts of the page's address."""
    if request is None:
        return {}
    inner: Request | None = getattr(request, "request", None)
    found: Params = inner.query_params if inner is not None else getattr(request, "query_params", {})
    return found


def param(request: gr.Request | None, name: str) -> str:
    """One part of the page's address, or nothing."""
    return str(params(request).get(name, ""))


def talk_id(known: str, request: gr.Request | None) -> str:
    """The talk that a page is about: as its session knows it or, where the server was restarted since, as its address says."""
    return known or param(request, "rehearsal")


def message(heading: str, words: str, *actions: tuple[str, str]) -> str:
    """A page that says one thing; actions are (address, label)."""
    return render("message.html", heading=heading, words=words, actions=actions)


def notice(words: str, kind: str = "error", label: str = "") -> str:
    """One clear sentence beside the place where it matters."""
    return render("notice.html", words=words, kind=kind, label=label)


def no_such_talk() -> str:
    """For an address whose talk is not there."""
    return message(text("stage.none_heading"), text("stage.none"), ("history", text("stage.none_action")))


def sentence(error: RehearseError) -> str:
    """What happened, and that nothing was lost."""
    return f"{error} {text('error.kept')}"
