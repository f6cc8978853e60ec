"""A counterpart of one's own from the short form in the browser: fewer questions than `draft`, and editable afterwards.

The text that is kept holds the filled-in form as a comment of its first line, so that the form can be opened again; everything
below is the persona's file as it would lie in `personas/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from functools import cache

from pydantic import Field, ValidationError, field_validator

from rehearse.domain.acts import Act
from rehearse.domain.data import Record, Text
from rehearse.domain.draft import draft_persona
from rehearse.domain.draft_form import Doubt, DraftAnswers, Ease, Manner, Name, Patience, Said, Worry
from rehearse.domain.library import check_persona, shipped_root
from rehearse.domain.loading import load_record, record_from_text
from rehearse.domain.persona import Lines, Persona, Trigger
from rehearse.domain.persona_file import persona_text
from rehearse.domain.scenario import Scenario

FEWEST_WORRIES, MOST_WORRIES = 2, 3
_FORM = "# form: "
_REMOVED = "# removed\n"


class Impatience(StrEnum):
    """What makes somebody lose patience; the words for each are in the data file."""

    PUSHED = "pushed"
    LECTURED = "lectured"
    VAGUE = "vague"
    AGE = "age"
    BOASTING = "boasting"


WORD = "word"
"""The entry of the data file for a word that somebody cannot stand."""


class OwnForm(Record):
    """The form as it was filled in. Leave real names out: nothing here needs one."""

    name: Name
    role: Name
    pronoun: str = Field(default="they", pattern="^(she|he|they)$")
    cares_about: Said
    worries: tuple[Worry, ...] = Field(min_length=FEWEST_WORRIES, max_length=MOST_WORRIES)
    """The easiest first."""
    impatient: tuple[Impatience, ...] = ()
    word: Name | None = None
    """A word or phrase they cannot stand."""
    wish: Said | None = None
    secret: Said | None = None
    manner: Manner = Manner.DRY
    patience: Patience = Patience.MIDDLING
    scepticism: Doubt = Doubt.CAREFUL

    @field_validator("word")
    @classmethod
    def _has_letters(cls, word: str | None) -> str | None:
        if word is not None and not re.search(r"[^\W_]", word):
            raise ValueError("a word needs letters")
        return word


class ImpatienceEntry(Record):
    """One thing that makes somebody impatient."""

    says: Text
    """How the form words it."""
    acts: tuple[Act, ...]
    lines: Lines = Field(min_length=2)
    thought: Text


class Unasked(Record):
    """What stands in for questions that were left out."""

    worry: Worry
    wish: Said
    secret: Said


class OwnFormTexts(Record):
    """The file `corpus/own-counterpart.yaml`."""

    impatience: dict[str, ImpatienceEntry]
    unasked: Unasked

    @field_validator("impatience")
    @classmethod
    def _complete(cls, entries: dict[str, ImpatienceEntry]) -> dict[str, ImpatienceEntry]:
        missing = [key for key in (*Impatience, WORD) if key not in entries]
        if missing:
            raise ValueError(f"no entry for {', '.join(missing)}")
        return entries


@cache
def own_form_texts() -> OwnFormTexts:
    """The texts that ship, read once a process."""
    return load_record(shipped_root() / "corpus" / "own-counterpart.yaml", OwnFormTexts)


def own_persona(form: OwnForm, taken: Collection[str] = (), *, persona_id: str | None = None) -> Persona:
    """A complete persona from the form; `persona_id` where one is being changed, else an id that is not among those `taken`."""
    texts = own_form_texts()
    worries = form.worries if len(form.worries) == MOST_WORRIES else (*form.worries, texts.unasked.worry)
    answers = DraftAnswers(
        name=form.name,
        role=form.role,
        pronoun=form.pronoun,
        cares_about=form.cares_about,
        worries=worries,
        secret=form.secret or texts.unasked.secret,
        wish=form.wish or texts.unasked.wish,
        manner=form.manner,
        patience=form.patience,
        scepticism=form.scepticism,
    )
    drafted = draft_persona(answers, taken)
    triggers = (*_triggers(form, texts), *drafted.triggers)
    # Validated anew, because a copy with other fields is not.
    raw = drafted.model_copy(update={"triggers": triggers, "id": persona_id or drafted.id}).model_dump_json(exclude_defaults=True)
    return Persona.model_validate_json(raw)


def _triggers(form: OwnForm, texts: OwnFormTexts) -> Iterator[Trigger]:
    if form.word:
        entry = texts.impatience[WORD]
        yield Trigger(id=f"own-{WORD}", words=(form.word,), lines=entry.lines, thought=entry.thought)
    for key in dict.fromkeys(form.impatient):
        entry = texts.impatience[key]
        yield Trigger(id=f"own-{key}", acts=entry.acts, lines=entry.lines, thought=entry.thought)


# As it is kept --------------------------------------------------------------------------------------------------------


def own_text(form: OwnForm, persona: Persona) -> str:
    """The persona's file with the form in front of it."""
    filled = json.dumps(form.model_dump(mode="json", exclude_defaults=True))
    return f"{_FORM}{filled}\n{persona_text(persona)}"


def form_in(text: str) -> OwnForm | None:
    """The form that a kept text was made from; None where it has none that can be read."""
    first = text.removeprefix(_REMOVED).split("\n", 1)[0]
    if not first.startswith(_FORM):
        return None
    try:
        return OwnForm.model_validate_json(first.removeprefix(_FORM))
    except ValidationError:
        return None


def read_own_persona(persona_id: str, text: str, scenarios: Iterable[Scenario]) -> Persona:
    """A kept text as a persona; `DataFileError` where it is none, or not the one it is kept as."""
    path = f"{persona_id}.yaml"
    persona = record_from_text(path, text, Persona)
    check_persona(path, persona, scenarios)
    return persona


def is_removed(text: str) -> bool:
    """Whether it is kept only for the talks that were held with it."""
    return text.startswith(_REMOVED)


def as_removed(text: str) -> str:
    """The text marked as kept only for the talks that were held with it."""
    return text if is_removed(text) else _REMOVED + text


EASES = tuple(Ease)
"""In the order in which the form offers them."""
