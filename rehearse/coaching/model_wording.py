"""Whether a wording that a model suggests says anything that the learner did not have: a number, a name, a time, a thing.

The rule is about words, because words can be checked: each word of the wording was said in this conversation by the learner or to
them, or stands on their offer card, or belongs to the vocabulary of talking about such matters (the guidance, the coach's own
wordings, the words below). A number, a name, a day or a length of time must have been said. Good wordings fall to this rule, and
are missed; an invented tool, colleague or figure does not get through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rehearse.domain.library import Library
from rehearse.domain.quotes import find_words
from rehearse.perception.segments import clauses, sentences, words
from rehearse.perception.slots import find_slots

_NUMBERS = frozenset(
    """
    two three four five six seven eight nine ten eleven twelve thirteen fifteen sixteen eighteen twenty thirty forty fifty sixty
    seventy eighty ninety hundred hundreds thousand thousands million dozen dozens half quarter third fifth twice double triple
    couple percent
    """.split()
)
_TIMES = frozenset(
    """
    second seconds minute minutes hour hours hourly day days daily week weeks weekly fortnight fortnightly month months monthly
    quarterly year years yearly monday tuesday wednesday thursday friday saturday sunday january february march april june july
    august september october november december morning mornings afternoon afternoons evening lunch lunchtime tomorrow yesterday
    tonight noon spring summer autumn winter
    """.split()
)
_TALK = frozenset(
    """
    able absolutely actually add admit affect affected afraid against agree along although am among angry annoyed annoying
    anxious anybody anyone anything apologise appreciate appreciated around ashamed aside asking attention aware awful awkward
    back bad bear became become been began begin behind being believe belong below bit both bothered bothering bothers bound
    brave breath bruised calm came cannot care careful catch caught challenging chance change check choose clear clearly comes
    comfortable comment concern concerned confess confidence confident confused cost courage cross crushing curious daunting
    deal dear decide deeply defend describe deserve did difference different difficult disappointed disappointing discouraged
    discouraging dismissed doing done doubt doubts down draining drop ease easier easily easy effort either else embarrass
    embarrassed embarrassing emotional encourage encouraged end energy enjoy enough entirely especially even ever every
    everybody everyone everything exactly excited exciting exhausted exhausting expect explain explore expose exposed
    extremely face fair familiar fear feel feeling feelings feels felt few figure final find fine finish focus follow foolish
    forward found frank free fresh frightened frightening frustrated frustrating full further gather gave general gentle
    gently glad gladly go goes gone goodness grateful grief guarded guess guilty half-way happen happened happening happy hard
    harder hardest have head hear heard hearing heart heavy held help helped helpful helpless helps here herself hesitant
    hesitate hesitating hesitation himself hold honest honestly hope hopeful how however humiliated humiliating hurry hurt
    idea if ignored imagine impatient important incredibly inside instead interested interesting intimidated intimidating
    isn't isolated isolating itself judge judged judgement keep kept kind knew know lack last later lead least leave left less
    let like likely listen listened listening little live lonely long look looked looking lose losing lost lot loud low mad
    make making matter matters maybe mean meaningful means meant memory might mind mine miss missed mistake mistakes moment
    mood more most move moved much must myself name natural naturally necessary need needed needs nerve nerves nervous never
    nobody normal nothing notice now obvious odd off often okay once only onto open opened option or other others otherwise
    ought ourselves out outside over overlooked overwhelmed overwhelming own pain painful panic part particular patience
    patient pause perhaps perspective picture place plain plainly please pleased point possible practical practice prefer
    pressure pressured private problem process proper properly proud proving pushed put puts puzzled question questions quick
    quickly quiet quite rather rattled reach react reaction ready real realise really reason reassure reassured reassuring
    rejected relief relieved reluctant remember repeat resent respect respected rest right room rough round rush sad safe
    safer said same saw say saying scared sceptical see seem seems seen sense sensible sensitive serious set settle shaken
    shame share shared shock short should show showed shy side sigh silly simple simply since sincerely situation skeptical
    slow slowly small small-minded somebody somehow someone something sometimes somewhere soon sorry sort sound sounded sounds
    speak specific spoke stand start started stay step steps still sting stings stop story straight strange stress stressful
    stuck stung stupid such suffer suggest suit suits support supported suppose sure surprise surprised sympathise take talk
    talked talking tell telling tempted tense tension terrible than thank thanks themselves thing things think thinking
    thought thoughtful threatened threatening through time times tired tiring together told too took tough toward towards
    tricky tried trouble true trust try trying turn uncomfortable under understand understood uneasy unexpected unfair
    unfamiliar unless unpleasant unseen unsettled unsettling unsure until unwelcome upfront upset urge use used useful useless
    usual vague valid valuable valued voice vulnerable wait want wanted warm way ways weary weigh weighed weighing weighs
    weight welcome went what whatever when whenever where whether which while who whole whom whose why willing wise wish with
    within without wonder wondered wondering word words work worked working worn worried worry worrying worse worst worth
    would wound wounded wrong yourself
    """.split()
)
_IDIOMS = re.compile(r"\b(?:the two of us|(?:for|take|just|in) a (?:minute|second)|a second time|these days)\b", re.IGNORECASE)
"""Turns of phrase that name no number and no time."""
_WORDLIKE = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FIRST_PERSON = frozenset({"i", "i'm", "i'd", "i'll", "i've"})


@dataclass(frozen=True)
class Vocabulary:
    """What a wording may be made of besides what was said; made once for a library."""

    library: Library

    @cached_property
    def _words(self) -> frozenset[str]:
        guidance = self.library.guidance
        texts = [t for r in guidance.remarks for t in (*r.why, *r.suggest)]
        texts += [p.text for p in self.library.corpus.passages()]
        texts += [level.meaning for r in self.library.rubrics for c in r.criteria for level in c.levels]
        known = {word for text in texts for word in words(text)} | _TALK
        return frozenset(word for word in known if word not in _NUMBERS | _TIMES and not _has_digit(word))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(self._forms(self._words))

    def new_in(self, wording: str, said: Iterable[str]) -> tuple[str, ...]:
        """The words and phrases of a wording that nobody said and that are no plain talk; empty where it may be shown."""
        heard = "\n".join(said)
        known = frozenset(self._forms(words(heard)))
        wording = _IDIOMS.sub(" ", wording)
        names = {match.group().replace("’", "'") for match in _WORDLIKE.finditer(heard)}
        found = [w for w in words(wording) if not self._had(w, known)]
        for name, first in _capitals(wording):
            # What begins a sentence may be any plain word, but not one that is merely like one: "Excel", "excellent".
            plain = first and (name.lower() in self._words or name.lower().split("'")[0] in self._words)
            if not plain and not {name, name.split("'")[0]} & names and not (first and name.lower() in known):
                found.append(name)
        for clause in clauses(wording):
            slots = find_slots(clause.text, ())
            amounts = [slots[kind] for kind in ("time", "number") if kind in slots]
            found += [a for a in amounts if not find_words(a, heard, any_case=True)]
        return tuple(dict.fromkeys(found))

    def _had(self, word: str, known: frozenset[str]) -> bool:
        forms = self._forms([word])
        if word in _NUMBERS | _TIMES or _has_digit(word):
            # A number or a time in another form is another number or time.
            return word in known
        return bool(forms & known) or bool(forms & self._stems)

    def _forms(self, found: Iterable[str]) -> set[str]:
        """Each word, its part before an apostrophe, and the stems of both."""
        import Stemmer

        stemmer = Stemmer.Stemmer("english")
        forms: set[str] = set()
        for word in found:
            for form in (word, word.split("'")[0]):
                forms |= {form, stemmer.stemWord(form)}
        return forms


def _has_digit(word: str) -> bool:
    return any(c.isdigit() for c in word)


def _capitals(wording: str) -> list[tuple[str, bool]]:
    """Words with a capital, as they are written, and whether they only begin a sentence."""
    found = []
    for sentence in sentences(wording):
        for match in _WORDLIKE.finditer(sentence.text):
            word = match.group().replace("’", "'")
            first = not sentence.text[: match.start()].strip() or sentence.text[: match.start()].rstrip()[-1] in '“"‘:–—'
            if any(c.isupper() for c in word) and word.lower() not in _FIRST_PERSON:
                found.append((word, first))
    return found
