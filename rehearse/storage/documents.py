"""Reading a document that a person brings along: Markdown, text or PDF in, a title and passages out.

What it is, is told from its content, never from its name. What is in it is words to be found and shown; it is never run.
"""

from __future__ import annotations

import io
import logging
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from rehearse.domain.own_guidance import OwnPassage
from rehearse.errors import DocumentError
from rehearse.perception.segments import sentences, words

MOST_BYTES = 2 * 1024 * 1024
MOST_PAGES = 300
MOST_PASSAGES = 1_000
"""More would take minutes to read in; a chapter of a long document serves better."""
PDF_SECONDS = 30
LONGEST_PASSAGE = 420
"""Characters after which a passage takes in no further sentence."""
LONGEST_TITLE = 80
_MOST_SENTENCES = 3
_LONGEST_SENTENCE = 600
_FEWEST_WORDS = 4
_FEWEST_LETTERS_A_PAGE = 40

# Each of these reads a text once, whatever is in it: a file may be made to be read for hours.
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+([^ \t].*)$")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-{2,})[ \t]*$")
_ITEM = re.compile(r"^\s*(?:[-*+•‣◦–]|\d{1,3}[.)]|[a-z][.)])\s+")
_FENCE = re.compile(r"^\s*(```|~~~)")
_RULE = re.compile(r"^\s*([-*_]\s*){3,}$")
_TABLE_EDGE = re.compile(r"^[\s:|-]+$")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_LINK = re.compile(r"!?\[([^\[\]\n]*+)\]\((?:[^()\n]++|\([^()\n]*+\))*+\)")
_EMPHASIS = re.compile(r"(\*\*|__|\*|(?<!\w)_|_(?!\w)|~~|`+)")
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*\.?|[A-Z]\.|[IVX]+\.)\s+\S")

logging.getLogger("pypdf").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: a title, and the passages in their order, each as it is kept."""

    title: str
    passages: tuple[str, ...]


def read_document(file_name: str, content: bytes) -> Document:
    """A document from the bytes of a file; `DocumentError` for what is too large, broken, locked, scanned or no document."""
    if len(content) > MOST_BYTES:
        raise DocumentError(
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB, so it was not taken in. Bring the part that you need."
        )
    if not content.strip():
        raise DocumentError("There is nothing in this file.")
    paged = content[:1024].lstrip().startswith(b"%PDF-")
    text = _pdf_text(content) if paged else _plain_text(content)
    passages = tuple(_passages(text))
    if not passages:
        raise DocumentError("There are no sentences in this document, so nothing could be quoted from it.")
    if len(passages) > MOST_PASSAGES:
        raise DocumentError(
            f"This document is too long: it comes to {len(passages)} passages, and {MOST_PASSAGES} is the most. "
            "Bring the chapter that matters for your talk."
        )
    return Document(_title(file_name, text), passages)


# What it is -----------------------------------------------------------------------------------------------------------


def _plain_text(content: bytes) -> str:
    """Text or Markdown; anything else is refused by name where it can be told."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DocumentError("This is an office or ZIP file. Save it as PDF or as plain text, then add that.")
    if content.startswith(b"{\\rtf"):
        raise DocumentError("This is a rich-text file. Save it as PDF or as plain text, then add that.")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        if b"\x00" in content:
            raise DocumentError("This is no text, Markdown or PDF file, so it was not taken in.") from None
        text = content.decode("cp1252", errors="replace")
    seen = text[:20_000]
    odd = sum(unicodedata.category(c) in ("Cc", "Co", "Cn") and c not in "\n\r\t\f" for c in seen) + seen.count("\ufffd")
    if odd > len(seen) / 200:
        raise DocumentError("This is no text, Markdown or PDF file, so it was not taken in.")
    if re.match(r"\s*(<!doctype html|<html)", seen, re.IGNORECASE):
        raise DocumentError("This is a web page. Print it to PDF, or copy its text into a file, then add that.")
    return _FRONT.sub("", _without_comments(text.replace("\r\n", "\n").replace("\r", "\n")))


def _without_comments(text: str) -> str:
    """The text without `<!-- … -->`; a comment that never ends stays."""
    kept, place = [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept += [text[place:start], " "]
        place = end + 3
    return "".join([*kept, text[place:]])


def _pdf_text(content: bytes) -> str:
    """The text of a PDF, its pages joined; `DocumentError` for one that is locked, broken or only pictures."""
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("This PDF is locked with a password. Save a copy without one, then add that.")
        count = len(reader.pages)
        if count > MOST_PAGES:
            raise DocumentError(f"This PDF has {count} pages; {MOST_PAGES} is the most. Bring the chapter that you need.")
        pages, begun = [], time.monotonic()
        for page in reader.pages:
            pages.append(page.extract_text() or "")
            if time.monotonic() - begun > PDF_SECONDS:
                raise DocumentError(
                    "Reading this PDF takes too long, so it was given up. Bring a shorter part of it, or its text."
                )
    except DocumentError:
        raise
    except ImportError:
        raise DocumentError(
            "This PDF is locked in a way that cannot be opened here. Save a copy without it, then add that."
        ) from None
    except Exception:
        # A broken file makes the reader stumble in more ways than anybody can list; all of them mean the same to a person.
        raise DocumentError("This PDF is broken and cannot be read. Open it and save it again, or add its text.") from None
    letters = sum(c.isalpha() for page in pages for c in page)
    if letters < _FEWEST_LETTERS_A_PAGE * max(1, len(pages)) and letters < 2_000:
        raise DocumentError(
            "This PDF holds pictures of pages and hardly any text, as a scan does. Run text recognition over it, or add its text."
        )
    return "\n\n".join(_reflowed(page) for page in _without_running_heads(pages))


def _without_running_heads(pages: list[str]) -> list[str]:
    """The pages without the lines that stand at the top or foot of most of them, and without page numbers."""
    lined = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    ends = Counter(re.sub(r"\d+", "#", line) for lines in lined for line in {*lines[:1], *lines[-2:]})
    often = {line for line, times in ends.items() if times >= 3 and times > len(pages) / 2}
    running = {line for line in often if len(line) <= LONGEST_TITLE and line[-1:] not in ".!?"}

    def kept(line: str) -> bool:
        return re.sub(r"\d+", "#", line) not in running and not re.fullmatch(
            r"(?:page\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d+)?", line, re.I
        )

    return ["\n".join(line for line in lines if kept(line)) for lines in lined]


def _reflowed(page: str) -> str:
    """Broken lines joined again; a short line that begins a part becomes a heading."""
    made: list[str] = []
    lines = page.splitlines()
    longest = max((len(line) for line in lines), default=0)
    for place, line in enumerate(lines):
        following = lines[place + 1] if place + 1 < len(lines) else ""
        before = made[-1] if made else ""
        if _is_title(line, following) and (not before or before[-1:] in ".!?:…" or before.startswith("#")):
            made.append(f"# {line}")
        elif not before or before.startswith("#") or _ITEM.match(line):
            made.append(line)
        elif before.endswith("-") and line[:1].islower():
            made[-1] = before[:-1] + line
        elif before[-1] in ".!?:…" and len(lines[place - 1]) < 0.7 * longest:
            made.append(line)
        else:
            made[-1] = f"{before} {line}"
    return "\n\n".join(made)


def _is_title(line: str, following: str) -> bool:
    if (
        not 2 < len(line) <= 70
        or line[-1] in ".!?,;:…"
        or len(line.split()) > 10
        or (_ITEM.match(line) and not _NUMBERED.match(line))
    ):
        return False
    begins = bool(_NUMBERED.match(line)) or line[0].isupper()
    return begins and len(line) < max(40, 0.7 * len(following)) and bool(following[:1].isupper() or _ITEM.match(following))


# Cutting it up --------------------------------------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each paragraph, list item or table row with the heading over it."""
    open_lines: list[str] = []
    heading, fenced = "", False
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        title = None if fenced else _HEADING.match(line)
        underlined = not fenced and bool(_UNDERLINE.match(line)) and len(open_lines) == 1
        ends = not line.strip() or title is not None or underlined or bool(_ITEM.match(line)) or "|" in line
        if ends and open_lines and not underlined:
            yield heading, " ".join(open_lines)
            open_lines = []
        if title is not None:
            heading = _plain(_heading(title))
        elif underlined:
            heading, open_lines = _plain(open_lines[0]), []
        elif line.count("|") >= 2:
            following = lines[place + 1] if place + 1 < len(lines) else ""
            if not _TABLE_EDGE.match(line) and not ("|" in following and _TABLE_EDGE.match(following)):
                yield heading, ", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip())
        elif line.strip() and not (_RULE.match(line) and not fenced):
            alone = _is_alone(lines, place)
            if alone and not fenced:
                heading = _plain(line)
            else:
                open_lines.append(_ITEM.sub("", line).strip().lstrip(">").strip())
    if open_lines:
        yield heading, " ".join(open_lines)


def _heading(found: re.Match[str]) -> str:
    """The words of a heading, without the signs that may close it."""
    return found.group(2).rstrip().rstrip("#").rstrip()


def _is_alone(lines: list[str], place: int) -> bool:
    """Whether a line of plain text is a heading: short, without an end, with empty lines around it and text to follow."""
    before = lines[place - 1].strip() if place else ""
    after = lines[place + 1].strip() if place + 1 < len(lines) else ""
    rest = next((line for line in lines[place + 2 :] if line.strip()), "")
    return not before and not after and bool(rest) and _is_title(lines[place].strip(), rest.strip() or "X")


def _plain(text: str) -> str:
    """Words without the signs of markup."""
    text = _EMPHASIS.sub("", _TAG.sub(" ", _LINK.sub(r"\1", text)))
    text = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Cn") and c not in "\u200c\u200d" else c for c in text
    )
    return " ".join(text.replace("\ufffd", " ").split())


def _passages(text: str) -> Iterator[str]:
    """One to three sentences each, within one paragraph, with the heading kept; the same words only once."""
    seen: set[str] = set()
    for heading, block in _blocks(text):
        for passage in _grouped(_plain(block)):
            if len(words(passage)) >= _FEWEST_WORDS and passage not in seen:
                seen.add(passage)
                yield OwnPassage("", "", heading[:LONGEST_TITLE], passage).kept


def _grouped(block: str) -> Iterator[str]:
    group: list[str] = []
    for sentence in (part for s in sentences(block) for part in _short(s.text)):
        if group and (len(group) == _MOST_SENTENCES or len(" ".join([*group, sentence])) > LONGEST_PASSAGE):
            yield " ".join(group)
            group = []
        group.append(sentence)
    if group:
        yield " ".join(group)


def _short(sentence: str) -> Iterator[str]:
    """The sentence, cut between words where it is too long to be read beside a remark."""
    while len(sentence) > _LONGEST_SENTENCE:
        cut = sentence.rfind(" ", 0, _LONGEST_SENTENCE)
        cut = cut if cut > 0 else _LONGEST_SENTENCE
        yield sentence[:cut]
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence


def _title(file_name: str, text: str) -> str:
    """The first heading that is no chapter's, else the name of the file in words."""
    heads = (_heading(m) for line in text.split("\n")[:40] if (m := _HEADING.match(line)))
    first = next((head for head in heads if not _NUMBERED.match(head)), "")
    stem = re.sub(r"[_\s]+", " ", PurePath(file_name.replace("\\", "/")).stem)
    title = _plain(first) or _plain(stem) or "Document"
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 2].rsplit(" ", 1)[0] + " …"
