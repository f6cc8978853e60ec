"""What the coach promises of every remark and rating, checked on finished conversations: nothing here trusts the types.

Each quote is in its turn and each citation in the corpus, letter by letter, no remark is repeated within five turns, and every
better wording rates higher in the place of what it replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rehearse.coaching.coach import Assessment, Conversation
from rehearse.coaching.remarks import QUIET_TURNS
from rehearse.coaching.wording import MARGIN, substituted
from rehearse.domain.assessment import Debrief, Rating, Remark
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.transcript import EvidenceSpan, Transcript
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import LevelReading, read_level

Proof = tuple[str, bool]
"""What was checked (`quote`, `citation`, `repeat`, `suggestion`), and whether it holds."""


def proofs(
    conversation: Conversation, assessments: Sequence[Assessment], debrief: Debrief, library: Library, encoder: Encoder
) -> Iterator[Proof]:
    """Everything that can be checked in one conversation."""
    passages = {p.passage_id: p.text for p in library.corpus.passages()}
    transcript = conversation.transcript
    last: dict[str, int] = {}
    for ratings in (debrief.ratings, *(a.ratings for a in assessments)):
        for rating in ratings.values():
            if isinstance(rating, Rating):
                yield from (("quote", _stands(span, transcript)) for span in rating.evidence)
                yield from (("citation", _cited(c, passages)) for c in rating.citations)
    for remark in (r for a in assessments for r in a.remarks):
        number = remark.span.turn.number
        yield "quote", _stands(remark.span, transcript)
        yield "citation", _cited(remark.citation, passages)
        yield "repeat", number - last.get(remark.criterion_id, -QUIET_TURNS) >= QUIET_TURNS
        last[remark.criterion_id] = number
        if remark.suggestion is not None:
            yield "suggestion", _rates_higher(remark, conversation, library, encoder)
    for mark in debrief.ideas:
        if mark.span is not None:
            yield "quote", _stands(mark.span, transcript)
        if mark.citation is not None:
            yield "citation", _cited(mark.citation, passages)


def _stands(span: EvidenceSpan, transcript: Transcript) -> bool:
    said = next((t.text for t in transcript.turns if t.turn_id == span.turn.turn_id), "")
    return bool(span.quote) and said[span.start : span.end] == span.quote


def _cited(citation: Citation, passages: Mapping[str, str]) -> bool:
    told = citation.to_dict()
    return passages.get(told["passage"]) == told["text"]


def _rates_higher(remark: Remark, conversation: Conversation, library: Library, encoder: Encoder) -> bool:
    text = library.guidance.remark(remark.criterion_id, remark.kind)
    if text is None or text.criterion is None or remark.suggestion is None:
        return False
    heard = conversation.transcript.heard_before(remark.span.turn.number)
    before = read_level(text.criterion, remark.span.turn.text, heard, encoder)
    after = read_level(text.criterion, substituted(remark.span, remark.suggestion), heard, encoder)
    now = before.score if isinstance(before, LevelReading) else 0
    return isinstance(after, LevelReading) and after.score >= now + MARGIN
