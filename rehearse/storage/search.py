"""Finding rehearsals by what was said: the words of each turn are kept a second time, folded, in a narrow table.

Some tens of megabytes are read through faster than an index over their letters could be kept clean of deleted words.
"""

from __future__ import annotations

import unicodedata

from sqlalchemy import ColumnElement, or_, select

from rehearse.storage.tables import RehearsalRow, SaidRow

_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})


def folded(*said: str | None) -> str:
    """Words as they are searched: without upper case, in composed form, with one kind of apostrophe and quotation mark."""
    whole = "\n".join(words for words in said if words)
    return unicodedata.normalize("NFC", whole.translate(_MARKS).casefold())


def where_said(wanted: str) -> ColumnElement[bool]:
    """The condition that a rehearsal has these words in a turn, or in the id of its persona or scenario."""
    turns = select(SaidRow.number).where(
        SaidRow.rehearsal_id == RehearsalRow.id, SaidRow.words.contains(folded(wanted), autoescape=True)
    )
    in_id = wanted.lower().replace(" ", "-")
    return or_(
        RehearsalRow.persona_id.contains(in_id, autoescape=True),
        RehearsalRow.scenario_id.contains(in_id, autoescape=True),
        turns.exists(),
    )
