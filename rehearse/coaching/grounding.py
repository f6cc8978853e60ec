"""Proving what is claimed: a quote must stand in a turn, word for word, and a citation must name a passage that was offered."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rehearse.domain.idea import Citation, Passage
from rehearse.domain.quotes import SHAPES, find_words
from rehearse.domain.transcript import EvidenceSpan, Turn

_WRAPPED = re.compile(r"\s*([\"'])(.*)\1\s*", re.DOTALL)


def ground_quote(quote: str, turn: Turn) -> EvidenceSpan | None:
    """The words of a turn that a quote names, case kept, marks around it let go; None where they were not said so."""
    found = find_words(quote, turn.text)
    if found is None:
        wrapped = _WRAPPED.fullmatch(quote.translate(SHAPES))
        found = find_words(wrapped.group(2), turn.text) if wrapped else None
    return EvidenceSpan(turn, *found) if found else None


def ground_passage(passage_id: str, offered: Iterable[Passage]) -> Citation | None:
    """The citation of a passage that was offered to choose from; None for any other id, also for one that the corpus has."""
    return next((Citation(passage) for passage in offered if passage.passage_id == passage_id), None)
