"""A persona as the text of its file: commented YAML, meant to be made one's own (`docs/write-a-persona.md`)."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from rehearse.domain.persona import Persona

_HEADER = """\
Drafted from a short form. Everything here may be changed: docs/write-a-persona.md explains each field.
Give this person furniture of their own: the things they would really say, about the things on their own desk.
Leave real names out. Check the file with: rehearse check PATH
"""

_COMMENTS = {
    "bio": "Shown on the card, like name, role, manner and sample.",
    "temperament": """\
From here on everything is private until a rehearsal has ended.
Each from 0 to 1; scepticism slows trust, patience is how long they listen to nothing new.""",
    "goals": "Shown in the debrief.",
    "concerns": """\
Worries. topics: words that show the learner speaks to it. eased_by: what helps, and how much.
since: the easiest difficulty at which it exists. lines: raising it, again, smaller, gone.""",
    "facts": "What they know and do not simply say. disclosure: volunteered, if_asked or if_trusted (from threshold on).",
    "triggers": "What rubs them up the wrong way: acts or words.",
    "thoughts": "What they think and do not say; shown after the end.",
    "voice": "What they may say in any conversation. In {curly brackets}: the learner's own words.",
    "scenes": "What they say in one conversation only.",
}


def persona_text(persona: Persona) -> str:
    """A persona as the text of its file, with a comment over each part; reading it gives the same persona."""
    fields = _yaml(persona.model_dump(mode="json", exclude_defaults=True))
    fields.yaml_set_start_comment(_HEADER)
    for key, comment in _COMMENTS.items():
        if key in fields:
            fields.yaml_set_comment_before_after_key(key, before="\n" + comment)
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(fields, stream)
    return stream.getvalue()


def _yaml(value: Any) -> Any:
    """Plain values as ruamel writes them best: every text that an author wrote in quotation marks, ids without."""
    if isinstance(value, dict):
        made = CommentedMap()
        for key, inner in value.items():
            made[key] = inner if key in ("id", "pronoun", "disclosure", "since", "raises") else _yaml(inner)
        return made
    if isinstance(value, list):
        return CommentedSeq(_yaml(inner) for inner in value)
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value
