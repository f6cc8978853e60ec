"""A draft of what was agreed, filled only with what the two of them said; what was not said stays blank and is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rehearse.coaching.carry import MOST_WORDS, line_in, markdown_words, spoken_by
from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import HARMFUL
from rehearse.domain.carry_texts import AgreementField, CarryTexts
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.state import Ending, Reaction
from rehearse.domain.transcript import EvidenceSpan, Speaker, Turn
from rehearse.perception.segments import Segment, sentences, words

MOST_QUOTES = 3
"""How many quotes a field holds; the latest are kept, because people settle on what they said last."""
SURE_OF_ACT = 0.75
"""The reader's confidence from which an act alone, without a sign in the words, puts a sentence on paper."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to agree: the exact words that were said about it, in order, or none."""

    id: str
    group: str
    heading: str
    quotes: tuple[EvidenceSpan, ...]
    prompt: str
    """What belongs here; shown while it is blank."""
    citation: Citation

    @property
    def blank(self) -> bool:
        """Whether nothing was said about it."""
        return not self.quotes

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "id": self.id,
            "group": self.group,
            "heading": self.heading,
            "quotes": [{"speaker": q.turn.speaker.value, **q.to_dict()} for q in self.quotes],
            "prompt": self.prompt,
            "citation": self.citation.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """The draft; `agreed` is None for a transcript from elsewhere, where nobody knows."""

    title: str
    terms: tuple[Term, ...]
    agreed: bool | None

    @property
    def gaps(self) -> tuple[str, ...]:
        """The headings of what was not said."""
        return tuple(term.heading for term in self.terms if term.blank)

    @property
    def standing(self) -> str:
        """One sentence on what kind of paper this is."""
        said = "A draft, filled only with what the two of you said."
        if self.agreed is None:
            return said
        return f"{said} You came to an agreement." if self.agreed else f"{said} It was proposed and not yet agreed."

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "title": self.title,
            "agreed": self.agreed,
            "terms": [term.to_dict() for term in self.terms],
            "gaps": list(self.gaps),
        }

    def to_markdown(self) -> str:
        """To read, complete and send; people's words cannot act as markup."""
        return "\n".join(_markdown(self)) + "\n"


def _markdown(agreement: Agreement) -> Iterator[str]:
    yield f"# {agreement.title}\n"
    yield f"{agreement.standing}\n"
    for group, terms in groupby(agreement.terms, key=lambda t: t.group):
        yield f"## {group}\n"
        for term in terms:
            yield f"**{term.heading}**\n"
            for quote in term.quotes:
                yield f"> “{markdown_words(quote.quote)}” ({spoken_by(quote)})\n"
            if term.blank:
                yield f"{term.prompt}\n"
                yield "\\_" * 40 + "\n"
    if agreement.gaps:
        yield "## Still open\n"
        yield from (f"- {gap}" for gap in agreement.gaps)


def draft_agreement(conversation: Conversation, library: Library, texts: CarryTexts) -> Agreement:
    """The agreement as far as the conversation has come."""
    ending = conversation.snapshot.ending if conversation.snapshot else None
    return Agreement(
        title=texts.agreement.title,
        terms=tuple(
            Term(
                id=field.id,
                group=field.group,
                heading=field.heading,
                quotes=_settled(list(_said(conversation, field))),
                prompt=field.prompt,
                citation=Citation.of(library.corpus, field.passage),
            )
            for field in texts.agreement.fields
        ),
        agreed=None if ending is None else ending is Ending.AGREED,
    )


def _settled(found: Sequence[EvidenceSpan]) -> tuple[EvidenceSpan, ...]:
    """Each wording once, the latest few, in the order in which they were said."""
    kept: list[EvidenceSpan] = []
    for span in found:
        own = " ".join(words(span.quote))
        kept = [k for k in kept if " ".join(words(k.quote)) not in own]
        if not any(own in " ".join(words(k.quote)) for k in kept):
            kept.append(span)
    return tuple(kept[-MOST_QUOTES:])


def _said(conversation: Conversation, field: AgreementField) -> Iterator[EvidenceSpan]:
    for turn in conversation.transcript.turns:
        if turn.speaker is Speaker.LEARNER:
            yield from _by_learner(conversation, field, turn)
        else:
            yield from _by_counterpart(conversation, field, turn)


def _by_learner(conversation: Conversation, field: AgreementField, turn: Turn) -> Iterator[EvidenceSpan]:
    acts = conversation.acts.get(turn.number, ())
    told = field.exact and not {a.act for a in acts} & set(field.acts)
    for sentence in sentences(turn.text):
        here = [a for a in acts if a.start < sentence.end and sentence.start < a.end]
        if told or any(a.act in HARMFUL for a in here) or not field.patterns.may_count(sentence.text):
            continue
        if field.exact:
            yield from _matches(field, turn, sentence)
        elif _signs(field, sentence.text) or any(a.act in field.acts and a.confidence >= SURE_OF_ACT for a in here):
            yield from _whole(turn, sentence)


def _by_counterpart(conversation: Conversation, field: AgreementField, turn: Turn) -> Iterator[EvidenceSpan]:
    """Questions settle nothing, and in a rehearsal only a yes settles terms; a wish counts whenever it was told."""
    exchange = conversation.exchanges.get(turn.number)
    if field.id == "objective" and exchange:
        yield from _wishes(conversation, turn)
    if conversation.setting and not (exchange and any(m.reaction is Reaction.CONCEDE for m in exchange.plan.moves)):
        return
    for sentence in sentences(turn.text):
        if sentence.text.rstrip("\"”’')]").endswith("?") or not field.patterns.may_count(sentence.text):
            continue
        if field.exact:
            yield from _matches(field, turn, sentence)
        elif _signs(field, sentence.text):
            yield from _whole(turn, sentence)


def _wishes(conversation: Conversation, turn: Turn) -> Iterator[EvidenceSpan]:
    """What the counterpart said they would like to learn."""
    setting, exchange = conversation.setting, conversation.exchanges[turn.number]
    if setting is None:
        return
    told = {m.target for m in exchange.plan.moves if m.reaction is Reaction.DISCLOSE}
    for fact in setting.persona.facts_in(setting.scenario.id):
        if fact.wish and fact.id in told:
            span = line_in(turn, fact.lines.tell)
            if span:
                yield span


def _signs(field: AgreementField, sentence: str) -> bool:
    return any(p.search(sentence) for p in field.patterns.signs)


def _whole(turn: Turn, sentence: Segment) -> Iterator[EvidenceSpan]:
    if len(words(sentence.text)) <= MOST_WORDS:
        yield EvidenceSpan(turn, sentence.start, sentence.end)


def _matches(field: AgreementField, turn: Turn, sentence: Segment) -> Iterator[EvidenceSpan]:
    """The matched words only, in order; none inside another."""
    found = sorted((m.start(), -m.end()) for p in field.patterns.signs for m in p.finditer(sentence.text))
    reached = 0
    for start, negative_end in found:
        before = sentence.text[:start]
        if start < reached or any(p.search(before) for p in field.patterns.not_after):
            continue
        reached = -negative_end
        yield EvidenceSpan(turn, sentence.start + start, sentence.start + reached)
