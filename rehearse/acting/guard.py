"""Each sentence of a chat model is checked before it is shown: what this counterpart may say now, and how people speak.

Patterns catch what always sounds alike and are data (`corpus/guard.yaml`); a fitted net hears what is said in other words
(`perception.breaches`). Figures of how often both are right are in `docs/acting.md`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from rehearse.domain.library import shipped_library
from rehearse.domain.persona import Fact, slots_of
from rehearse.domain.scenario import Event
from rehearse.domain.speaking import WORDED_RULES, Directions, GuardRules, Rule, WordedRule
from rehearse.domain.state import Ending, Plan, Reaction
from rehearse.perception.breaches import reader_with
from rehearse.perception.encoder import Encoder, Floats
from rehearse.perception.readability import Readability, readability
from rehearse.perception.segments import clauses, sentences, words
from rehearse.simulation.actor import sentence_keys
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.engine import Prepared

MOST_WORDS, MOST_SENTENCES = 60, 5
_AGREES = frozenset({Reaction.CONCEDE, Reaction.EARLY_YES})
_REFUSES = frozenset({Reaction.DECLINE, Reaction.LOSE_PATIENCE, Reaction.TIME_UP})
_ALIKE = 0.8
"""Share of common words from which two sentences are the same to a listener."""
_PLAIN = frozenset(
    """
    a about after again all am an and any anyone are as at be because been before but by can could did do does done down
    even ever every for from get go goes going got had has have he her here him his how i i'd i'll i'm i've if in into
    is it it's its just know like made make me more most much my never no not now of off on once one only or other our
    out over own put said say see she so some still than that that's the their them then there they thing this those to
    told too two up us very was we well went were what when where which who will with without would yes you you're your
    """.split()
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be shown; if not, the rule that it breaks and what an actor is told about it."""

    rule: Rule | None = None
    reason: str = ""

    @property
    def caught(self) -> bool:
        """Whether it must not be shown."""
        return self.rule is not None


_FINE = Verdict()


@dataclass(frozen=True)
class Leave:
    """What one answer may do, and what was said before it."""

    concede: bool
    end: bool
    hidden: tuple[Fact, ...]
    """The facts that are still kept back."""
    most_words: int
    spoken: frozenset[str] = frozenset()
    """Keys of the sentences that the counterpart has said."""
    heard: tuple[frozenset[str], ...] = ()
    """The word sets of sentences that were said before: the counterpart's own, and the learner's."""
    others: tuple[str, ...] = ()
    """Names of people in the scene who are not this counterpart."""


def leave_for(setting: Setting, prepared: Prepared, directions: Directions) -> Leave:
    """What the answer to a prepared turn may do."""
    reactions = {move.reaction for move in prepared.plan.moves}
    state = prepared.decision.state
    said = [turn.text for turn in prepared.before.transcript.turns] + [prepared.learner]
    return Leave(
        concede=bool(reactions & _AGREES),
        end=prepared.plan.ending is not Ending.OPEN or bool(reactions & (_REFUSES | {Reaction.SOFT_NO})),
        hidden=tuple(f for f in setting.persona.facts if f.id not in state.disclosed),
        most_words=word_limit(prepared.plan, directions),
        spoken=prepared.before.memory.spoken,
        heard=tuple(_word_sets(said)),
        others=tuple(_speakers(setting.scenario.events)),
    )


def word_limit(plan: Plan, directions: Directions) -> int:
    """How many words an answer has at most: what its moves take together, and never more than speech."""
    return min(MOST_WORDS, sum(directions.reactions[move.reaction].words for move in plan.moves))


def _word_sets(texts: Iterable[str]) -> Iterable[frozenset[str]]:
    for text in texts:
        for sentence in sentences(text):
            said = frozenset(words(sentence.text))
            if len(said) >= 5:
                yield said


def _speakers(events: Iterable[Event]) -> Iterable[str]:
    return (event.speaker.split()[0] for event in events)


class Guard:
    """Checks the sentences of one answer, in order."""

    def __init__(self, rules: GuardRules, encoder: Encoder, leave: Leave) -> None:
        self.rules, self.encoder, self.leave = rules, encoder, leave
        self.checked = 0

    def check(self, sentence: str, shown: Sequence[str] = ()) -> Verdict:
        """Whether a sentence may be shown after the ones that were."""
        self.checked += 1
        rule = self._rule(sentence, shown)
        return Verdict(rule, self.rules.reason(rule)) if rule else _FINE

    def _rule(self, sentence: str, shown: Sequence[str]) -> Rule | None:
        if self._too_long(sentence, shown):
            return Rule.LENGTH
        if self._foreign(sentence, shown):
            return Rule.LANGUAGE
        if self._said_before(sentence, shown):
            return Rule.REPEATED
        for rule in WORDED_RULES:
            if not self._allowed(rule) and self._worded(rule, sentence):
                return rule
        if self._tells(sentence, shown):
            return Rule.HIDDEN_FACT
        asked = [rule for rule in WORDED_RULES if not self._allowed(rule)]
        return reader_with(self.encoder).broken(sentence, asked)

    def _allowed(self, rule: Rule) -> bool:
        return (rule is Rule.CONCESSION and self.leave.concede) or (rule is Rule.REFUSAL and self.leave.end)

    def _worded(self, rule: Rule, sentence: str) -> bool:
        if rule is Rule.OTHER_ROLE and self.leave.others:
            label = re.match(r"\W*(\w+)[^:]{0,30}:", sentence)
            if label and label.group(1) in self.leave.others:
                return True
        worded = self.rules.rules[rule]
        return any(not _excused(worded, sentence, match) for match in worded.broken_by.finditer(sentence))

    def _too_long(self, sentence: str, shown: Sequence[str]) -> bool:
        said = sum(len(words(s)) for s in shown) + len(words(sentence))
        return said > self.leave.most_words or len(shown) >= MOST_SENTENCES

    def _foreign(self, sentence: str, shown: Sequence[str]) -> bool:
        so_far = " ".join([*shown, sentence])
        return any(foreign(text) for text in (sentence, so_far))

    def _said_before(self, sentence: str, shown: Sequence[str]) -> bool:
        keys = sentence_keys(sentence)
        if keys & self.leave.spoken or any(keys & sentence_keys(s) for s in shown):
            return True
        said = frozenset(words(sentence))
        return len(said) >= 5 and any(len(said & other) >= _ALIKE * len(said | other) for other in self.leave.heard)

    def _tells(self, sentence: str, shown: Sequence[str]) -> bool:
        """Whether the sentence, or the answer with it, tells a fact that is kept back."""
        so_far = " ".join([*shown, sentence])
        return any(fact_told(fact, so_far, self.rules) for fact in self.leave.hidden)


def fact_told(fact: Fact, said: str, rules: GuardRules) -> bool:
    """Whether words tell a fact: they have much of what is rare in it, or in a line that tells it."""
    own = _own_words(said)
    for line in telling_lines(fact):
        wanted = _own_words(line)
        common = sum(rarity(word) for word in wanted & own)
        if len(wanted & own) >= 2 and common >= rules.fact_rarity:
            return True
        if len(wanted) >= 3 and common >= rules.fact_share * sum(rarity(word) for word in wanted):
            return True
    return False


def rarity(stem: str) -> float:
    """How much a word tells: nothing if everybody in the cast says it all the time, nine if nobody does (inverse frequency)."""
    lines, heard = _heard_in_cast()
    return math.log((lines + 1) / (heard[stem] + 1))


@lru_cache(maxsize=1)
def _heard_in_cast() -> tuple[int, Counter[str]]:
    """How many lines the shipped cast has, and in how many each word is."""
    lines = [line for persona in shipped_library().personas for _, line in persona.every_line()]
    return len(lines), Counter(word for line in lines for word in _own_words(line))


def _excused(worded: WordedRule, sentence: str, match: re.Match[str]) -> bool:
    """Whether an exception stands in the same clauses as the words that break a rule."""
    if worded.excused_by is None:
        return False
    near = [c.text for c in clauses(sentence) if c.start < match.end() and match.start() < c.end]
    return any(worded.excused_by.search(text) for text in near)


def telling_lines(fact: Fact) -> tuple[str, ...]:
    """The sentences that would tell a fact: the fact itself, and the lines that tell it."""
    return (fact.text, *(line for line in fact.lines.tell if not slots_of(line)))


def coverage(said: str, line: str) -> float:
    """The share of a line's own words that are in what was said; nothing where the line has few words of its own."""
    own = _own_words(line)
    return len(own & _own_words(said)) / len(own) if len(own) >= 4 else 0.0


def _own_words(text: str) -> frozenset[str]:
    return frozenset(_stem(word) for word in words(text) if word not in _PLAIN)


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    stemmed: str = _stemmer().stemWord(word.removesuffix("'s"))
    return stemmed


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def foreign(text: str) -> bool:
    """Whether a text of three words or more is in another language than English; signs and noise are no speech either."""
    plain = re.sub(r"\*?\([^)]*\)\*?", " ", text)
    if not plain.strip():
        return False
    kind = readability(plain)
    if kind is Readability.FOREIGN or (kind is Readability.NOISE and len(words(plain)) >= 3):
        return True
    spoken = words(plain)
    return len(spoken) >= 3 and sum(word in _OTHERS for word in spoken) >= max(2, 0.25 * len(spoken))


_OTHERS = frozenset(
    """
    ich er sie wir ihr ist sind nicht und das der ein eine mit für auf auch wenn dann aber oder sehr gut nein bitte
    danke kann können möchte gerne würde machen mal noch schon uns mir dir ihnen wie wir's je vous nous est sont pas une
    le les des pour avec dans que qui oui merci très bien mais ça c'est j'ai el los las un una es muy sí pero por para
    con gracias lo gli che non sono è per grazie molto ik jij het een niet van maar dank jag och att det som inte
    """.split()
)
"""Everyday words of neighbouring languages, where the language of a short sentence cannot be told otherwise."""


@lru_cache(maxsize=512)
def vectors(encoder: Encoder, texts: tuple[str, ...]) -> Floats:
    """Unit vectors of texts that are compared with again and again."""
    return np.asarray(encoder.embed(list(texts)), dtype=np.float32)
