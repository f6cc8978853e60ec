"""On stage: the talk itself. The server holds the transcript; the page holds the id and the words being typed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from anyio import to_thread

from rehearse.app.comparison import compare_after_branch
from rehearse.app.desk import Desk, MovedOnError, RepeatedSendError
from rehearse.app.parts import QUIET, filled_later, fragment, no_such_talk, notice, page_head, param, sentence, talk_id
from rehearse.app.strings import text
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors
from rehearse.app.wording import first_clause
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker
from rehearse.errors import RehearsalOverError, RehearseError, UnknownIdError
from rehearse.workspace import KeptRehearsal

QUIET_SECONDS = 0.3
"""Answers that come sooner are shown at once; later ones are announced by three dots."""
NEXT_SENTENCE_SECONDS = 0.1
"""How often it is looked whether another sentence of an answer has come."""
STILL_THERE_SECONDS = 1.0
"""How often a page that waits is told that it waits: Gradio notices only then that somebody has closed it."""

WAITING: dict[str, Any] = {"trigger_mode": "multiple", "concurrency_limit": None}
"""How sending is wired. Who may be answered when is decided by the desk's line, which is fair, and not by Gradio's as well."""

log = logging.getLogger(__name__)


def talk_html(desk: Desk, kept: KeptRehearsal, *, pending: str = "", coming: Sequence[str] = (), announce: bool = False) -> str:
    """The transcript with the coach's notes folded beside the turns.

    `pending` are words that are being answered, `coming` the sentences of the answer so far; only a whole answer is announced.
    """
    rehearsal, library = kept.rehearsal, kept.workspace.library
    persona = rehearsal.engine.setting.persona
    name = persona.name.split()[0]
    last = rehearsal.transcript.turns[-1] if rehearsal.transcript.turns else None
    said = last.text if announce and last and last.speaker is Speaker.COUNTERPART else ""
    return render(
        "talk.html",
        rehearsal_id=kept.rehearsal_id,
        transcript=rehearsal.transcript,
        turns=rehearsal.now.turn,
        persona=persona,
        name=name,
        remarks={n: a.remarks for n, a in enumerate(rehearsal.assessments, 1)},
        ideas={i.idea_id: i for i in library.corpus.ideas},
        first_clause=first_clause,
        pending=pending,
        coming=" ".join(coming),
        last_words=last_words(kept),
        announce=text("stage.said", name=name, text=said) if said else "",
        ended="" if rehearsal.ended is Ending.OPEN else rehearsal.ended.value,
        compare=compare_after_branch(desk, kept),
        compare_open=False,
    )


def head_html(desk: Desk, kept: KeptRehearsal) -> str:
    """Who sits opposite, and what it is about."""
    setting = kept.rehearsal.engine.setting
    return render(
        "stage_head.html",
        persona=setting.persona,
        scenario=setting.scenario,
        difficulty=setting.difficulty.value,
        parent_turn=kept.parent_turn,
        worded_by=desk.workspace.model.name if desk.workspace.model else "",
    )


def side_html(desk: Desk, kept: KeptRehearsal) -> str:
    """The brief, always at hand."""
    focus = desk.workspace.library.criterion(kept.focus) if kept.focus else None
    return render("stage_side.html", scenario=kept.rehearsal.engine.setting.scenario, focus=focus, offer=kept.rehearsal.offer)


def actions_html(kept: KeptRehearsal) -> str:
    """Trying the last moment again, and ending the talk."""
    rehearsal = kept.rehearsal
    return render(
        "stage_actions.html",
        rehearsal_id=kept.rehearsal_id,
        turns=rehearsal.now.turn,
        last_words=last_words(kept),
        ended=rehearsal.ended is not Ending.OPEN,
    )


def last_words(kept: KeptRehearsal) -> str:
    """What the learner said last, or nothing."""
    spoken = kept.rehearsal.transcript.learner_turns()
    return spoken[-1].text if spoken else ""


def trouble(error: BaseException) -> str:
    """One sentence for whatever kept the words from being said."""
    for kind, key in (
        (MovedOnError, "error.stale"),
        (RehearsalOverError, "error.over"),
        (UnknownIdError, "error.missing"),
    ):
        if isinstance(error, kind):
            return text(key)
    if isinstance(error, RehearseError):
        return sentence(error)
    log.error("a turn could not be answered", exc_info=error)
    return text("error.unexpected")


@dataclass
class StagePage:
    """The components of the page, in the order in which handlers fill them."""

    visitors: Visitors

    def build(self, demo: gr.Blocks) -> None:
        """Lay the page out and wire it."""
        page_head("title.stage", "stage")
        rehearsal_id = gr.State("")
        turns = gr.Number(0, visible=False, precision=0)
        with gr.Row(elem_id="stage"):
            with gr.Column(elem_id="stage-main", scale=3, min_width=280):
                head = fragment(elem_id="stage-head")
                talk = filled_later("talk")
                with gr.Column(elem_id="composer", visible=False) as composer:
                    alert = fragment(elem_id="notice")
                    with gr.Row(elem_id="composer-row"):
                        words = gr.Textbox(
                            label=text("stage.words"),
                            placeholder=text("stage.placeholder"),
                            lines=1,
                            max_lines=9,
                            elem_id="words",
                            scale=5,
                            autofocus=True,
                        )
                        send = gr.Button(text("stage.send"), variant="primary", elem_id="send", scale=0, min_width=96)
                    fragment(render("keys.html"), elem_id="keys")
                    with gr.Row(elem_id="stage-row"):
                        hint = gr.Button(text("stage.hint"), elem_id="hint", scale=0, min_width=44)
                        actions = fragment(elem_id="actions")
            with gr.Column(elem_id="stage-side", scale=2, min_width=260):
                side = fragment(elem_id="side")
        demo.load(self.load, None, [rehearsal_id, turns, head, talk, composer, words, actions, alert, side], **QUIET)
        changed = [turns, talk, composer, words, actions, alert]
        # "once" would drop an Enter that comes before the last answer is quite done; the desk tells a double click apart itself.
        gr.on([words.submit, send.click], self.send, [rehearsal_id, words, turns], changed, **WAITING, **QUIET)
        hint.click(self.hint, [rehearsal_id], [alert], **QUIET)

    def load(self, request: gr.Request) -> tuple[Any, ...]:
        """The talk that the address names, as it stands on the server."""
        wanted = param(request, "rehearsal")
        desk = self.visitors.desk(request)
        try:
            kept = desk.open(wanted)
            return (
                wanted,
                kept.rehearsal.now.turn,
                head_html(desk, kept),
                talk_html(desk, kept),
                gr.update(visible=kept.rehearsal.ended is Ending.OPEN),
                desk.laid_out(wanted, kept.rehearsal.now.turn),
                actions_html(kept),
                "",
                side_html(desk, kept),
            )
        except UnknownIdError:
            problem = no_such_talk()
        except RehearseError as error:
            problem = notice(str(error))
        return "", 0, "", problem, gr.update(visible=False), "", "", "", ""

    async def send(self, rehearsal_id: str, words: str, turns: float, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """Say the words; on any trouble they stay in the box and one sentence says why.

        Whoever waits keeps no thread busy, however many they are. Whoever closes the page while the words wait in line has not
        said them; a turn that was begun is finished.
        """
        said = words or ""
        rehearsal_id = talk_id(rehearsal_id, request)
        desk = self.visitors.desk(request)
        answer = asyncio.wrap_future(desk.say(rehearsal_id, said, int(turns)))
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async for part in self._while_it_comes(desk, rehearsal_id, said, answer):
                yield part
            kept = answer.result()
        except RepeatedSendError:
            yield await to_thread.run_sync(lambda: self._now(desk, rehearsal_id, "", words=gr.skip()))
        except Exception as error:  # whatever it was, the words stay in the box
            alert = notice(trouble(error))
            yield await to_thread.run_sync(lambda: self._now(desk, rehearsal_id, alert, words=gr.skip()))
        else:
            told = desk.take_notice(rehearsal_id)
            alert = notice(told, "quiet") if told else ""
            yield await to_thread.run_sync(lambda: self._shown(desk, kept, alert, words="", announce=True))
        finally:
            answer.cancel()

    async def _while_it_comes(
        self, desk: Desk, rehearsal_id: str, said: str, answer: asyncio.Future[KeptRehearsal]
    ) -> AsyncIterator[tuple[Any, ...]]:
        """What the page shows until the answer is there."""
        await asyncio.wait({answer}, timeout=QUIET_SECONDS)
        shown: tuple[str, ...] | None = None
        silent = 0.0
        while not answer.done():
            coming = desk.coming(rehearsal_id)
            if coming != shown:
                shown, silent = coming, 0.0
                yield await to_thread.run_sync(self._waiting, desk, rehearsal_id, said, coming)
            elif silent >= STILL_THERE_SECONDS:
                silent = 0.0
                yield (gr.skip(),) * 6
            await asyncio.wait({answer}, timeout=NEXT_SENTENCE_SECONDS)
            silent += NEXT_SENTENCE_SECONDS

    def hint(self, rehearsal_id: str, request: gr.Request) -> str:
        """One short hint."""
        rehearsal_id = talk_id(rehearsal_id, request)
        try:
            return notice(self.visitors.desk(request).open(rehearsal_id).rehearsal.hint(), "hint", text("stage.hint_label"))
        except UnknownIdError:
            return notice(text("error.missing"))
        except RehearseError as error:
            return notice(sentence(error))

    @staticmethod
    def _waiting(desk: Desk, rehearsal_id: str, words: str, coming: Sequence[str]) -> tuple[Any, ...]:
        skip = gr.skip()
        kept = desk.peek(rehearsal_id)
        talk = talk_html(desk, kept, pending=words, coming=coming) if kept else skip
        return skip, talk, skip, skip, skip, ""

    def _now(self, desk: Desk, rehearsal_id: str, alert: str, *, words: Any) -> tuple[Any, ...]:
        """Where the talk stands on the server, whatever the page believed."""
        try:
            return self._shown(desk, desk.open(rehearsal_id), alert, words=words)
        except Exception:
            log.exception("the talk could not be read")
            skip = gr.skip()
            return skip, skip, skip, words, skip, alert

    @staticmethod
    def _shown(desk: Desk, kept: KeptRehearsal, alert: str, *, words: Any, announce: bool = False) -> tuple[Any, ...]:
        over = kept.rehearsal.ended is not Ending.OPEN
        return (
            kept.rehearsal.now.turn,
            talk_html(desk, kept, announce=announce),
            gr.update(visible=not over or bool(alert)),
            words,
            actions_html(kept),
            alert,
        )


def add_page(demo: gr.Blocks, visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    StagePage(visitors).build(demo)
