"""Proving what is claimed: a quote must stand in a turn, word for word, and a citation must name a passage that was offered.

A quote is found exactly but for white space and the shapes of quotation marks, apostrophes and dashes. Nothing fuzzier: a
matcher that forgives more takes "I did promise" for a quote of "I did not promise".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rehearse.domain.idea import Citation, Passage
from rehearse.domain.transcript import EvidenceSpan, Turn

_SHAPES = str.maketrans({s: p for p, shapes in {"'": "’‘‛ʼ`´", '"': "“”„‟«»", "-": "‐‑‒–—―−"}.items() for s in shapes})
"""Each sign to the plain one of its kind: one character to one, so that places stay what they are."""
_APOSTROPHE = "'"
_WRAPPED = re.compile(r"\s*([\"'])(.*)\1\s*", re.DOTALL)


def find_words(quote: str, text: str, *, any_case: bool = False) -> tuple[int, int] | None:
    """Where a quote first stands in a text as whole words, as `(start, end)` of the text itself; None where it does not.

    `any_case` lets capitals differ too, for what a person typed from memory.
    """
    parts = [re.escape(part) for part in unicodedata.normalize("NFC", quote).translate(_SHAPES).split()]
    if not any(c.isalnum() for c in quote):
        return None
    # A word goes on behind an apostrophe: "I don" is no quote of "I don't".
    pattern = rf"(?<!\w)(?<!\w{_APOSTROPHE})" if parts[0][0].isalnum() else ""
    pattern += r"\s+".join(parts)
    pattern += rf"(?!{_APOSTROPHE}?\w)" if parts[-1][-1].isalnum() else ""
    match = re.search(pattern, text.translate(_SHAPES), re.IGNORECASE if any_case else 0)
    return match.span() if match else None


def ground_quote(quote: str, turn: Turn) -> EvidenceSpan | None:
    """The words of a turn that a quote names, case kept, marks around it let go; None where they were not said so."""
    found = find_words(quote, turn.text)
    if found is None:
        wrapped = _WRAPPED.fullmatch(quote.translate(_SHAPES))
        found = find_words(wrapped.group(2), turn.text) if wrapped else None
    return EvidenceSpan(turn, *found) if found else None


def ground_passage(passage_id: str, offered: Iterable[Passage]) -> Citation | None:
    """The citation of a passage that was offered to choose from; None for any other id, also for one that the corpus has."""
    return next((Citation(passage) for passage in offered if passage.passage_id == passage_id), None)
