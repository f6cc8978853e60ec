"""Whoever deletes something is forgotten by Gradio too, and nobody else is."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import gradio as gr
import pytest
from gradio.state_holder import StateHolder

from rehearse.app import remembered
from rehearse.app.doorway import Sessions

LONG_AGO = datetime.now() - timedelta(hours=1)


@pytest.fixture
def holder() -> StateHolder:
    """Two pages of Ana's, of which one is in use, and one of Ben's; each shows words."""

    async def made() -> tuple[gr.Blocks, gr.Textbox]:
        # Gradio makes a loop of its own where none runs, and leaves it open.
        with gr.Blocks(analytics_enabled=False) as demo:
            return demo, gr.Textbox("")

    demo, box = asyncio.run(made())
    found = StateHolder()
    found.set_blocks(demo)
    for page in ("anas0page1", "anas0page2", "bens0page1"):
        found[page]._update_value_in_config(box._id, f"words of {page}")
        found.time_last_used[page] = LONG_AGO
    found.time_last_used["anas0page2"] = datetime.now()
    return found


def shown(holder: StateHolder, page: str) -> bool:
    return f"words of {page}" in str(holder.session_data[page].config_values) if page in holder.session_data else False


def test_somebody_s_pages_are_forgotten_and_another_s_are_not(holder: StateHolder) -> None:
    sessions = Sessions()
    for page, person in (("anas0page1", "ana"), ("anas0page2", "ana"), ("bens0page1", "ben")):
        assert sessions.belongs(page, person)
    assert [shown(holder, page) for page in ("anas0page1", "anas0page2", "bens0page1")] == [True] * 3
    remembered.watch(holder, sessions.owned)
    remembered.forget_pages("ana")
    assert [shown(holder, page) for page in ("anas0page1", "anas0page2", "bens0page1")] == [False, False, True]
    assert "anas0page2" in holder.session_data, "it is in use, so it has an empty memory rather than none"
    remembered.forget_pages()
    assert not shown(holder, "bens0page1")


def test_where_nobody_signs_in_all_pages_are_one_person_s(holder: StateHolder) -> None:
    remembered.watch(holder)
    remembered.forget_pages("local")
    assert [shown(holder, page) for page in ("anas0page1", "anas0page2", "bens0page1")] == [False] * 3
