from __future__ import annotations

import pytest

from rehearse.errors import EmptyTurnError, TurnTooLongError
from rehearse.perception.readability import MAX_TURN_CHARACTERS, Readability, clean_turn, readability


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t", "\x00\x01", "\u200b\u200b"])
def test_nothing_is_not_a_turn(nothing: str) -> None:
    with pytest.raises(EmptyTurnError):
        clean_turn(nothing)


def test_too_much_is_refused_and_says_how_much() -> None:
    with pytest.raises(TurnTooLongError, match="50,000"):
        clean_turn("a" * 50_000)
    assert len(clean_turn("a" * MAX_TURN_CHARACTERS)) == MAX_TURN_CHARACTERS


def test_control_characters_go_and_words_stay() -> None:
    assert clean_turn("  half\x00 an\x1b[31m hour\r\nplease\x07 ") == "half an[31m hour\nplease"


@pytest.mark.parametrize(
    "plain",
    [
        "Thanks for making time.",
        "ok",
        "hm. same tbh mate",
        "I could show you the scanner forms.",
        "yeah nah im knackered",
        "Says who?",
        "no idea lol",
        "TikTok analytics",
        "Fridays. Half an hour. You pick.",
        "My colleague Krzysztof Wiśniewski from Łódź showed me the dashboard.",
        "<b>Can I start on Monday?</b>",
    ],
)
def test_odd_english_is_still_english(plain: str) -> None:
    assert readability(plain) is Readability.PLAIN


@pytest.mark.parametrize(
    ("strange", "kind"),
    [
        ("😀👍🎉", Readability.NO_WORDS),
        ("?!...", Readability.NO_WORDS),
        ("Ich würde Ihnen gern zeigen, wie das Programm funktioniert.", Readability.FOREIGN),
        ("Quiero mostrarle cómo funciona el programa nuevo", Readability.FOREIGN),
        ("我想向您展示这个工具怎么用", Readability.FOREIGN),
        ("((((( ;;;; 7 7 7 a ]]]]] &&&& ====", Readability.NOISE),
    ],
)
def test_what_cannot_be_read_is_told_apart(strange: str, kind: Readability) -> None:
    assert readability(strange) is kind
