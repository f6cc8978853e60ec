"""Whether a turn can be read at all: nothing, too much, signs without words, another language."""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from functools import cache
from typing import Any

from rehearse.errors import EmptyTurnError, TurnTooLongError
from rehearse.perception.segments import words

MAX_TURN_CHARACTERS = 8_000
"""About ten minutes of speech: more than any one hold of the floor."""

_EVERYDAY = frozenset(
    """
    a an and are as at be been but by can could did do for from get go had has have he her his how i i'd i'll i'm i've if
    in is it it's its just like me my no not of on or our she should so some than that that's the their them then there
    they this to too up us was we we're were what when where which who why will with would yes you you're your yeah ok
    okay sorry thanks hi hello maybe really
    """.split()
)


class Readability(StrEnum):
    """What kind of thing a turn is."""

    PLAIN = "plain"
    NO_WORDS = "no_words"
    FOREIGN = "foreign"
    NOISE = "noise"


def clean_turn(raw: str) -> str:
    """The words as they are kept: without control characters, trimmed, in composed form (NFC).

    Raises `EmptyTurnError` for nothing and `TurnTooLongError` for more than a turn can hold; nothing is cut silently.
    """
    if len(raw) > MAX_TURN_CHARACTERS:
        raise TurnTooLongError(
            f"That is {len(raw):,} characters; one turn holds up to {MAX_TURN_CHARACTERS:,}, about ten minutes of speech. "
            "Nothing was sent: shorten it, or say it in two goes."
        )
    text = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    kept = unicodedata.normalize("NFC", kept).strip()
    if not any(not c.isspace() and unicodedata.category(c) != "Cf" for c in kept):
        raise EmptyTurnError("There are no words yet. Say something, even if it is only half a sentence.")
    return kept


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def readability(text: str) -> Readability:
    """Classify a cleaned turn; English that is merely odd, terse or misspelt counts as plain."""
    spoken = words(text)
    letters = sum(c.isalpha() for c in text)
    if not spoken or letters == 0:
        return Readability.NO_WORDS
    if any(word in _EVERYDAY for word in spoken) and letters * 3 > len(text.replace(" ", "")):
        everyday = sum(word in _EVERYDAY for word in spoken) / len(spoken)
        if everyday >= 0.15 or len(spoken) < 4:
            return Readability.PLAIN
    if letters * 3 < len(text.replace(" ", "")):
        return Readability.NOISE
    if all(len(word) > 24 or not any(c in "aeiouyäöüáéíóúàèìòùâêîôûåæøаеиоуыэюя" for c in word) for word in spoken):
        return Readability.FOREIGN if not text.isascii() else Readability.NOISE
    language, probability = _identifier().classify(text)
    if language != "en" and probability >= 0.9 and (len(spoken) >= 3 or not text.isascii()):
        return Readability.FOREIGN
    return Readability.PLAIN
