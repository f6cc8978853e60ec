"""The card and the agreement as one printable page of PDF, a whole conversation as several.

A page is set in a core font of PDF in its Windows-1252 encoding, which has typographic quotes, so that no font is shipped and
no file is read. What that encoding lacks is written in the nearest letters, or as a question mark with a note at the foot. Words
are only ever drawn as text: no links, no markup, no scripts. The same page gives the same bytes.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rehearse.coaching.agreement import Agreement
from rehearse.coaching.carry import FROM_WORKSHEET, CarryCard, CarryLine, spoken_by

if TYPE_CHECKING:
    from fpdf import FPDF

_ENCODING = "cp1252"
_MARGIN, _FOOT = 18.0, 14.0
"""Millimetres at the sides and at the foot of the A4 page."""
_SCALES = (1.2, 1.1, 1.0, 0.94, 0.88, 0.82, 0.76)
"""Type sizes that are tried before anything is shortened; the smallest is still read without glasses by most."""
_MOST_CHARACTERS = 1500
"""Longer texts are shortened at once: a few of them could not stand on one page in any type."""
_CUTS = (600, 300, 160, 80, 40)
"""Characters to which a text is shortened, one after the other, where even the smallest type does not fit."""
_NO_CUT = 10**9
_NEAREST = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "ı": "i", "‐": "-", "‑": "-", "‒": "–", "―": "—", "−": "-"} | {
    "′": "'", "″": '"', "‟": '"', "‛": "'", "→": "->", "≤": "<=", "≥": ">=", "⁄": "/", "\u00ad": "",
}  # fmt: skip
LOST_NOTE = "Some letters could not be printed here; the Markdown file has them."
CUT_NOTE = "Some texts were shortened to fit the page; the Markdown file has them in full."


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on the page: words somebody said with their source, or a prompt with lines to write on."""

    label: str
    words: tuple[tuple[str, str], ...]
    """Each quote with whose it is; empty for a blank to fill in."""
    prompt: str
    note: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page before it is set: groups of items under headings."""

    title: str
    lead: str
    groups: tuple[tuple[str, tuple[Item, ...]], ...]


def card_pdf(card: CarryCard) -> bytes:
    """The card on one page of A4."""
    groups = [
        (
            line.heading,
            (
                Item(
                    label="",
                    words=_card_words(line),
                    prompt=line.prompt,
                    note=line.citation.passage.text,
                ),
            ),
        )
        for line in card.lines
    ]
    lead = "Your own words, where there were good ones; blank lines are for you to fill in."
    return sheet_pdf(Sheet(card.title, lead, tuple(groups)))


def _card_words(line: CarryLine) -> tuple[tuple[str, str], ...]:
    """What stands in a place of the card, and whose words they are; nothing where it is blank."""
    if line.span:
        return ((line.span.quote, spoken_by(line.span)),)
    return ((line.planned, FROM_WORKSHEET),) if line.planned else ()


def agreement_pdf(agreement: Agreement) -> bytes:
    """The draft agreement on one page of A4."""
    groups = [
        (
            group,
            tuple(
                Item(
                    term.heading if term.heading != group else "",
                    tuple((q.quote, spoken_by(q)) for q in term.quotes),
                    term.prompt,
                    "",
                )
                for term in terms
            ),
        )
        for group, terms in groupby(agreement.terms, key=lambda t: t.group)
    ]
    return sheet_pdf(Sheet(agreement.title, agreement.standing, tuple(groups)))


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a longer paper: paragraphs under a heading, each with a label in bold before it, or none."""

    heading: str
    paragraphs: tuple[tuple[str, str], ...]
    level: int = 1
    """1 for a part, 2 for a part of a part."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A longer paper: as many pages as it needs, nothing shortened."""

    title: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]


def paper_pdf(paper: Paper) -> bytes:
    """The whole paper on pages of A4, each with its number."""
    pages = _Page(1.0, _NO_CUT, numbered=True)
    pages.write(paper)
    return pages.file()


def sheet_pdf(sheet: Sheet) -> bytes:
    """One page that fits: smaller type first, then shortened texts."""
    for cut, scale in [(_MOST_CHARACTERS, scale) for scale in _SCALES] + [(cut, _SCALES[-1]) for cut in _CUTS]:
        page = _Page(scale, cut)
        page.draw(sheet)
        if page.fits:
            break
    return page.file()


def printable(text: str) -> tuple[str, bool]:
    """Words on one line in letters that the page can show, and whether all of them could be."""
    kept: list[str] = []
    whole = True
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        shown = _letter(character)
        whole = whole and shown is not None
        kept.append("?" if shown is None else shown)
    return " ".join("".join(kept).split()), whole


def _letter(character: str) -> str | None:
    """The nearest that the encoding has; empty for what is not seen anyway, None where there is nothing near."""
    if character in _NEAREST:
        return _NEAREST[character]
    if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return ""
    for form in (character, "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))):
        try:
            form.encode(_ENCODING)
        except UnicodeEncodeError:
            continue
        return form if form.isprintable() else ""
    return None


class _Page:
    """One attempt at setting the sheet; `cut`: the most characters of a text; `numbered`: as many pages as it takes."""

    def __init__(self, scale: float, cut: int, *, numbered: bool = False) -> None:
        from fpdf import FPDF

        class Numbered(FPDF):  # type: ignore[misc, unused-ignore]
            """Pages that carry their number at the foot."""

            def footer(self) -> None:
                self.set_y(-_FOOT)
                self.set_font("helvetica", size=8)
                self.set_text_color(90)
                self.cell(0, 6, str(self.page_no()), align="C")

        self.scale, self.cut = scale, cut
        self.lost = self.shortened = False
        pdf: FPDF = (Numbered if numbered else FPDF)(format="A4")
        pdf.core_fonts_encoding = _ENCODING
        # fpdf2 would put the number of pages in place of "{nb}" in anybody's words, and today's date into the file.
        pdf.alias_nb_pages("")
        pdf.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
        pdf.set_auto_page_break(numbered, _MARGIN + _FOOT)
        pdf.set_margins(_MARGIN, _MARGIN, _MARGIN)
        pdf.add_page()
        self.pdf = pdf

    @property
    def fits(self) -> bool:
        """Whether all of it is above the foot of the page."""
        return self.pdf.get_y() <= self.pdf.h - _MARGIN - _FOOT

    def draw(self, sheet: Sheet) -> None:
        """Everything, from top to bottom."""
        title, _ = printable(sheet.title)
        self.pdf.set_title(title)
        self._text(sheet.title, 18, "B")
        self._text(sheet.lead, 9.5, grey=90)
        for heading, items in sheet.groups:
            self._gap(3.4)
            self._text(heading, 11.5, "B")
            for item in items:
                self._item(item)
        notes = [note for told, note in ((self.lost, LOST_NOTE), (self.shortened, CUT_NOTE)) if told]
        if notes:
            self._gap(2.5)
            self._text(" ".join(notes), 8, grey=90)

    def write(self, paper: Paper) -> None:
        """A longer paper from its first page to its last."""
        title, _ = printable(paper.title)
        self.pdf.set_title(title)
        self._text(paper.title, 18, "B")
        for fact in paper.facts:
            self._text(fact, 9.5, grey=90)
        for section in paper.sections:
            self._gap(5 if section.level == 1 else 2.5)
            # A heading at the foot of a page, with its words on the next, is no heading.
            if self.pdf.get_y() > self.pdf.h - _MARGIN - _FOOT - 22:
                self.pdf.add_page()
            self._text(section.heading, 13 if section.level == 1 else 11, "B")
            for label, words in section.paragraphs:
                self._gap(1.2)
                if label:
                    self._text(label, 9, "B", grey=60)
                self._text(words, 10.5)
        if self.lost:
            self._gap(4)
            self._text(LOST_NOTE, 8, grey=90)

    def _item(self, item: Item) -> None:
        if item.label:
            self._gap(1)
            self._text(item.label, 9.5, "B", grey=60)
        for quote, source in item.words:
            self._text(f"“{self._shortened(quote)}” ({source})", 11)
        if not item.words:
            self._text(item.prompt, 9.5, "I", grey=60)
            self._rule()
        if item.note:
            self._text(item.note, 8.5, grey=90)

    def _text(self, text: str, size: float, style: str = "", grey: int = 0) -> None:
        shown, whole = printable(text)
        self.lost = self.lost or not whole
        if not shown:
            return
        self.pdf.set_font("helvetica", style="B" if style == "B" else "I" if style == "I" else "", size=size * self.scale)
        self.pdf.set_text_color(grey)
        self.pdf.multi_cell(0, size * self.scale * 0.46, shown, align="L", new_x="LMARGIN", new_y="NEXT")

    def _rule(self) -> None:
        y = self.pdf.get_y() + 7.5 * self.scale
        self.pdf.set_draw_color(140)
        self.pdf.set_line_width(0.2)
        self.pdf.line(_MARGIN, y, self.pdf.w - _MARGIN, y)
        self.pdf.set_y(y + 1.2 * self.scale)

    def _gap(self, height: float) -> None:
        self.pdf.set_y(self.pdf.get_y() + height * self.scale)

    def _shortened(self, text: str) -> str:
        if len(text) <= self.cut:
            return text
        self.shortened = True
        return text[: self.cut].rstrip() + "…"

    def file(self) -> bytes:
        """The file."""
        return bytes(self.pdf.output())
