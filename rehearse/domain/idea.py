"""The guidance: six ideas, made of passages that can be cited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from rehearse.domain.own_guidance import OwnPassage
from rehearse.errors import GroundingError, UnknownIdError

IDEA_IDS = (
    "case-for-reverse-mentoring",
    "figure-out-what-you-offer",
    "voice-your-desire",
    "set-clear-expectations",
    "be-patient-and-humble",
    "keep-learning-both-ways",
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One to three sentences of an idea: the unit of retrieval and of citation.

    `cues` are questions in learners' words that the passage answers; they are searched but never shown as guidance.
    """

    idea_id: str
    passage_id: str
    text: str
    cues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Idea:
    """One of the six ideas, with its source and passages."""

    idea_id: str
    title: str
    source: str
    summary: str
    introduction: str
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Corpus:
    """All ideas that a remark may cite."""

    ideas: tuple[Idea, ...]

    @cached_property
    def _passages(self) -> dict[str, Passage]:
        return {p.passage_id: p for idea in self.ideas for p in idea.passages}

    def passages(self) -> Iterator[Passage]:
        """Each passage of each idea, in reading order."""
        return iter(self._passages.values())

    def passage(self, passage_id: str) -> Passage:
        """The passage with that id; `GroundingError` where there is none."""
        try:
            return self._passages[passage_id]
        except KeyError:
            raise GroundingError(f"the corpus has no passage {passage_id}") from None

    def idea(self, idea_id: str) -> Idea:
        """The idea with that id."""
        for idea in self.ideas:
            if idea.idea_id == idea_id:
                return idea
        raise UnknownIdError("idea", idea_id, [i.idea_id for i in self.ideas])


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage of the corpus that backs a remark.

    It holds the passage itself, as `Corpus.passage` gave it, so the cited text cannot differ from the corpus.
    """

    passage: Passage

    @classmethod
    def of(cls, corpus: Corpus, passage_id: str) -> Citation:
        """Cite by id; `GroundingError` if the corpus has no such passage."""
        return cls(corpus.passage(passage_id))

    def to_dict(self) -> dict[str, str]:
        """As programs read it."""
        return {"idea": self.passage.idea_id, "passage": self.passage.passage_id, "text": self.passage.text}


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question; `score` is in [0, 1], higher is nearer, comparable within one search only."""

    idea_id: str
    passage_id: str
    text: str
    score: float

    def to_dict(self) -> dict[str, object]:
        """As `rehearse ideas search --json` prints it."""
        return {"idea": self.idea_id, "passage": self.passage_id, "text": self.text, "score": round(self.score, 4)}


class PassageIndex(Protocol):
    """Finds the passages that answer a question, best first."""

    def search(self, question: str, top: int = 3) -> list[Hit]:
        """At most `top` hits; an empty list for a question without words."""
        ...

    def nearest(self, words: str, among: Sequence[str]) -> str | None:
        """The id of the passage among those given that lies nearest to some words; None where none is near."""
        ...

    def beside(self, words: str, passage: Passage) -> OwnPassage | None:
        """A passage of the person's own guidance that lies clearly nearer to some words than one of the ideas, or None."""
        ...
