"""What is quoted of an answer: a sentence of it, the few words that stand for it, and those that it is recognised by."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_QUOTE = 120
"""Characters of an answer that one line may quote; what is longer is cut at a word."""

ENDS = ".!?…"
_SENTENCE = re.compile(r"(?<=[.!?…])[’)\]]*\s+(?=\S)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_COMMON = frozenset(
    """
    about after again against also another anybody anyone anything around because been before being between both cannot could does
    doing done each else even ever every everybody everyone everything from gets getting going gone have having here into itself
    just know like made make makes many might more most much must myself need never nobody nothing often only onto other over own
    people perhaps really same shall should some somebody someone something such than that that's their them then there these they
    they're thing things think this those through told under until upon very want well went were what when where whether which
    while will with without would you'll your yours yourself
    """.split()
)


def ended(text: str) -> str:
    """A text that ends as a sentence does."""
    return text if text[-1] in ENDS or (text[-2:-1] in ENDS and text[-1] in "’)") else text + "."


def sentence(text: str) -> str:
    """A text that begins and ends as a sentence does."""
    return ended(text[0].upper() + text[1:])


def first_sentence(text: str) -> str:
    """The first sentence, so that two lines never share the second; cut at a word where it is long."""
    first = _SENTENCE.split(text, maxsplit=1)[0]
    if len(first) <= LONGEST_QUOTE:
        return first
    cut = first[:LONGEST_QUOTE].rsplit(" ", 1)[0]
    return cut.rstrip(",;:-– ") + "…"


def handle(text: str, most: int = 4) -> str:
    """The few words of an answer that stand for it: the whole where it is short, else its most telling run."""
    first = first_sentence(text).rstrip(ENDS + " ") or text
    if len(first.split()) <= most:
        return first
    best = (0, "")
    for clause in re.split(r"[,;:.!?…()–—]+", first):
        parts = clause.split()
        telling = [_is_telling(part) for part in parts]
        for start in range(len(parts)):
            for end in range(start + 1, min(start + most, len(parts)) + 1):
                if telling[start] and telling[end - 1]:
                    letters = sum(len(p) for p, t in zip(parts[start:end], telling[start:end], strict=True) if t)
                    best = max(best, (letters, " ".join(parts[start:end])), key=lambda found: found[0])
    return best[1] or " ".join(first.split()[:most])


def _is_telling(word: str) -> bool:
    plain = word.lower().strip("‘’'\"").replace("’", "'")
    return len(plain) >= 4 and plain not in _COMMON and "'" not in plain and plain.isalnum()


def topics_of(text: str) -> Iterator[str]:
    """The telling words of an answer, shortened so that their other forms count too."""
    for word in _WORD.findall(text.lower().replace("’", "'")):
        if not _is_telling(word):
            continue
        for ending in ("ing", "ies", "es", "ed", "s"):
            if word.endswith(ending) and len(word) - len(ending) >= 4 and not word.endswith("ss"):
                word = word.removesuffix(ending)  # noqa: PLW2901
                break
        yield word
