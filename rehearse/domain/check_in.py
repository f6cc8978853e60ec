"""How the real talk went, in the learner's own words: kept beside the rehearsal that prepared it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date

from rehearse.errors import LearnerError

MOST_CHARACTERS = 4_000
"""A page of writing for each answer."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """The learner's account; nothing in it is rated. Texts may be empty, but not all of them."""

    held_on: date
    went: str
    """How it went."""
    agreed: str
    """What the other person agreed to."""
    line: str
    """Which line worked."""

    @classmethod
    def told(cls, held_on: str, went: str, agreed: str, line: str) -> CheckIn:
        """From a form; `LearnerError` where there is no date, no word, or too many."""
        try:
            day = date.fromisoformat(held_on.strip())
        except ValueError:
            raise LearnerError(f"“{held_on[:40]}” is no date, so nothing was kept. Give the day of the talk.") from None
        texts = [text.replace("\r\n", "\n").strip() for text in (went, agreed, line)]
        if not any(texts):
            raise LearnerError("You told nothing yet, so nothing was kept. A sentence on how it went is enough.")
        if any(len(text) > MOST_CHARACTERS for text in texts):
            raise LearnerError(
                f"One of the answers has more than {MOST_CHARACTERS:,} characters, so nothing was kept. Shorten it."
            )
        return cls(day, *texts)

    @classmethod
    def from_json(cls, written: str) -> CheckIn:
        """As `to_json` wrote it."""
        raw = json.loads(written)
        return cls(date.fromisoformat(raw.pop("held_on")), **raw)

    def to_dict(self) -> dict[str, str]:
        """As programs read it."""
        return asdict(self) | {"held_on": self.held_on.isoformat()}

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps(self.to_dict(), ensure_ascii=False)
