"""A counterpart from a short form: answers in, a complete persona out, and its file as commented YAML.

The lines come from `corpus/draft-lines.yaml`; what is particular comes from the answers, in quotation marks. The result plays
both main scenarios at once, and is meant to be made one's own afterwards (`docs/write-a-persona.md`).
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from rehearse.domain.acts import Act
from rehearse.domain.data import Id, Record, Text, Unit
from rehearse.domain.library import shipped_root
from rehearse.domain.loading import load_record
from rehearse.domain.persona import Lines, Persona

LONGEST_QUOTE = 120
"""Characters of an answer that one line may quote; what is longer is cut at a word."""

_SECRET_AT = {"open": 0.56, "careful": 0.6, "hard": 0.64}
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"
_ENDS = ".!?…"
_MARK = re.compile(r"<(worry|short|cares|wish|secret)(\.?)>")
_SENTENCE = re.compile(r"(?<=[.!?…])[’)\]]*\s+(?=\S)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_COMMON = frozenset(
    """
    about after again against also another anybody anyone anything around because been before being between both cannot could does
    doing done each else even ever every everybody everyone everything from gets getting going gone have having here into itself
    just know like made make makes many might more most much must myself need never nobody nothing often only onto other over own
    people perhaps really same shall should some somebody someone something such than that that's their them then there these they
    they're thing things think this those through told under until upon very want well went were what when where whether which
    while will with without would you'll your yours yourself
    """.split()
)


def _tidy(text: str) -> str:
    """One line without signs that would mean something in a persona file, or nothing to a reader."""
    one_line = " ".join(unicodedata.normalize("NFC", text).split())
    kept = "".join(c for c in one_line if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE)
    kept = kept.translate(
        {ord("{"): "(", ord("}"): ")", ord("“"): "‘", ord("”"): "’", ord("„"): "‘", ord("«"): "‘", ord("»"): "’"}
    )
    kept = re.sub(r'(^|[\s(])"', r"\1‘", kept).replace('"', "’")
    kept = " ".join(kept.split()).strip(_JOINERS + " ")
    if len(kept) > 2 and kept[0] == "‘" and kept[-1] == "’" and "‘" not in kept[1:]:
        kept = kept[1:-1].strip()
    if not any(c.isprintable() and not c.isspace() for c in kept):
        raise ValueError("there is nothing to read in it")
    return unicodedata.normalize("NFC", kept)


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_tidy)]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_tidy)]


class Manner(StrEnum):
    """How a drafted person talks; each has its own lines."""

    DRY = "dry"
    WARM = "warm"
    FORMAL = "formal"
    BRISK = "brisk"


class Patience(StrEnum):
    """How long a drafted person listens to nothing new."""

    SHORT = "short"
    MIDDLING = "middling"
    LONG = "long"


class Doubt(StrEnum):
    """How sceptical a drafted person is: it slows everything that the learner earns."""

    OPEN = "open"
    CAREFUL = "careful"
    HARD = "hard"


class Ease(StrEnum):
    """What would make a worry smaller; the words for each are in the data file's menu."""

    NUMBERS = "numbers"
    TIME = "time"
    PARTICULAR = "particular"
    PURPOSE = "purpose"
    PRIVATE = "private"
    UNDERSTOOD = "understood"
    CHOICE = "choice"
    LIMITS = "limits"
    RESPECT = "respect"


class Worry(Record):
    """A reason to resist, as the author of the form gives it."""

    says: Said
    """The worry in the person's own words."""
    in_short: Name | None = None
    """Two or three words that stand for it; without them, its most telling words."""
    eased_by: tuple[Ease, ...] = Field(min_length=1)
    """One or more from the menu."""


class DraftAnswers(Record):
    """The short form. Leave real names out: nothing here needs one."""

    name: Name
    role: Name
    pronoun: str = Field(default="they", pattern="^(she|he|they)$")
    cares_about: Said
    """What they care about at work, in their own words."""
    worries: tuple[Worry, ...] = Field(min_length=3, max_length=3)
    """Three, the easiest first: the third counts from normal difficulty on."""
    secret: Said
    """One thing they would only tell if they trusted you."""
    wish: Said
    """One thing they would like to learn."""
    manner: Manner
    patience: Patience = Patience.MIDDLING
    scepticism: Doubt = Doubt.CAREFUL


class MenuEntry(Record):
    """One way to ease a worry."""

    says: Text
    """How the form words it."""
    eased_by: dict[Act, Unit]
    topics: Lines


class TriggerCause(Record):
    """What sets a trigger off, whoever it is."""

    acts: tuple[Act, ...] = ()
    words: Lines = ()


class TriggerLines(Record):
    """What one manner answers to it."""

    lines: Lines
    thought: Text


class Everyone(Record):
    """What drafted people share, whatever their manner."""

    will_agree_to: Lines
    will_not_agree_to: Lines
    triggers: dict[Id, TriggerCause]
    voice: dict[str, Lines]
    thoughts: dict[str, Lines]


class MannerLines(Record):
    """Everything that one manner says."""

    says: Text
    """How the form words it."""
    manner: Text
    sample: Text
    warmth: Unit
    directness: Unit
    voice: dict[str, Lines | dict[str, Lines]]
    thoughts: dict[str, Lines]
    triggers: dict[Id, TriggerLines]
    concerns: dict[str, Lines]
    """Dealt out in turn: the first line to the first worry, the second to the second."""
    facts: dict[Id, dict[str, Lines]]
    scenes: dict[Id, dict[str, Lines | dict[Id, Lines]]]


class DraftLines(Record):
    """The file `corpus/draft-lines.yaml`."""

    menu: dict[Ease, MenuEntry]
    patience: dict[Patience, Unit]
    scepticism: dict[Doubt, Unit]
    everyone: Everyone
    manners: dict[Manner, MannerLines]


@cache
def draft_lines() -> DraftLines:
    """The lines that ship, read once a process; also the words of the form."""
    return load_record(shipped_root() / "corpus" / "draft-lines.yaml", DraftLines)


def draft_persona(answers: DraftAnswers, taken: Collection[str] = (), lines: DraftLines | None = None) -> Persona:
    """A complete persona from a short form, with an id that is not among those `taken`."""
    lines = lines or draft_lines()
    own = lines.manners[answers.manner]
    quotes = {"cares": _first_sentence(answers.cares_about), "wish": answers.wish, "secret": answers.secret}
    says = "say" if answers.pronoun == "they" else "says"
    raw = {
        "id": persona_id(answers.name, taken),
        "name": answers.name,
        "pronoun": answers.pronoun,
        "role": answers.role,
        "bio": f"Asked what matters at work, {answers.pronoun} {says}: “{_ended(answers.cares_about)}”",
        "manner": own.manner,
        "sample": own.sample,
        "temperament": {
            "warmth": own.warmth,
            "scepticism": lines.scepticism[answers.scepticism],
            "patience": lines.patience[answers.patience],
            "directness": own.directness,
        },
        "goals": [_sentence(answers.cares_about)],
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
    topics = list(_topics(worry.says))
    for ease in worry.eased_by:
        entry = lines.menu[ease]
        for act, weight in entry.eased_by.items():
            eased_by[act] = max(weight, eased_by.get(act, 0.0))
        topics += entry.topics
    quotes = {"worry": _first_sentence(worry.says), "short": worry.in_short or handle(worry.says)}
    concern = {
        "id": f"worry-{place + 1}",
        "about": _sentence(worry.says),
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
            "text": _sentence(answers.wish),
            "disclosure": "if_asked",
            "topics": list(dict.fromkeys([*learn, *_topics(answers.wish)])),
            "wish": True,
            # A boss who is pitched to is not asked what they would like to learn; a mentee is.
            "scenarios": ["guide-hesitant-leader"],
            "would_open": "What would you like to be able to do, if you could choose?",
            "lines": own.facts["wish"],
        },
        {
            "id": "cares",
            "text": _sentence(answers.cares_about),
            "disclosure": "volunteered",
            "would_open": "What matters most to you in this job?",
            "lines": own.facts["cares"],
        },
        {
            "id": "secret",
            "text": _sentence(answers.secret),
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
    return _ended(text) if mark.group(2) else text.rstrip(_ENDS + " ") or text


def _ended(text: str) -> str:
    """A text that ends as a sentence does."""
    return text if text[-1] in _ENDS or (text[-2:-1] in _ENDS and text[-1] in "’)") else text + "."


def _sentence(text: str) -> str:
    return _ended(text[0].upper() + text[1:])


def _first_sentence(text: str) -> str:
    """The first sentence, so that two lines never share the second; cut at a word where it is long."""
    first = _SENTENCE.split(text, maxsplit=1)[0]
    if len(first) <= LONGEST_QUOTE:
        return first
    cut = first[:LONGEST_QUOTE].rsplit(" ", 1)[0]
    return cut.rstrip(",;:-– ") + "…"


def handle(text: str, most: int = 4) -> str:
    """The few words of an answer that stand for it: the whole where it is short, else its most telling run."""
    first = _first_sentence(text).rstrip(_ENDS + " ") or text
    if len(first.split()) <= most:
        return first
    best = (0, "")
    for clause in re.split(r"[,;:.!?…()–—]+", first):
        parts = clause.split()
        telling = [_is_telling(part) for part in parts]
        for start in range(len(parts)):
            for end in range(start + 1, min(start + most, len(parts)) + 1):
                if telling[start] and telling[end - 1]:
                    letters = sum(len(p) for p, t in zip(parts[start:end], telling[start:end], strict=True) if t)
                    best = max(best, (letters, " ".join(parts[start:end])), key=lambda found: found[0])
    return best[1] or " ".join(first.split()[:most])


def _is_telling(word: str) -> bool:
    plain = word.lower().strip("‘’'\"").replace("’", "'")
    return len(plain) >= 4 and plain not in _COMMON and "'" not in plain and plain.isalnum()


def _topics(text: str) -> Iterator[str]:
    """The telling words of an answer, shortened so that their other forms count too."""
    for word in _WORD.findall(text.lower().replace("’", "'")):
        if not _is_telling(word):
            continue
        for ending in ("ing", "ies", "es", "ed", "s"):
            if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
                word = word.removesuffix(ending)  # noqa: PLW2901
                break
        yield word


# As a file ------------------------------------------------------------------------------------------------------------

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
