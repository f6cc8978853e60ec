"""Whether an answer is in the language of the conversation."""

from __future__ import annotations

from functools import cache
from typing import Any

LONG_ENOUGH = 50
"""Characters below which no language can be told."""
SURE = 0.9


def other_language(text: str, conversation: str) -> str | None:
    """The language (ISO 639-1) of an answer if it is not the one of the conversation; None if they agree or nobody can tell."""
    spoken, answered = language_of(conversation), language_of(text)
    return answered if spoken is not None and answered is not None and spoken != answered else None


def language_of(text: str) -> str | None:
    """The language of a text (ISO 639-1), or None where it is too short or too mixed to tell."""
    letters = " ".join(text.split())
    if len(letters) < LONG_ENOUGH:
        return None
    language, share = _identifier().classify(letters.lower())
    return str(language) if float(share) >= SURE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
