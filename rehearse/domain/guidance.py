"""What the coach may say and what it relies on: data, edited in `corpus/coaching.yaml`."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import Act
from rehearse.domain.assessment import RemarkKind
from rehearse.domain.data import Id, Record, Text


class RemarkText(Record):
    """One thing the coach can remark on, in its own words."""

    about: str = Field(pattern="^[a-z_]+$")
    """What was seen: an act, a criterion, or a missed opportunity."""
    kind: RemarkKind
    skill: str = Field(pattern="^(empathy|clarity|ideas)$")
    criterion: str | None = None
    """The criterion that a better wording must raise (the substitution test); None where no wording is suggested."""
    worth: float = Field(ge=0.0, le=1.0)
    """How much it is worth saying, against other remarks of the same turn and in the debrief."""
    passages: tuple[Id, ...] = Field(min_length=1)
    """Passages that back it; retrieval picks the nearest of them."""
    why: tuple[Text, ...] = Field(min_length=3)
    """The reason, in plain words to an adult; `{name}` is the counterpart. Each variant is used once before any returns."""
    suggest: tuple[Text, ...] = ()
    """Better wordings; slots are filled with the learner's own facts (`{offer}`, `{time}`, `{goal}`, `{step}`), `{theirs}` with
    the counterpart's own words. Shown only if it rates higher in place of what was said."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.suggest and self.criterion is None:
            raise ValueError("a suggested wording needs the criterion that it must raise")
        return self


class IdeaSigns(Record):
    """How one of the six ideas shows in a conversation."""

    idea: Id
    acts: tuple[Act, ...] = Field(min_length=1)
    """Acts that show the idea."""
    passages: dict[Act, Id]
    """The passage to cite for each of these acts."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        missing = [a.value for a in self.acts if a not in self.passages]
        if missing:
            raise ValueError(f"no passage for {', '.join(missing)}")
        return self


class HintText(Record):
    """A short hint for the next turn, on request."""

    when: str = Field(pattern="^[a-z_]+$")
    """What stands open: `start`, `concern`, `feeling`, `need_<id>`, `permitted`, `misstep`, `hint`, `nothing`."""
    text: tuple[Text, ...] = Field(min_length=2)


class Guidance(Record):
    """All texts of the coach."""

    remarks: tuple[RemarkText, ...] = Field(min_length=10)
    ideas: tuple[IdeaSigns, ...] = Field(min_length=6)
    hints: tuple[HintText, ...] = Field(min_length=5)

    def remark(self, about: str, kind: RemarkKind) -> RemarkText | None:
        """The text for something seen, if the coach has one."""
        for text in self.remarks:
            if text.about == about and text.kind is kind:
                return text
        return None
