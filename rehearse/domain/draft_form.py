"""The short form that a counterpart is drafted from: its answers, and the file of lines that they are woven into."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from rehearse.domain.acts import Act
from rehearse.domain.data import Id, Record, Text, Unit
from rehearse.domain.library import shipped_root
from rehearse.domain.loading import load_record
from rehearse.domain.persona import Lines

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"


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
