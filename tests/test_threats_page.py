"""The threat model names files and tests that are there, and every defence has one of each."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| (`.+?) \| (`.+?) \|$", PAGE, re.MULTILINE)


def test_each_way_in_has_code_that_stops_it_and_a_test_that_shows_it() -> None:
    ways = PAGE.partition("## The ways in")[2].partition("## What is left open")[0]
    rows = [line for line in ways.splitlines() if line.startswith("| ") and not line.startswith("| way |")]
    assert len(rows) == len(ROWS) > 30
    for way, _, code, tests in ROWS:
        for path in re.findall(r"`([a-z_]+/[\w/.@-]+)`", code):
            assert (ROOT / path).is_file(), f"{way}: {path}"
            assert path.startswith(("rehearse/", "deploy/")), way
        named = re.findall(r"`(tests/[\w/]+\.py)`", tests)
        assert named, way
        for path in named:
            assert re.search(r"^(async )?def test_", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), f"{way}: {path}"


def test_whoever_reads_the_short_page_finds_the_long_one() -> None:
    assert "docs/threats.md" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
