"""A counterpart from a short form: answers in, a complete persona out.

The lines come from `corpus/draft-lines.yaml`; what is particular comes from the answers, in quotation marks. The result plays
both main scenarios at once, and is meant to be made one's own afterwards (`docs/write-a-persona.md`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from rehearse.domain.acts import Act
from rehearse.domain.draft_form import DraftAnswers, DraftLines, MannerLines, draft_lines
from rehearse.domain.draft_words import ENDS, ended, first_sentence, handle, sentence, topics_of
from rehearse.domain.persona import Lines, Persona

_SECRET_AT = {"open": 0.56, "careful": 0.6, "hard": 0.64}
_MARK = re.compile(r"<(worry|short|cares|wish|secret)(\.?)>")


def draft_persona(answers: DraftAnswers, taken: Collection[str] = (), lines: DraftLines | None = None) -> Persona:
    """A complete persona from a short form, with an id that is not among those `taken`."""
    lines = lines or draft_lines()
    own = lines.manners[answers.manner]
    quotes = {"cares": first_sentence(answers.cares_about), "wish": answers.wish, "secret": answers.secret}
    says = "say" if answers.pronoun == "they" else "says"
    raw = {
        "id": persona_id(answers.name, taken),
        "name": answers.name,
        "pronoun": answers.pronoun,
        "role": answers.role,
        "bio": f"Asked what matters at work, {answers.pronoun} {says}: “{ended(answers.cares_about)}”",
        "manner": own.manner,
        "sample": own.sample,
        "temperament": {
            "warmth": own.warmth,
            "scepticism": lines.scepticism[answers.scepticism],
            "patience": lines.patience[answers.patience],
            "directness": own.directness,
        },
        "goals": [sentence(answers.cares_about)],
        "will_agree_to": lines.everyone.will_agree_to,
        "will_not_agree_to": lines.everyone.will_not_agree_to,
        "concerns": [_concern(answers, place, lines) for place in range(len(answers.worries))],
        "facts": _facts(answers, own),
        "triggers": [
            {"id": key, **cause.model_dump(mode="json"), **own.triggers[key].model_dump(mode="json")}
            for key, cause in lines.everyone.triggers.items()
        ],
        "thoughts": _joined(own.thoughts, lines.everyone.thoughts),
        "voice": _joined(own.voice, lines.everyone.voice),
        "scenes": own.scenes,
    }
    return Persona.model_validate_json(json.dumps(_woven(raw, quotes)))


def persona_id(name: str, taken: Collection[str] = ()) -> str:
    """A file name from a name; where it is taken already, with a number."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-") or "my-counterpart"
    wanted, number = base, 2
    while wanted in taken:
        wanted, number = f"{base}-{number}", number + 1
    return wanted


def _concern(answers: DraftAnswers, place: int, lines: DraftLines) -> dict[str, Any]:
    """One worry: its lines are every third of the manner's, beginning at its own place."""
    worry, own = answers.worries[place], lines.manners[answers.manner]
    eased_by: dict[Act, float] = {Act.ANSWER_CONCERN: 0.4}
    topics = list(topics_of(worry.says))
    for ease in worry.eased_by:
        entry = lines.menu[ease]
        for act, weight in entry.eased_by.items():
            eased_by[act] = max(weight, eased_by.get(act, 0.0))
        topics += entry.topics
    quotes = {"worry": first_sentence(worry.says), "short": worry.in_short or handle(worry.says)}
    concern = {
        "id": f"worry-{place + 1}",
        "about": sentence(worry.says),
        "topics": list(dict.fromkeys(topics)),
        "eased_by": eased_by,
        "since": "normal" if place == 2 else "easy",
        "would_open": "What would have to be settled about “<worry>” before this was worth trying?",
        "lines": {kind: pool[place :: len(answers.worries)] for kind, pool in own.concerns.items()},
    }
    return {key: _woven(value, quotes) for key, value in concern.items()}


def _facts(answers: DraftAnswers, own: MannerLines) -> list[dict[str, Any]]:
    learn = ["learn", "want", "curious", "useful", "help", "start", "wish", "interest", "show", "like to", "try", "get out of"]
    return [
        {
            "id": "wish",
            "text": sentence(answers.wish),
            "disclosure": "if_asked",
            "topics": list(dict.fromkeys([*learn, *topics_of(answers.wish)])),
            "wish": True,
            # A boss who is pitched to is not asked what they would like to learn; a mentee is.
            "scenarios": ["guide-hesitant-leader"],
            "would_open": "What would you like to be able to do, if you could choose?",
            "lines": own.facts["wish"],
        },
        {
            "id": "cares",
            "text": sentence(answers.cares_about),
            "disclosure": "volunteered",
            "would_open": "What matters most to you in this job?",
            "lines": own.facts["cares"],
        },
        {
            "id": "secret",
            "text": sentence(answers.secret),
            "disclosure": "if_trusted",
            "threshold": _SECRET_AT[answers.scepticism],
            "confidential": True,
            "would_open": "What has made you careful about things like this?",
            "lines": own.facts["secret"],
        },
    ]


def _joined(own: Mapping[str, Any], shared: Mapping[str, Lines]) -> dict[str, Any]:
    """The manner's own pools, with what everyone says after them."""
    return {
        key: [*own.get(key, ()), *shared.get(key, ())] if key in shared else own[key]
        for key in (*own, *(shared.keys() - own.keys()))
    }


def _woven(value: Any, quotes: Mapping[str, str]) -> Any:
    """Every text with the answers in place of their marks, in one pass, so that an answer cannot hold a mark."""
    if isinstance(value, str):
        return _MARK.sub(lambda mark: _quote(mark, quotes), value) if "<" in value else value
    if isinstance(value, Mapping):
        return {key: _woven(inner, quotes) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_woven(inner, quotes) for inner in value]
    return value


def _quote(mark: re.Match[str], quotes: Mapping[str, str]) -> str:
    text = quotes.get(mark.group(1))
    if text is None:
        return mark.group()
    return ended(text) if mark.group(2) else text.rstrip(ENDS + " ") or text
