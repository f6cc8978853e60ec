"""Cutting a turn into sentences and clauses, as spans of its own text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+(?=\S)|\n+")
_CLAUSE_END = re.compile(r"(?<=[,;:–—])\s+|\s+[-–—]\s+")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Segment:
    """Part of a text: `start` inclusive, `end` exclusive."""

    start: int
    end: int
    text: str


def _cut(text: str, start: int, end: int, pattern: re.Pattern[str]) -> list[Segment]:
    edges = [start]
    for match in pattern.finditer(text, start, end):
        edges += [match.start(), match.end()]
    edges.append(end)
    found = []
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        piece = text[left:right]
        inner = piece.strip()
        if inner:
            first = left + len(piece) - len(piece.lstrip())
            found.append(Segment(first, first + len(inner), inner))
    return found


def sentences(text: str) -> list[Segment]:
    """The sentences of a text, trimmed."""
    return _cut(text, 0, len(text), _SENTENCE_END)


def clauses(text: str) -> list[Segment]:
    """The clauses of a text: sentences, cut again at commas, semicolons, colons and dashes."""
    return [c for s in sentences(text) for c in _cut(text, s.start, s.end, _CLAUSE_END)]


def words(text: str) -> list[str]:
    """The words of a text, in lower case, without signs."""
    return [match.group().lower().replace("’", "'") for match in _WORD.finditer(text)]


def snug(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a span to whole words and shed white space and commas at its edges."""
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end += 1
    while start < end and (text[start].isspace() or text[start] in ",;:–—-"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:–—-"):
        end -= 1
    return start, end
