"""When a fact is told, and when there is only a hint of it: the gates, and what opens them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rehearse.domain.acts import Act
from rehearse.domain.persona import Disclosure, Fact
from rehearse.domain.state import State
from rehearse.perception.segments import words
from rehearse.simulation import progress
from rehearse.simulation.appraisal import Appraisal, Setting

OPENERS = frozenset(
    {
        Act.ASK_OPEN,
        Act.REFLECT,
        Act.ACKNOWLEDGE_FEELING,
        Act.ASSURE_CONFIDENTIALITY,
        Act.SHOW_HUMILITY,
        Act.NORMALISE,
        Act.OFFER_CHOICE,
        Act.ASK_ADVICE,
        Act.ANSWER_CONCERN,
    }
)
SUBSTANCE = frozenset({Act.NAME_OFFER, Act.LINK_GOAL, Act.MAKE_CASE, Act.PROPOSE_TERMS, Act.PROPOSE_MEASURE, Act.STATE_INTENT})
"""Acts that give somebody a reason to tell more, and acts with something to talk about."""

CONFIDED_TO = OPENERS - {Act.ANSWER_CONCERN, Act.OFFER_CHOICE}
"""Acts that somebody answers with what they do not simply say; an answer to a worry is answered otherwise."""

HINT_BELOW = 0.12
"""How far below a threshold there is already a hint."""
WISH_BELOW = 0.18
"""How far below the scenario's trust somebody names what they would like to learn."""


@dataclass(frozen=True)
class Asking:
    """A turn of the learner, as far as it may open something."""

    setting: Setting
    state: State
    seen: Appraisal
    text: str
    turn: int

    def tellable(self) -> Iterator[Fact]:
        """Facts whose gate is open and for which this turn is a reason, in the order of the file."""
        acts = self.seen.acts
        asked = bool(acts & {Act.ASK_OPEN, Act.ASK_ADVICE}) or "?" in self.text
        for fact in self._hidden():
            if not progress.tellable(self.setting, self.state, fact):
                continue
            reason = {
                Disclosure.IF_TRUSTED: bool(acts & CONFIDED_TO) and self.turn >= 2,
                Disclosure.IF_ASKED: asked and self._touches(fact) and self._wish_ready(fact),
                Disclosure.VOLUNTEERED: bool(acts & (OPENERS | SUBSTANCE)) and self.turn >= 3,
            }
            if reason[fact.disclosure]:
                yield fact

    def hintable(self) -> Iterator[Fact]:
        """Facts just below their threshold, when the turn gave a reason to think of them."""
        for fact in self._hidden():
            threshold = progress.fact_threshold(self.setting, fact)
            near = threshold - HINT_BELOW <= self.state.trust < threshold
            if fact.disclosure is Disclosure.IF_TRUSTED and fact.lines.hint and near and self.seen.acts & OPENERS:
                yield fact

    def _hidden(self) -> Iterator[Fact]:
        facts = self.setting.persona.facts_in(self.setting.scenario.id)
        return (f for f in facts if f.id not in self.state.disclosed)

    def _touches(self, fact: Fact) -> bool:
        joined = " " + " ".join(words(self.text))
        return any(f" {topic.lower()}" in joined for topic in fact.topics)

    def _wish_ready(self, fact: Fact) -> bool:
        """What somebody would like to learn is not named to a stranger: it needs safety and a little trust."""
        if not fact.wish:
            return True
        trusted = self.state.trust >= self.setting.scenario.trust - WISH_BELOW
        return trusted and "safety" not in progress.missing_needs(self.setting, self.state)
