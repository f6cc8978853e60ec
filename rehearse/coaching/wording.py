"""Better wordings, made of the learner's own facts, and the substitution test that each must pass before it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from rehearse.coaching.conversation import Conversation
from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.guidance import RemarkText
from rehearse.domain.offer import OfferCard
from rehearse.domain.persona import slots_of
from rehearse.domain.transcript import EvidenceSpan
from rehearse.perception.encoder import Encoder
from rehearse.perception.levels import LevelReading, read_level
from rehearse.perception.segments import sentences
from rehearse.perception.slots import find_slots

_QUOTED = re.compile(r"“[^”]*”|\([^)]*\)")
OWN_SLOTS = ("offer", "time", "goal", "step")
MOST_TRIED = 3
MARGIN = 10
"""How many points (of 100) a wording must gain on its criterion: less is within the reader's noise."""


def own_facts(conversation: Conversation, number: int) -> dict[str, str]:
    """What the learner has said up to a turn, or had planned to say, that a wording may use: the newest value of each slot."""
    facts = planned_facts(conversation.offer) if conversation.offer else {}
    for turn in conversation.learner_turns:
        if turn.number <= number:
            found = find_slots(turn.text, conversation.acts.get(turn.number, ()))
            facts |= {slot: value for slot, value in found.items() if slot in OWN_SLOTS}
    # What they quoted of the learner is not theirs.
    theirs = find_slots(_QUOTED.sub(" ", conversation.heard(number)), ()).get("words")
    return facts | ({"theirs": theirs} if theirs else {})


def planned_facts(offer: OfferCard) -> dict[str, str]:
    """What stands on the offer card that a wording may use."""
    facts: dict[str, str] = {}
    for slot, text, act in (
        ("offer", offer.lessons, Act.NAME_OFFER),
        ("time", offer.time, Act.PROPOSE_TERMS),
        ("step", offer.ask, Act.AGREE_NEXT_STEP),
    ):
        found = find_slots(text, (ActSpan.at(act, text, 0, len(text)),)) if text.strip() else {}
        if slot in found:
            facts[slot] = found[slot]
    return facts


def substituted(span: EvidenceSpan, wording: str) -> str:
    """The turn with the sentence around the quote replaced by the wording."""
    text = span.turn.text
    home = [s for s in sentences(text) if s.start < span.end and span.start < s.end]
    start, end = (home[0].start, home[-1].end) if home else (span.start, span.end)
    return (text[:start] + wording + text[end:]).strip()


def gained(span: EvidenceSpan, wording: str, heard: str, criterion_id: str, encoder: Encoder) -> int | None:
    """The substitution test: the score with the wording in place of what was said; None where it gains less than `MARGIN`."""
    before = _score(span.turn.text, heard, criterion_id, encoder)
    after = _score(substituted(span, wording), heard, criterion_id, encoder)
    return None if after is None or after < (before or 0) + MARGIN else after


def better_wording(
    conversation: Conversation, span: EvidenceSpan, text: RemarkText, encoder: Encoder, avoid: frozenset[str]
) -> str | None:
    """The first wording that rates higher in place of what was said and uses no fact that the learner did not have."""
    if text.criterion is None or not text.suggest:
        return None
    number = span.turn.number
    heard = conversation.heard(number)
    best: tuple[int, str] | None = None
    facts = own_facts(conversation, number)
    # Wordings with the learner's own facts first; a few are enough, each costs a reading.
    ready = sorted(_wordings(text.suggest, facts), key=lambda w: not any(v in w for v in facts.values()))
    for wording in ready[:MOST_TRIED]:
        if wording in avoid or wording.lower() in span.turn.text.lower():
            continue
        after = gained(span, wording, heard, text.criterion, encoder)
        if after is None:
            continue
        # A wording made of the learner's own facts is worth more than one that anybody could say.
        worth = after + 15 * ("“" in wording or any(v in wording for v in facts.values()))
        if best is None or worth > best[0]:
            best = (worth, wording)
    return best[1] if best else None


def _wordings(frames: tuple[str, ...], facts: Mapping[str, str]) -> Iterator[str]:
    for frame in frames:
        needed = slots_of(frame)
        values = [facts.get(slot, "") for slot in needed]
        overlap = any(a is not b and a.lower() in b.lower() for a in values for b in values)
        if needed <= set(facts) and not overlap:
            wording = frame
            for slot in needed:
                wording = wording.replace("{" + slot + "}", facts[slot])
            yield re.sub(r"^\w", lambda m: m.group().upper(), wording)


def _score(text: str, heard: str, criterion: str, encoder: Encoder) -> int | None:
    reading = read_level(criterion, text, heard, encoder)
    return reading.score if isinstance(reading, LevelReading) else None
