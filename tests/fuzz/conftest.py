"""Counts the cases, and limits the memory of a long round."""

from __future__ import annotations

import hostile
import pytest


@pytest.fixture(autouse=True, scope="session")
def _limited() -> None:
    if hostile.WANTED:
        hostile.limit_memory()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if hostile.WANTED:
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(hostile.played.items()))
        terminalreporter.write_line(f"hostile cases: {sum(hostile.played.values()):,} ({told})")
