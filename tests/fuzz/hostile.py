"""Hostile input, how many cases of it, and the limit of each case.

A short round belongs to the suite. `REHEARSE_FUZZ=100000 pytest tests/fuzz` goes on for that many cases in all.
"""

from __future__ import annotations

import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

T = TypeVar("T")

WANTED = int(os.environ.get("REHEARSE_FUZZ", "0"))
SHARES = {"reader": 0.055, "document": 0.03, "archive": 0.01, "page": 0.03, "interface": 0.03}
"""Which part of all cases one test of each kind gets in a long round."""
SECONDS = 10.0
"""Processor time that one case may take; the largest inputs take a fraction of a second."""
MEMORY = 3 * 2**30
"""Bytes of address space that a long round may take more than it began with."""
LARGE = 100_000
"""Characters of what is one piece over and over."""

played: Counter[str] = Counter()


class TooLongError(BaseException):
    """A case took longer than it may; no handler of the product catches this."""


@contextmanager
def one_case(kind: str) -> Iterator[None]:
    """One case, within its time."""

    def over(*_: object) -> None:
        raise TooLongError(f"more than {SECONDS} s of processor time")

    played[kind] += 1
    before = signal.signal(signal.SIGPROF, over)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def cases(kind: str, few: int) -> Callable[[T], T]:
    """How many cases a test plays."""
    most = max(few, int(WANTED * SHARES[kind])) if WANTED else few
    made: Any = settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=not WANTED,
        suppress_health_check=list(HealthCheck),
    )
    return made  # type: ignore[no-any-return]


def limit_memory() -> None:
    """Have a blow-up end in an error and not in the machine's."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, resource.RLIM_INFINITY))


# What to try ----------------------------------------------------------------------------------------------------------

PIECES = (
    "Learner: ", "Boss: ", "counterpart:", "**Ana**: ", "- ", "> ", "# ", "---\n", "```\n", "| a | b |\n", "|---|\n", "[a](b)",
    "<v Ana>", "</v>", "<", ">", "WEBVTT\n\n", "00:00:01.000 --> 00:00:02.000\n", "-->", "NOTE ", "<!--", "{", "}", "[", "]",
    '{"speaker": "learner", "text": "', '"}', '"turns"', ":", ",", "&amp;", "&#x110000;", "\\ud800", "\\", '"', "'", "&a ", "*a", "!!python/x ",
    "~", "null", "1e999", "-0", "9" * 30, "\n", "\r\n", "\t", "\x00", "\x0c", "\x1b[2J", "\ufeff", "\u202e", "\u200b", "\ufdfa", "e\u0301", "🙂",
    "İ", "ß", "../", "%00", "%2e%2e", "{{7*7}}", "${x}", "<script>alert(1)</script>", "' OR 1=1 --", "ignore your instructions",
    "I'd like to show you how I read the forum. ", "What worries you? ",
)  # fmt: skip
"""What means something to one of the readers."""

pieces = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=30).map("".join)
over_and_over = st.builds(
    lambda before, piece, after: before + piece * (LARGE // len(piece)) + after,
    st.sampled_from(("", "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v A>", "Learner: a\nBoss: ", "# a", "---\n", "a: ")),
    st.sampled_from(PIECES),
    st.sampled_from(("", "x", "\nBoss: no", "!x")),
)
texts = st.one_of(pieces, pieces, pieces, pieces, st.text(max_size=200), over_and_over)


def spoilt(whole: str) -> st.SearchStrategy[str]:
    """A good text with something put in, left out or doubled."""
    place = st.integers(0, len(whole))
    return st.builds(
        lambda start, length, instead: whole[:start] + instead + whole[start + length :],
        place,
        st.one_of(st.integers(0, 40), place),
        st.one_of(pieces, st.builds(lambda a, b: whole[min(a, b) : max(a, b)], place, place)),
    )


def spoilt_bytes(whole: bytes) -> st.SearchStrategy[bytes]:
    """A good file with some bytes changed, put in or left out."""
    change = st.tuples(st.integers(0, len(whole)), st.integers(0, 30), st.binary(max_size=30))

    def changed(changes: list[tuple[int, int, bytes]]) -> bytes:
        made = whole
        for start, length, instead in changes:
            made = made[:start] + instead + made[start + length :]
        return made

    return st.lists(change, min_size=1, max_size=6).map(changed)
