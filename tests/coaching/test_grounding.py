from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearse.coaching.grounding import ground_passage, ground_quote
from rehearse.domain.library import Library
from rehearse.domain.quotes import find_words
from rehearse.domain.transcript import Speaker, Turn


def turn(text: str) -> Turn:
    return Turn(Speaker.LEARNER, 3, text)


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("I did not promise", "I did promise a demo on Friday."),
        ("I did promise", "I did not promise a demo on Friday."),
        ("I don", "I don't want to."),
        ("t want", "I don’t want to."),
        ("promise", "That was a compromise."),
        ("prom", "I promise."),
        ("thank you", "Thank you for the time."),
        ("I would like", "I'd like to."),
        ("an hour every week", "an hour, every week"),
        ("demo on Friday. That is all", "A demo on Friday. Well, that is all"),
        ("…", "Well … yes."),
        ("", "Anything."),
        ("  ", "Anything at all."),
        ("“”", "She said “no”."),
    ],
)
def test_what_was_not_said_so_is_not_found(quote: str, said: str) -> None:
    assert ground_quote(quote, turn(said)) is None


@pytest.mark.parametrize(
    ("quote", "said", "found"),
    [
        ("I don't  want\nto", "Well, I don’t want to.", "I don’t want to"),
        ('"so what" - she said', "It was “so what” — she said, twice.", "“so what” — she said"),
        ("“I'll show you”", "And I’ll show you on Monday.", "And I’ll show you"[4:]),
        ("co‑operate", "We co-operate.", "co-operate"),
        ("an hour", "An hour? Yes, an hour.", "an hour"),
        ("no?", "You said no?", "no?"),
        ("cafe\u0301", "In the café.", "café"),
    ],
)
def test_signs_and_white_space_may_differ(quote: str, said: str, found: str) -> None:
    span = ground_quote(quote, turn(said))
    assert span is not None
    assert span.quote == found
    assert span.turn.text[span.start : span.end] == found


def test_the_first_of_two_places_is_taken() -> None:
    assert find_words("an hour", "an hour, an hour") == (0, 7)


def test_capitals_may_differ_only_where_that_is_asked_for() -> None:
    assert find_words("AN HOUR", "an hour") is None
    assert find_words("AN HOUR", "an hour", any_case=True) == (0, 7)


_SAID = st.lists(st.from_regex(r"[A-Za-z'’]{1,6}[,.–-]?", fullmatch=True), min_size=1, max_size=12).map(" ".join)


@given(_SAID, st.data())
def test_every_run_of_words_is_found_however_its_signs_are_drawn(said: str, data: st.DataObject) -> None:
    words = said.split()
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    quote = data.draw(st.sampled_from([" ", "\n", "  \t"])).join(words[start:end])
    redrawn = quote.translate(str.maketrans({"’": "'", "–": "—"}))
    span = ground_quote(redrawn, turn(said))
    if any(c.isalpha() for c in quote):
        assert span is not None
        assert re.sub(r"[’']", "'", re.sub(r"[–—-]", "-", " ".join(span.quote.split()))) == re.sub(
            r"[’']", "'", re.sub(r"[–—-]", "-", " ".join(quote.split()))
        )
        assert span.quote in said
    else:
        assert span is None


@given(st.text(max_size=40), st.text(min_size=1, max_size=80))
def test_whatever_is_found_has_the_letters_of_the_quote(quote: str, said: str) -> None:
    span = ground_quote(quote, turn(said))
    if span is not None:
        assert span.quote in said
        assert [c for c in span.quote if c.isascii() and c.isalnum()] == [c for c in quote if c.isascii() and c.isalnum()]


@given(_SAID, st.data())
def test_a_word_put_in_or_left_out_is_no_quote(said: str, data: st.DataObject) -> None:
    words = said.split()
    at = data.draw(st.integers(0, len(words)))
    assert ground_quote(" ".join([*words[:at], "NOT7", *words[at:]]), turn(said)) is None


def test_only_an_offered_passage_can_be_cited(library: Library) -> None:
    first, second, third = list(library.corpus.passages())[:3]
    citation = ground_passage(second.passage_id, (first, second))
    assert citation is not None
    assert citation.passage is second
    assert ground_passage(third.passage_id, (first, second)) is None
    assert ground_passage("", (first, second)) is None
    assert ground_passage("no-such-passage", (first, second)) is None
