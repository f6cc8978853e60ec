"""Who the counterpart is, stable over scenarios: one file a persona.

The public side may be shown at any time. Everything else is private until a rehearsal has ended.
The format is explained for authors in `docs/write-a-persona.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from rehearse.domain.acts import HARMFUL, Act
from rehearse.domain.data import Id, Record, Text, Unit

SLOTS = frozenset({"words", "offer", "time", "person", "number", "goal", "step", "memory"})
"""What a line may take up from the learner: `{offer}` what they would share, `{time}` how often or how long, `{person}` whom
they named, `{number}` a figure, `{goal}` the aim they linked it to, `{step}` the next step they proposed, `{words}` a few words
just said, `{memory}` words said five or more turns ago."""

_SLOT = re.compile(r"\{([^{}]*)\}")

Lines = tuple[Text, ...]


def slots_of(line: str) -> frozenset[str]:
    """The slots that a line needs to have filled."""
    return frozenset(_SLOT.findall(line))


class Difficulty(StrEnum):
    """How hard the counterpart is to win; each level also has its own concerns."""

    EASY = "easy"
    NORMAL = "normal"
    HARD = "hard"

    @property
    def rank(self) -> int:
        """0, 1, 2: harder is higher."""
        return list(Difficulty).index(self)


class Disclosure(StrEnum):
    """When a fact may be told."""

    VOLUNTEERED = "volunteered"
    IF_ASKED = "if_asked"
    IF_TRUSTED = "if_trusted"


class Habit(StrEnum):
    """A way of not quite saying yes or no that the learner has to work through."""

    PLAIN = "plain"
    SOFT_NO = "soft_no"
    """Says "send me something" instead of no, once; only a dated next step gets past it."""
    EARLY_YES = "early_yes"
    """Says yes before anything is clear; it counts for nothing until terms and a next step are agreed."""
    SILENT = "silent"
    """Answers in a word or two until asked something open that is worth answering."""


class Temperament(Record):
    """Dispositions in [0, 1]: they set where trust, openness and patience start and how they move."""

    warmth: Unit
    scepticism: Unit
    patience: Unit
    directness: Unit


class ConcernLines(Record):
    """What the counterpart says about one concern."""

    voice: Lines = Field(min_length=2)
    """Raising it for the first time."""
    press: Lines = Field(min_length=2)
    """Raising it again when it was not answered."""
    eased: Lines = Field(min_length=2)
    """It has become smaller, not gone."""
    resolved: Lines = Field(min_length=2)
    """It is out of the way."""


class Concern(Record):
    """A reason to resist, and what it takes to ease it."""

    id: Id
    about: Text
    """What it is, in a sentence; shown only in the debrief."""
    topics: tuple[Text, ...] = Field(min_length=4)
    """Words and short phrases that show the learner is speaking to this concern."""
    eased_by: dict[Act, Unit]
    """Acts that ease it and by how much; it is eased at half, resolved at 1."""
    required: bool = True
    """Whether it must be eased before the counterpart can agree."""
    since: Difficulty = Difficulty.EASY
    """The easiest difficulty at which the concern exists."""
    scenarios: tuple[Id, ...] = ()
    """The scenarios in which it exists; empty means all."""
    would_open: Text
    """A question that would have brought it up; shown only in the debrief."""
    lines: ConcernLines

    @model_validator(mode="after")
    def _check(self) -> Self:
        harmful = [a.value for a in self.eased_by if a in HARMFUL]
        if harmful:
            raise ValueError(f"eased_by names harmful acts: {', '.join(harmful)}")
        if sum(self.eased_by.values()) < 1.0:
            raise ValueError("the weights of eased_by add up to less than 1, so the concern could never be resolved")
        return self


class FactLines(Record):
    """What the counterpart says around a fact."""

    hint: Lines = ()
    """Just below the threshold: there is something, and it is not told."""
    tell: Lines = Field(min_length=2)
    """Telling it."""


class Fact(Record):
    """Something the counterpart knows and does not simply say."""

    id: Id
    text: Text
    """The fact itself, in a sentence; shown only in the debrief unless disclosed."""
    disclosure: Disclosure
    threshold: Unit = 0.0
    """For `if_trusted`: the trust from which it may be told."""
    topics: tuple[Text, ...] = ()
    """For `if_asked`: words that show the learner asks about it."""
    raises: Id | None = None
    """The concern that is voiced with it."""
    wish: bool = False
    """Whether it is what the counterpart would like to learn."""
    confidential: bool = False
    """Whether repeating it to others would be a breach of confidence."""
    scenarios: tuple[Id, ...] = ()
    """The scenarios in which it exists; empty means all."""
    would_open: Text
    """A question that would have brought it up; shown only in the debrief."""
    lines: FactLines

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.disclosure is Disclosure.IF_TRUSTED and self.threshold <= 0.0:
            raise ValueError("a fact told only if trusted needs a threshold above 0")
        if self.disclosure is Disclosure.IF_ASKED and not self.topics:
            raise ValueError("a fact told if asked needs topics, the words that count as asking")
        return self


class Trigger(Record):
    """Something that rubs this person up the wrong way."""

    id: Id
    acts: tuple[Act, ...] = ()
    words: tuple[Text, ...] = ()
    """Words or phrases that set it off, whatever the act."""
    trust: float = Field(default=-0.05, ge=-0.5, le=0.0)
    patience: float = Field(default=-0.08, ge=-0.5, le=0.0)
    lines: Lines = Field(min_length=2)
    thought: Text

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.acts and not self.words:
            raise ValueError("a trigger needs acts or words that set it off")
        return self


class Bristle(Record):
    """Answers to harm; `default` stands in for an act without lines of its own."""

    default: Lines = Field(min_length=6)
    pressure: Lines = ()
    dismiss: Lines = ()
    lecture: Lines = ()
    stereotype: Lines = ()
    self_promote: Lines = ()
    blame: Lines = ()
    overload: Lines = ()
    hedge: Lines = ()
    breach_confidence: Lines = ()

    def for_act(self, act: Act) -> Lines:
        """The lines for a harmful act, those of its own first."""
        own: Lines = getattr(self, act.value, ())
        return own + self.default


class Voice(Record):
    """Lines that this person may say in any scenario. Pools are large, because no sentence is said twice in a rehearsal."""

    grant: Lines = Field(min_length=5)
    """Letting the learner go on, giving nothing."""
    uptake: Lines = Field(min_length=8)
    """Taking up the learner's own words before anything else; each has a slot."""
    probe: Lines = Field(min_length=8)
    """Testing a claim or an offer that sounds promising."""
    soften: Lines = Field(min_length=8)
    """Warmer than before: detail, a question back, a small admission."""
    accept_repair: Lines = Field(min_length=4)
    """After the learner owned a misstep."""
    answer: Lines = Field(min_length=8)
    """Answering an open question without telling anything private."""
    advise: Lines = Field(min_length=5)
    """Answering when asked for advice or for how they would handle something."""
    deflect: Lines = Field(min_length=10)
    """Saying something without answering, because nothing was asked or offered that deserves more."""
    remember: Lines = Field(min_length=4)
    """Coming back to something said long ago; each uses `{memory}`."""
    flattered: Lines = Field(min_length=4)
    """Compliments with nothing behind them."""
    repeated: Lines = Field(min_length=4)
    """The learner says the same thing again."""
    thin: Lines = Field(min_length=6)
    """Too vague or too short to answer."""
    off_topic: Lines = Field(min_length=5)
    """Off the subject, or words meant for a machine."""
    unreadable: Lines = Field(min_length=4)
    """Another language, signs without words, noise."""
    hold: Lines = Field(min_length=6)
    """Asked for a yes before the state permits it; not yet, and a reason."""
    impatient: Lines = Field(min_length=4)
    """Patience is nearly gone."""
    bristle: Bristle
    thanked: Lines = Field(min_length=4)
    """Answering thanks or a greeting with something real beside it."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for line in self.uptake:
            if not slots_of(line):
                raise ValueError(f"an uptake line needs a slot such as {{words}}: “{line}”")
        for line in self.remember:
            if "memory" not in slots_of(line):
                raise ValueError(f"a remember line needs {{memory}}: “{line}”")
        return self


class Scene(Record):
    """What this person says in one scenario only."""

    open: Lines = Field(min_length=3)
    """The first words of the rehearsal, or the answer to the learner's first words."""
    invite: dict[Id, Lines]
    """For each need of the scenario: asking for what is still missing."""
    concede: Lines = Field(min_length=4)
    """Agreeing: particular and conditional; at least two without slots."""
    decline: Lines = Field(min_length=3)
    """Saying no at the end."""
    lose_patience: Lines = Field(min_length=3)
    """Ending it because patience is spent."""
    time_up: Lines = Field(min_length=2)
    """Ending it because the time is over."""
    early_yes: Lines = ()
    """For the habit `early_yes`."""
    soft_no: Lines = ()
    """For the habit `soft_no`."""
    events: dict[Id, Lines] = Field(default_factory=dict)
    """For scripted events of the scenario: this person's words around them."""
    aftermath: dict[Id, Lines] = Field(default_factory=dict)
    """For scripted events: what this person says once the learner has stood the test (`kept`) or failed it (`broke`)."""


class Thoughts(Record):
    """Private thoughts by what the counterpart has just done; revealed only after the end."""

    open: Lines = Field(min_length=2)
    resist: Lines = Field(min_length=4)
    ease: Lines = Field(min_length=4)
    soften: Lines = Field(min_length=4)
    bristle: Lines = Field(min_length=4)
    disclose: Lines = Field(min_length=2)
    hold_back: Lines = Field(min_length=3)
    indifferent: Lines = Field(min_length=4)
    concede: Lines = Field(min_length=2)
    decline: Lines = Field(min_length=2)


class Persona(Record):
    """A counterpart: public side, private side, and words."""

    id: Id
    name: Text
    pronoun: str = Field(pattern="^(she|he|they)$")
    role: Text
    bio: Text
    manner: Text
    """Manner of speech, as a brief may tell it."""
    sample: Text
    """One line in their voice, for the card."""
    temperament: Temperament
    habit: dict[Id, Habit] = Field(default_factory=dict)
    """Per scenario, a way of not quite saying yes or no; `plain` where nothing is said."""
    goals: tuple[Text, ...] = Field(min_length=1)
    will_agree_to: tuple[Text, ...] = Field(min_length=1)
    will_not_agree_to: tuple[Text, ...] = Field(min_length=1)
    concerns: tuple[Concern, ...] = Field(min_length=3)
    facts: tuple[Fact, ...] = Field(min_length=2)
    triggers: tuple[Trigger, ...] = Field(min_length=1)
    thoughts: Thoughts
    voice: Voice
    scenes: dict[Id, Scene] = Field(min_length=1)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The ids of the scenarios that this person can play."""
        return tuple(self.scenes)

    def concerns_in(self, scenario_id: str, difficulty: Difficulty) -> tuple[Concern, ...]:
        """The concerns that exist in a scenario at a difficulty, in the order of the file."""
        return tuple(
            c for c in self.concerns if c.since.rank <= difficulty.rank and (not c.scenarios or scenario_id in c.scenarios)
        )

    def facts_in(self, scenario_id: str) -> tuple[Fact, ...]:
        """The facts that exist in a scenario, in the order of the file."""
        return tuple(f for f in self.facts if not f.scenarios or scenario_id in f.scenarios)

    def every_line(self) -> Iterator[tuple[str, str]]:
        """Each authored line with the path of the field it stands in."""
        yield from _lines_in(self.voice.model_dump(), "voice")
        yield from _lines_in({k: v.model_dump() for k, v in self.scenes.items()}, "scenes")
        for part, items in (("concerns", self.concerns), ("facts", self.facts), ("triggers", self.triggers)):
            for item in items:
                lines = item.lines
                yield from _lines_in(lines if isinstance(lines, tuple) else lines.model_dump(), f"{part}.{item.id}")

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [c.id for c in self.concerns] + [f.id for f in self.facts]
        if len(ids) != len(set(ids)):
            raise ValueError("two concerns or facts share an id")
        for fact in self.facts:
            if fact.raises and fact.raises not in {c.id for c in self.concerns}:
                raise ValueError(f"fact {fact.id} raises a concern that is not there: {fact.raises}")
        seen: dict[str, str] = {}
        for path, line in self.every_line():
            unknown = slots_of(line) - SLOTS
            if unknown:
                raise ValueError(f"{path}: unknown slot {{{sorted(unknown)[0]}}}; known are {', '.join(sorted(SLOTS))}")
            if line in seen:
                raise ValueError(f"{path}: the line “{line}” stands already in {seen[line]}")
            seen[line] = path
        return self


def _lines_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines_in(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _lines_in(inner, path)
