"""The gist of a turn: its words without the sentences that say nothing. Clarity is rated on it; padding cannot raise it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import Segment, sentences, words

EMPTY = 0.12
"""The probability from which a sentence counts as empty: of those never fitted on, 94 % are found, and 3 % taken wrongly."""
_PARTICULAR = re.compile(r"\d|[%€£$]|\?")
_FILLERS = frozenset("so yes yeah yep ok okay well right anyway anyhow um uh er hm oh ah and but now then look listen".split())
_LONGEST = 30
"""Longer sentences are never empty as a whole."""
_LIGHT_WORDS, _LIGHT_ACT = 8, 0.12
"""A sentence is light up to so many words, as long as no dialogue act is likelier than this."""


@dataclass(frozen=True)
class Gist:
    """The sentences that say something, and how many were left out. `text` has single spaces between them."""

    kept: tuple[Segment, ...]
    left_out: int

    @property
    def text(self) -> str:
        """The sentences in order."""
        return " ".join(sentence.text for sentence in self.kept)

    def place(self, start: int) -> Segment:
        """The sentence of the turn in which a position of `text` lies."""
        at = 0
        for sentence in self.kept:
            at += len(sentence.text) + 1
            if start < at:
                return sentence
        return self.kept[-1]


def gist_of(text: str, encoder: Encoder) -> Gist:
    """The gist of a turn. Each sentence is judged alone; among padding, light sentences alone make no gist."""
    found = list(sentences(text))
    kept = tuple(sentence for sentence in found if not says_nothing(sentence.text, encoder))
    if len(kept) < len(found) and all(_light(sentence.text, encoder) for sentence in kept):
        kept = ()
    return Gist(kept, len(found) - len(kept))


def core_of(gist: Gist, encoder: Encoder) -> Gist:
    """The gist without its light sentences: short ones that name nothing and do nothing, whatever the reader thinks of them.

    Padding that passes for a sentence that says something is nearly always light. What is left over may be nothing.
    """
    return Gist(tuple(sentence for sentence in gist.kept if not _light(sentence.text, encoder)), gist.left_out)


def _light(sentence: str, encoder: Encoder) -> bool:
    if _PARTICULAR.search(sentence) or len(words(sentence)) > _LIGHT_WORDS:
        return False
    return float(encoder.read(sentence, "").acts.max()) < _LIGHT_ACT


def says_nothing(sentence: str, encoder: Encoder) -> bool:
    """Whether a sentence is padding: no number, no question, and nothing but fillers, or empty to the reader."""
    if _says_something(sentence):
        return False
    return _only_fillers(sentence) or encoder.read(sentence, "").empty >= EMPTY


def is_asked_about(sentence: str) -> bool:
    """Whether it takes the reader to tell if a sentence says anything."""
    return not (_says_something(sentence) or _only_fillers(sentence))


def _says_something(sentence: str) -> bool:
    return bool(_PARTICULAR.search(sentence)) or len(words(sentence)) > _LONGEST


def _only_fillers(sentence: str) -> bool:
    return set(words(sentence)) <= _FILLERS
