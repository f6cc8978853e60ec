"""A stored talk in the words of the interface. What lay behind an answer is told when the talk has ended, never before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from rehearse.app.api.told import (
    ActTold,
    DebriefTold,
    RatingTold,
    RemarkTold,
    StateTold,
    Talk,
    TalkLine,
    TurnTold,
)
from rehearse.domain.persona import Difficulty
from rehearse.domain.state import Ending
from rehearse.errors import UnknownIdError
from rehearse.export import to_dict
from rehearse.storage.records import RehearsalSummary, StoredRehearsal, StoredTurn


def ending_of(stored: StoredRehearsal) -> Ending:
    """How it ended, or `open`."""
    return Ending(stored.ending) if stored.ending else Ending.OPEN


def turn_told(stored: StoredRehearsal, turn: StoredTurn) -> TurnTold:
    """One turn of a talk."""
    told: Any = to_dict(replace(stored, turns=(turn,), debrief_json=None))["turns"]
    shown: dict[str, Any] = told[0]
    seen: dict[str, Any] = json.loads(turn.answer.assessment_json or "{}") if turn.answer else {}
    return TurnTold(
        turn=turn.number,
        learner=turn.text,
        counterpart=turn.answer.text if turn.answer else None,
        acts=[ActTold.model_validate(span) for span in shown.get("act_spans", [])],
        ratings={key: RatingTold.model_validate(rating) for key, rating in seen.get("ratings", {}).items()},
        remarks=[RemarkTold.model_validate(remark) for remark in seen.get("remarks", [])],
        reaction=shown.get("reaction"),
        state=StateTold.model_validate(shown["state"]) if "state" in shown else None,
        causes=shown.get("causes"),
    )


def numbered(stored: StoredRehearsal, number: int) -> StoredTurn:
    """One turn by its number; `UnknownIdError` where it was not said."""
    for turn in stored.turns:
        if turn.number == number:
            return turn
    raise UnknownIdError("turn", str(number), [str(turn.number) for turn in stored.turns])


def debrief_told(stored: StoredRehearsal) -> DebriefTold | None:
    """The debrief of a talk that has ended."""
    if not stored.ending or not stored.debrief_json:
        return None
    return DebriefTold.model_validate_json(stored.debrief_json)


def talk_told(stored: StoredRehearsal) -> Talk:
    """The whole talk as it stands."""
    return Talk(
        id=stored.rehearsal_id,
        scenario=stored.scenario_id,
        persona=stored.persona_id,
        difficulty=Difficulty(stored.difficulty),
        seed=stored.seed,
        engine=stored.engine,
        focus=stored.focus,
        started=stored.started_at.isoformat(timespec="seconds"),
        ended=ending_of(stored),
        parent=stored.parent_id,
        parent_turn=stored.parent_turn,
        opening=stored.opening,
        turns=[turn_told(stored, turn) for turn in stored.turns],
        debrief=debrief_told(stored),
    )


def line_told(summary: RehearsalSummary) -> TalkLine:
    """A line of the history."""
    return TalkLine(
        id=summary.rehearsal_id,
        scenario=summary.scenario_id,
        persona=summary.persona_id,
        difficulty=summary.difficulty,
        started=summary.started_at.isoformat(timespec="seconds"),
        turns=summary.turns,
        ended=Ending(summary.ending) if summary.ending else Ending.OPEN,
        trust=summary.trust,
        empathy=summary.empathy,
        clarity=summary.clarity,
        parent=summary.parent_id,
    )
