"""What is worth saying about a turn: at most one remark a skill, none repeated within five turns, silence where all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rehearse.coaching.conversation import DOOR_OPENED, FEELING_SHOWN, Conversation
from rehearse.coaching.ratings import level_of
from rehearse.coaching.wording import better_wording
from rehearse.domain.acts import HARMFUL, Act, ActSpan
from rehearse.domain.assessment import Rating, Ratings, Remark, RemarkKind
from rehearse.domain.guidance import RemarkText
from rehearse.domain.idea import Citation, PassageIndex
from rehearse.domain.library import Library
from rehearse.domain.state import Ending, Reaction
from rehearse.domain.transcript import EvidenceSpan, Turn
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import read_habits
from rehearse.perception.segments import sentences, words

QUIET_TURNS = 5
"""For how many turns a remark is not repeated."""
MOST_REMARKS = 2
"""On one turn."""
_ADVICE = 1.2
"""The expected level of unasked advice, in [0, 2], from which a turn is mainly that."""
_LISTENING = ("emotional_reaction", "interpretation", "exploration")
_ASKS = frozenset({Act.STATE_INTENT, Act.NAME_OFFER, Act.MAKE_CASE, Act.PROPOSE_TERMS, Act.AGREE_NEXT_STEP, Act.LINK_GOAL})
_KEEP_FROM = 0.035
"""The gain in trust from which a helpful act is worth a "keep"."""


@dataclass(frozen=True)
class Seen:
    """Something worth a remark: what it is about, the kind, and the words that show it."""

    about: str
    kind: RemarkKind
    span: EvidenceSpan
    worth: float = 0.0


@dataclass(frozen=True)
class Remarker:
    """Turns what was seen into remarks with passage, reason and, where it passes the test, a better wording."""

    library: Library
    encoder: Encoder
    index: PassageIndex | None

    def remarks(self, conversation: Conversation, number: int, ratings: Ratings, earlier: Sequence[Remark]) -> tuple[Remark, ...]:
        """The remarks on one learner turn, most valuable first."""
        recent = {r.criterion_id for r in earlier if number - r.span.turn.number < QUIET_TURNS}
        found: list[tuple[float, Seen, RemarkText]] = []
        for seen in self._seen(conversation, number, ratings):
            text = self.library.guidance.remark(seen.about, seen.kind)
            if text is not None and seen.about not in recent:
                found.append((text.worth + seen.worth, seen, text))
        found.sort(key=lambda f: -f[0])
        changed = any(seen.kind is RemarkKind.CHANGE for _, seen, _ in found)
        remarks: list[Remark] = []
        skills: set[str] = set()
        for value, seen, text in found:
            if text.skill in skills or (seen.kind is RemarkKind.KEEP and (changed or remarks)):
                continue
            skills.add(text.skill)
            remarks.append(self._remark(conversation, seen, text, value, earlier))
            if len(remarks) == MOST_REMARKS:
                break
        return tuple(remarks)

    def _remark(
        self, conversation: Conversation, seen: Seen, text: RemarkText, value: float, earlier: Sequence[Remark]
    ) -> Remark:
        used = {r.why for r in earlier}
        whys = [w.replace("{name}", conversation.counterpart_name) for w in text.why]
        why = next((w for w in whys if w not in used), whys[seen.span.turn.number % len(whys)])
        avoid = frozenset(r.suggestion for r in earlier if r.suggestion)
        suggestion = None
        if seen.kind is RemarkKind.CHANGE:
            suggestion = better_wording(conversation, seen.span, text, self.encoder, avoid)
        citation = self._cite(text, seen.span.quote)
        return Remark(
            kind=seen.kind,
            criterion_id=seen.about,
            skill=text.skill,
            span=seen.span,
            citation=citation,
            why=why,
            suggestion=suggestion,
            value=value,
            own=self.index.beside(seen.span.quote, citation.passage) if self.index is not None else None,
        )

    def _cite(self, text: RemarkText, quote: str) -> Citation:
        """Of the passages that back this remark, the one that retrieval finds nearest to the words it is about."""
        if self.index is not None and len(text.passages) > 1:
            near = self.index.nearest(quote, text.passages)
            if near is not None:
                return Citation.of(self.library.corpus, near)
        return Citation.of(self.library.corpus, text.passages[0])

    # What there is to see ---------------------------------------------------------------------------------------------

    def _seen(self, conversation: Conversation, number: int, ratings: Ratings) -> Iterator[Seen]:
        turn = conversation.transcript.turn(f"L{number}")
        spans = conversation.acts.get(number, ())
        acts = conversation.act_set(number)
        yield from _harm(turn, spans)
        harmed = bool(acts & HARMFUL)
        ended = conversation.snapshot is not None and conversation.snapshot.ending is Ending.AGREED
        if not harmed and not (ended and turn.number == len(conversation.exchanges)):
            # Nothing was missed by words that were answered with a yes.
            advice = read_habits(turn.text, conversation.heard(number), self.encoder)["advice_giving"]
            if _too_soon(conversation, turn, acts, advice):
                yield Seen("too_soon", RemarkKind.CHANGE, _sentence(turn))
            else:
                yield from _missed(conversation, turn, acts, ratings)
            yield from _unclear(conversation, turn, acts, spans, ratings)
        if not harmed:
            yield from _worth_keeping(conversation, turn, spans, ratings)


def _span(turn: Turn, span: ActSpan) -> EvidenceSpan:
    return EvidenceSpan(turn, span.start, span.end)


def _sentence(turn: Turn, which: int = 0) -> EvidenceSpan:
    found = sentences(turn.text)
    chosen = found[which]
    return EvidenceSpan(turn, chosen.start, chosen.end)


def _harm(turn: Turn, spans: Sequence[ActSpan]) -> Iterator[Seen]:
    for span in spans:
        if span.act in HARMFUL:
            yield Seen(span.act.value, RemarkKind.CHANGE, _span(turn, span))


def _too_soon(conversation: Conversation, turn: Turn, acts: frozenset[Act], advice: float) -> bool:
    """Whether advice came to somebody who had shown a feeling and whom nobody had asked or heard yet."""
    heard = {Act.ASK_OPEN, Act.REFLECT, Act.ACKNOWLEDGE_FEELING}
    if advice < _ADVICE or (conversation.acts_before(turn.number) | acts) & heard:
        return False
    if conversation.setting is None:
        return _sounds_felt(conversation, turn)
    return bool(conversation.reactions_before(turn.number) & FEELING_SHOWN)


def _missed(conversation: Conversation, turn: Turn, acts: frozenset[Act], ratings: Ratings) -> Iterator[Seen]:
    """Openings that existed and were passed by."""
    before = conversation.reactions_before(turn.number)
    rehearsed = conversation.setting is not None
    heard_feeling = bool(before & FEELING_SHOWN) if rehearsed else _sounds_felt(conversation, turn)
    silent = all((level_of(ratings, c) or 0) == 0 for c in _LISTENING)
    listened = acts & {
        Act.REFLECT,
        Act.ACKNOWLEDGE_FEELING,
        Act.ASK_OPEN,
        Act.NORMALISE,
        Act.SHOW_HUMILITY,
        Act.ASSURE_CONFIDENTIALITY,
    }
    on_table = conversation.exchanges[turn.number - 1].state.on_table if turn.number - 1 in conversation.exchanges else None
    touched = any(c.concern_id == on_table and on_table for c in conversation.causes(turn.number))
    if heard_feeling and silent and not listened:
        if before & DOOR_OPENED and Act.ANSWER_CONCERN not in acts:
            yield Seen("missed_question" if turn.number % 2 else "missed_feeling", RemarkKind.CHANGE, _sentence(turn))
        elif rehearsed and on_table and not touched and Act.ANSWER_CONCERN not in acts:
            yield Seen("unanswered", RemarkKind.CHANGE, _sentence(turn))
        elif not rehearsed and Act.ANSWER_CONCERN not in acts:
            yield Seen("missed_feeling", RemarkKind.CHANGE, _sentence(turn))
    if level_of(ratings, "interpretation") == 1 and _claims_understanding(turn):
        yield Seen("claimed_understanding", RemarkKind.CHANGE, _claim(turn))
    if conversation.setting and "safety" in {n.id for n in conversation.setting.scenario.needs} and turn.number in (3, 4, 8):
        safe = {Act.ASSURE_CONFIDENTIALITY, Act.NORMALISE, Act.OFFER_CHOICE, Act.SHOW_HUMILITY}
        if not (conversation.acts_before(turn.number + 1) & safe):
            yield Seen("no_safety", RemarkKind.CHANGE, _sentence(turn))
    exchange = conversation.exchanges.get(turn.number)
    if exchange is not None:
        reactions = {m.reaction for m in exchange.plan.moves}
        if Reaction.FLATTERED in reactions:
            yield Seen("flattery", RemarkKind.CHANGE, _sentence(turn))
        if Reaction.REPEATED in reactions:
            yield Seen("repeated", RemarkKind.CHANGE, _sentence(turn))


def _sounds_felt(conversation: Conversation, turn: Turn) -> bool:
    """Whether what was heard elsewhere gave something to feel with: told at some length, in the first person."""
    heard = words(conversation.heard(turn.number))
    return len(heard) >= 8 and bool({"i", "i'm", "i've", "me", "my"} & set(heard))


def _claims_understanding(turn: Turn) -> bool:
    lowered = turn.text.lower()
    return any(c in lowered for c in _CLAIMS)


_CLAIMS = (
    "i understand",
    "i totally understand",
    "i completely understand",
    "i get it",
    "i know how you feel",
    "i hear you",
    "i know what you mean",
)


def _claim(turn: Turn) -> EvidenceSpan:
    lowered = turn.text.lower()
    claim = next(c for c in _CLAIMS if c in lowered)
    start = lowered.index(claim)
    return EvidenceSpan(turn, start, start + len(claim))


def _unclear(
    conversation: Conversation, turn: Turn, acts: frozenset[Act], spans: Sequence[ActSpan], ratings: Ratings
) -> Iterator[Seen]:
    """Where an ask was due and could not be made out."""
    asked_for = conversation.reactions_before(turn.number) & {
        Reaction.INVITE,
        Reaction.THIN,
        Reaction.PROBE,
        Reaction.HOLD,
    }
    pitching = bool(acts & _ASKS) or (bool(asked_for) and not acts)
    if pitching and level_of(ratings, "specificity") == 0 and level_of(ratings, "purpose") != 2:
        yield Seen("vague_offer", RemarkKind.CHANGE, _evidence(turn, ratings, "specificity"))
    elif pitching and level_of(ratings, "purpose") == 0:
        yield Seen("no_ask", RemarkKind.CHANGE, _evidence(turn, ratings, "purpose"))
    if level_of(ratings, "plainness") == 0 and len(words(turn.text)) >= 12:
        yield Seen("buried", RemarkKind.CHANGE, _evidence(turn, ratings, "plainness"))
    if Act.AGREE_NEXT_STEP in acts:
        span = next(s for s in spans if s.act is Act.AGREE_NEXT_STEP)
        ended = conversation.snapshot is not None and conversation.snapshot.ending is Ending.AGREED
        so_far = conversation.acts_before(turn.number + 1)
        if Act.PROPOSE_TERMS not in so_far and not ended:
            yield Seen("no_terms", RemarkKind.CHANGE, _span(turn, span))
        elif Act.LINK_GOAL not in so_far and _needs(conversation, Act.LINK_GOAL) and not ended:
            yield Seen("no_goal", RemarkKind.CHANGE, _span(turn, span))
        elif Act.PROPOSE_MEASURE not in so_far and turn.number >= 4:
            yield Seen("no_measure", RemarkKind.CHANGE, _span(turn, span))


def _needs(conversation: Conversation, act: Act) -> bool:
    """Whether the counterpart of this scenario waits for an act before saying yes."""
    return conversation.setting is not None and any(act in need.acts for need in conversation.setting.scenario.needs)


def _evidence(turn: Turn, ratings: Ratings, criterion_id: str) -> EvidenceSpan:
    rating = ratings[criterion_id]
    return rating.evidence[0] if isinstance(rating, Rating) and rating.evidence else _sentence(turn)


def _worth_keeping(conversation: Conversation, turn: Turn, spans: Sequence[ActSpan], ratings: Ratings) -> Iterator[Seen]:
    """What visibly did something: it moved the counterpart, or it is strong in itself."""
    for span in spans:
        moved = sum(c.trust for c in conversation.causes(turn.number) if c.act is span.act)
        about = span.act.value
        if span.act is Act.SHOW_HUMILITY and _repaired(conversation, turn.number):
            about = "repair"
        if _kept_confidence(conversation, turn.number):
            about, moved = "kept_confidence", 0.1
        strong = span.confidence >= 0.9 and any(
            level_of(ratings, c) == 2 for c in ("exploration", "interpretation", "safety", "specificity", "structure")
        )
        if moved >= _KEEP_FROM or (conversation.setting is None and strong):
            yield Seen(about, RemarkKind.KEEP, _span(turn, span), worth=min(0.2, max(0.0, moved)))


def _repaired(conversation: Conversation, number: int) -> bool:
    exchange = conversation.exchanges.get(number)
    return exchange is not None and any(m.reaction is Reaction.ACCEPT_REPAIR for m in exchange.plan.moves)


def _kept_confidence(conversation: Conversation, number: int) -> bool:
    exchange = conversation.exchanges.get(number)
    return exchange is not None and any(
        m.reaction is Reaction.EVENT and (m.target or "").endswith(":kept") for m in exchange.plan.moves
    )
