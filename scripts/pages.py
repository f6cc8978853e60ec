"""Pages of `docs/` whose figures are written by the scripts that measure them."""

from __future__ import annotations

from pathlib import Path


def place(page: Path, section: str, body: str) -> None:
    """Put a text between a section's two markers, in place of what stood there."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    after = rest.split(end)[1]
    page.write_text(f"{before}{begin}\n\n{body.strip()}\n\n{end}{after}", encoding="utf-8")
