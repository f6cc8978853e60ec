from __future__ import annotations

import pytest

from rehearse.domain.library import shipped_root
from rehearse.domain.rated import load_sentences
from rehearse.domain.rubric import CLARITY_CRITERIA
from rehearse.perception.encoder import Encoder
from rehearse.perception.gist import gist_of, says_nothing
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
