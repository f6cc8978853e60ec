"""What the tests of the command line share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Run = Callable[..., Result]


def answer(result: Result) -> Any:
    """The one JSON document on standard output, with nothing around it."""
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("\n") >= 1
    return json.loads(result.stdout)


LINES = [
    "Thanks for the time, I know your calendar is full. I'll keep it to ten minutes.",
    "I'd like to show one person how I read the community forum every morning, half an hour every second Wednesday.",
    "What would you want to be sure of before you said yes?",
]
"""A short pitch."""
