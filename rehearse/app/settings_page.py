"""Settings: who words the counterparts and who coaches, chosen, kept in the settings file, and tried out."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from anyio import to_thread

from rehearse.app.model_choice import (
    BUILT_IN,
    FEWEST_WINDOW,
    LONGEST_KEY,
    MOST_SECONDS,
    choice_in_force,
    shown_number,
    tried,
    whose_choice,
)
from rehearse.app.parts import QUIET, fragment, notice, page_head, param
from rehearse.app.privacy import model_endpoint
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.config import TOML_NAME
from rehearse.errors import RehearseError
from rehearse.workspace import Workspace


def settings_html(workspace: Workspace, *, saved: bool = False) -> str:
    """What is at work, and the form to choose another; only the first where nothing may be changed here."""
    settings = workspace.settings
    choice = choice_in_force(settings)
    return render(
        "settings.html",
        now=choice,
        endpoint=model_endpoint(settings),
        coached=choice.kind != BUILT_IN and settings.model_coach,
        read_twice=choice.kind != BUILT_IN and settings.model_appraisal,
        window=shown_number(choice.window),
        seconds=shown_number(choice.seconds),
        least_window=FEWEST_WINDOW,
        most_seconds=MOST_SECONDS,
        longest_key=LONGEST_KEY,
        file=str(settings.home / TOML_NAME) if choice.may_change else "",
        saved=saved and choice.may_change,
    )


@dataclass
class SettingsPage:
    """The components of the page and what fills them."""

    visitors: Visitors
    _trying: threading.Lock = field(default_factory=threading.Lock)

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out and wire it."""
        page_head("title.settings", "privacy")
        page = fragment(elem_id="settings")
        with gr.Column(visible=False, elem_id="try-model") as trial:
            fragment(render("settings_try.html"))
            button = gr.Button(text("settings.try"), elem_id="try", scale=0, min_width=96)
            found = fragment(elem_id="tried")
        demo.load(self.load, None, [page, trial], **QUIET)
        button.click(self.try_it, None, [found], **QUIET)

    def load(self, request: gr.Request) -> tuple[Any, ...]:
        """What is set now."""
        workspace = self.visitors.desk(request).workspace
        try:
            shown = settings_html(workspace, saved=bool(param(request, "saved")))
        except RehearseError as error:
            return notice(str(error)), gr.update(visible=False)
        return shown, gr.update(visible=not whose_choice(workspace.settings))

    async def try_it(self, request: gr.Request) -> AsyncIterator[str]:
        """Ask the model at work two short questions, and say in plain words what came of it."""
        workspace = self.visitors.desk(request).workspace
        refused = whose_choice(workspace.settings)
        if refused:
            yield notice(refused)
            return
        if not self._trying.acquire(blocking=False):
            yield notice(text("settings.trying_already"))
            return
        try:
            yield render("settings_found.html", found=(), waiting=True)
            yield render("settings_found.html", found=await to_thread.run_sync(tried, workspace), waiting=False)
        finally:
            self._trying.release()


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    SettingsPage(visitors).build(demo)
