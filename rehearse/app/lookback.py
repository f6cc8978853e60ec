"""Look back: first the learner's own guess, then everything that the coach can prove."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import gradio as gr

from rehearse.app import chart, scorecard
from rehearse.app.branches import Twig, tree_of
from rehearse.app.comparison import Comparison, compare_after_branch
from rehearse.app.desk import Desk
from rehearse.app.parts import QUIET, filled_later, fragment, message, no_such_talk, notice, page_head, param, sentence, talk_id
from rehearse.app.sample import SAMPLE_ID, sample_rehearsal
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import link_of, pieces
from rehearse.coaching.contest import Contest
from rehearse.coaching.offer_check import check_offer
from rehearse.domain.assessment import Debrief, Remark
from rehearse.domain.check_in import CheckIn
from rehearse.domain.state import Ending
from rehearse.errors import RehearseError, UnknownIdError
from rehearse.perception.embedding import shared_embedding
from rehearse.retrospect import debrief_of, family, has_agreement
from rehearse.session import Rehearsal

NEAR = 8
"""A guess within this many points of the coach's total counts as near."""


@dataclass(frozen=True)
class LookBack:
    """What the page shows of one talk."""

    rehearsal_id: str
    rehearsal: Rehearsal
    debrief: Debrief
    focus: str | None = None
    guess: int | None = None
    comparison: Comparison | None = None
    contests: tuple[Contest, ...] = ()
    """What was said against ratings of this talk; the debrief follows the verdicts already."""
    tree: tuple[Twig, ...] = ()
    """The talks that went back to a moment of this one or of the one it came from; empty where there are none."""
    check_in: CheckIn | None = None
    """How the real talk went."""


def guess_words(guess: int | None, total: int | None) -> str:
    """The learner's guess beside what the parts come to."""
    if guess is None:
        return ""
    if total is None:
        return text("lookback.guessed_unrated", guess=guess)
    key = "near" if abs(guess - total) <= NEAR else "high" if guess > total else "low"
    return f"{text('lookback.guessed', guess=guess, total=total)} {text(f'lookback.guess_{key}')}"


def unavailable(rehearsal: Rehearsal) -> str:
    """Why a model that was asked to rate did not, where that happened."""
    made = [a.provenance for a in rehearsal.assessments]
    return next((m.unavailable for m in made if m is not None and m.unavailable), "")


def turn_ratings(debrief: Debrief, contests: Sequence[Contest], rehearsal: Rehearsal) -> dict[int, list[scorecard.Row]]:
    """The ratings of each learner turn, by its number."""
    library = rehearsal.coach.library
    return {
        number: scorecard.turn_rows(ratings, [c for c in contests if c.turn == number], library)
        for number, ratings in enumerate(debrief.turn_ratings, 1)
    }


def lookback_html(view: LookBack) -> str:
    """The debrief as HTML; pure but for the data files that the rehearsal holds."""
    rehearsal, debrief = view.rehearsal, view.debrief
    setting, library = rehearsal.engine.setting, rehearsal.coach.library
    remarks = list(debrief.remarks)
    by_turn: dict[str, list[Remark]] = {}
    for remark in remarks:
        by_turn.setdefault(remark.span.turn.turn_id, []).append(remark)
    turning = frozenset(p.turn for p in debrief.turning_points)
    threshold = setting.scenario.trust + setting.tuning.difficulty[setting.difficulty].threshold
    return render(
        "lookback.html",
        sample=view.rehearsal_id == SAMPLE_ID,
        rehearsal_id=view.rehearsal_id,
        persona=setting.persona,
        name=setting.persona.name.split()[0],
        scenario=setting.scenario,
        difficulty=setting.difficulty.value,
        debrief=debrief,
        guess=guess_words(view.guess, scorecard.overall(debrief)),
        remarks={side: [r for r in remarks if r.kind.value == side] for side in ("keep", "change")},
        anchor=lambda remark: link_of(remark, remarks),
        ideas={i.idea_id: i for i in library.corpus.ideas},
        skills=scorecard.skills(debrief, library, view.focus),
        listening=scorecard.listening(debrief),
        transcript=rehearsal.transcript,
        pieces={t.turn_id: pieces(t.text, by_turn.get(t.turn_id, [])) for t in rehearsal.transcript.turns},
        chart=chart.trust_chart(rehearsal.history, turning, threshold),
        chart_words=chart.trust_words(rehearsal.history),
        trust_rows=chart.trust_rows(rehearsal.history),
        compare=view.comparison,
        compare_open=True,
        turn_ratings=turn_ratings(debrief, view.contests, rehearsal),
        contested=frozenset(c.turn for c in view.contests),
        unavailable=unavailable(rehearsal),
        tree=view.tree,
        check_in=view.check_in,
        planned=check_offer(rehearsal.conversation, library, shared_embedding()),
        agreement=has_agreement(setting.scenario.id),
        today=date.today().isoformat(),
    )


@dataclass
class LookBackPage:
    """The components of the page and what fills them."""

    visitors: Visitors

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out and wire it."""
        page_head("title.lookback", "lookback")
        rehearsal_id = gr.State("")
        with gr.Column(visible=False, elem_id="guess") as guess_box:
            fragment(render("guess.html"))
            guess = gr.Slider(0, 100, value=50, step=1, label=text("lookback.guess_label"), elem_id="guess-slider", buttons=[])
            save = gr.Button(text("lookback.guess_save"), variant="primary", elem_id="guess-save")
            alert = fragment(elem_id="notice")
        account = filled_later("lookback")
        demo.load(self.load, None, [rehearsal_id, guess_box, account], **QUIET)
        save.click(self.save, [rehearsal_id, guess], [guess_box, account, alert], **QUIET)

    async def load(self, request: gr.Request) -> tuple[Any, ...]:
        """The talk that the address names: its guess first, or its debrief. Whoever waits for it keeps no thread busy."""
        wanted = param(request, "rehearsal")
        desk = self.visitors.desk(request)
        try:
            return await asyncio.wrap_future(desk.do(lambda: self._found(desk, wanted), by_model=desk.by_model))
        except RehearseError as error:
            return "", gr.update(visible=False), notice(str(error))

    def _found(self, desk: Desk, wanted: str) -> tuple[Any, ...]:
        closed = gr.update(visible=False)
        if wanted == SAMPLE_ID:
            rehearsal = sample_rehearsal(desk.workspace)
            return wanted, closed, lookback_html(LookBack(SAMPLE_ID, rehearsal, rehearsal.finish()))
        try:
            stored = desk.workspace.store.get(wanted)
            kept = desk.open(wanted)
            if kept.rehearsal.ended is Ending.OPEN:
                return wanted, closed, self._still_open(wanted)
            if not kept.rehearsal.assessments:
                empty = message(text("lookback.empty_heading"), text("lookback.empty_text"), ("./", text("history.begin")))
                return wanted, closed, empty
            if stored.guess is None:
                return wanted, gr.update(visible=True), ""
            return wanted, closed, self._account(desk, wanted)
        except UnknownIdError:
            return "", closed, no_such_talk()

    async def save(self, rehearsal_id: str, guess: float, request: gr.Request) -> tuple[Any, ...]:
        """Keep the guess, then show the debrief."""
        desk = self.visitors.desk(request)
        rehearsal_id = talk_id(rehearsal_id, request)

        def saved() -> str:
            desk.workspace.store.save_guess(rehearsal_id, min(100, max(0, round(guess or 0))))
            return self._account(desk, rehearsal_id)

        try:
            account = await asyncio.wrap_future(desk.do(saved, by_model=desk.by_model))
            return gr.update(visible=False), account, ""
        except UnknownIdError:
            return gr.update(visible=False), no_such_talk(), ""
        except RehearseError as error:
            return gr.skip(), gr.skip(), notice(sentence(error))

    @staticmethod
    def _account(desk: Desk, rehearsal_id: str) -> str:
        stored = desk.workspace.store.get(rehearsal_id)
        kept = desk.open(rehearsal_id)
        debrief = debrief_of(kept)
        return lookback_html(
            LookBack(
                rehearsal_id,
                kept.rehearsal,
                debrief,
                stored.focus,
                stored.guess,
                compare_after_branch(desk, kept, only_fresh=False),
                kept.contests(),
                tree_of(desk.workspace, family(desk.workspace, stored), here=rehearsal_id),
                CheckIn.from_json(stored.check_in_json) if stored.check_in_json else None,
            )
        )

    @staticmethod
    def _still_open(rehearsal_id: str) -> str:
        go_on = (f"stage?rehearsal={rehearsal_id}", text("lookback.open_continue"))
        return message(text("lookback.open_heading"), text("lookback.open_text"), go_on)


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    LookBackPage(visitors).build(demo)
