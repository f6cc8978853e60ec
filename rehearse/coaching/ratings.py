"""Ratings of a turn and of a whole conversation, each with the words it rests on and the passages that back it."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.assessment import EMBEDDED, Rating, Ratings, Unrated, UnratedReason
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS, EMPATHY_CRITERIA
from rehearse.domain.transcript import EvidenceSpan, Turn
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import REVERSED, LevelReading, read_levels

EVIDENCE_ACTS: dict[str, frozenset[Act]] = {
    "emotional_reaction": frozenset({Act.ACKNOWLEDGE_FEELING, Act.SHOW_HUMILITY}),
    "interpretation": frozenset({Act.REFLECT, Act.ACKNOWLEDGE_FEELING}),
    "exploration": frozenset({Act.ASK_OPEN}),
    "safety": frozenset({Act.ASSURE_CONFIDENTIALITY, Act.OFFER_CHOICE, Act.NORMALISE}),
    "dismissal": frozenset({Act.DISMISS, Act.LECTURE, Act.BLAME, Act.STEREOTYPE}),
    "purpose": frozenset({Act.STATE_INTENT, Act.AGREE_NEXT_STEP, Act.HEDGE}),
    "specificity": frozenset({Act.NAME_OFFER, Act.PROPOSE_TERMS, Act.AGREE_NEXT_STEP}),
    "structure": frozenset({Act.PROPOSE_TERMS, Act.PROPOSE_MEASURE, Act.STATE_INTENT}),
    "plainness": frozenset({Act.OVERLOAD, Act.HEDGE}),
}
"""The acts whose words show a criterion best, where the turn has them."""

STRONG, WEAK = 62, 30
"""Scores from which a whole conversation is at level 2 and 1."""


def rate_turn(turn: Turn, heard: str, acts: Sequence[ActSpan], library: Library, encoder: Encoder) -> Ratings:
    """One result for every criterion of one learner turn, in the light of what it answers."""
    ratings: Ratings = {}
    for criterion_id, reading in read_levels(turn.text, heard, encoder).items():
        if isinstance(reading, UnratedReason):
            ratings[criterion_id] = Unrated(criterion_id, reason=reading)
        else:
            ratings[criterion_id] = Rating(
                criterion_id,
                reading.level,
                reading.score,
                evidence=(_evidence(turn, criterion_id, reading, acts),),
                citations=_citations(library, criterion_id),
                sure=reading.sure,
                by=f"{EMBEDDED} {encoder.name}",
            )
    return ratings


def _evidence(turn: Turn, criterion_id: str, reading: LevelReading, acts: Sequence[ActSpan]) -> EvidenceSpan:
    wanted = EVIDENCE_ACTS[criterion_id]
    shown = reading.level > 0
    for span in acts:
        if span.act in wanted and (shown or criterion_id in REVERSED):
            return EvidenceSpan(turn, span.start, span.end)
    return EvidenceSpan(turn, reading.start, reading.end)


def _citations(library: Library, criterion_id: str) -> tuple[Citation, ...]:
    return (Citation.of(library.corpus, library.criterion(criterion_id).passages[0]),)


def rate_conversation(conversation: Conversation, per_turn: Sequence[Ratings]) -> Ratings:
    """One result for every criterion over a whole conversation.

    What counts is different by kind: listening is judged over the turns that had something to listen to, harm by its worst, the
    ask by its best turn, structure by what was on the table in the end.
    """
    return {criterion_id: _over_turns(conversation, criterion_id, per_turn) for criterion_id in CRITERION_IDS}


def _over_turns(conversation: Conversation, criterion_id: str, per_turn: Sequence[Ratings]) -> Rating | Unrated:
    rated = [r[criterion_id] for r in per_turn]
    found = [r for r in rated if isinstance(r, Rating)]
    if not found:
        reasons = [r.reason for r in rated if isinstance(r, Unrated)]
        all_short = reasons and all(reason is UnratedReason.TOO_SHORT for reason in reasons)
        return Unrated(criterion_id, UnratedReason.TOO_SHORT if all_short else UnratedReason.NO_OPPORTUNITY)
    score = _score(conversation, criterion_id, found)
    level = 2 if score >= STRONG else 1 if score >= WEAK else 0
    if criterion_id in REVERSED:
        level = 2 - level
    best = sorted(found, key=lambda r: (r.score, r.sure), reverse=criterion_id not in REVERSED)[:3]
    evidence = tuple(span for r in best for span in r.evidence[:1])
    citations = best[0].citations
    sure = sum(r.sure for r in found) >= 0.5 * len(found)
    # Also whoever read a turn a second time and agreed: with them the rating was made.
    readers = dict.fromkeys(reader for r in found for reader in (r.by, r.second.by if r.second else r.by))
    by = " + ".join(readers)
    return Rating(criterion_id, level, score, evidence, citations, sure, by)


def _score(conversation: Conversation, criterion_id: str, found: Sequence[Rating]) -> int:
    scores = sorted((r.score for r in found), reverse=True)
    if criterion_id == "dismissal":
        worst = scores[-max(1, len(scores) // 4) :]
        return round(0.5 * fmean(worst) + 0.5 * fmean(scores))
    if criterion_id == "structure":
        seen = conversation.acts_before(10**6)
        parts = [
            bool(seen & {Act.STATE_INTENT, Act.NAME_OFFER, Act.LINK_GOAL}),
            Act.PROPOSE_TERMS in seen,
            Act.PROPOSE_MEASURE in seen,
        ]
        return round(0.4 * scores[0] + 20 * sum(parts))
    if criterion_id in EMPATHY_CRITERIA:
        # Nobody shows everything in every turn: a third of the turns done well is well done.
        return round(fmean(scores[: max(1, -(-len(scores) // 3))]))
    if criterion_id == "plainness":
        return round(fmean(scores))
    return round(fmean(scores[: max(1, len(scores) // 2)]))


def total(ratings: Ratings, criteria: Sequence[str]) -> int | None:
    """The mean score of the rated criteria of a rubric; None where none was rated. Never shown without its parts."""
    scores = [r.score for c in criteria if isinstance(r := ratings[c], Rating)]
    return round(fmean(scores)) if scores else None


def parts(ratings: Ratings) -> dict[str, dict[str, object]]:
    """Per criterion what the totals are made of, without evidence: short enough for each line of a history."""
    kept = ("level", "score", "unrated")
    return {key: {k: v for k, v in rating.to_dict().items() if k in kept} for key, rating in ratings.items()}


def level_of(ratings: Ratings, criterion_id: str) -> int | None:
    """A rated criterion's level, or None."""
    rating = ratings[criterion_id]
    return rating.level if isinstance(rating, Rating) else None
