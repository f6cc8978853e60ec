from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

from rehearse.app import strings
from rehearse.app.strings import catalogue, counted, speak, text
from rehearse.app.wording import day
from rehearse.config import load_settings
from rehearse.errors import SettingsError

APP = Path(strings.__file__).parent
SOURCES = [*APP.rglob("*.py"), *APP.glob("templates/*.html")]
WHOLE = re.compile(r"""\b(?:t|text)\(\s*f?["']([a-z_.]+)["']\s*[,)]""")
COUNTED = re.compile(r"""\b(?:tn|counted)\(\s*["']([a-z_.]+)["']""")
BEGUN = re.compile(r"""\b(?:t|text)\(\s*f?["']([a-z_]+\.[a-z_]*)(?:\{|["']\s*~)""")
NAMED = re.compile(r"""["']((?:title|error|nav)\.[a-z_]+)["']""")


def used() -> tuple[set[str], set[str]]:
    whole: set[str] = set()
    begun: set[str] = set()
    for source in SOURCES:
        words = source.read_text("utf-8")
        whole |= set(WHOLE.findall(words)) | set(NAMED.findall(words))
        whole |= {f"{key}.{form}" for key in COUNTED.findall(words) for form in ("one", "other")}
        begun |= set(BEGUN.findall(words))
    return whole, begun


def test_every_key_in_use_is_in_the_catalogue() -> None:
    whole, begun = used()
    assert sorted(whole - set(catalogue())) == []
    for beginning in begun:
        assert any(key.startswith(beginning) for key in catalogue()), beginning


def test_every_text_is_in_use() -> None:
    whole, begun = used()
    idle = [key for key in catalogue() if key not in whole and not key.startswith(tuple(begun))]
    assert idle == []


def test_texts_are_plain() -> None:
    for key, value in (*catalogue("en").items(), *catalogue("de").items()):
        assert value.strip() == value, key
        assert value, key
        assert not re.search(r"<|>|&\w+;", value), key


def test_a_missing_blank_is_an_error() -> None:
    with pytest.raises(KeyError):
        text("lookback.guessed", guess=5)
    with pytest.raises(KeyError):
        text("no.such.text")


def test_one_and_many() -> None:
    assert counted("history.turns", 1) == "1 turn"
    assert counted("history.turns", 4) == "4 turns"


def blanks(words: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(words) if name)


def test_german_says_what_english_says_with_the_same_blanks() -> None:
    english, german = catalogue("en"), catalogue("de")
    assert set(german) == set(english)
    assert {key: blanks(words) for key, words in german.items()} == {key: blanks(words) for key, words in english.items()}
    same = [key for key, words in german.items() if len(words.split()) > 3 and words == english[key]]
    assert same == [], "left in English"


def test_the_page_speaks_the_language_that_is_set() -> None:
    try:
        speak("de")
        assert text("prepare.begin") == "Anfangen"
        assert counted("history.turns", 4) == "4 Runden"
        assert day(date(2026, 3, 14)) == "14. März 2026"
    finally:
        speak("en")
    assert text("prepare.begin") == "Begin"
    assert day(date(2026, 3, 14)) == "14 March 2026"


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(SettingsError, match="REHEARSE_LANGUAGE"):
        load_settings(language="fr")
