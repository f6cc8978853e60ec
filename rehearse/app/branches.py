"""Moments tried again, as a small tree: which talk went back to which moment, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from rehearse.app.wording import when
from rehearse.domain.library import Library
from rehearse.domain.state import Ending
from rehearse.retrospect import Branch
from rehearse.storage.store import RehearsalSummary
from rehearse.workspace import Workspace


@dataclass(frozen=True)
class Twig:
    """One talk of the tree; `turn` is the first of its own, 0 for the talk that the others came from."""

    id: str
    href: str
    turn: int
    when: str
    ended: str
    name: str
    scores: tuple[int | None, int | None]
    """Empathy and clarity."""
    here: bool
    """Whether it is the talk being looked at."""
    twigs: tuple[Twig, ...]


def place_of(summary: RehearsalSummary) -> str:
    """The address of a talk: its stage while it is open, its debrief afterwards."""
    page = "lookback" if summary.ending else "stage"
    return f"{page}?rehearsal={summary.rehearsal_id}"


def first_name(library: Library, persona_id: str) -> str:
    """What a counterpart is called; their id where the file is gone."""
    return next((p.name.split()[0] for p in library.personas if p.id == persona_id), persona_id)


def _twig(library: Library, branch: Branch, here: str) -> Twig:
    summary = branch.summary
    return Twig(
        id=summary.rehearsal_id,
        href=place_of(summary),
        turn=0 if summary.parent_turn is None else summary.parent_turn + 1,
        when=when(summary.started_at),
        ended=summary.ending or Ending.OPEN.value,
        name=first_name(library, summary.persona_id),
        scores=(summary.empathy, summary.clarity),
        here=summary.rehearsal_id == here,
        twigs=tuple(_twig(library, b, here) for b in branch.branches),
    )


def tree_of(workspace: Workspace, branch: Branch | None, here: str = "") -> tuple[Twig, ...]:
    """The tree that a talk belongs to, ready to be drawn; empty without one."""
    return () if branch is None else (_twig(workspace.library, branch, here),)
