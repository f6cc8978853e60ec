"""What people were asked, and which of the coach's readings is held against their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rehearse.domain.acts import Act
from rehearse.perception.encoder import Encoder
from rehearse.validation.readings import Judgement, Pair


class Kind(StrEnum):
    """How people answered."""

    LEVELS = "levels"
    """0, 1 or 2."""
    YES_NO = "yes_no"
    """1 or 0."""
    SCALE = "scale"
    """Any number; only the order is compared."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Our side: a class where there is one, a finer score, and whether the reader was sure, where it says so."""

    value: int | None
    score: float
    sure: bool | None = None


Reader = Callable[[Judgement], Answer | None]
"""From the coach's reading to an answer; None where the coach does not rate."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that people rated in a file."""

    id: str
    kind: Kind
    ours: str
    """In words, which of our readings is compared."""
    read: Reader
    human: tuple[float | None, ...]
    """People's answer for each pair of the file; None where there is none."""
    reference: str = ""
    """What others reached on a part of the same source that is not in the file."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that people rated, without its name on the disk."""

    title: str
    pairs: tuple[Pair, ...]
    questions: tuple[Question, ...]
    may_fit: bool
    """Whether its licence lets weights be fitted on it; else it is measured on and nothing more."""
    acts: bool
    """Whether any question needs the dialogue acts, which take two more readings a pair."""
    note: str = ""
    judge: Callable[[Encoder], list[Judgement]] | None = None
    """How it is read, where that is not pair by pair."""


def level_of(criterion_id: str) -> Reader:
    """The level of a criterion or habit, as the coach gives it."""

    def read(judgement: Judgement) -> Answer | None:
        level = judgement.levels[criterion_id]
        if level is None:
            return None
        return Answer(level, judgement.expected[criterion_id], judgement.sure[criterion_id])

    return read


def score_of(criterion_id: str) -> Reader:
    """The expected level of a criterion, also where the coach withholds the rating."""
    return lambda judgement: Answer(None, judgement.expected[criterion_id])


def at_least_one(criterion_id: str) -> Reader:
    """Yes from level 1 on; no where the coach does not rate."""
    return lambda judgement: Answer(int((judgement.levels[criterion_id] or 0) >= 1), judgement.expected[criterion_id])


def rated_at_all(criterion_id: str) -> Reader:
    """Whether the coach sees an occasion for the criterion."""
    return lambda judgement: Answer(int(judgement.levels[criterion_id] is not None), judgement.expected[criterion_id])


def any_act(acts: Sequence[Act]) -> Reader:
    """Yes where one of the acts was found; the score is the highest of their probabilities."""
    wanted = frozenset(acts)
    return lambda judgement: Answer(int(bool(wanted & judgement.acts)), max(judgement.act_probabilities[a] for a in acts))


def act_score(act: Act) -> Reader:
    """The probability of an act, with no class."""
    return lambda judgement: Answer(None, judgement.act_probabilities[act])


def asks(judgement: Judgement) -> Answer:
    """Yes where exploration is rated 1 or more, or an open question was found."""
    found = (judgement.levels["exploration"] or 0) >= 1 or Act.ASK_OPEN in judgement.acts
    return Answer(int(found), max(judgement.expected["exploration"] / 2, judgement.act_probabilities[Act.ASK_OPEN]))


def listening(judgement: Judgement) -> Answer:
    """The mean of the five empathy criteria, with no class."""
    return Answer(None, judgement.listening)


def kind_of(values: Iterable[float | None]) -> Kind:
    """Levels where every answer is 0, 1 or 2, else a scale."""
    return Kind.LEVELS if all(v in (0, 1, 2) for v in values if v is not None) else Kind.SCALE
