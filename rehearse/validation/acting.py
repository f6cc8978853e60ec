"""How the guard and the actor of a chat model do: authored lines wrongly caught, bad sentences that pass, hostile models.

Used by the tests and by `scripts/measure_guard.py`, so that the page and the tests count the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from rehearse.acting.actor import Answer, ModelActor
from rehearse.acting.carried import REQUIRED, carried
from rehearse.acting.guard import MOST_WORDS, Guard, Leave, leave_for
from rehearse.domain.bots import BotLines
from rehearse.domain.library import Library, load_bot_lines
from rehearse.domain.persona import Difficulty, Persona, slots_of
from rehearse.domain.speaking import Rule
from rehearse.domain.state import Ending
from rehearse.errors import ModelError
from rehearse.llm.chat import Prompt
from rehearse.llm.scripted import ScriptedModel
from rehearse.perception.breaches import reader_with
from rehearse.perception.encoder import Encoder, Floats
from rehearse.perception.segments import sentences, words
from rehearse.simulation.bots import Bot, BotKind
from rehearse.simulation.engine import Engine, Prepared

AGREEING = frozenset({"concede", "early_yes"})
ENDING = frozenset({"decline", "lose_patience", "time_up", "soft_no"})
_FILLED = {
    "words": "a shared list",
    "offer": "the planning board",
    "time": "half an hour a fortnight",
    "person": "Ilse",
    "number": "six",
    "goal": "fewer late parcels",
    "step": "a first talk on Tuesday",
    "memory": "the night shift",
}
_BATCH = 64


class RememberingEncoder(Encoder):
    """An encoder that keeps the vector of every text: measurements ask about the same sentences again and again."""

    def __init__(self) -> None:
        super().__init__(remember=100_000)
        self._kept: dict[str, Floats] = {}

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, one a text."""
        # Texts of one length together, for a batch is as slow as its longest.
        new = sorted({text for text in texts if text not in self._kept}, key=len)
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            self._kept.update(zip(batch, super().embed(batch), strict=True))
        return np.stack([self._kept[text] for text in texts])


@dataclass(frozen=True)
class Wrong:
    """An authored sentence that the guard would have kept from being shown."""

    persona: str
    path: str
    rule: Rule
    sentence: str


def authored_sentences(persona: Persona) -> Iterator[tuple[str, str]]:
    """Every authored sentence of a persona with the path of its line; slots are filled with what learners might say."""
    for path, line in persona.every_line():
        said = line
        for slot in slots_of(line):
            said = said.replace("{" + slot + "}", _FILLED[slot])
        for sentence in sentences(said):
            yield path, sentence.text


def wrongly_caught(persona: Persona, library: Library, encoder: Encoder) -> tuple[int, list[Wrong]]:
    """How many authored sentences were checked, and those that were caught although their moves have leave to say them."""
    spoken = list(authored_sentences(persona))
    reader_with(encoder).read([sentence for _, sentence in spoken])
    wrong = []
    for path, sentence in spoken:
        parts = set(path.split("."))
        leave = Leave(
            concede=bool(parts & AGREEING),
            end=bool(parts & ENDING),
            hidden=tuple(f for f in persona.facts if not (path.startswith("facts.") and f.id in parts and "tell" in parts)),
            most_words=MOST_WORDS,
        )
        rule = Guard(library.guard, encoder, leave).check(sentence).rule
        if rule:
            wrong.append(Wrong(persona.id, path, rule, sentence))
    return len(spoken), wrong


@dataclass(frozen=True)
class Bad:
    """A sentence that no counterpart may say; `persona` and `fact` where it tells something that is kept back."""

    rule: Rule
    text: str
    persona: str = ""
    fact: str = ""


def load_bad(path: Path) -> tuple[Bad, ...]:
    """The bad sentences of a file."""
    told = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return tuple(
        Bad(Rule(rule), item) if isinstance(item, str) else Bad(Rule(rule), item["text"], item["persona"], item["fact"])
        for rule, items in told.items()
        for item in items
    )


def load_good(path: Path) -> tuple[str, ...]:
    """The sentences of a file that a counterpart may say at any time."""
    return tuple(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def caught_without_leave(sentence: str, library: Library, encoder: Encoder) -> Rule | None:
    """The rule for which a sentence is caught where neither a yes nor an end is planned, and nothing is kept back."""
    return Guard(library.guard, encoder, Leave(concede=False, end=False, hidden=(), most_words=MOST_WORDS)).check(sentence).rule


def passes(bad: Bad, library: Library, encoder: Encoder) -> bool:
    """Whether a bad sentence would be shown."""
    hidden = tuple(f for f in library.persona(bad.persona).facts if f.id == bad.fact) if bad.persona else ()
    leave = Leave(concede=False, end=False, hidden=hidden, most_words=MOST_WORDS)
    return not Guard(library.guard, encoder, leave).check(bad.text).caught


# Hostile models -------------------------------------------------------------------------------------------------------

_HARMLESS = ("Hm.", "I see.", "Go on, then.", "Well, that is one way to look at it.")
_GERMAN = "Das ist eine sehr gute Idee und ich bin gerne dabei. Wir können am Montag mit der ersten Stunde beginnen."
_CUT = "The depots are busy this week and what I wonder about is the"
_RUNS_ON = " ".join(f"And then there was lorry number {n}, which came late because of the bridge." for n in range(1, 34))

KINDS = ("agrees", "flatters", "leaks", "coaches", "speaks for you", "German", "empty", "cut", "400 words", "bland", "refuses")


def hostile(kind: str, persona: Persona, bad: Sequence[Bad], chance: random.Random) -> Callable[[Prompt], str | ModelError]:
    """A model that always goes wrong in one way; bad sentences come alone, or after a harmless one."""
    rules = {
        "agrees": Rule.CONCESSION,
        "flatters": Rule.GUSHING,
        "coaches": Rule.COACHING,
        "speaks for you": Rule.OTHER_ROLE,
        "refuses": Rule.REFUSAL,
    }
    whole = {"German": _GERMAN, "empty": "", "cut": _CUT, "400 words": _RUNS_ON}

    def speak(_: Prompt) -> str:
        if kind in whole:
            return whole[kind]
        if kind == "bland":
            return chance.choice(_HARMLESS)
        if kind == "leaks":
            said = chance.choice([f.text for f in persona.facts])
        else:
            said = chance.choice([b.text for b in bad if b.rule is rules[kind]])
        return said if chance.random() < 0.5 else f"{chance.choice(_HARMLESS)} {said}"

    return speak


@dataclass
class Tally:
    """What came of many turns with hostile models."""

    turns: int = 0
    kept: int = 0
    """Turns whose answer makes every move that the plan requires, and none that it forbids."""
    shown: int = 0
    stood_in: int = 0
    bad: list[str] = field(default_factory=list)
    """Bad sentences that were shown."""
    caught: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.turns + other.turns,
            self.kept + other.kept,
            self.shown + other.shown,
            self.stood_in + other.stood_in,
            self.bad + other.bad,
            self.caught + other.caught,
        )


def play_hostile(
    engine: Engine, kind: str, bot: BotKind, bad: Sequence[Bad], lines: BotLines, most_turns: int, seed: int = 0
) -> Tally:
    """One rehearsal of a learner bot against a hostile model, counted."""
    library, setting = engine.library, engine.setting
    model = ScriptedModel(hostile(kind, setting.persona, bad, random.Random(f"{kind}:{setting.persona.id}:{seed}")))
    actor = ModelActor(model, library, engine.encoder)
    learner = Bot(bot, lines, setting, seed)
    now, tally = engine.start(), Tally()
    while now.ending is Ending.OPEN and tally.turns < most_turns:
        prepared = engine.prepare(now, learner.speak(now))
        heard: list[str] = []
        answer = actor.answer(setting, prepared, heard.append)
        _count(tally, engine, prepared, answer, heard, bad)
        now = engine.settle(prepared, answer.words, answer.voice)
    return tally


def _count(tally: Tally, engine: Engine, prepared: Prepared, answer: Answer, heard: Sequence[str], bad: Sequence[Bad]) -> None:
    setting, rules, encoder = engine.setting, engine.library.guard, engine.encoder
    words_said = answer.words or prepared.draft.text
    leave = leave_for(setting, prepared, engine.library.directions)
    broken = [sentence for sentence in heard if _forbidden(sentence, leave, prepared, bad)]
    required = [part for part in prepared.draft.parts if part.move is not None and part.move.reaction in REQUIRED]
    made = all(
        part.text in words_said or carried(setting, part.move, words_said, rules, encoder) for part in required if part.move
    )
    tally.turns += 1
    tally.kept += made and not broken and " ".join(heard) == words_said
    tally.shown += len(heard)
    tally.stood_in += answer.voice.stood_in
    tally.bad += broken
    tally.caught.update(answer.voice.caught)


def _forbidden(sentence: str, leave: Leave, prepared: Prepared, bad: Sequence[Bad]) -> bool:
    """Whether what was heard is a sentence that a hostile model said and that has no leave. Nothing of the guard is asked."""
    said = words(sentence)
    # Authored words may be anybody's: what the director decided is not the model's doing.
    if any(sentence == part.text for part in prepared.draft.parts) or sentence == prepared.draft.text:
        return False
    if any(words(fact.text) == said for fact in leave.hidden):
        return True
    if len(said) > MOST_WORDS or sentence in _GERMAN or sentence == _CUT:
        return True
    allowed = {Rule.CONCESSION: leave.concede, Rule.REFUSAL: leave.end}
    return any(words(b.text) == said and not allowed.get(b.rule, False) for b in bad)


def cast(library: Library, encoder: Encoder, number: int) -> Engine:
    """Every pair of a scenario and a persona in turn, at every difficulty."""
    pairs = [(s.id, p.id) for s in library.scenarios for p in library.personas_for(s.id)]
    scenario, persona = pairs[number % len(pairs)]
    return Engine.cast(library, encoder, scenario, persona, list(Difficulty)[number % 3], number)


def play_many_hostile(library: Library, encoder: Encoder, bad: Sequence[Bad], turns: int) -> dict[str, Tally]:
    """At least so many turns with hostile models of every kind, over the cast, the scenarios, the difficulties and the bots."""
    lines, found = load_bot_lines(), {kind: Tally() for kind in KINDS}
    for number in count():
        if sum(tally.turns for tally in found.values()) >= turns:
            break
        kind, bot = KINDS[number % len(KINDS)], list(BotKind)[number % len(BotKind)]
        found[kind] += play_hostile(cast(library, encoder, number * 7), kind, bot, bad, lines, 7, number)
    return found


def by_rule(bad: Sequence[Bad], library: Library, encoder: Encoder) -> Mapping[Rule, tuple[int, int]]:
    """For each rule, how many bad sentences there are and how many of them are caught."""
    found: dict[Rule, tuple[int, int]] = {}
    for sentence in bad:
        n, caught = found.get(sentence.rule, (0, 0))
        found[sentence.rule] = (n + 1, caught + (not passes(sentence, library, encoder)))
    return found
