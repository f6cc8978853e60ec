"""The offer card: what a person has to offer, thought through before the talk, in their own words."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

LONGEST = 600
"""Characters that one answer may have; the card is meant to be taken in at a glance."""


class OfferPart(StrEnum):
    """A line of the card."""

    LESSONS = "lessons"
    CHALLENGES = "challenges"
    AUDIENCE = "audience"
    PLAINLY = "plainly"
    ASK = "ask"
    TIME = "time"


PASSAGES: dict[OfferPart, str] = {
    OfferPart.LESSONS: "lessons-you-are-willing-to-share",
    OfferPart.CHALLENGES: "challenges-you-see-into",
    OfferPart.AUDIENCE: "what-others-want-to-learn",
    OfferPart.PLAINLY: "do-not-overwhelm",
    OfferPart.ASK: "say-it-plainly",
    OfferPart.TIME: "agree-when-and-where-you-meet",
}
"""The passage behind each question of the worksheet."""
OPTIONAL = frozenset({OfferPart.ASK, OfferPart.TIME})
"""Parts that a card is whole without."""


@dataclass(frozen=True, slots=True)
class OfferCard:
    """What somebody would say they offer; any part may be empty."""

    lessons: str = ""
    """What they would share."""
    challenges: str = ""
    """Which troubles of the company or team they see into."""
    audience: str = ""
    """Who might want it."""
    plainly: str = ""
    """How they would say it without burying anybody."""
    ask: str = ""
    """What they ask for."""
    time: str = ""
    """How often and how long."""

    def __bool__(self) -> bool:
        return any(text for _, text in self.filled())

    def text(self, part: OfferPart) -> str:
        """What stands in one part."""
        return str(getattr(self, part.value))

    def filled(self) -> Iterator[tuple[OfferPart, str]]:
        """The parts with something in them, in the order of the worksheet."""
        for part in OfferPart:
            text = self.text(part).strip()
            if text:
                yield part, text

    def to_dict(self) -> dict[str, str]:
        """As it is stored."""
        return {part.value: self.text(part) for part in OfferPart}

    @classmethod
    def from_dict(cls, told: Mapping[str, object]) -> OfferCard:
        """A card from what was typed or stored: what is not text is left out, signs that nobody can see too."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: _clean(value) for key, value in told.items() if key in known and isinstance(value, str)})

    def to_json(self) -> str:
        """As one text, for the store."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | None) -> OfferCard:
        """A stored card; an empty one where there is none or it cannot be read."""
        try:
            told = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            return cls()
        return cls.from_dict(told) if isinstance(told, dict) else cls()


def _clean(text: str) -> str:
    """The text as typed, cut to length, without control characters; line breaks stay."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in kept if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn"))[:LONGEST]
