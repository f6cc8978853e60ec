"""A rating contested: the coach looks at the evidence again, under a rule that neither caves nor stonewalls.

What the learner writes is never rated and never argued with. Only one thing is taken from it: words in quotation marks that stand
exactly in the turn, or in what the counterpart said in the two turns before it. They are what the learner points at.

1. Nothing pointed at: the rating stands, with its evidence. Insisting, praising or commanding the coach is no evidence.
2. Else the turn is read again, with the counterpart's last two turns in view instead of one; and then twice more, once only the
   sentences pointed at, once the turn without them, which shows what those words are worth.
3. The second reading is at another level and sure of it, and the words pointed at carry it: the rating is *changed*.
   It differs but is not sure, or other words carry it, or the words alone speak for another level: it is *shown as unsure*.
   It agrees: the rating *stands*.

Deterministic: the same words get the same answer however often they are sent in. Both views are kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from rehearse.coaching.conversation import Conversation
from rehearse.domain.assessment import EMBEDDED, Rating, Ratings, Unrated, UnratedReason
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.quotes import find_words
from rehearse.domain.rubric import Criterion
from rehearse.domain.transcript import EvidenceSpan, Speaker, Turn
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import LevelReading, read_level
from rehearse.perception.segments import sentences, snug, words

CONTEXT_TURNS = 2
"""How many of the counterpart's turns the second reading has in view; the first had one."""
FEWEST_WORDS = 2
"""A single word points at nothing."""
MOST_REASON = 2_000
"""Characters of a reason that are searched for quotes; more is kept, but not searched."""
CARRIES = 0.15
"""By how much of a level, in the direction of the change, the words pointed at must read above the rest of the turn."""

_QUOTED = re.compile(r"“([^“”]+)”|„([^„“”]+)[“”]|\"([^\"]+)\"|«([^«»]+)»|(?<!\w)[‘']([^\n]+?)[’'](?!\w)")


class Verdict(StrEnum):
    """What became of a contested rating."""

    CHANGED = "changed"
    UNSURE = "shown as unsure"
    STANDS = "stands"


@dataclass(frozen=True)
class Contest:
    """The learner's view and the coach's, side by side; neither replaces the other."""

    turn: int
    criterion_id: str
    reason: str
    """What the learner wrote, as it was written."""
    pointed: tuple[EvidenceSpan, ...]
    """The words that the learner points at: in the turn, or in what was said before it."""
    first: Rating | Unrated
    """The rating that was contested."""
    second: Rating | Unrated | None
    """The second reading; None where there was nothing new to read."""
    verdict: Verdict
    why: str
    """The coach's answer to the learner."""

    @property
    def shown(self) -> Rating | Unrated:
        """The rating that is shown from now on."""
        if self.verdict is Verdict.CHANGED and self.second is not None:
            return self.second
        if self.verdict is Verdict.UNSURE and isinstance(self.first, Rating):
            return replace(self.first, sure=False)
        return self.first

    def to_dict(self) -> dict[str, object]:
        """As programs read it."""
        return {
            "turn": self.turn,
            "criterion": self.criterion_id,
            "reason": self.reason,
            "pointed": [span.to_dict() for span in self.pointed],
            "first": self.first.to_dict(),
            "second": self.second.to_dict() if self.second else None,
            "verdict": self.verdict.value,
            "why": self.why,
            "shown": self.shown.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class _SecondLook:
    """What the three further readings gave."""

    whole: LevelReading
    pointed: LevelReading | None
    rest: LevelReading | None
    """None where nothing is left of the turn."""

    def carried(self, up: bool) -> bool:
        """Whether the words pointed at speak for a change in a direction more than the rest of the turn does."""
        if self.pointed is None:
            # Only the counterpart's words were pointed at: the wider view itself is the new evidence.
            return True
        if self.rest is None:
            return True
        difference = self.pointed.expected - self.rest.expected
        return difference >= CARRIES if up else difference <= -CARRIES


def contest(
    conversation: Conversation,
    turn: int,
    criterion_id: str,
    reason: str,
    ratings: Ratings,
    encoder: Encoder,
    library: Library,
) -> Contest:
    """Hear the learner out on one rating of learner turn `turn`; `ratings` are those of that turn.

    Raises `GroundingError` for a turn and `UnknownIdError` for a criterion that is not there.
    """
    said = conversation.transcript.turn(f"L{turn}")
    criterion = library.criterion(criterion_id)
    first = ratings[criterion_id]
    before = _heard(conversation, turn)
    pointed = _pointed(reason, (said, *before))
    if not pointed:
        return Contest(turn, criterion_id, reason, (), first, None, Verdict.STANDS, _nothing_new(reason, first, criterion))
    look = _look_again(said, [p for p in pointed if p.turn is said], before, criterion_id, encoder)
    if isinstance(look, UnratedReason):
        second: Rating | Unrated = Unrated(criterion_id, look)
        verdict = Verdict.STANDS if isinstance(first, Unrated) else Verdict.UNSURE
    else:
        citation = Citation.of(library.corpus, criterion.passages[0])
        second = _rating(criterion_id, look.whole, said, pointed, citation, encoder)
        verdict = _verdict(first, look)
    return Contest(
        turn, criterion_id, reason, pointed, first, second, verdict, _answer(verdict, first, second, pointed, criterion)
    )


# What the learner points at -------------------------------------------------------------------------------------------


def _heard(conversation: Conversation, number: int) -> tuple[Turn, ...]:
    """What the counterpart said before a learner's turn: the last `CONTEXT_TURNS` turns, in order."""
    before: list[Turn] = []
    for turn in conversation.transcript.turns:
        if turn.speaker is Speaker.LEARNER and turn.number >= number:
            break
        if turn.speaker is Speaker.COUNTERPART:
            before.append(turn)
    return tuple(before[-CONTEXT_TURNS:])


def _pointed(reason: str, turns: Sequence[Turn]) -> tuple[EvidenceSpan, ...]:
    """The quotes of a reason that stand exactly in one of the turns; each once, in the order of the reason."""
    found: dict[tuple[str, int, int], EvidenceSpan] = {}
    for match in _QUOTED.finditer(reason[:MOST_REASON]):
        quote = next(group for group in match.groups() if group is not None)
        if len(words(quote)) < FEWEST_WORDS:
            continue
        for turn in turns:
            span = _find(quote, turn)
            if span:
                found.setdefault((turn.turn_id, span.start, span.end), span)
                break
    return tuple(found.values())


def _find(quote: str, turn: Turn) -> EvidenceSpan | None:
    """Exactly these words, whatever the quotation marks, the white space, the capital and the full stop at the end."""
    found = find_words(quote.strip(" \n\t.,;:!?…-–—"), turn.text, any_case=True)
    if found is None:
        return None
    start, end = snug(turn.text, *found)
    return EvidenceSpan(turn, start, end)


# The second reading ---------------------------------------------------------------------------------------------------


def _look_again(
    said: Turn, own: Sequence[EvidenceSpan], before: Sequence[Turn], criterion_id: str, encoder: Encoder
) -> _SecondLook | UnratedReason:
    context = "\n".join(turn.text for turn in before)
    whole = read_level(criterion_id, said.text, context, encoder)
    if isinstance(whole, UnratedReason):
        return whole
    if not own:
        return _SecondLook(whole, None, None)
    inside = [s for s in sentences(said.text) if any(p.start < s.end and s.start < p.end for p in own)]
    rest = " ".join(s.text for s in sentences(said.text) if s not in inside)
    return _SecondLook(
        whole,
        _level(" ".join(s.text for s in inside), context, criterion_id, encoder),
        _level(rest, context, criterion_id, encoder) if words(rest) else None,
    )


def _level(text: str, context: str, criterion_id: str, encoder: Encoder) -> LevelReading | None:
    reading = read_level(criterion_id, text, context, encoder)
    return reading if isinstance(reading, LevelReading) else None


def _verdict(first: Rating | Unrated, look: _SecondLook) -> Verdict:
    whole = look.whole
    if isinstance(first, Unrated):
        # There was something to rate after all, or it is too close to say.
        return Verdict.CHANGED if whole.sure else Verdict.STANDS
    if whole.level != first.level:
        return Verdict.CHANGED if whole.sure and look.carried(whole.level > first.level) else Verdict.UNSURE
    alone = look.pointed
    disagrees = alone is not None and alone.sure and alone.level != first.level and look.carried(alone.level > first.level)
    return Verdict.UNSURE if disagrees or not whole.sure else Verdict.STANDS


def _rating(
    criterion_id: str, reading: LevelReading, said: Turn, pointed: Sequence[EvidenceSpan], citation: Citation, encoder: Encoder
) -> Rating:
    own = tuple(p for p in pointed if p.turn is said)
    evidence = own or (EvidenceSpan(said, reading.start, reading.end),)
    return Rating(
        criterion_id, reading.level, reading.score, evidence, (citation,), reading.sure, by=f"{EMBEDDED} {encoder.name}"
    )


# The coach's answer ---------------------------------------------------------------------------------------------------


def _nothing_new(reason: str, first: Rating | Unrated, criterion: Criterion) -> str:
    quoted = any(_QUOTED.finditer(reason[:MOST_REASON]))
    missing = (
        "The words you quote are not in this turn, nor in what was said before it."
        if quoted
        else "Your view is kept. To have the turn read again, put the words you mean in quotation marks, as they were said."
    )
    return f"{missing} {_ground(first, criterion)}"


def _ground(rating: Rating | Unrated, criterion: Criterion) -> str:
    if isinstance(rating, Unrated):
        told = "too little was said" if rating.reason is UnratedReason.TOO_SHORT else "there was no opening for it in this turn"
        return f"{criterion.title} was not rated here: {told}."
    level = criterion.levels[rating.level]
    quote = f" It rests on “{rating.evidence[0].quote}”." if rating.evidence else ""
    return f"The rating is “{level.name}”: {level.meaning}{quote}"


def _answer(
    verdict: Verdict, first: Rating | Unrated, second: Rating | Unrated, pointed: Sequence[EvidenceSpan], criterion: Criterion
) -> str:
    quoted = " and ".join(f"“{p.quote}”" for p in pointed[:2])
    after = f"“{criterion.levels[second.level].name}”" if isinstance(second, Rating) else "no rating"
    if verdict is Verdict.CHANGED:
        before = f"“{criterion.levels[first.level].name}”" if isinstance(first, Rating) else "no rating"
        return (
            f"Read again with {quoted} and what was said before in view, this is {after} and not {before}. The rating is changed."
        )
    if verdict is Verdict.UNSURE:
        return (
            f"Read again with {quoted} in view, it could be seen your way, and it could be seen as before. "
            f"The rating stays and is shown as unsure. {_ground(first, criterion)}"
        )
    return f"Read again with {quoted} and what was said before in view, it comes out the same. {_ground(first, criterion)}"
