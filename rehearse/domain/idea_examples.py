"""Examples of good wording for each of the six ideas, and where to practise it: data, edited in `corpus/ideas-examples.yaml`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import HARMFUL, Act
from rehearse.domain.data import Id, Record, Text
from rehearse.domain.idea import IDEA_IDS
from rehearse.domain.library import Library, shipped_library, shipped_root
from rehearse.domain.loading import load_record
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.scenario import SCENARIO_IDS
from rehearse.errors import DataFileError


class Example(Record):
    """A sentence or two as somebody might really say them."""

    heard: Text
    """What the other had just said."""
    says: Text
    why: Text
    """What the words do."""
    shows: tuple[Act, ...] = Field(min_length=1)
    """Acts that a reader finds in them."""
    passage: Id
    """The passage that they are an example of."""


class IdeaExamples(Record):
    """The examples of one idea, and where to practise it."""

    idea: Id
    scenario: Id
    focus: str
    """The skill that is worked on there."""
    examples: tuple[Example, ...] = Field(min_length=1, max_length=2)


class ExamplesFile(Record):
    """The file `corpus/ideas-examples.yaml`."""

    ideas: tuple[IdeaExamples, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if tuple(i.idea for i in self.ideas) != IDEA_IDS:
            raise ValueError(f"each of the six ideas is needed once, in this order: {', '.join(IDEA_IDS)}")
        for entry in self.ideas:
            if entry.scenario not in SCENARIO_IDS:
                raise ValueError(f"{entry.idea}: there is no scenario {entry.scenario}")
            if entry.focus not in CRITERION_IDS:
                raise ValueError(f"{entry.idea}: there is no criterion {entry.focus}")
            for example in entry.examples:
                if HARMFUL & set(example.shows):
                    raise ValueError(f"{entry.idea}: an example of good wording shows no harmful act")
        return self

    def of(self, idea_id: str) -> IdeaExamples:
        """What there is for an idea."""
        return next(entry for entry in self.ideas if entry.idea == idea_id)


def load_examples(root: Path, library: Library) -> ExamplesFile:
    """The examples below `root`; each passage that one stands for must belong to its idea. Raises `DataFileError`."""
    path = root / "corpus" / "ideas-examples.yaml"
    found = load_record(path, ExamplesFile)
    for entry in found.ideas:
        known = {p.passage_id for p in library.corpus.idea(entry.idea).passages}
        for example in entry.examples:
            if example.passage not in known:
                raise DataFileError(
                    path,
                    f"ideas.{entry.idea}",
                    f"the idea has no passage {example.passage}.",
                    "use the id of one of its sections.",
                )
    return found


@cache
def shipped_examples() -> ExamplesFile:
    """The examples that ship, read once a process."""
    return load_examples(shipped_root(), shipped_library())
