"""A document that is too much, locked, broken or none is refused in words, whatever is in it."""

from __future__ import annotations

import time

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod

from rehearse.errors import DocumentError
from rehearse.storage import documents
from rehearse.storage.documents import MOST_BYTES, MOST_PAGES, read_document

SENTENCE = "Agree at the start how often the two of you will meet, and write it down."


def pdf(pages: int = 1, words: str = SENTENCE, password: str = "") -> bytes:
    made = FPDF()
    made.set_font("Helvetica", size=12)
    if password:
        made.set_encryption(
            owner_password="owner",
            user_password=password,
            encryption_method=EncryptionMethod.RC4,
            permissions=AccessPermission.none(),
        )
    for _ in range(pages):
        made.add_page()
        made.multi_cell(0, None, words)
    return bytes(made.output())


def test_a_document_that_can_be_read_is_read() -> None:
    """So that what is refused below is not refused for want of reading."""
    for name, content in (("rules.pdf", pdf()), ("rules.md", f"# Rules\n\n{SENTENCE}\n".encode())):
        assert SENTENCE in " ".join(read_document(name, content).passages[-1].split())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x" * (MOST_BYTES + 1), "larger than 2 MB"),
        (b"  \n ", "nothing in this file"),
        (b"PK\x03\x04" + b"\0" * 100, "office or ZIP"),
        (bytes(range(256)) * 40, "no text, Markdown or PDF"),
        (b"<html><body>Meet often.</body></html>", "web page"),
        (b"%PDF-1.7\n" + b"\xff\x00<<>>" * 500, "broken"),
        (pdf()[:400], "broken"),
        (pdf(password="hush"), "locked"),
        (pdf(MOST_PAGES + 1, "Word."), f"{MOST_PAGES} is the most"),
        (pdf(3, ""), "pictures of pages"),
        ("".join(f"# Rule {n}\n\n{SENTENCE} This is rule {n}.\n\n" for n in range(1_100)).encode(), "too long"),
    ],
    ids=["heavy", "empty", "zip", "binary", "page", "no-pdf", "cut", "locked", "pages", "scan", "long"],
)
def test_what_cannot_be_taken_in_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        read_document("rules.pdf", content)


def test_reading_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "PDF_SECONDS", 0.0)
    begun = time.monotonic()
    with pytest.raises(DocumentError, match="takes too long"):
        read_document("rules.pdf", pdf(50))
    assert time.monotonic() - begun < 20
