"""Prepare: what to practise, with whom, how hard, and the brief. One form, everything chosen beforehand."""

from __future__ import annotations

import gradio as gr

from rehearse.app.parts import QUIET, fragment, page_head, param
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.domain.library import Library
from rehearse.domain.persona import Difficulty, Habit
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.state import Ending
from rehearse.workspace import Workspace


def default_persona(library: Library, scenario_id: str) -> str:
    """Whom a newcomer meets first: the most forthcoming who says yes and no plainly."""
    fitting = library.personas_for(scenario_id)
    plain = [p for p in fitting if p.habit.get(scenario_id, Habit.PLAIN) is Habit.PLAIN] or list(fitting)
    return min(plain, key=lambda p: (p.temperament.scepticism - p.temperament.warmth, p.id)).id


def prepare_page(workspace: Workspace, scenario_id: str = "", focus: str = "") -> str:
    """The whole form as HTML, with what the address asked for chosen."""
    library = workspace.library
    scenarios = [s for s in library.scenarios if library.personas_for(s.id)]
    known = [s.id for s in scenarios]
    first = "pitch-to-boss" if "pitch-to-boss" in known else known[0]
    order = {first: 0, "guide-hesitant-leader": 1}
    return render(
        "prepare.html",
        scenarios=sorted(scenarios, key=lambda s: order.get(s.id, 2)),
        personas=library.personas,
        rubrics=library.rubrics,
        difficulties=[d.value for d in Difficulty],
        defaults={s: default_persona(library, s) for s in known},
        chosen=scenario_id if scenario_id in known else first,
        focus=focus if focus in CRITERION_IDS else "",
        unfinished=unfinished(workspace),
        problems=[str(p) for p in library.problems],
    )


def unfinished(workspace: Workspace) -> dict[str, str] | None:
    """The latest talk if it is still open and something was said."""
    for entry in workspace.store.list(limit=1):
        if (entry.ending or Ending.OPEN.value) == Ending.OPEN.value and entry.turns:
            names = {p.id: p.name for p in workspace.library.personas}
            return {"id": entry.rehearsal_id, "name": names.get(entry.persona_id, entry.persona_id)}
    return None


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.practise", "")
    form = fragment(elem_id="prepare")

    def load(request: gr.Request) -> str:
        return prepare_page(visitors.desk(request).workspace, param(request, "scenario"), param(request, "focus"))

    demo.load(load, None, form, **QUIET)
