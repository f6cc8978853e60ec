"""Small shapings of words for the page: first clauses, marked quotes, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zlib import crc32

from rehearse.app.strings import text
from rehearse.domain.assessment import Remark
from rehearse.domain.own_guidance import OwnPassage

_CLAUSE = re.compile(r"^(.{12,90}?)[,;:.–—?!](?:\s|$)")
MOST_CLAUSE = 84


def first_clause(sentence: str) -> str:
    """The beginning of a reason, for the folded note."""
    match = _CLAUSE.match(sentence)
    if match:
        return match.group(1)
    return sentence if len(sentence) <= MOST_CLAUSE else sentence[:MOST_CLAUSE].rsplit(" ", 1)[0] + " …"


@dataclass(frozen=True)
class Piece:
    """A stretch of a turn, marked or not; `anchor` is the id that a link leads to."""

    text: str
    remark: Remark | None = None
    anchor: str = ""


def anchor_of(remark: Remark) -> str:
    """The id of the marked words of a remark."""
    return f"m-{remark.span.turn.turn_id}-{remark.span.start}"


def pieces(text: str, remarks: Iterable[Remark]) -> list[Piece]:
    """A turn cut at the quotes of its remarks; quotes that overlap an earlier one are left unmarked, no character is lost."""
    cut: list[Piece] = []
    at = 0
    for remark in sorted(remarks, key=lambda r: r.span.start):
        start, end = remark.span.start, remark.span.end
        if start < at:
            continue
        if start > at:
            cut.append(Piece(text[at:start]))
        cut.append(Piece(text[start:end], remark, anchor_of(remark)))
        at = end
    if at < len(text):
        cut.append(Piece(text[at:]))
    return cut


def link_of(remark: Remark, marked: Sequence[Remark]) -> str:
    """Where a quote leads: to its mark, or to the whole turn where its words overlap another mark."""
    on_turn = [r for r in marked if r.span.turn == remark.span.turn]
    anchors = {p.anchor for p in pieces(remark.span.turn.text, on_turn)}
    return anchor_of(remark) if anchor_of(remark) in anchors else remark.span.turn.turn_id


def own_place(passage: OwnPassage) -> str:
    """The id of a passage of somebody's own document on the page with their documents."""
    return f"own-{passage.document_id}-{crc32(passage.kept.encode()):08x}"


def day(on: date) -> str:
    """A date as a person writes it."""
    return text("date.day", day=on.day, month=text(f"date.month_{on.month}"), year=on.year)


def when(moment: datetime) -> str:
    """A date and time as a person writes it, in the machine's own time zone."""
    local = moment.astimezone()
    return f"{day(local)}, {local:%H:%M}"
