"""A talk and its debrief as a file to take away: Markdown for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rehearse.app.strings import text
from rehearse.domain.assessment import Debrief, Rating, Remark
from rehearse.domain.library import Library
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker
from rehearse.errors import RehearseError
from rehearse.session import Rehearsal
from rehearse.workspace import KeptRehearsal, Workspace

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])|^(\s*)([-+]|\d+[.)])(?=\s)", re.MULTILINE)


def escape_markdown(words: str) -> str:
    """Words that Markdown shows as they are, on lines of one quote."""
    escaped = _SPECIAL.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", words)
    return escaped.replace("\n", "\n> ")


def _require_end(kept: KeptRehearsal) -> Debrief:
    if kept.rehearsal.ended is Ending.OPEN:
        raise RehearseError(text("lookback.open_text"))
    return kept.rehearsal.finish()


def as_json(workspace: Workspace, kept: KeptRehearsal) -> str:
    """Who, what, the turns, and the debrief as programs read it."""
    debrief = _require_end(kept)
    stored = workspace.store.get(kept.rehearsal_id)
    turns = [{"speaker": t.speaker.value, "turn": t.number, "text": t.text} for t in kept.rehearsal.transcript.turns]
    document = {
        "id": kept.rehearsal_id,
        "scenario": stored.scenario_id,
        "persona": stored.persona_id,
        "difficulty": stored.difficulty,
        "seed": stored.seed,
        "engine": stored.engine,
        "guess": stored.guess,
        "transcript": turns,
        "debrief": debrief.to_dict(),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def as_markdown(workspace: Workspace, kept: KeptRehearsal) -> str:
    """The transcript and the debrief to read."""
    debrief = _require_end(kept)
    return "\n".join(_markdown(kept.rehearsal, debrief, workspace.library)) + "\n"


def _markdown(rehearsal: Rehearsal, debrief: Debrief, library: Library) -> Iterator[str]:
    setting = rehearsal.engine.setting
    name = setting.persona.name
    first = name.split()[0]
    yield f"# {setting.scenario.title}: {name}\n"
    if debrief.outcome:
        yield f"**{text(f'ended.{debrief.outcome.ended.value}', name=first)}.** {debrief.outcome.why}\n"
        for check in setting.scenario.checks:
            yield f"- [{'x' if debrief.outcome.checks[check.id] else ' '}] {check.title}"
    for kind in ("keep", "change"):
        yield f"\n## {text(f'lookback.{kind}_heading')}\n"
        for remark in debrief.remarks:
            if remark.kind.value == kind:
                yield from _remark(remark, library)
    yield f"\n## {text('lookback.scores_heading')}\n"
    for rubric in library.rubrics:
        for criterion in rubric.criteria:
            rating = debrief.ratings[criterion.id]
            if isinstance(rating, Rating):
                yield f"- {criterion.title}: {criterion.levels[rating.level].name}, {rating.score} {text('lookback.out_of')}"
            else:
                yield f"- {criterion.title}: {text('lookback.unrated')}, {text(f'reason.{rating.reason.value}')}"
    yield f"\n## {text('lookback.transcript_heading')}\n"
    for turn in rehearsal.transcript.turns:
        who = text("stage.you") if turn.speaker is Speaker.LEARNER else first
        yield f"**{who}**\n\n> {escape_markdown(turn.text)}\n"


def _remark(remark: Remark, library: Library) -> Iterator[str]:
    passage = remark.citation.passage
    yield f"> {escape_markdown(remark.span.quote)}\n"
    yield f"{remark.why}\n"
    yield f"*{text('note.passage', idea=library.corpus.idea(passage.idea_id).title)}:* {passage.text}\n"
    if remark.suggestion:
        yield f"*{text('note.instead')}:* {escape_markdown(remark.suggestion)}\n"
