"""Progress: what clearly changed and what is noise, guess against rating, the best lines, and how the real talks went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import gradio as gr
from markupsafe import Markup

from rehearse.app import chart
from rehearse.app.branches import first_name
from rehearse.app.parts import QUIET, filled_later, message, notice, page_head, param
from rehearse.app.progress_words import change_key, change_words, signed, trend_words
from rehearse.app.scorecard import in_order
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import when
from rehearse.coaching.progress import OVERALL, BestLine, GapSeries, Series
from rehearse.domain.check_in import CheckIn
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.errors import RehearseError
from rehearse.retrospect import Past
from rehearse.storage.store import StoredRehearsal
from rehearse.workspace import Workspace


@dataclass(frozen=True)
class PointRow:
    """One talk in a table."""

    href: str
    when: str
    level: str
    score: int
    band: int
    turns: int


@dataclass(frozen=True)
class SeriesView:
    """One criterion over time."""

    title: str
    verdict: str
    """`better`, `worse`, `noise` or `early`."""
    overall: str
    since_last: str
    same_scenario: bool
    chart: Markup
    rows: tuple[PointRow, ...]


@dataclass(frozen=True)
class GuessView:
    """Guess and rating over time."""

    words: str
    chart: Markup
    rows: tuple[tuple[str, str, int, int, str], ...]
    """Address, date, guess, rating, and the difference with its sign."""


@dataclass(frozen=True)
class LineView:
    """One line of the playbook."""

    quote: str
    href: str
    about: str
    why: str
    citation: Citation


@dataclass(frozen=True)
class ToldView:
    """How one real talk went, and the rehearsal that prepared it."""

    told: CheckIn
    about: str
    href: str


def _look(rehearsal_id: str, place: str = "") -> str:
    return f"lookback?rehearsal={rehearsal_id}" + (f"#{place}" if place else "")


def about(stored: StoredRehearsal, library: Library) -> str:
    """Which talk it was, in a line."""
    titles = {s.id: s.title for s in library.scenarios}
    title = titles.get(stored.scenario_id, stored.scenario_id)
    return text("progress.about", scenario=title, name=first_name(library, stored.persona_id), when=when(stored.started_at))


def series_view(series: Series, rehearsals: Mapping[str, StoredRehearsal], library: Library) -> SeriesView:
    """One criterion with its chart, its words and its table."""
    criterion = library.criterion(series.criterion_id)
    overall, _ = change_words(series.overall)
    since_last, _ = change_words(series.since_last)
    points = series.points
    words = text(
        "progress.chart_words",
        title=criterion.title,
        n=len(points),
        first=points[0].score,
        last=points[-1].score,
        verdict=overall,
    )
    line = chart.line_of(criterion.title, [p.score for p in points], len(points), bands=[p.band for p in points])
    return SeriesView(
        title=criterion.title,
        verdict=change_key(series.overall),
        overall=overall,
        since_last=since_last if len(points) > 2 else "",
        same_scenario=series.same_scenario,
        chart=chart.lines_chart([line], words, [str(n) for n in range(1, len(points) + 1)]),
        rows=tuple(
            PointRow(
                _look(p.key), when(rehearsals[p.key].started_at), criterion.levels[p.level].name, p.score, round(p.band), p.turns
            )
            for p in points
        ),
    )


def guess_view(gaps: GapSeries, rehearsals: Mapping[str, StoredRehearsal]) -> GuessView:
    """Guess against rating."""
    found = gaps.gaps
    lines = [
        chart.line_of(text("progress.guess"), [g.guess for g in found], len(found), kind="second"),
        chart.line_of(text("progress.rating"), [g.rating for g in found], len(found)),
    ]
    words = trend_words(gaps.trend)
    return GuessView(
        words=words,
        chart=chart.lines_chart(lines, words, [str(n) for n in range(1, len(found) + 1)]),
        rows=tuple((_look(g.key), when(rehearsals[g.key].started_at), g.guess, g.rating, signed(g.points)) for g in found),
    )


def _line_view(line: BestLine, rehearsals: Mapping[str, StoredRehearsal], library: Library) -> LineView:
    remark = line.remark
    return LineView(
        remark.span.quote,
        _look(line.key, remark.span.turn.turn_id),
        about(rehearsals[line.key], library),
        remark.why,
        remark.citation,
    )


def progress_html(workspace: Workspace, scenario_id: str = "") -> str:
    """The page; where nothing has ended yet, what will stand here."""
    library = workspace.library
    known = {s.id: s.title for s in library.scenarios}
    everything = Past(workspace)
    if not everything.scored:
        actions = (("./", text("history.begin")), ("lookback?rehearsal=sample", text("history.sample")))
        return message(text("progress.heading"), text("progress.empty"), *actions)
    past = Past(workspace, scenario_id) if scenario_id in known else everything
    found = past.progress
    gaps = next((g for g in found.guesses if g.about == OVERALL), None)
    rubric_of = {c.id: rubric.title for rubric in library.rubrics for c in rubric.criteria}
    skills = [
        (
            rubric.title,
            [series_view(s, past.rehearsals, library) for s in found.series if rubric_of[s.criterion_id] == rubric.title],
        )
        for rubric in in_order(library)
    ]
    practised = {s.scenario_id for s in everything.rehearsals.values()}
    told = [ToldView(c, about(s, library), _look(s.rehearsal_id, "after")) for s, c in everything.check_ins]
    return render(
        "progress.html",
        scenarios=[(key, title) for key, title in known.items() if key in practised],
        wanted=scenario_id if scenario_id in known else "",
        talks=len([s for s in past.scored if past.rehearsals[s.key].parent_id is None]),
        skills=[(title, views) for title, views in skills if views],
        guesses=guess_view(gaps, past.rehearsals) if gaps else None,
        playbook=[_line_view(line, past.rehearsals, library) for line in found.playbook],
        ideas={i.idea_id: i for i in library.corpus.ideas},
        told=told,
        rehearsals=[(s.rehearsal_id, about(s, library)) for s in reversed(everything.rehearsals.values()) if s.turns],
        today=date.today().isoformat(),
    )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.progress", "progress")
    page = filled_later("progress")

    def load(request: gr.Request) -> str:
        try:
            return progress_html(visitors.desk(request).workspace, param(request, "scenario"))
        except RehearseError as error:
            return notice(str(error))

    demo.load(load, None, [page], **QUIET)
