"""Prepare: what to practise, with whom, how hard, and the brief. One form, everything chosen beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import gradio as gr

from rehearse.app.own_counterpart import sweep
from rehearse.app.parts import QUIET, filled_later, page_head, param
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.worksheet import offer_of
from rehearse.domain.library import Library, shipped_root
from rehearse.domain.own_persona import form_in, is_removed
from rehearse.domain.persona import Difficulty, Habit, Persona
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.state import Ending
from rehearse.domain.tuning import Tuning
from rehearse.workspace import Workspace

FIRST_SCENARIO = "pitch-to-boss"
NOTICEABLE = 0.1
"""A difference from normal that is smaller than this is not worth telling."""


@dataclass(frozen=True)
class Wish:
    """What the address asks for to be chosen; any of it may be empty or wrong."""

    scenario: str = ""
    persona: str = ""
    focus: str = ""


@dataclass(frozen=True)
class Cast:
    """Who can be chosen: everybody, which of them are the person's own, and which of those the form can change."""

    personas: tuple[Persona, ...]
    own: frozenset[str]
    changeable: frozenset[str]


@cache
def shipped_ids() -> frozenset[str]:
    """The ids of the personas that ship: the names of their files."""
    return frozenset(path.stem for path in (shipped_root() / "personas").glob("*.yaml"))


def cast_of(workspace: Workspace) -> Cast:
    """The cast without those who were removed; what was only kept for talks that are gone is swept away."""
    entries = workspace.store.notebook.own_personas()
    removed = {e.persona_id for e in entries if is_removed(e.yaml)}
    if {e.persona_id for e in entries} - {p.id for p in workspace.library.personas}:
        workspace.refresh()  # Made in another window or process.
    if removed:
        sweep(workspace, entries)
    shipped = shipped_ids()
    there = [p for p in workspace.library.personas if p.id not in removed]
    own = [p for p in there if p.id not in shipped]
    changeable = frozenset(e.persona_id for e in entries if e.persona_id not in removed and form_in(e.yaml) is not None)
    return Cast((*own, *(p for p in there if p.id in shipped)), frozenset(p.id for p in own), changeable)


def default_persona(library: Library, scenario_id: str) -> str:
    """Whom a newcomer meets first: the most forthcoming who says yes and no plainly."""
    fitting = [p for p in library.personas_for(scenario_id) if p.id in shipped_ids()]
    fitting = fitting or list(library.personas_for(scenario_id))
    plain = [p for p in fitting if p.habit.get(scenario_id, Habit.PLAIN) is Habit.PLAIN] or fitting
    return min(plain, key=lambda p: (p.temperament.scepticism - p.temperament.warmth, p.id)).id


def worries(persona: Persona, scenario_id: str) -> dict[str, int]:
    """How many worries somebody brings at each difficulty; which, is for the learner to find out."""
    return {d.value: len(persona.concerns_in(scenario_id, d)) for d in Difficulty}


def changes(tuning: Tuning, difficulty: Difficulty) -> list[str]:
    """What a difficulty changes in how people behave, beside normal, from the numbers by which they do."""
    if difficulty is Difficulty.NORMAL:
        return []
    level, normal = tuning.difficulty[difficulty], tuning.difficulty[Difficulty.NORMAL]
    told = []
    for key, ratio in (("gain", level.gain / normal.gain), ("loss", level.loss / normal.loss)):
        if abs(ratio - 1) >= NOTICEABLE:
            told.append(text(f"prepare.{key}_{'more' if ratio > 1 else 'less'}", n=5 * round(abs(ratio - 1) * 20)))
    lasts = normal.turn_cost / level.turn_cost
    if lasts >= 1 + NOTICEABLE:
        told.append(text("prepare.patience_more", n=f"{round(lasts * 2) / 2:g}"))
    elif lasts <= 1 - NOTICEABLE:
        told.append(text("prepare.patience_less", n=5 * round((1 - lasts) * 20)))
    return told


def prepare_page(workspace: Workspace, wish: Wish | None = None) -> str:
    """The whole form as HTML, with what the address asked for chosen."""
    wish = wish or Wish()
    cast, library = cast_of(workspace), workspace.library
    scenarios = [s for s in library.scenarios if library.personas_for(s.id)]
    known = [s.id for s in scenarios]
    first = FIRST_SCENARIO if FIRST_SCENARIO in known else known[0]
    order = {first: 0, "guide-hesitant-leader": 1}
    defaults = {s: default_persona(library, s) for s in known}
    chosen = wish.scenario if wish.scenario in known else first
    playing = next((p for p in cast.personas if p.id == wish.persona), None)
    if playing is not None and chosen not in playing.scenes:
        chosen = playing.scenarios[0] if not wish.scenario else chosen
    persona_id = playing.id if playing is not None and chosen in playing.scenes else defaults[chosen]
    return render(
        "prepare.html",
        scenarios=sorted(scenarios, key=lambda s: order.get(s.id, 2)),
        personas=cast.personas,
        own=cast.own,
        changeable=cast.changeable,
        worries={p.id: {s: worries(p, s) for s in p.scenarios} for p in cast.personas},
        rubrics=library.rubrics,
        difficulties=[d.value for d in Difficulty],
        changes={d.value: changes(library.tuning, d) for d in Difficulty},
        defaults=defaults,
        chosen=chosen,
        persona_id=persona_id,
        made=playing.name if playing is not None and playing.id in cast.own and not wish.scenario else "",
        focus=wish.focus if wish.focus in CRITERION_IDS else "",
        offer=offer_of(workspace),
        newcomer=not workspace.store.count(),
        start={"scenario": library.scenario(first), "persona": library.persona(defaults[first])},
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
    form = filled_later("prepare")

    def load(request: gr.Request) -> str:
        wish = Wish(param(request, "scenario"), param(request, "persona"), param(request, "focus"))
        return prepare_page(visitors.desk(request).workspace, wish)

    demo.load(load, None, form, **QUIET)
