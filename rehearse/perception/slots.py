"""The learner's own words that a counterpart can take up: what they offer, when, whom they named, what they proposed.

Every value is cut from the learner's text, so a quoted slot is a true quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rehearse.domain.acts import Act, ActSpan
from rehearse.perception.segments import clauses, words

_COUNT = (
    r"(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|sixty|half an|half a|"
    r"a couple of|a few|\d+)"
)
_UNIT = r"(?:minutes?|mins?|hours?|days?|weeks?|months?|sessions?|mornings?|afternoons?|lunch(?:es|times?)?|coffees?|fortnights?)"
_DAY = r"(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|week|fortnight|month|day|morning|afternoon|quarter)"
_RHYTHM = rf"(?:(?:a|per|each|every|every other|every second|every third|once a|twice a)\s+{_DAY})"
_TIME = re.compile(
    rf"\b(?:{_COUNT}(?:[\s-]+(?:short|quick|long))?[\s-]+{_UNIT}(?:,?\s+{_RHYTHM})?(?:\s+for\s+{_COUNT}\s+{_UNIT})?"
    rf"|(?:once|twice)\s+(?:a|every)\s+{_DAY}|every\s+(?:second\s+|other\s+)?{_DAY}|weekly|fortnightly)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b\d+(?:[.,]\d+)?\s?(?:%|percent\b|per cent\b|[a-z]{3,}\b)|"
    r"\b(?:ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|a hundred|half)"
    r"\s+(?:percent|per cent|of (?:our|the|my)\s+\w+|customers|people|calls|tickets|complaints|days)\b",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"\b(?:ask|asked|told|tell|mentor|mentoring|with|and|from|by|met|called|named|helped|Mr|Mrs|Ms|Dr)\.?\s+([A-Z][a-z]{2,14})\b"
    r"(?=\s+(?:from|in|who|and|said|says|told|about|on)\b|[,.!?’']|$)"
    r"|\b([A-Z][a-z]{2,14})\s+(?:said|says|told|asked|thinks|from|who)\b"
)
_NOT_NAMES = frozenset(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
    October November December Excel Word Teams Slack Tiktok Instagram Linkedin Python Google Zoom Power Outlook Facebook
    Youtube Twitter Reddit Discord Copilot Notion Figma Jira English German French Spanish Chinese Europe Germany France
    London Berlin What How When Why Who Where The That This These Those They And But Everyone Everybody Someone Nobody
    People Sharepoint Whatsapp
    """.split()
)
_OFFER_LEAD = re.compile(
    r"\b(?:show(?:ing)?|teach(?:ing)?|walk(?:ing)?|tak(?:e|ing)|coach(?:ing)?|train(?:ing)?|help(?:ing)?|guid(?:e|ing)|shar(?:e|ing)|"
    r"explain(?:ing)?|offer(?:ing)?|bring(?:ing)?|demonstrat(?:e|ing)|pass(?:ing)? on|know|mentor(?:ing)?)\s+"
    r"(?:(?:you|him|her|them|people|someone|somebody|anyone|others|one of (?:the|our) \w+|leaders|managers|"
    r"one (?:leader|person|director|manager|of you)|the (?:leaders?|directors?|managers?|team|board|leadership))\s+)?"
    r"(?:through\s+|with\s+|on\s+|about\s+|in\s+)?(?=\S)",
    re.IGNORECASE,
)
_STEP_LEAD = re.compile(
    r"^(?:(?:so|then|and|okay|ok|well)[,:]?\s+)*(?:can|could|may|shall|should|"
    r"would it be (?:all right|ok|okay) if|what if|how about|let's|let us|why don't)\s+(?:i|we|you)?\s*",
    re.IGNORECASE,
)
_GOAL_LEAD = re.compile(
    r"\b(?:because|so that|so|to help(?: us| you| the team)?|helps?(?: us| you)?|means|that's where|where|for|about|to)\s+(?=\S)",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:because|so that|so|if|when|while|which|and then|every|each|once|for (?:half|an|a|one|\d+)|"
    r"in (?:my|six|two|three|four)|since|but|before|after|until)\b.*$",
    re.IGNORECASE,
)
_LOOSE_END = re.compile(
    r"(?:\s+(?:the|a|an|of|to|and|or|in|on|at|for|with|my|our|your|their|that|this|is|are|it|we|i|you|"
    r"from|about|how|what|who|as|by|one))+$",
    re.IGNORECASE,
)
_OPENING = frozenset("a an the my our your their his her this these those each every one of for with about from by".split())
"""Words after which a noun phrase begins."""
_CLOSING = frozenset(
    """
    and or but so because when while where if that which who before after until to with in on at by from for of as than is are
    was were will would can could every each twice once instead too tonight today tomorrow yesterday soon later ago already
    """.split()
)
"""Words before which a noun phrase has ended."""
_MEASURING = frozenset("half quarter double twice once such many what quite rather".split())
"""Words with which “a” is no beginning: of “half a page” nobody takes up “page”."""
_NEGATIONS = frozenset("no not never nothing nobody none without hardly neither nor cannot".split())
_INSIDE = frozenset("of the and on in".split())
"""Plain words that may stand inside a phrase."""
_PLAIN = frozenset(
    """
    a about all also am an and any are as at be because been but by can could did do does for from get go going had has
    have he her him his how i i'd i'll i'm i've if in into is it it's its just know like me might more my no not of on one
    or our out people really she should so some something than that that's the their them then there they thing things
    think this to too up us want was we we're were what when where which who will with would yes you you're your yeah ok
    hadn't haven't hasn't don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't shouldn't there's
    what's let's you'd you'll you've we'd we'll we've they're they'd half every each other another hour hours minute minutes
    day days week weeks whatever whoever before after once first next away again still never always even around between
    through without tonight today tomorrow yesterday soon later ago already
    wants take took give came come comes goes went gets got told tell tells asked ask makes means knows thinks
    okay well very much maybe good here now let say said make made need see thank thanks sorry yet only way lot bit sure
    """.split()
)


def find_slots(text: str, acts: tuple[ActSpan, ...]) -> dict[str, str]:
    """What a line may take up from this turn, by slot name; a slot that cannot be filled is not there."""
    found: dict[str, str] = {}
    times = [m.group() for m in _TIME.finditer(text)]
    if times:
        found["time"] = max(times, key=len)
    number = _NUMBER.search(text)
    if number:
        found["number"] = number.group().strip()
    name = _find_name(text)
    if name:
        found["person"] = name
    for act, slot, lead in (
        (Act.NAME_OFFER, "offer", _OFFER_LEAD),
        (Act.LINK_GOAL, "goal", _GOAL_LEAD),
        (Act.AGREE_NEXT_STEP, "step", _STEP_LEAD),
    ):
        for span in acts:
            if span.act is act:
                phrase = _phrase(span.quote, lead)
                if phrase:
                    found[slot] = phrase
                    break
    fragment = _fragment(text)
    if fragment:
        found["words"] = fragment
    return found


def _find_name(text: str) -> str | None:
    for match in _NAME.finditer(text):
        name = match.group(1) or match.group(2)
        if name not in _NOT_NAMES:
            return name
    return None


def _phrase(quote: str, lead: re.Pattern[str], most: int = 9) -> str | None:
    """The part of a quote that names the thing, at most `most` words, without a loose end."""
    match = lead.search(quote)
    rest = quote[match.end() :] if match else quote
    rest = re.split(r"[,.;:!?…()\n–—“”\"]", rest, maxsplit=1)[0]
    rest = _TAIL.sub("", rest).strip()
    parts = rest.split()
    if len(parts) > most:
        rest = " ".join(parts[:most])
    rest = _LOOSE_END.sub("", rest).strip()
    parts = rest.split()
    if len(parts) < 2 and not (parts and len(parts[0]) >= 6):
        return None
    if len(parts) > most or not any(p.lower() not in _PLAIN for p in parts):
        return None
    return _lower_first(rest)


def _lower_first(phrase: str) -> str:
    first = phrase.split(maxsplit=1)[0]
    if first in {"I", "I'd", "I'll", "I'm", "I've", "I’d", "I’ll", "I’m", "I’ve"} or first[1:].lower() != first[1:]:
        return phrase
    return phrase[0].lower() + phrase[1:]


def _fragment(text: str) -> str | None:
    """A few telling words that stand on their own: a noun phrase between its natural edges, later ones preferred.

    Words after a negation are never taken: a quote must not say the opposite of what was said.
    """
    best: tuple[float, str] | None = None
    pieces = clauses(text)
    for place, clause in enumerate(pieces):
        tokens = re.findall(r"[^\s,.;:!?…()“”\"]+", clause.text)
        for phrase in _phrases(tokens):
            content = [w for w in words(phrase) if w not in _PLAIN]
            if phrase not in clause.text or len(content) < 2:
                continue
            score = sum(min(len(w), 9) for w in content) / (len(phrase.split()) + 1.0)
            score += 0.3 * len(content) + 0.4 * place / len(pieces)
            if best is None or score > best[0]:
                best = (score, phrase)
    return _lower_first(best[1]) if best else None


def _phrases(tokens: list[str]) -> Iterator[str]:
    """Runs of two to five tokens that begin after an opening word and end before a closing one."""
    lowered = [t.lower().replace("’", "'") for t in tokens]
    for start in range(len(tokens)):
        opened = start > 0 and lowered[start - 1] in _OPENING
        measured = start > 1 and lowered[start - 2] in _MEASURING
        if not opened or measured or lowered[start] in _PLAIN or not tokens[start][0].isalnum():
            continue
        if any(w in _NEGATIONS or w.endswith("n't") for w in lowered[max(0, start - 5) : start]):
            continue
        for end in range(start + 2, min(start + 5, len(tokens)) + 1):
            closed = end == len(tokens) or lowered[end] in _CLOSING
            run = lowered[start:end]
            whole = all(w not in _PLAIN or w in _INSIDE for w in run) and run[-1] not in _PLAIN and run[-1][-1].isalnum()
            cut_verb = end < len(tokens) and run[-1].endswith(("ed", "id", "ing"))
            if closed and whole and not cut_verb:
                yield " ".join(tokens[start:end])
