"""The card for the real conversation: one page, of the learner's own best words, blank where there are none yet.

Nothing is composed here. A place holds the exact words of a turn, or it is blank and says what belongs there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import HARMFUL, Act
from rehearse.domain.assessment import Debrief, Rating, Ratings, RemarkKind
from rehearse.domain.carry_texts import CardPart, CarryPart, CarryTexts
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.state import Reaction
from rehearse.domain.transcript import EvidenceSpan, Turn
from rehearse.perception.segments import Segment, sentences, words

FEWEST_WORDS, MOST_WORDS = 4, 45
"""Shorter sentences say nothing on their own; nobody reads a longer one off a card."""
_OPENING_TURNS = 4
"""Up to which turn something may still be called an opening line."""
_POORLY_RECEIVED = frozenset(
    {
        Reaction.BRISTLE,
        Reaction.FLATTERED,
        Reaction.REPEATED,
        Reaction.OFF_TOPIC,
        Reaction.UNREADABLE,
        Reaction.IMPATIENT,
        Reaction.LOSE_PATIENCE,
        Reaction.DECLINE,
    }
)
_CRITERION = {
    CarryPart.OPENING: "purpose",
    CarryPart.QUESTION: "exploration",
    CarryPart.ANSWER: "specificity",
    CarryPart.ASK: "specificity",
}
_POINTS_BACK = re.compile(
    r"\b(?:that|this|it|them|those|these)\s*(?:[?,.;]|$)|^\W*(?:that|this|those|these|and|but|so|then|or|also|because)\b",
    re.IGNORECASE,
)
"""Words that mean nothing without the sentence before."""
_RAISES = re.compile(
    r"\?|\b(?:but|worr(?:y|ied|ies)|concern\w*|afraid|can't|cannot|don't|won't|no time|busy|problem|why|who|how|never)\b",
    re.IGNORECASE,
)
_SLOT = re.compile(r"\\\{[a-z]+\\\}")
_DIRECTION = re.compile(r"\A\s*\*\([^)]*\)\*\s*")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


@dataclass(frozen=True, slots=True)
class CarryLine:
    """A place on the card: exact words of a turn, or blank (`span` is None) with a prompt; and the passage that backs it."""

    part: CarryPart
    heading: str
    span: EvidenceSpan | None
    prompt: str
    """What belongs here; shown while it is blank."""
    citation: Citation
    idea: str
    """The title of the idea that the passage belongs to."""
    planned: str | None = None
    """What the learner had written down for it before the talk; shown while it is blank."""

    @property
    def blank(self) -> bool:
        """Whether it is still to be filled in."""
        return self.span is None

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "part": self.part.value,
            "heading": self.heading,
            "words": self.span.to_dict() if self.span else None,
            "prompt": self.prompt,
            **({"planned": self.planned} if self.planned else {}),
            "citation": self.citation.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class CarryCard:
    """One page for the real conversation: an opening line, two questions, an objection and its answer, the ask."""

    title: str
    lines: tuple[CarryLine, ...]

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {"title": self.title, "lines": [line.to_dict() for line in self.lines]}

    def to_markdown(self) -> str:
        """To read and to print; people's words cannot act as markup."""
        return "\n".join(_markdown(self)) + "\n"


def markdown_words(text: str) -> str:
    """Words on one line that Markdown shows as they are."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split())).replace("://", ":\u2060//")


FROM_WORKSHEET = "from your worksheet"


def spoken_by(span: EvidenceSpan) -> str:
    """Whose words they are and where they stand: `you, turn 3`."""
    who = "you" if span.turn.turn_id.startswith("L") else "the other person"
    return f"{who}, turn {span.turn.number}" if span.turn.number else f"{who}, at the start"


def _markdown(card: CarryCard) -> Iterator[str]:
    yield f"# {card.title}\n"
    yield "Your own words, where there were good ones; blank lines are for you to fill in.\n"
    for line in card.lines:
        yield f"## {line.heading}\n"
        if line.span:
            yield f"> “{markdown_words(line.span.quote)}” ({spoken_by(line.span)})\n"
        elif line.planned:
            yield f"> “{markdown_words(line.planned)}” ({FROM_WORKSHEET})\n"
        else:
            yield f"{line.prompt}\n"
            yield "\\_" * 40 + "\n"
        yield f"*{line.idea}:* {line.citation.passage.text}\n"


def carry_card(conversation: Conversation, debrief: Debrief, library: Library, texts: CarryTexts) -> CarryCard:
    """The card after a conversation; `debrief` is the account of the same conversation."""
    scenario_id = conversation.setting.scenario.id if conversation.setting else None
    card = texts.card(scenario_id)
    objection, answer_turns = _objection(conversation)
    chosen: list[EvidenceSpan] = []
    lines: list[CarryLine] = []
    for part in card.parts:
        if part.part is CarryPart.OBJECTION:
            span = objection
        else:
            only = answer_turns if part.part is CarryPart.ANSWER else None
            span = _best(conversation, debrief, part, chosen, only)
        if span:
            chosen.append(span)
        citation = Citation.of(library.corpus, part.passage)
        idea = library.corpus.idea(citation.passage.idea_id).title
        planned = _planned(conversation, part) if span is None else None
        lines.append(CarryLine(part.part, part.heading, span, part.prompt, citation, idea, planned))
    return CarryCard(card.title, tuple(lines))


def _planned(conversation: Conversation, part: CardPart) -> str | None:
    """What the offer card says for a place that no words of the talk could fill."""
    offer = conversation.offer
    if offer is None:
        return None
    if part.part is CarryPart.ASK:
        return offer.ask.strip() or None
    if part.part is CarryPart.OPENING and Act.NAME_OFFER in part.acts:
        return offer.plainly.strip() or offer.lessons.strip() or None
    return None


# The learner's best words ---------------------------------------------------------------------------------------------


def _best(
    conversation: Conversation, debrief: Debrief, part: CardPart, taken: Sequence[EvidenceSpan], only: frozenset[int] | None
) -> EvidenceSpan | None:
    """The sentence that serves a place best, or None; of two that serve equally, the earlier."""
    best: tuple[float, EvidenceSpan] | None = None
    for number, turn in enumerate(conversation.learner_turns, 1):
        ratings = debrief.turn_ratings[number - 1] if number <= len(debrief.turn_ratings) else {}
        if (only is not None and number not in only) or _went_badly(conversation, number, ratings):
            continue
        for sentence in sentences(turn.text):
            span = EvidenceSpan(turn, sentence.start, sentence.end)
            if _fits(conversation, part, span, ratings) and not any(_alike(span, other) for other in taken):
                worth = _worth(conversation, debrief, part, span, ratings)
                if best is None or worth > best[0]:
                    best = (worth, span)
    return best[1] if best else None


def _went_badly(conversation: Conversation, number: int, ratings: Ratings) -> bool:
    exchange = conversation.exchanges.get(number)
    if exchange and any(m.reaction in _POORLY_RECEIVED for m in exchange.plan.moves):
        return True
    harm = ratings.get("dismissal")
    return isinstance(harm, Rating) and harm.level > 0


def _fits(conversation: Conversation, part: CardPart, span: EvidenceSpan, ratings: Ratings) -> bool:
    quote = span.quote
    acts = _acts(conversation, span)
    count = len(words(quote))
    if not FEWEST_WORDS <= count <= MOST_WORDS or acts.keys() & HARMFUL or not acts.keys() & set(part.acts):
        return False
    if part.part is CarryPart.QUESTION:
        return quote.rstrip("\"”’')]").endswith("?")
    if part.part is CarryPart.OPENING:
        return span.turn.number <= _OPENING_TURNS
    if part.part is CarryPart.ASK:
        purpose = ratings.get("purpose")
        return not (isinstance(purpose, Rating) and purpose.level == 0)
    return True


def _acts(conversation: Conversation, span: EvidenceSpan) -> dict[Act, float]:
    """The acts whose words lie in a sentence, with the reader's confidence."""
    found: dict[Act, float] = {}
    for act in conversation.acts.get(span.turn.number, ()):
        if act.start < span.end and span.start < act.end:
            found[act.act] = max(found.get(act.act, 0.0), act.confidence)
    return found


def _worth(conversation: Conversation, debrief: Debrief, part: CardPart, span: EvidenceSpan, ratings: Ratings) -> float:
    """How well a sentence serves: what it does, how its turn was rated, what it moved, whether it stands on its own."""
    acts = _acts(conversation, span)
    worth = max(confidence for act, confidence in acts.items() if act in part.acts)
    worth += 0.15 * (len(acts.keys() & set(part.acts)) - 1)
    if part.part is CarryPart.ASK:
        # The first act of an ask is the asking itself, and people get to it at the end.
        worth += 0.5 * (part.acts[0] in acts) + 0.03 * span.turn.number
    rating = ratings.get(_CRITERION[part.part])
    worth += 0.5 * (rating.score / 100 if isinstance(rating, Rating) else 0.3)
    worth += 4 * sum(c.trust for c in conversation.causes(span.turn.number) if c.quote and c.quote in span.quote)
    for remark in debrief.remarks:
        if remark.span.turn is span.turn and remark.span.start < span.end and span.start < remark.span.end:
            worth += 0.3 if remark.kind is RemarkKind.KEEP else -0.6
    if _POINTS_BACK.search(span.quote):
        worth -= 0.35
    if part.part is CarryPart.OPENING:
        worth -= 0.12 * (span.turn.number - 1)
    return worth


def _alike(one: EvidenceSpan, other: EvidenceSpan) -> bool:
    """Whether two sentences say much the same."""
    a, b = set(words(one.quote)), set(words(other.quote))
    return len(a & b) >= 0.6 * max(1, min(len(a), len(b)))


# The objection --------------------------------------------------------------------------------------------------------


def _objection(conversation: Conversation) -> tuple[EvidenceSpan | None, frozenset[int]]:
    """What the counterpart held against it, and the learner's turns that may answer it.

    Of all that was raised, what the learner answered best; if nothing was answered, what was raised last.
    """
    return _rehearsed(conversation) if conversation.exchanges else _overheard(conversation)


def _rehearsed(conversation: Conversation) -> tuple[EvidenceSpan | None, frozenset[int]]:
    raised: dict[str, int] = {}
    best: tuple[float, int, str, int] | None = None
    ease: dict[str, float] = {}
    for number, exchange in conversation.exchanges.items():
        for concern_id, concern in exchange.state.concerns.items():
            gain = concern.ease - ease.get(concern_id, 0.0)
            if concern_id in raised and gain > 0 and (best is None or gain > best[0]):
                best = (gain, number, concern_id, raised[concern_id])
            ease[concern_id] = concern.ease
        for move in exchange.plan.moves:
            if move.reaction in (Reaction.VOICE_CONCERN, Reaction.PRESS_CONCERN) and move.target:
                raised[move.target] = number
    if best:
        _, number, concern_id, at = best
        return _concern_words(conversation, concern_id, at), frozenset({number})
    if raised:
        concern_id, at = max(raised.items(), key=lambda item: item[1])
        return _concern_words(conversation, concern_id, at), frozenset()
    return None, frozenset()


def _concern_words(conversation: Conversation, concern_id: str, number: int) -> EvidenceSpan | None:
    turn = conversation.transcript.turn(f"C{number}")
    setting = conversation.setting
    concerns = [c for c in setting.concerns if c.id == concern_id] if setting else []
    lines = chain.from_iterable((*c.lines.voice, *c.lines.press) for c in concerns)
    return line_in(turn, tuple(lines)) or _raised_in(turn)


def line_in(turn: Turn, lines: Sequence[str]) -> EvidenceSpan | None:
    """Where one of a persona's lines was said in a turn, whatever its slots were filled with."""
    for line in lines:
        found = re.search(_SLOT.sub(r".+?", re.escape(line)), turn.text, re.IGNORECASE)
        if found:
            lead = _DIRECTION.match(found.group())
            start = found.start() + (lead.end() if lead else 0)
            if start < found.end():
                return EvidenceSpan(turn, start, found.end())
    return None


def _overheard(conversation: Conversation) -> tuple[EvidenceSpan | None, frozenset[int]]:
    """In a transcript from elsewhere: what stood before the surest answer to a concern."""
    answers = [
        (span.confidence, -number, number)
        for number, spans in conversation.acts.items()
        for span in spans
        if span.act is Act.ANSWER_CONCERN
    ]
    for _, _, number in sorted(answers, reverse=True):
        heard = _heard_turn(conversation, number)
        span = _raised_in(heard) if heard else None
        if span:
            return span, frozenset({number})
    return None, frozenset()


def _heard_turn(conversation: Conversation, number: int) -> Turn | None:
    """The counterpart's turn that learner turn `number` answers."""
    before: Turn | None = None
    for turn in conversation.transcript.turns:
        if turn.turn_id == f"L{number}":
            return before
        before = turn if turn.turn_id.startswith("C") else before
    return None


def _raised_in(turn: Turn) -> EvidenceSpan | None:
    """The last sentence of a turn that asks or doubts."""

    def fits(sentence: Segment) -> bool:
        return FEWEST_WORDS <= len(words(sentence.text)) <= MOST_WORDS and bool(_RAISES.search(sentence.text))

    found = [s for s in sentences(turn.text) if fits(s)]
    return EvidenceSpan(turn, found[-1].start, found[-1].end) if found else None
