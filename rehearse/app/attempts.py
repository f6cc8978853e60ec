"""Two attempts at one conversation side by side: how they ended, what was rated differently, and what was said."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from rehearse.app import chart
from rehearse.app.branches import first_name
from rehearse.app.comparison import Moment, moment
from rehearse.app.desk import Desk
from rehearse.app.parts import QUIET, filled_later, message, no_such_talk, notice, page_head, param
from rehearse.app.progress_words import change_words
from rehearse.app.scorecard import in_order
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.coaching.progress import ScoredRehearsal
from rehearse.domain.assessment import Debrief, Rating
from rehearse.domain.state import Ending
from rehearse.errors import LearnerError, RehearseError, UnknownIdError
from rehearse.retrospect import compared, debrief_of
from rehearse.storage.store import StoredRehearsal
from rehearse.workspace import KeptRehearsal, Workspace

MOST_OFFERED = 60
"""How many other attempts are offered to choose from."""


@dataclass(frozen=True)
class Attempt:
    """One of the two."""

    stored: StoredRehearsal
    kept: KeptRehearsal
    debrief: Debrief

    @property
    def scored(self) -> ScoredRehearsal:
        """As progress sees it."""
        return ScoredRehearsal.of(self.stored.rehearsal_id, self.debrief, self.stored.scenario_id)


@dataclass(frozen=True)
class PartRow:
    """One criterion in both: level and score in words, and whether the difference is more than noise."""

    title: str
    one: str
    other: str
    change: str
    sure: bool
    """Whether it is more than noise."""


@dataclass(frozen=True)
class TurnRow:
    """One turn in both; a side is None where that talk was over, both are the same before the talks parted."""

    number: int
    one: Moment | None
    other: Moment | None


def _attempt(desk: Desk, rehearsal_id: str) -> Attempt:
    kept = desk.open(rehearsal_id)
    if kept.rehearsal.ended is Ending.OPEN:
        raise LearnerError(text("compare.open"))
    return Attempt(desk.workspace.store.get(rehearsal_id), kept, debrief_of(kept))


def _level(desk: Desk, debrief: Debrief, criterion_id: str) -> str:
    rating = debrief.ratings[criterion_id]
    if not isinstance(rating, Rating):
        return text("lookback.unrated")
    level = desk.workspace.library.criterion(criterion_id).levels[rating.level].name
    return text("contest.level", level=level, score=rating.score)


def part_rows(desk: Desk, one: Attempt, other: Attempt) -> list[PartRow]:
    """Every criterion that was rated in either."""
    series = {s.criterion_id: s for s in compared(one.scored, other.scored).series}
    rows = []
    for rubric in in_order(desk.workspace.library):
        for criterion in rubric.criteria:
            if criterion.id in series:
                words, sure = change_words(series[criterion.id].since_last)
                first, second = (_level(desk, a.debrief, criterion.id) for a in (one, other))
                rows.append(PartRow(criterion.title, first, second, words, sure))
    return rows


def turn_rows(one: Attempt, other: Attempt) -> tuple[int, list[TurnRow]]:
    """How many turns the two share, and the turns from there on."""
    first, second = one.kept.rehearsal, other.kept.rehearsal
    pairs = zip(first.now.exchanges, second.now.exchanges, strict=False)
    shared = 0
    for mine, theirs in pairs:
        if (mine.learner, mine.counterpart) != (theirs.learner, theirs.counterpart):
            break
        shared += 1
    rows = [
        TurnRow(n, *(moment(r, n) if n <= r.now.turn else None for r in (first, second)))
        for n in range(shared + 1, max(first.now.turn, second.now.turn) + 1)
    ]
    return shared, rows


def _head(workspace: Workspace, attempt: Attempt) -> dict[str, object]:
    stored = attempt.stored
    return {
        "id": stored.rehearsal_id,
        "persona_id": stored.persona_id,
        "name": first_name(workspace.library, stored.persona_id),
        "difficulty": stored.difficulty,
        "when": when(stored.started_at),
        "ended": stored.ending or Ending.OPEN.value,
        "turns": len(stored.turns),
        "guess": stored.guess,
        "checks": attempt.debrief.outcome.checks if attempt.debrief.outcome else {},
    }


def _trust(one: Attempt, other: Attempt) -> object:
    values = [[100 * s.state.trust for s in a.kept.rehearsal.history] for a in (one, other)]
    steps = max(len(v) for v in values)
    names = (text("compare.first"), text("compare.second"))
    lines = [
        chart.line_of(name, v, steps, kind=kind, small=False)
        for name, v, kind in zip(names, values, ("first", "second"), strict=True)
    ]
    words = text("compare.trust_words", one=round(values[0][-1]), other=round(values[1][-1]))
    return chart.lines_chart(lines, words, [str(n) for n in range(steps)], small=False)


def compare_html(desk: Desk, one_id: str, other_id: str) -> str:
    """Both attempts, the earlier first; `LearnerError` for a talk that is open or of another scenario."""
    attempts = [_attempt(desk, one_id), _attempt(desk, other_id)]
    attempts.sort(key=lambda a: a.stored.started_at)
    one, other = attempts
    if one.stored.scenario_id != other.stored.scenario_id:
        raise LearnerError(text("compare.different"))
    scenario = one.kept.rehearsal.engine.setting.scenario
    shared, turns = turn_rows(one, other)
    return render(
        "attempts.html",
        scenario=scenario,
        one=_head(desk.workspace, one),
        other=_head(desk.workspace, other),
        rows=part_rows(desk, one, other),
        shared=shared,
        turns=turns,
        chart=_trust(one, other),
        trust=[
            (
                n,
                *(
                    round(100 * h[n].state.trust) if n < len(h) else None
                    for h in (one.kept.rehearsal.history, other.kept.rehearsal.history)
                ),
            )
            for n in range(max(len(one.kept.rehearsal.history), len(other.kept.rehearsal.history)))
        ],
    )


def choose_html(desk: Desk, one_id: str) -> str:
    """The other attempts at the same conversation, to choose one from; `LearnerError` for a talk that is open."""
    workspace = desk.workspace
    stored = workspace.store.get(one_id)
    if (stored.ending or Ending.OPEN.value) == Ending.OPEN.value:
        raise LearnerError(text("compare.open"))
    found = [
        s
        for s in workspace.store.list(scenario_id=stored.scenario_id, limit=MOST_OFFERED)
        if s.scores_json and s.turns and s.rehearsal_id != one_id
    ]
    if not found:
        return message(text("compare.heading"), text("compare.none"), ("./", text("lookback.other")))
    options = [
        (
            s.rehearsal_id,
            text(
                "compare.option",
                name=first_name(workspace.library, s.persona_id),
                when=when(s.started_at),
                ended=text(f"ended.{s.ending or Ending.OPEN.value}", name=first_name(workspace.library, s.persona_id)),
            ),
        )
        for s in found
    ]
    name = first_name(workspace.library, stored.persona_id)
    return render("attempts_choose.html", one=one_id, name=name, when=when(stored.started_at), options=options)


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.compare", "compare")
    page = filled_later("compare")

    def load(request: gr.Request) -> str:
        desk = visitors.desk(request)
        one, other = param(request, "one"), param(request, "other")
        try:
            return compare_html(desk, one, other) if other and other != one else choose_html(desk, one)
        except UnknownIdError:
            return no_such_talk()
        except LearnerError as error:
            return message(text("compare.heading"), str(error), ("history", text("stage.none_action")))
        except RehearseError as error:
            return notice(str(error))

    demo.load(load, None, [page], **QUIET)
