"""Names of people replaced by roles, before anything is kept.

Two kinds of names are replaced. The speakers' own names, which are known, wherever they are mentioned. And names of others,
which have to be recognised: by a title (“Ms Lindt”), by what is said around them (“I asked Maya”, “Maya said”), or because they
are widely known as given names. A name that is also an ordinary word (May, Will, Mark, Grace) is replaced only where it can be
nothing else.

No list of names is complete: what is left should be read through before it is shared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rehearse.domain.transcript import Transcript

LEARNER, COUNTERPART = "the learner", "the counterpart"
ADDRESS = "[address]"
"""What stands for an e-mail address or a handle: they are made of names."""

_ROLE_WORDS = frozenset(
    """
    learner counterpart me i you boss manager mentor mentee host guest speaker participant interviewer interviewee leader
    director colleague a b c x y z unknown user client agent person the my and mr mrs ms miss dr prof sir madam
    """.split()
)
"""Words by which a transcript calls a speaker without naming anybody."""
WORDS_TOO = frozenset(
    """
    amber angel art ash autumn basil bay bill billy blake bob bond brook brooke bud carol chance charity chase cherry chip
    chuck clay cliff colt crystal dale daisy dawn dean destiny dick dolly don drew earl eve faith fern fay ford forest
    frank gale gene ginger glen grace grant guy hank happy harmony hazel heath heather holly honor honour hope hunter iris
    ivy jack jade jasmine jay jean jewel jimmy josh joy june april august july joey kit lance lane lark lily lou love
    lucky mark marina mason mat matt max may melody mercy miles mo myrtle nick noble norm olive opal page paige pansy
    parker pat patience pearl peg penny pepper piper pierce poppy prince prudence ray red reed rich rob robin rocky rod
    roman rose rosemary rowan ruby rusty sage sally sandy scout sky skip sonny star stone storm sue summer sunny sunday
    tad taylor terry tony trace tray trey troy trinity van violet wade walker ward warren wayne west will willow winter
    woody young king long brown white black green smith baker cook hall hill wood woods field price best rice day moon fox
    bird knight bishop church bell ball banks bush cross lamb little major marsh pope power powers rush short small sharp
    stock swift temple waters wise butler carter fisher gardner miller porter shepherd turner weaver
    an any but can do for has he her him his how in is it man my no not now on one or out see she so the then to too two was
    we who you
    """.split()
)
"""Names that are ordinary words, months or common nouns as well, in small letters."""
_GIVEN = frozenset(
    """
    Aaron Abigail Adam Adele Adrian Agnes Ahmed Aisha Alan Albert Alejandra Alejandro Alessandro Alex Alexander Alexandra
    Alexis Alfred Ali Alice Alicia Alison Allison Amanda Amelia Amina Amir Amy Ana Anastasia Andrea Andreas Andrew Andy
    Angela Anika Anita Anja Ann Anna Anne Annette Anthony Anton Antonia Antonio Anya Arjun Arthur Asha Astrid Aylin Ayse
    Barbara Beatrice Ben Benjamin Bernard Beth Birgit Boris Brandon Brenda Brian Bridget Bruno Caleb Cameron Camille Carl
    Carla Carlos Caroline Catherine Cecilia Charles Charlie Charlotte Chloe Chris Christian Christina Christine Christoph
    Christopher Claire Clara Claudia Colin Connor Craig Daniel Daniela Danielle David Deborah Deepak Denise Dennis Derek
    Diana Diego Dmitri Dominic Donna Doris Dorothy Douglas Duncan Dylan Eduardo Edward Edwin Eileen Elaine Elena Eli Elias
    Elif Elisabeth Elizabeth Ella Ellen Emil Emily Emma Enrique Eric Erik Erika Ernest Esther Ethan Eva Evelyn Fabian
    Farah Fatima Felix Fernando Fiona Florian Frances Francesca Francis Franz Frederik Gabriel Gary Gemma Geoffrey George
    Gerald Gerard Giovanni Giulia Gloria Gordon Graham Greg Gregory Greta Guillermo Gustav Hannah Hans Harold Harriet
    Harry Hassan Heidi Helen Helena Helga Henrik Henry Hiroshi Howard Hugo Ian Ibrahim Ines Ingrid Irene Isaac Isabel
    Isabella Ivan Jacob James Jamie Jan Jana Jane Janet Janice Jason Javier Jeff Jeffrey Jenna Jennifer Jenny Jeremy
    Jerome Jessica Jessie Jim Joan Joanna Joe Joel Johan Johannes John Johnny Jonas Jonathan Jordan Jorge Jose Josef
    Joseph Joshua Juan Judith Julia Julian Julie Jun Jürgen Justin Kai Karen Karim Karin Karl Kate Katharina Katherine
    Kathleen Katie Katja Kavita Keith Kelly Ken Kenneth Kevin Kim Klaus Kristina Kumar Kyle Lars Laura Lauren Laurence Lea
    Leah Leila Lena Leo Leon Leonard Leonie Lewis Liam Linda Lisa Liz Lorenzo Louis Louise Luca Lucas Lucia Lucy Luis Luke
    Lydia Maddie Madison Magda Maja Manuel Marc Marcel Marcus Margaret Margot Maria Mariam Marie Mario Marion Marta Martha
    Martin Martina Mary Mateo Matteo Matthew Matthias Maureen Maurice Maya Megan Mei Melanie Melissa Mia Michael Michaela
    Michelle Miguel Mike Mila Milan Mina Miriam Mohamed Mohammed Mona Monica Monika Morgan Muhammad Murat Nadia Nancy
    Naomi Natalia Natalie Natasha Nathan Neha Neil Nicholas Nicole Niels Nigel Nina Noah Noor Nora Norman Oleg Olga Oliver
    Olivia Omar Oscar Oskar Otto Pablo Pamela Patricia Patrick Paul Paula Pauline Pedro Peter Petra Philip Phillip Pierre
    Pilar Pooja Priya Rachel Rafael Rahul Raj Rajesh Ralph Ramon Raquel Raymond Rebecca Renata Rene Ricardo Richard Rita
    Robert Roberto Roger Rohan Roland Ron Ronald Rosa Rosalind Ruth Ryan Sabine Salma Sam Samantha Samir Samuel Sandra
    Sanjay Sara Sarah Sasha Scott Sean Sebastian Sergei Sergio Shannon Sharon Sheila Shirley Silvia Simon Simone Sofia
    Sonia Sophia Sophie Stefan Stefanie Stella Stephanie Stephen Steve Steven Stuart Sunita Susan Suzanne Svetlana Sven
    Sylvia Tamara Tanja Tanya Tara Tatiana Ted Teresa Theo Theresa Thomas Tim Timothy Tina Tobias Tom Tomasz Tommy Tracy
    Ulrich Ursula Valentina Valerie Vanessa Vera Veronica Victor Victoria Vikram Vincent Viola Vivian Vladimir Walter Wei
    Wendy Werner William Wolfgang Yasmin Yuki Yusuf Yvonne Zara Zoe
    """.split()
)
"""Widely known given names that are hardly ever anything else."""
_NOT_NAMES = frozenset(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September
    October November December Excel Word Teams Slack TikTok Instagram LinkedIn Python Google Zoom PowerPoint Outlook
    Facebook YouTube Twitter Reddit Discord Copilot Notion Figma Jira Siri Alexa Claude Amazon Apple Microsoft Salesforce
    Oracle English German French Spanish Chinese Europe Germany France London Berlin Paris America Africa Asia India China
    Christmas Easter Finance Marketing Sales Legal Operations Engineering Support HR IT God Yes No Ok Okay Thanks Thank
    Please Sorry Well So And But Or If When Then There Here This That These Those The A An I You He She It We They My Your
    His Her Its Our Their What Who Why How Where Which Everyone Everybody Someone Somebody Anyone Anybody Nobody People
    Management Leadership Board Head Chief Director Manager Boss Team
    """.split()
)

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herr|Frau|Mme|Señor|Señora)"
_WORD = r"[A-ZÀ-ÖØ-ÞŁŚŻŠŽČĆĐ][\w]*(?:['’][A-Z]\w+)?(?:-[A-ZÀ-ÖØ-Þ]\w+)*"
_FULL = rf"{_WORD}(?:[ \t]+{_WORD}){{0,2}}"
_AFTER_TITLE = re.compile(rf"\b{_TITLE}\.?[ \t]+({_FULL})")
_SAYS = (
    r"(?:said|says|told|tells|asked|asks|thinks|thought|mentioned|suggested|reckons|wrote|replied|texted|emailed|promised|joined)"
)
_CUES = (
    re.compile(
        r"\b(?:ask|asked|asking|tell|told|telling|thank|thanked|meet|met|meeting with|texted|emailed|phoned|named|"
        r"(?:my|our|your|his|her|their|the|a) (?:(?:new|old|former|own) )?"
        r"(?:colleague|boss|manager|mentor|mentee|friend|deputy|assistant|"
        r"predecessor|successor|intern|trainee|neighbour|husband|wife|partner|brother|sister|daughter|son|niece|nephew))"
        rf",?[ \t]+({_FULL})"
    ),
    re.compile(rf"({_FULL}),?[ \t]+{_SAYS}\b"),
    re.compile(
        rf"(?:^|[.!?\n][ \t]*)(?:[Hh]i|[Hh]ello|[Hh]ey|[Dd]ear|[Gg]ood morning|[Gg]ood afternoon)[ \t]+({_FULL})(?=[,.!?])"
    ),
)
_ADDRESSED = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w@])@[A-Za-z_]\w{2,}")
_PERSON_AFTER = rf"(?:['’]s\b|,?[ \t]+{_SAYS}\b|[ \t]+(?:from|in) [a-z])"
_PERSON_BEFORE = re.compile(
    r"(?:\b(?:ask|asked|tell|told|thank|thanked|met|with|from|hi|hello|hey|dear|thanks|i'm|i’m|i am|this is|it's|it’s|"
    rf"named|called|{_TITLE})"
    r"[ \t,.]+)$",
    re.IGNORECASE,
)
_NOT_PERSON_AFTER = re.compile(r"^[ \t]+(?:\d|my words|of\b|period\b|i\b|we\b|you\b|it\b|be\b|have\b|not\b)", re.IGNORECASE)
_MONTH_BEFORE = re.compile(
    r"\b(?:in|by|since|until|till|before|after|last|next|this|early|late|mid|of|from|to|during|\d+(?:st|nd|rd|th)?)[ \t]+$",
    re.IGNORECASE,
)
_MONTHS = frozenset({"april", "may", "june", "july", "august", "summer", "autumn", "winter", "sunday"})


@dataclass(frozen=True)
class _Person:
    role: str
    name: str
    """As it was first seen, without a title."""


def anonymise(
    transcript: Transcript, learner_name: str, counterpart_names: Sequence[str] = ()
) -> tuple[Transcript, dict[str, str]]:
    """The transcript with roles for names, and which name became which role.

    `learner_name` may hold several words, `counterpart_names` several people; all of these are `the counterpart`. Names of others
    become `Person A`, `Person B` in the order in which they are first said. The mapping holds the names: show it, do not keep
    it.
    """
    people = [_Person(LEARNER, n) for n in _listed([learner_name])] + [
        _Person(COUNTERPART, n) for n in _listed(counterpart_names)
    ]
    people += _longer_forms(transcript, people)
    for name in _others(transcript, tuple(people)):
        number = sum(p.role.startswith("Person ") for p in people)
        people.append(_Person(f"Person {_letters(number)}", name))
    forms = _forms(people)
    mapping: dict[str, str] = {}
    turns = tuple(replace(turn, text=_replace(turn.text, forms, mapping)) for turn in transcript.turns)
    return Transcript(turns), mapping


def _listed(names: Iterable[str]) -> list[str]:
    """Single people, without titles and without words that only say a role."""
    found: list[str] = []
    for listed in names:
        for name in re.split(r"[,;/()]| and | & ", listed):
            bare = re.sub(rf"^{_TITLE}\.?\s+", "", " ".join(name.split()))
            if any(_is_name(part) for part in bare.split()):
                found.append(bare)
    return found


def _is_name(part: str) -> bool:
    return len(part) > 1 and part[0].isalpha() and part.casefold() not in _ROLE_WORDS


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split() if _is_name(part) and len(part.strip(".")) > 1)


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    return (_letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


# Who else is named ----------------------------------------------------------------------------------------------------


def _others(transcript: Transcript, speakers: Sequence[_Person]) -> list[str]:
    """People who are named and do not speak, each by the longest form of the name, in order of first mention."""
    known = {part.casefold() for person in speakers for part in _parts(person.name)}
    places: dict[str, tuple[int, int]] = {}
    for place, turn in enumerate(transcript.turns):
        for start, name in _named(turn.text):
            parts = name.split()
            if any(part.casefold() in known for part in parts):
                # Two names side by side: “Thanks Renata Maya says hello.”
                rest = next((n for n, part in enumerate(parts) if part in _GIVEN and part.casefold() not in known), None)
                parts = [] if rest is None else [p for p in parts[rest:] if p.casefold() not in known]
            if parts:
                places.setdefault(" ".join(parts), (place, start))
    names = sorted(places, key=lambda n: (-len(n.split()), places[n]))
    kept: list[str] = []
    for name in names:
        # “Maya” after “Maya Lindt” is the same person.
        if not any(set(name.split()) <= set(k.split()) for k in kept):
            kept.append(name)
    return sorted(kept, key=lambda n: min(places[m] for m in places if set(m.split()) <= set(n.split())))


def _longer_forms(transcript: Transcript, people: Sequence[_Person]) -> list[_Person]:
    """Surnames that were only known once somebody was called in full: “Renata Okafor” for a speaker called Renata."""
    role = {part: person.role for person in reversed(people) for part in _parts(person.name)}
    found: list[_Person] = []
    for turn in transcript.turns:
        for match in re.finditer(rf"(?<!\w){_FULL}", turn.text):
            parts = [_bare(word) for word in match.group().split()]
            for first, last in pairwise(parts):
                if first in role and last not in role and _may_be_surname(last):
                    role[last] = role[first]
                    found += [_Person(role[first], f"{first} {last}")]
    return found


def _may_be_surname(word: str) -> bool:
    return word not in _GIVEN and word.casefold() not in WORDS_TOO and _clean(word, certain=False) is not None


def _named(text: str) -> Iterator[tuple[int, str]]:
    for match in _AFTER_TITLE.finditer(text):
        name = _clean(match.group(1), certain=True)
        if name:
            yield match.start(1), name
    for cue in _CUES:
        for match in cue.finditer(text):
            name = _clean(match.group(1), certain=False)
            if name and not (name.casefold() in WORDS_TOO and not _is_person_here(text, match.start(1), match.end(1), name)):
                yield match.start(1), name
    for match in re.finditer(rf"(?<!\w){_FULL}", text):
        words = list(re.finditer(r"\S+", match.group()))
        index = 0
        while index < len(words):
            first = _bare(words[index].group())
            # A surname may follow a given name; where none does, the next name may: “Renata May Maya”.
            name = _clean(" ".join([first, *(w.group() for w in words[index + 1 :])]), certain=False) if first in _GIVEN else None
            if name:
                yield match.start() + words[index].start(), name
            index += len(name.split()) if name else 1


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word)


def _clean(found: str, *, certain: bool) -> str | None:
    """The words of a find that can be a name: from the first, up to one that cannot."""
    kept: list[str] = []
    for word in found.split():
        bare = _bare(word)
        if bare in _NOT_NAMES or not _is_name(bare) or (len(bare) > 1 and bare.isupper()):
            if kept:
                break
            if not certain:
                return None
            continue
        kept.append(bare)
        if bare != word:
            break
    return " ".join(kept) or None


# Replacing ------------------------------------------------------------------------------------------------------------


def _forms(people: Sequence[_Person]) -> dict[str, str]:
    """Every form in which somebody may be mentioned, with the role; of two people with one name the first has it."""
    forms: dict[str, str] = {}
    for person in people:
        forms.setdefault(person.name, person.role)
    for person in people:
        for part in _parts(person.name):
            forms.setdefault(part, person.role)
    return forms


def _replace(text: str, forms: dict[str, str], mapping: dict[str, str]) -> str:
    text = _ADDRESSED.sub(ADDRESS, text)
    if not forms:
        return text
    by_fold: dict[str, tuple[str, str]] = {}
    for form, role in forms.items():
        by_fold.setdefault(form.casefold(), (form, role))
    alternatives = "|".join(re.escape(f).replace(r"\ ", r"\s+") for f in sorted(forms, key=len, reverse=True))
    pattern = re.compile(rf"(?<!\w)(?P<title>{_TITLE}\.?\s+)?(?P<name>{alternatives})(?!\w)", re.IGNORECASE)

    def role_for(match: re.Match[str]) -> str:
        said = match["name"]
        form, role = by_fold[" ".join(said.split()).casefold()]
        if not match["title"] and not _means_person(text, match.start("name"), match.end("name"), said):
            return match.group()
        mapping.setdefault(form, role)
        return role[0].upper() + role[1:] if _starts_sentence(text, match.start()) else role

    return pattern.sub(role_for, text)


def _means_person(text: str, start: int, end: int, said: str) -> bool:
    """Whether a word that may be a name is one here."""
    if len(said.split()) > 1:
        return True
    if said.casefold() not in WORDS_TOO:
        return said[0].isupper() or said.title() in _GIVEN
    return said[0].isupper() and _is_person_here(text, start, end, said)


def _is_person_here(text: str, start: int, end: int, said: str) -> bool:
    """For a name that is a word as well: mid-sentence a capital says so, except of months; at a start what is around has to."""
    before, after = text[:start], text[end:]
    if said.casefold() in _MONTHS and (_MONTH_BEFORE.search(before) or re.match(r"[ \t]+\d", after)):
        return False
    if re.match(_PERSON_AFTER, after) or (_PERSON_BEFORE.search(before) and not _NOT_PERSON_AFTER.match(after)):
        return True
    if re.match(r",[ \t]", after) and _starts_sentence(text, start):
        return True
    return not _starts_sentence(text, start) and not _NOT_PERSON_AFTER.match(after)


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" \t\"“”‘’'(*_-–—>")
    return not before or before[-1] in ".!?…:\n"
