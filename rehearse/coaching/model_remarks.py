"""What may be said of a model's remarks, and how they stand beside the embedded coach's. Decided here, whatever the model says.

A remark of the model is shown only if its quote stands in the turn, its passage was offered, its reason is a few plain English
words whose own quotes are real, the same criterion was not remarked on within five turns, and the ratings bear it out: a change
needs something rated below the best, something to keep must be rated at its best. A suggestion is shown only if it says nothing
new (`model_wording`) and passes the substitution test (`wording`); without it the remark still stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rehearse.coaching.conversation import Conversation
from rehearse.coaching.grounding import ground_passage, ground_quote
from rehearse.coaching.model_ratings import good_level, is_best
from rehearse.coaching.model_reply import Fault, RemarkReply
from rehearse.coaching.model_wording import Vocabulary
from rehearse.coaching.ratings import EVIDENCE_ACTS
from rehearse.coaching.remarks import QUIET_TURNS
from rehearse.coaching.wording import gained
from rehearse.domain.acts import HARMFUL
from rehearse.domain.assessment import EMBEDDED, Rating, Ratings, Remark, RemarkKind
from rehearse.domain.guidance import Guidance
from rehearse.domain.idea import Passage
from rehearse.domain.quotes import find_words
from rehearse.domain.rubric import CRITERION_IDS, EMPATHY_CRITERIA
from rehearse.domain.state import Ending
from rehearse.domain.transcript import EvidenceSpan
from rehearse.errors import LearnerError
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, clean_turn, readability
from rehearse.perception.segments import words

MOST_REMARKS = 2
MOST_WHY, MOST_SUGGESTED = 40, 60
"""The most words of a reason and of a suggested wording."""
_CHANGE, _HARM, _KEEP = 0.6, 0.15, 0.45
"""What a model's remark is worth in the debrief, on the scale of `corpus/coaching.yaml`; `_HARM` is added at the worst level."""
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|«([^«»]+)»")
_HARMS = frozenset(act.value for act in HARMFUL)


@dataclass(frozen=True)
class RemarkCheck:
    """Everything that a model's remarks on one turn are held against."""

    conversation: Conversation
    number: int
    ratings: Ratings
    """The ratings of the turn, after both readings."""
    offered: Sequence[Passage]
    earlier: Sequence[Remark]
    guidance: Guidance
    vocabulary: Vocabulary
    encoder: Encoder
    offer: Sequence[str]
    """The learner's offer card: words that they have, besides those that were said."""
    by: str

    def admitted(self, replies: Iterable[RemarkReply]) -> tuple[tuple[Remark, ...], Counter[str]]:
        """The model's remarks that may be shown, in its order, and what was dropped, by reason."""
        dropped: Counter[str] = Counter()
        remarks: list[Remark] = []
        for reply in replies:
            remark, fault = self._checked(reply, {r.why for r in (*self.earlier, *remarks)})
            if remark is not None:
                remarks.append(remark)
            if fault is not None:
                dropped[fault] += 1
        return tuple(remarks), dropped

    def _checked(self, reply: RemarkReply, used: AbstractSet[str]) -> tuple[Remark | None, Fault | None]:
        """The remark if it may be made, and what had to be dropped: all of it, or only its suggestion."""
        kind = RemarkKind(reply.kind)
        span = ground_quote(reply.quote, self.conversation.transcript.turn(f"L{self.number}"))
        if span is None:
            return None, Fault.INVENTED_QUOTE
        citation = ground_passage(reply.passage_id, self.offered)
        if citation is None:
            return None, Fault.NOT_OFFERED
        why = _plain_line(reply.why, MOST_WHY)
        if why is None or why in used or not self._quotes_are_real(why, citation.passage):
            return None, Fault.REASON
        if self._recently(reply.criterion):
            return None, Fault.REPEATED
        if not self._borne_out(kind, reply.criterion):
            return None, Fault.NOT_BORNE_OUT
        suggestion, fault = None, None
        if reply.suggestion is not None and kind is RemarkKind.CHANGE:
            suggestion, fault = self._suggestion(reply.suggestion, span, reply.criterion)
        skill = "empathy" if reply.criterion in EMPATHY_CRITERIA else "clarity"
        value = self._value(kind, reply.criterion)
        return Remark(kind, reply.criterion, skill, span, citation, why, suggestion, value, self.by), fault

    def _quotes_are_real(self, why: str, passage: Passage) -> bool:
        """Whether what a reason puts in quotation marks was said, by either, or stands in the passage."""
        said = self._said()
        for match in _QUOTED.finditer(why):
            quote = next(group for group in match.groups() if group is not None).strip(" .,;:!?…")
            if not any(find_words(quote, text, any_case=True) for text in (*said, passage.text)):
                return False
        return True

    def _said(self) -> tuple[str, ...]:
        """What the learner has said or just been told, and who told them."""
        own = (turn.text for turn in self.conversation.learner_turns if turn.number <= self.number)
        setting = self.conversation.setting
        names = (setting.persona.name,) if setting else ()
        return (*own, self.conversation.heard(self.number), *names, *self.offer)

    def _recently(self, criterion_id: str) -> bool:
        recent = (r for r in self.earlier if self.number - r.span.turn.number < QUIET_TURNS)
        return any(criterion_id in criteria_of(r, self.guidance) for r in recent)

    def _borne_out(self, kind: RemarkKind, criterion_id: str) -> bool:
        rating = self.ratings[criterion_id]
        if not isinstance(rating, Rating):
            return False
        if kind is RemarkKind.KEEP:
            return is_best(rating) and rating.level > 0
        snapshot = self.conversation.snapshot
        agreed = snapshot is not None and snapshot.ending is Ending.AGREED and self.number == len(snapshot.exchanges)
        # Nothing was missed by words that were answered with a yes; a harm is one all the same.
        return not is_best(rating) and (not agreed or criterion_id == "dismissal")

    def _suggestion(self, wanted: str, span: EvidenceSpan, criterion_id: str) -> tuple[str | None, Fault | None]:
        """The wording if it may be shown; else None, and why not."""
        wording = _plain_line(wanted, MOST_SUGGESTED)
        if wording is None or wording in {r.suggestion for r in self.earlier} or wording.lower() in span.turn.text.lower():
            return None, Fault.WORDING
        if self.vocabulary.new_in(wording, self._said()):
            return None, Fault.NEW_FACT
        heard = self.conversation.heard(self.number)
        if gained(span, wording, heard, criterion_id, self.encoder) is None:
            return None, Fault.NO_BETTER
        return wording, None

    def _value(self, kind: RemarkKind, criterion_id: str) -> float:
        rating = self.ratings[criterion_id]
        if kind is RemarkKind.KEEP or not isinstance(rating, Rating):
            return _KEEP
        return _CHANGE + (_HARM if good_level(criterion_id, rating.level) == 0 else 0.0)


def chosen(mine: Sequence[Remark], embedded: Sequence[Remark], check: RemarkCheck) -> tuple[Remark, ...]:
    """Which remarks on a turn are made: at most two, at most one a skill, nothing to keep beside something to change.

    First the embedded coach's on a harmful act, which no second reader talks away; then the model's, and the embedded coach's on
    what the model left. An embedded remark is left out if the model made one on its criterion within five turns, or if it asks
    for a change where the ratings are now at their best.
    """
    kept = [r for r in embedded if _still_good(r, check)]
    harms = [r for r in kept if r.criterion_id in _HARMS]
    others = [r for r in kept if r.criterion_id not in _HARMS]
    order = [*harms, *(r for r in (*mine, *others) if r.kind is RemarkKind.CHANGE and r not in harms)]
    if not order:
        order = [r for r in (*mine, *others) if r.kind is RemarkKind.KEEP][:1]
    made: list[Remark] = []
    for remark in order:
        if remark.skill not in {m.skill for m in made}:
            made.append(remark)
    return tuple(made[:MOST_REMARKS])


def criteria_of(remark: Remark, guidance: Guidance) -> frozenset[str]:
    """The criteria that a remark is about; one of the embedded coach may be about an act or about something missed."""
    about = remark.criterion_id
    if about in CRITERION_IDS:
        return frozenset({about})
    text = guidance.remark(about, remark.kind)
    found = {c for c, acts in EVIDENCE_ACTS.items() if about in acts}
    return frozenset(found | ({text.criterion} if text and text.criterion else set()))


def _still_good(remark: Remark, check: RemarkCheck) -> bool:
    about = criteria_of(remark, check.guidance)
    for other in check.earlier:
        by_model = not other.by.startswith(EMBEDDED)
        if by_model and check.number - other.span.turn.number < QUIET_TURNS and about & criteria_of(other, check.guidance):
            return False
    if remark.kind is RemarkKind.KEEP or remark.criterion_id in _HARMS or not about:
        return True
    ratings = [check.ratings[c] for c in about]
    changed = [r for r in ratings if isinstance(r, Rating) and not r.by.startswith(EMBEDDED)]
    return not any(is_best(r) for r in changed)


def _plain_line(text: str, most: int) -> str | None:
    """A model's words in one line, as they may be shown; None where there are none, too many, or not in English."""
    try:
        line = " ".join(clean_turn(text).split())
    except LearnerError:
        return None
    spoken = len(words(line))
    return line if 0 < spoken <= most and readability(line) is Readability.PLAIN else None
