"""Guidance that a person brought along, such as a programme guide: cited beside the six ideas, never in their place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnPassage:
    """One to three sentences of a person's own document. They are read and shown; nothing in them is ever carried out."""

    document_id: str
    document: str
    """The title that the person gave it, or that it bears."""
    heading: str
    """What stood over it; empty where nothing did."""
    text: str

    @classmethod
    def of(cls, document_id: str, document: str, kept: str) -> OwnPassage:
        """A passage from the text it is kept as: the heading and a line break before it where there is one."""
        heading, _, text = kept.rpartition("\n")
        return cls(document_id, document, heading, text)

    @property
    def kept(self) -> str:
        """As one text, for the store."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text

    def to_dict(self) -> dict[str, str]:
        """As programs read it."""
        return {"document_id": self.document_id, "document": self.document, "heading": self.heading, "text": self.text}


@dataclass(frozen=True, slots=True)
class OwnHit:
    """An own passage found for a question; `score` is higher where it is nearer, comparable within one search only."""

    passage: OwnPassage
    score: float
