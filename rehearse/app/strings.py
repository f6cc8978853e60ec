"""Every word that the interface says comes from one catalogue a language: `strings/<language>.toml`.

One process speaks one language, because Gradio builds its pages once, before anybody has asked for one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "strings"
ENGLISH = "en"
_spoken = {"language": ENGLISH}


def speak(language: str) -> None:
    """Say everything in this language from now on; call before the pages are built."""
    catalogue(language)
    _spoken["language"] = language


def language() -> str:
    """The language that is spoken, as in `<html lang>`."""
    return _spoken["language"]


def _flat(table: dict[str, object], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", str(value)


@cache
def catalogue(language: str = ENGLISH) -> dict[str, str]:
    """All texts of a language by dotted key."""
    with (FOLDER / f"{language}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file)))


def text(key: str, **values: object) -> str:
    """One text with its blanks filled, in English where the language lacks it; `KeyError` for a key or blank not there."""
    words = catalogue(language()).get(key) or catalogue()[key]
    return words.format(**values)


def counted(key: str, number: int, **values: object) -> str:
    """The text for one (`key.one`) or several (`key.other`), with `{n}` filled."""
    return text(f"{key}.{'one' if number == 1 else 'other'}", n=number, **values)
