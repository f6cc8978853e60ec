"""Two readings of one criterion made into one rating, under a rule that is stated here and nowhere left to a model.

The embedded coach's reading is the first, the model's the second. The second counts only if it is *proved*: its quote stands in
the turn, word for word, or it says level 0, which nothing can be quoted for. An invented quote takes its reading with it.

| the two readings | the rating |
|---|---|
| the model gives no level, or no proof | the embedded one, as it was |
| same level | that level, sure |
| one level apart, the embedded sure, or the model without a quote | the embedded level, as sure as it was |
| one level apart, the embedded unsure, the model with a quote | the model's level, unsure |
| two levels apart | the embedded level, unsure |
| embedded: no opportunity; the model sees level 1 or 2, with a quote | the model's level, unsure |
| embedded: no opportunity; the model without a quote, or level 0 | not rated |
| embedded: too short | not rated |

The other reading is kept in `second`. Where the model's level stands beside an embedded score, the score is that one moved to the
nearest edge of the level's band; where there was no score, it is the middle of that band, since nothing finer was read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rehearse.coaching.grounding import ground_quote
from rehearse.coaching.model_reply import Fault, LevelReply, RatingsReply
from rehearse.coaching.ratings import STRONG, WEAK
from rehearse.domain.assessment import Rating, Ratings, SecondReading, Unrated, UnratedReason
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.transcript import Turn
from rehearse.perception.levels import REVERSED

_BANDS = ((0, WEAK - 1), (WEAK, STRONG - 1), (STRONG, 100))
"""The scores that go with each level, higher being better."""


def merge_ratings(first: Ratings, reply: RatingsReply, turn: Turn, library: Library, by: str) -> tuple[Ratings, Counter[str]]:
    """The ratings after both readings, a result for each criterion of `first`, and what was dropped of the model's, by reason."""
    dropped: Counter[str] = Counter()
    merged: Ratings = {}
    for criterion_id, rating in first.items():
        second, fault = _proved(reply.of(criterion_id), turn, by)
        if fault:
            dropped[fault] += 1
        merged[criterion_id] = rating if second is None else _merged(rating, second, library)
    return merged, dropped


def is_best(rating: Rating) -> bool:
    """Whether there is nothing to better: the top level, or none of a harm."""
    return good_level(rating.criterion_id, rating.level) == 2


def good_level(criterion_id: str, level: int) -> int:
    """The level with the harms turned round, so that higher is better."""
    return 2 - level if criterion_id in REVERSED else level


def _proved(reply: LevelReply, turn: Turn, by: str) -> tuple[SecondReading | None, Fault | None]:
    """The reading if it is proved; else None, and what was wrong with it, if anything."""
    if reply.level is None:
        return None, None
    if reply.quote is None:
        return (SecondReading(0, by), None) if reply.level == 0 else (None, Fault.NO_QUOTE)
    span = ground_quote(reply.quote, turn)
    return (SecondReading(reply.level, by, span), None) if span else (None, Fault.INVENTED_QUOTE)


def _merged(first: Rating | Unrated, second: SecondReading, library: Library) -> Rating | Unrated:
    if isinstance(first, Unrated):
        return _opened(first, second, library)
    apart = abs(first.level - second.level)
    if apart == 0:
        return replace(first, sure=True, second=second)
    if apart == 1 and not first.sure and second.span is not None:
        return replace(
            first,
            level=second.level,
            score=_moved(first, second.level),
            evidence=(second.span,),
            by=second.by,
            second=SecondReading(first.level, first.by, first.evidence[0] if first.evidence else None),
        )
    return replace(first, sure=first.sure and apart == 1, second=second)


def _opened(first: Unrated, second: SecondReading, library: Library) -> Rating | Unrated:
    """A rating where the embedded coach saw no occasion for one: only for something that is there to be quoted."""
    if first.reason is UnratedReason.TOO_SHORT or second.span is None or second.level == 0:
        return first
    citation = Citation.of(library.corpus, library.criterion(first.criterion_id).passages[0])
    middle = round(sum(_BANDS[good_level(first.criterion_id, second.level)]) / 2)
    return Rating(first.criterion_id, second.level, middle, (second.span,), (citation,), sure=False, by=second.by)


def _moved(first: Rating, level: int) -> int:
    least, most = _BANDS[good_level(first.criterion_id, level)]
    return min(max(first.score, least), most)
