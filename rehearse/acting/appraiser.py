"""A chat model as a second reader of the learner's acts, beside the embedded one. State still moves in code alone.

The rule: an act holds if the embedded reader sees it, or if the model quotes it exactly and the embedded reader gives it a
probability of at least `HELPFUL_FROM` (a harmful act: `HARMFUL_FROM`). The model can never take an act away.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.library import Library
from rehearse.domain.quotes import find_words
from rehearse.errors import ModelError
from rehearse.llm.chat import ChatModel
from rehearse.llm.outcome import READ, UNUSABLE, Told, telling
from rehearse.llm.prompts import fenced, load_prompt
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, readability

HELPFUL_FROM, HARMFUL_FROM = 0.2, 0.35
_TOKENS = 400

log = logging.getLogger(__name__)


class QuotedAct(BaseModel):
    """One act, and the words that do it."""

    model_config = ConfigDict(extra="forbid")
    act: Act
    quote: str = Field(max_length=400)


class ActReading(BaseModel):
    """What a model reads in a turn."""

    model_config = ConfigDict(extra="forbid")
    acts: list[QuotedAct] = Field(max_length=8)


@dataclass(frozen=True)
class ModelAppraiser:
    """Reads turns with one model and the embedded reader; `told` is called once for each turn that the model was to read.

    Safe to use from several threads.
    """

    model: ChatModel
    library: Library
    encoder: Encoder
    told: Told | None = None

    def acts(self, text: str, context: str) -> tuple[ActSpan, ...]:
        """The acts of a turn by both readers; by the embedded one alone where the model fails or the turn cannot be read."""
        own = detect_acts(text, context, self.encoder, self.library.lexicon)
        if readability(text) is not Readability.PLAIN:
            return ()
        prompt = load_prompt("appraisal").fill((), heard=fenced(context or "nothing yet"), said=fenced(text))
        with telling(self.told) as outcome:
            try:
                found = self.model.structured(prompt, ActReading, max_tokens=_TOKENS)
            except ModelError as error:
                outcome.became = error.failure.value
                log.warning("the acts were read by the embedded reader alone: %s", error)
                return own
            outcome.usage, read = found.usage, found.answer
            assert isinstance(read, ActReading)
            both = merge(own, read.acts, text, context, self.encoder)
            # Quotes that are in the turn were read, also where the rule does not let their acts hold.
            proved = not read.acts or any(find_words(item.quote, text) for item in read.acts)
            outcome.became = READ if proved else UNUSABLE
            return both


def merge(own: tuple[ActSpan, ...], quoted: list[QuotedAct], text: str, context: str, encoder: Encoder) -> tuple[ActSpan, ...]:
    """The embedded reader's acts, and those of the model's that the rule lets hold; each quote exact, or dropped and counted."""
    found = list(own)
    dropped = 0
    for item in quoted:
        place = find_words(item.quote, text)
        if place is None:
            dropped += 1
        elif not any(span.act is item.act for span in found):
            share = _probability(item.act, text, context, encoder)
            if share >= (HARMFUL_FROM if item.act.harmful else HELPFUL_FROM):
                found.append(ActSpan.at(item.act, text, *place, round(share, 3)))
    if dropped:
        log.info("%d quoted acts were dropped, because their quotes are not in the turn", dropped)
    return tuple(sorted(found, key=lambda span: (span.start, span.end, span.act.value)))


def _probability(act: Act, text: str, context: str, encoder: Encoder) -> float:
    """What the embedded reader gives an act; nothing to an answer where nothing was raised."""
    if act.value not in encoder.card.acts or (act is Act.ANSWER_CONCERN and not context):
        return 0.0
    reading = encoder.read(text, context if act is Act.ANSWER_CONCERN else "")
    return float(reading.acts[encoder.card.acts.index(act.value)])
