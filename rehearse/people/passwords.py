"""Passwords: which are taken, how they are kept, and how one is checked without telling anything by the time it takes."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rehearse.errors import LearnerError

SHORTEST, LONGEST = 10, 200
FEWEST_SIGNS = 5
"""A password of fewer different signs is a pattern."""
AT_ONCE = 2
"""How many are computed at the same time: each takes 64 MB, and a flood of guesses must not take them all."""

_HASHER = PasswordHasher()
_ROOM = threading.BoundedSemaphore(AT_ONCE)
_LEET = str.maketrans("@4310$57", "aaeiosst")


def require_good(password: str, name: str) -> None:
    """`LearnerError` for a password that is too short, is the name, or is among the first that anybody tries."""
    if len(password) < SHORTEST:
        raise LearnerError(
            f"A password has at least {SHORTEST} signs; a few words in a row are easy to keep in mind. Nothing was changed."
        )
    if len(password) > LONGEST:
        raise LearnerError(f"A password has at most {LONGEST} signs. Nothing was changed.")
    told, called = _plain(password), _plain(name)
    around = told.replace(called, "", 1) if len(called) > 2 else told
    if called and (told in (called, called[::-1]) or (around != told and not around.strip("0123456789 !?.-_"))):
        raise LearnerError("A password must not be your name. Nothing was changed.")
    if (
        len(set(told)) < FEWEST_SIGNS
        or _is_row(told)
        or _stem(told) in common_stems()
        or _stem(told).translate(_LEET) in common_stems()
    ):
        raise LearnerError("That password is among the first that anybody would try. Nothing was changed; choose another.")


def hashed(password: str) -> str:
    """What is kept of a password: argon2id with a salt of its own."""
    with _ROOM:
        return _HASHER.hash(unicodedata.normalize("NFKC", password))


def fits(password: str, kept: str | None) -> bool:
    """Whether it is the password; takes as long where nobody has that name, and where they have no password."""
    try:
        with _ROOM:
            _HASHER.verify(kept or _nobody(), unicodedata.normalize("NFKC", password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether a hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(kept)


@cache
def common_stems() -> frozenset[str]:
    """The commonest passwords without what people add to them."""
    lines = Path(__file__).with_name("common_passwords.txt").read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def _nobody() -> str:
    return _HASHER.hash("the password of nobody at all")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _stem(told: str) -> str:
    """The letters between the digits and signs at both ends, without spaces."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", told).replace(" ", "")


def _is_row(told: str) -> bool:
    """Whether each sign follows the one before it, up or down, as in 1234567890."""
    steps = {(ord(b) - ord(a)) for a, b in pairwise(told)}
    return steps <= {1, -9} or steps <= {-1, 9}
