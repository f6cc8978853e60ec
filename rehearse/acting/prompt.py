"""The prompt for one answer: what is stable first, then the talk, then what is to be done now.

A talk that is longer than the model's window loses its oldest turns in blocks; what was settled in them is told instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rehearse.domain.transcript import Speaker
from rehearse.llm.budget import PER_MESSAGE, Counter, fit, prompt_tokens
from rehearse.llm.chat import Message, Prompt, Role
from rehearse.llm.prompts import fenced, load_prompt
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.briefing import MOST_MATTERS, Briefing, settled
from rehearse.simulation.engine import EVENT_MARK, Prepared
from rehearse.simulation.snapshot import Exchange, Snapshot

ANSWER_TOKENS = 220
"""More than sixty words take in any vocabulary we know, so that an answer ends by itself."""
_BEGINS = "(The conversation begins. You speak first.)"
_BEFORE = 2
"""Messages before the first exchange: that it begins, and the opening."""
_SUMMARY_SHARE = 0.4
"""How much of the room for the talk what was settled may take."""


def actor_prompt(setting: Setting, prepared: Prepared, briefing: Briefing, mend: str, window: int, count: Counter) -> Prompt:
    """The prompt for the answer to a prepared turn, within the model's window; `mend` is why a first try could not be used."""
    values = {k: v for k, v in asdict(briefing).items() if k != "may_agree"}
    said = heard(prepared.before.exchanges[-1] if prepared.before.exchanges else None, prepared.learner)
    bare = load_prompt("actor").fill((), said=said, mend=mend, **values)
    room = max(0, window - ANSWER_TOKENS - prompt_tokens(bare, count) - PER_MESSAGE)
    history = talk(prepared.before)

    def summary(messages: int) -> str:
        return summary_of(
            setting, prepared.before.exchanges[: max(0, messages - _BEFORE) // 2], int(room * _SUMMARY_SHARE), count
        )

    fitted = fit(history, room, count, summary)
    told = (Message(Role.USER, fitted.summary),) if fitted.summary and fitted.tokens <= room else ()
    return load_prompt("actor").fill((*told, *fitted.kept), said=said, mend=mend, **values)


def talk(snapshot: Snapshot) -> tuple[Message, ...]:
    """The conversation so far as messages: the counterpart's own words, and the learner's in a fence."""
    messages: list[Message] = []
    first = snapshot.transcript.turns[0] if snapshot.transcript.turns else None
    opening = first.text if first is not None and first.speaker is Speaker.COUNTERPART else "…"
    messages += [Message(Role.USER, _BEGINS), Message(Role.ASSISTANT, opening)]
    before: Exchange | None = None
    for exchange in snapshot.exchanges:
        own = exchange.counterpart.partition(EVENT_MARK)[0]
        messages += [Message(Role.USER, heard(before, exchange.learner)), Message(Role.ASSISTANT, own)]
        before = exchange
    return tuple(messages)


def heard(before: Exchange | None, learner: str) -> str:
    """What the counterpart hears: whatever happened after their last words, and what the learner says."""
    happened = before.counterpart.partition(EVENT_MARK)[2] if before else ""
    told = f"(Then this happened: {happened.replace(')*', '', 1)})\n" if happened else ""
    return told + fenced(learner)


def summary_of(setting: Setting, exchanges: Sequence[Exchange], budget: int, count: Counter) -> str:
    """What was settled in exchanges that are no longer in the prompt, as far as it fits; the first and the last of each kind."""
    most = MOST_MATTERS
    while True:
        lines = [
            f"- Turn {matter.turn}: {matter.what}{': ' + fenced(matter.quote) if matter.quote else ''}"
            for matter in settled(setting, exchanges, most)
        ]
        text = "\n".join(["(Earlier in this conversation, in short:", *lines, "The talk goes on after that.)"]) if lines else ""
        if most <= 2 or count(text) <= budget:
            return text
        most //= 2
