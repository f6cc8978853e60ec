"""Portraits drawn from a persona's id: the same id gives the same face, and no picture is needed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_GROUNDS = ("#C9D8D6", "#E4D3BC", "#D5CFE0", "#D9DDC4", "#E6CDC3", "#C8D5E2")
_SKINS = ("#F0D2B6", "#E3B58F", "#C98F63", "#A46E45", "#7C4F31", "#F4DEC9")
_HAIRS = ("#2B2522", "#5B3A25", "#8A8580", "#B98B4A", "#D9D4CC", "#742F1E")
_CLOTHES = ("#0F5C63", "#6B4A2F", "#3F4A6B", "#7A3B3B", "#44583A", "#4C3D5C")


class _Dice:
    """Choices that depend on the id alone."""

    def __init__(self, seed: str) -> None:
        self._bytes = hashlib.sha256(seed.encode()).digest()
        self._at = 0

    def pick(self, options: Sequence[str]) -> str:
        self._at += 1
        return options[self._bytes[self._at] % len(options)]

    def roll(self, sides: int) -> int:
        self._at += 1
        return self._bytes[self._at] % sides


def _hair(kind: int, colour: str) -> tuple[str, str]:
    """What lies behind the head, and what lies over it."""
    crop = f'<path d="M29 46c-2-16 7-26 21-26s23 10 21 26c-3-8-6-12-9-14-7 4-19 4-25 0-4 3-6 7-8 14z" fill="{colour}"/>'
    parted = f'<path d="M28 50c-3-19 8-31 23-30 13 0 23 9 21 29-3-7-5-13-12-18-8 6-20 5-25 6-4 3-6 7-7 13z" fill="{colour}"/>'
    fringe = f'<path d="M29 48c-2-18 8-28 21-28s23 10 21 28c-2-4-3-6-4-9-10 2-24 2-34 0-1 3-2 5-4 9z" fill="{colour}"/>'
    long = f'<path d="M25 80c-4-16-3-30 1-42 4-12 12-19 24-19s20 7 24 19c4 12 5 26 1 42z" fill="{colour}"/>'
    bun = f'<circle cx="50" cy="17" r="8" fill="{colour}"/>'
    curls = "".join(
        f'<circle cx="{x}" cy="{y}" r="8.5" fill="{colour}"/>'
        for x, y in ((30, 40), (33, 30), (41, 23), (50, 21), (59, 23), (67, 30), (70, 40))
    )
    sides = f'<path d="M28 54c-3-9-2-16 1-20 1 7 1 12 2 20zm44 0c3-9 2-16-1-20-1 7-1 12-2 20z" fill="{colour}"/>'
    return (("", crop), (long, parted), (bun, fringe), (curls, crop), ("", sides), (long, fringe), ("", parted))[kind]


def _extras(dice: _Dice, hair: str) -> str:
    parts = []
    if dice.roll(3) == 0:
        parts.append(
            '<g fill="none" stroke="#2B2522" stroke-width="1.6"><circle cx="42" cy="48" r="6"/><circle cx="58" cy="48" r="6"/>'
            '<path d="M48 48h4"/></g>'
        )
    if dice.roll(4) == 0:
        parts.append(f'<path d="M35 55c1 13 7 19 15 19s14-6 15-19c-3 6-8 7-15 7s-12-1-15-7z" fill="{hair}" opacity=".9"/>')
    return "".join(parts)


def draw(persona_id: str) -> str:
    """A head and shoulders as inline SVG, hidden from screen readers (the name stands beside it)."""
    dice = _Dice(f"portrait:{persona_id}")
    ground, skin, hair, clothes = (dice.pick(c) for c in (_GROUNDS, _SKINS, _HAIRS, _CLOTHES))
    behind, over = _hair(dice.roll(7), hair)
    mouth = ("M44 61q6 4 12 0", "M44 62h12", "M45 61q5 3 10 1")[dice.roll(3)]
    collar = ("M42 76l8 9 8-9", "M40 77q10 8 20 0", "M43 76l7 16 7-16")[dice.roll(3)]
    return (
        '<svg class="portrait" viewBox="0 0 100 100" aria-hidden="true" focusable="false">'
        f'<rect width="100" height="100" fill="{ground}"/><g>{behind}'
        f'<path d="M16 104c2-20 16-28 34-28s32 8 34 28z" fill="{clothes}"/>'
        f'<path d="M43 64h14v13c-2 5-12 5-14 0z" fill="{skin}"/><ellipse cx="50" cy="49" rx="19" ry="23" fill="{skin}"/>'
        f'<path d="{collar}" fill="none" stroke="#FFFFFF" stroke-opacity=".55" stroke-width="2"/>'
        '<g fill="#2B2522"><circle cx="42" cy="48" r="1.9"/><circle cx="58" cy="48" r="1.9"/></g>'
        f'<path d="{mouth}" fill="none" stroke="#2B2522" stroke-opacity=".7" stroke-width="1.8" stroke-linecap="round"/>'
        f"{_extras(dice, hair)}{over}</g></svg>"
    )
