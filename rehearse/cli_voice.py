"""How the model did in the last rehearsal, from what was kept with each answer."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from rehearse.cli_output import people, say

if TYPE_CHECKING:
    from rehearse.storage.store import RehearsalStore, StoredRehearsal

_LOOKED_AT = 50
"""Rehearsals that are looked through for one that a model spoke in."""


def last_rehearsal(store: RehearsalStore) -> dict[str, Any]:
    """The newest rehearsal in which a model spoke, and how it did; `rehearsal` is None where there is none."""
    for summary in store.list(limit=_LOOKED_AT):
        stored = store.get(summary.rehearsal_id)
        records = _records(stored)
        if records:
            return {
                "rehearsal": stored.rehearsal_id,
                "scenario": stored.scenario_id,
                "persona": stored.persona_id,
                "started": stored.started_at.isoformat(timespec="seconds"),
                "turns": len(stored.turns),
                **count(records),
            }
    return {"rehearsal": None}


def count(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Records of single answers, added up; what an older version did not write counts as nothing."""
    caught: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for record in records:
        caught.update({str(rule): _number(n) for rule, n in _mapping(record.get("caught")).items()})
        tokens.update({key: _number(_mapping(record.get("usage")).get(key)) for key in ("prompt", "completion", "cached")})
        if record.get("failure"):
            failures[str(record["failure"])] += 1
    firsts = sorted(_number(record["first_ms"]) for record in records if record.get("first_ms") is not None)
    return {
        "models": sorted({str(record.get("model", "?")) for record in records}),
        "prompts": sorted({str(record.get("prompt", "?")) for record in records}),
        "answers": len(records),
        "checked": sum(_number(record.get("checked")) for record in records),
        "caught": dict(caught.most_common()),
        "retried": sum(bool(record.get("retried")) for record in records),
        "completed": sum(_number(record.get("completed")) for record in records),
        "stood_in": sum(bool(record.get("stood_in")) for record in records),
        "failures": dict(failures.most_common()),
        "tokens": dict(tokens),
        "cached_share": round(tokens["cached"] / tokens["prompt"], 3) if tokens["prompt"] else None,
        "first_ms_median": firsts[len(firsts) // 2] if firsts else None,
    }


def print_last(told: dict[str, Any]) -> None:
    """The same for people."""
    console = people()
    if told["rehearsal"] is None:
        say(console, "No stored rehearsal was spoken by a model. Set one with REHEARSE_MODEL or `rehearse models use`.", indent=0)
        return
    tokens = told["tokens"]
    share = "" if told["cached_share"] is None else f", {told['cached_share']:.0%} of them reused"
    lines = [
        f"{told['started']}  {told['persona']}, {told['scenario']}, {told['rehearsal'][:8]}: {', '.join(told['models'])}",
        f"{told['answers']} of {told['turns']} answers were asked of the model; "
        f"{told['stood_in']} times the built-in engine stood in, {told['retried']} times it was asked again.",
        f"{told['checked']} sentences checked. Kept from being shown: {_listed(told['caught'])}.",
        f"Lines added that the plan needed: {told['completed']}. Failures: {_listed(told['failures'])}.",
        f"{tokens['prompt']} tokens read{share}; {tokens['completion']} written.",
    ]
    if told["first_ms_median"] is not None:
        lines.append(f"First sentence after {told['first_ms_median']} ms, in the median.")
    for line in lines:
        say(console, line, indent=0)


def _records(stored: StoredRehearsal) -> list[dict[str, Any]]:
    found = []
    for turn in stored.turns:
        if turn.answer is None:
            continue
        voice = _mapping(json.loads(turn.answer.exchange_json)).get("voice")
        if isinstance(voice, dict):
            found.append(voice)
    return found


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items()) or "none"


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | float) else 0
