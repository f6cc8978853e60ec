from __future__ import annotations

import pytest

from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_rated, load_sentences
from rehearse.domain.rubric import CLARITY_CRITERIA
from rehearse.perception.encoder import Encoder
from rehearse.perception.gist import core_of, gist_of, says_nothing
from rehearse.perception.levels import LevelReading, read_levels

ASK = "I'd like to show you how I read the drivers' forum, half an hour every second Wednesday."
NOTHING = "So, yes. That's really all there is to it. It is what it is, at the end of the day."


def scores(text: str, encoder: Encoder) -> dict[str, int]:
    found = read_levels(text, "What did you want to talk about?", encoder)
    return {c: r.score for c in CLARITY_CRITERIA if isinstance(r := found[c], LevelReading)}


def test_the_gist_leaves_out_what_says_nothing(encoder: Encoder) -> None:
    gist = gist_of(f"{NOTHING} {ASK}", encoder)
    assert gist.text == ASK
    assert gist.left_out == 3
    assert gist.place(5).text == ASK


@pytest.mark.parametrize("padded", [f"{ASK} {NOTHING}", f"{NOTHING} {ASK}"])
def test_padding_raises_no_score_of_clarity(padded: str, encoder: Encoder) -> None:
    plain, more = scores(ASK, encoder), scores(padded, encoder)
    assert plain.keys() == more.keys()
    assert all(more[c] <= plain[c] for c in plain)
    assert more["plainness"] < plain["plainness"]


UNKNOWN_PADDING = (
    "I won't go on. Make of that what you will. That's my piece said.",
    "Well, that's that. So much for that. You never know with these things.",
    "Everything has its time and place. I mean, you know what I mean. It goes without saying.",
)
"""Written after the reader was fitted; it takes several of these for sentences that say something."""


def test_padding_that_passes_raises_next_to_nothing(encoder: Encoder) -> None:
    rated = load_rated(shipped_root() / "corpus" / "rated")
    asks = [r for r in rated if r.held_out and r.levels is not None and r.levels.purpose is not None][::4]
    assert len(asks) >= 40
    raised = 0
    for number, row in enumerate(asks):
        plain = scores(row.text, encoder)
        padded = scores(f"{row.text} {UNKNOWN_PADDING[number % 3]}", encoder)
        common = plain.keys() & padded.keys()
        raised += sum(padded[c] - plain[c] for c in common) > len(common)
    assert raised / len(asks) <= 0.1


def test_the_core_has_neither_padding_nor_what_only_accompanies(encoder: Encoder) -> None:
    gist = gist_of(f"Well, that's that. {ASK} Make of that what you will.", encoder)
    assert core_of(gist, encoder).text == ASK


def test_nothing_but_padding_asks_nothing(encoder: Encoder) -> None:
    assert set(scores(NOTHING, encoder).values()) <= {0}


@pytest.mark.parametrize(
    "words", ["Friday works for me.", "I got it wrong.", "It happened 3 times.", "What scares you about it?"]
)
def test_short_words_that_say_something_are_kept(words: str, encoder: Encoder) -> None:
    assert not says_nothing(words, encoder)


def test_sentences_never_fitted_on_are_told_apart(encoder: Encoder) -> None:
    held = [s for s in load_sentences(shipped_root() / "corpus" / "rated" / "sentences") if s.held_out]
    right = sum(says_nothing(s.text, encoder) == s.empty for s in held)
    assert len(held) > 100
    assert right / len(held) >= 0.9
