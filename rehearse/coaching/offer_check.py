"""What became of the offer card in a talk: which of its lines were said, and which never came up although there was room."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import Act
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.offer import PASSAGES, OfferPart
from rehearse.domain.scenario import Need
from rehearse.domain.state import Reaction
from rehearse.domain.transcript import EvidenceSpan
from rehearse.perception.embedding import SentenceEmbedding
from rehearse.perception.segments import sentences, words

MOSTLY = 0.5
"""The share of a line's telling words that must fall in one turn for the line to count as said."""
ALIKE = 0.86
"""The cosine from which two sentences of the same act mean much the same to the general model; other sentences reach 0.82."""
_ACTS: dict[OfferPart, frozenset[Act]] = {
    OfferPart.LESSONS: frozenset({Act.NAME_OFFER}),
    OfferPart.CHALLENGES: frozenset({Act.LINK_GOAL, Act.MAKE_CASE}),
    OfferPart.ASK: frozenset({Act.AGREE_NEXT_STEP}),
    OfferPart.TIME: frozenset({Act.PROPOSE_TERMS}),
}
"""What saying a line does. A way to put it is for the learner alone: nobody misses it in a talk."""
_UNSAID = frozenset({OfferPart.AUDIENCE})
"""Whom one had in mind is not for saying."""
_EXACT = frozenset({OfferPart.TIME})
"""Half an hour and an hour mean much the same to a model, and not to whoever has to find them."""
_COMMON = frozenset(
    """
    a about after all also am an and any are as at be because been before but by can could did do does doing down each every for
    from get go going had has have he her here him his how i if in into is it its just know like made make me might more most much
    my no not now of off on once one only or other our out over people perhaps really say see she should show so some somebody
    something still such than that the their them then there they thing things this those time to too up us very want was we well
    were what when where which while who will with without would you your
    """.split()
)


class PlanStatus(StrEnum):
    """What became of a line of the card."""

    SAID = "said"
    MISSED = "missed"
    """There was an opening, and it was not said."""
    NO_OPENING = "no_opening"


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line of the card: the words that said it, or the turn in which there was room for it."""

    part: OfferPart
    words: str
    status: PlanStatus
    citation: Citation
    span: EvidenceSpan | None = None
    turn: int | None = None
    """The learner turn in which it could have been said; set only where it was missed."""
    asked: bool = False
    """Whether the other had asked for it just before."""

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "part": self.part.value,
            "words": self.words,
            "status": self.status.value,
            "quote": self.span.to_dict() if self.span else None,
            "turn": self.turn,
            "citation": self.citation.to_dict(),
        }


def check_offer(conversation: Conversation, library: Library, embedding: SentenceEmbedding) -> tuple[PlannedLine, ...]:
    """Each line for saying of the card that the conversation was begun with; none where there was no card or nothing was said."""
    if conversation.offer is None or not conversation.learner_turns:
        return ()
    return tuple(
        _checked(conversation, part, planned, Citation.of(library.corpus, PASSAGES[part]), embedding)
        for part, planned in conversation.offer.filled()
        if part not in _UNSAID
    )


def _checked(
    conversation: Conversation, part: OfferPart, planned: str, citation: Citation, embedding: SentenceEmbedding
) -> PlannedLine:
    span = _said(conversation, planned)
    if span is None and part not in _EXACT:
        span = _meant(conversation, part, planned, embedding)
    if span is not None:
        return PlannedLine(part, planned, PlanStatus.SAID, citation, span)
    opening = _opening(conversation, part)
    if opening is None:
        return PlannedLine(part, planned, PlanStatus.NO_OPENING, citation)
    return PlannedLine(part, planned, PlanStatus.MISSED, citation, turn=opening[0], asked=opening[1])


# Whether it was said --------------------------------------------------------------------------------------------------


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def telling(text: str) -> frozenset[str]:
    """The stems of the words that carry what a text is about."""
    return frozenset(_stemmer().stemWords([w.removesuffix("'s") for w in words(text) if len(w) > 1 and w not in _COMMON]))


def _said(conversation: Conversation, planned: str) -> EvidenceSpan | None:
    """The sentence that says most of a planned line in its own words; None where no turn says half of it."""
    wanted = telling(planned)
    best: tuple[float, EvidenceSpan] | None = None
    for turn in conversation.learner_turns:
        found = len(wanted & telling(turn.text))
        if not wanted or found < MOSTLY * len(wanted) or found < min(2, len(wanted)):
            continue
        fullest = max(sentences(turn.text), key=lambda part: len(wanted & telling(part.text)))
        if best is None or found > best[0]:
            best = (found, EvidenceSpan(turn, fullest.start, fullest.end))
    return best[1] if best else None


def _meant(conversation: Conversation, part: OfferPart, planned: str, embedding: SentenceEmbedding) -> EvidenceSpan | None:
    """The sentence that does what a planned line was to do and means much the same; None where there is none."""
    acts = _ACTS.get(part, frozenset())
    doing = [
        EvidenceSpan(turn, sentence.start, sentence.end)
        for turn in conversation.learner_turns
        for sentence in sentences(turn.text)
        if any(
            s.act in acts and s.start < sentence.end and sentence.start < s.end for s in conversation.acts.get(turn.number, ())
        )
    ]
    vectors = embedding.meaning([planned, *(span.quote for span in doing)]) if doing else None
    if vectors is None:
        return None
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    return doing[best] if float(cosines[best]) >= ALIKE else None


# Whether there was room for it ----------------------------------------------------------------------------------------


def _opening(conversation: Conversation, part: OfferPart) -> tuple[int, bool] | None:
    """The first learner turn in which a line could have been said, and whether the other had asked; None where none was.

    There is room where the talk needs such a thing and got as far as that, and sooner where the other asked for it.
    """
    acts = _ACTS.get(part)
    if acts is None or conversation.setting is None:
        return None
    needs = [need for need in conversation.setting.scenario.needs if acts & set(need.acts)]
    if not needs:
        return None
    taken = {turn.number for turn in conversation.learner_turns}
    asked = _asked_for(conversation, part, needs)
    if asked in taken:
        return asked, True
    first = min(need.turn for need in needs) + 1
    return (first, False) if first in taken else None


def _asked_for(conversation: Conversation, part: OfferPart, needs: list[Need]) -> int | None:
    """The learner turn before which the other asked for what a line would have given."""
    wanted = {need.id for need in needs}
    for number, exchange in sorted(conversation.exchanges.items()):
        for move in exchange.plan.moves:
            probed = part is OfferPart.LESSONS and move.reaction in (Reaction.PROBE, Reaction.THIN)
            if probed or (move.reaction is Reaction.INVITE and move.target in wanted):
                return number + 1
    return None
