"""A chat model on stage: it words what the director decided, sentence by sentence, each checked before it is heard.

One call on the way to the answer. A caught sentence ends what the model says; if nothing was heard yet, it is asked once more
with the reason. What the plan requires and the words lack is said in its authored line. Whatever fails, the authored draft
stands in.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

from rehearse.acting.carried import missing
from rehearse.acting.guard import Guard, Verdict, leave_for
from rehearse.acting.prompt import ANSWER_TOKENS, actor_prompt
from rehearse.domain.library import Library
from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.chat import ChatModel, Usage
from rehearse.llm.failures import failed
from rehearse.llm.prompts import load_prompt
from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import sentences, words
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.briefing import brief
from rehearse.simulation.engine import Prepared
from rehearse.simulation.voice import VoiceRecord

Hear = Callable[[str], object]
"""Told each sentence of an answer as soon as it may be heard."""

_ASIDE = re.compile(r"\([^()]*\)|\*[^*\s][^*]*\s[^*]*\*")
_QUOTES = '"“”„«»'
_LOOSE = frozenset("a an the and or but so because that of to in on at for with my our your i we you it is are was if as".split())
"""Words with which no spoken sentence ends: after one of them an answer was cut."""


@dataclass(frozen=True)
class Answer:
    """What was said: `words` is None where the authored draft stands in; `notice` is a sentence for the person, if one is due."""

    words: str | None
    voice: VoiceRecord
    notice: str | None = None


@dataclass
class _Take:
    """One answer while it comes about."""

    shown: list[str] = field(default_factory=list)
    caught: Counter[str] = field(default_factory=Counter)
    checked: int = 0
    usage: Usage = field(default_factory=Usage)
    first_ms: int | None = None
    retried: bool = False
    failure: ModelError | None = None


@dataclass(frozen=True)
class ModelActor:
    """Speaks for any counterpart through one model. Safe to use from several threads."""

    model: ChatModel
    library: Library
    encoder: Encoder

    def answer(self, setting: Setting, prepared: Prepared, hear: Hear | None = None) -> Answer:
        """The words for a prepared turn; `hear` is told each sentence once it is checked. Never raises `ModelError`."""
        hear = hear or (lambda _: None)
        take = _Take()
        leave = leave_for(setting, prepared, self.library.directions)
        guard = Guard(self.library.guard, self.encoder, leave)
        briefing = brief(setting, prepared, self.library.directions, leave.most_words)
        begun = time.perf_counter()
        mend = ""
        try:
            for attempt in range(2):
                prompt = actor_prompt(setting, prepared, briefing, mend, self.model.window, self._count)
                stream = self.model.stream(prompt, max_tokens=ANSWER_TOKENS)
                try:
                    verdict = self._listen(stream, guard, take, hear, begun, setting.persona.name)
                finally:
                    stream.close()
                    take.usage += stream.usage
                if take.shown or not verdict.caught:
                    break
                mend, take.retried = verdict.reason, attempt == 0 or take.retried
            if not take.shown:
                take.failure = self._nothing(take)
        except ModelError as error:
            take.failure = error
        take.checked = guard.checked
        return self._finished(setting, prepared, take, hear)

    def unasked(self, setting: Setting, prepared: Prepared, failure: ModelFailure, hear: Hear | None = None) -> Answer:
        """The authored draft for a prepared turn, where the model is not even asked, and a notice that says why."""
        return self._finished(setting, prepared, _Take(failure=failed(failure, self.model.name)), hear or (lambda _: None))

    @cached_property
    def made_from(self) -> str:
        """The prompt file and its hash."""
        return load_prompt("actor").made_from

    @cached_property
    def _count(self) -> Callable[[str], int]:
        """Tokens of a text; the same turns are counted again with every answer."""
        return lru_cache(maxsize=4096)(self.model.count)

    def _listen(self, pieces: Iterator[str] | object, guard: Guard, take: _Take, hear: Hear, begun: float, name: str) -> Verdict:
        """Hand on each sentence that passes, up to the first that does not."""
        for raw in _sentences(pieces):  # type: ignore[arg-type]
            sentence = tidy(raw, name, first=not take.shown)
            if not words(sentence):
                continue
            if _cut(sentence):
                break
            verdict = guard.check(sentence, take.shown)
            if verdict.rule is not None:
                take.caught[verdict.rule.value] += 1
                return verdict
            if take.first_ms is None:
                take.first_ms = round(1000 * (time.perf_counter() - begun))
            take.shown.append(sentence)
            hear(sentence)
        return Verdict()

    def _nothing(self, take: _Take) -> ModelError:
        """Why nothing of an answer could be used."""
        if take.caught:
            return ModelError(ModelFailure.REJECTED, f"What {self.model.name} said could not be used.")
        return ModelError(
            ModelFailure.EMPTY,
            f"{self.model.name} gave no answer. The built-in counterpart has answered instead, and nothing was lost.",
        )

    def _finished(self, setting: Setting, prepared: Prepared, take: _Take, hear: Hear) -> Answer:
        """What was shown, with what the plan still requires; the draft where nothing was shown."""
        failure = take.failure
        voice = VoiceRecord(
            model=self.model.name,
            prompt=self.made_from,
            checked=take.checked,
            caught=dict(take.caught),
            retried=take.retried,
            failure=failure.failure.value if failure else None,
            usage=take.usage,
            first_ms=take.first_ms,
        )
        # That a sentence was caught twice is the machine's affair; that the model cannot be reached is the person's as well.
        notice = str(failure) if failure and failure.failure is not ModelFailure.REJECTED else None
        if not take.shown:
            hear(prepared.draft.text)
            return Answer(None, replace(voice, stood_in=True), notice)
        said = " ".join(take.shown)
        added = missing(setting, prepared.draft.parts, said, self.library.guard, self.encoder)
        for part in added:
            take.shown.append(part.text)
            hear(part.text)
        return Answer(" ".join(take.shown), replace(voice, completed=len(added)), notice)


def _sentences(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences of an answer as they are finished."""
    held = ""
    for piece in pieces:
        held += piece
        found = sentences(held)
        for sentence in found[:-1]:
            yield sentence.text
        if len(found) > 1:
            held = held[found[-1].start :]
    yield from (sentence.text for sentence in sentences(held))


def tidy(sentence: str, name: str, *, first: bool) -> str:
    """A sentence without what is not speech: the speaker's own name before it, asides, stars, quotation marks around it."""
    if first:
        names = "|".join(re.escape(part) for part in (name, *name.split()))
        sentence = re.sub(rf"^\W*(?:{names})\W*\s*(?:\([^)]*\))?\s*:\W*", "", sentence)
    plain = _ASIDE.sub(" ", sentence).replace("**", "")
    plain = re.sub(r"(?<!\w)[*_]|[*_](?!\w)", "", plain)
    plain = " ".join(plain.split())
    opened, closed = sum(plain.count(q) for q in "“„«"), sum(plain.count(q) for q in "”»")
    if plain[:1] in _QUOTES and (plain.count('"') % 2 or opened != closed or plain[-1:] in _QUOTES):
        plain = plain.strip(_QUOTES).strip()
    elif plain[-1:] in _QUOTES and (plain.count('"') % 2 or opened != closed):
        plain = plain[:-1].rstrip()
    return plain


def _cut(sentence: str) -> bool:
    """Whether a sentence breaks off in the middle: no sign at its end, and a word that cannot be the last."""
    said = words(sentence)
    return sentence[-1:].isalnum() and bool(said) and (said[-1] in _LOOSE or len(said) > 25)
