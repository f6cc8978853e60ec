from __future__ import annotations

import pytest

from rehearse.errors import LearnerError
from rehearse.people.passwords import common_stems, fits, hashed, outdated, require_good


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-one", "at least 10"),
        ("x" * 201, "at most 200"),
        ("Ana  Maria Lindt", "your name"),
        ("Ana Maria Lindt 2024!", "your name"),
        ("tdniL airaM anA", "your name"),
        ("Password123!", "first that anybody"),
        ("P@ssw0rd2024", "first that anybody"),
        ("123Welcome123", "first that anybody"),
        ("qwertyuiop", "first that anybody"),
        ("1234567890", "first that anybody"),
        ("9876543210", "first that anybody"),
        ("abcdefghijkl", "first that anybody"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("abababababab", "first that anybody"),
        ("ILOVEYOU!!!!", "first that anybody"),
    ],
)
def test_what_is_refused(password: str, why: str) -> None:
    with pytest.raises(LearnerError, match=why) as caught:
        require_good(password, "Ana Maria Lindt")
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["three wet lamps", "Anaconda-stew-7", "ünïcödé wörds", "my password is a long sentence", "k8#mQ2!vTz"]
)
def test_what_is_taken(password: str) -> None:
    require_good(password, "Ana")


def test_the_list_is_read() -> None:
    assert {"password", "qwertyuiop"} <= common_stems()
    assert all(stem == stem.lower() and " " not in stem for stem in common_stems())


def test_a_password_is_kept_as_argon2_and_fits_only_itself() -> None:
    kept = hashed("three wet lamps")
    assert kept.startswith("$argon2id$")
    assert kept != hashed("three wet lamps")
    assert fits("three wet lamps", kept)
    assert not fits("three wet lampS", kept)
    assert not fits("three wet lamps", None)
    assert not fits("the password of nobody at all", None)
    assert not fits("three wet lamps", "no hash")
    assert not outdated(kept)
    # Composed in another way, it is the same word.
    assert fits("schön geträumt", hashed("scho\u0308n getra\u0308umt"))
