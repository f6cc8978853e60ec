"""The log as JSON lines, without a word of what anybody said.

Exceptions are told by their kind and place. Their messages may quote a learner, so only those of `OperatorError`, which are about
the machine, are told; of other packages only the kind and place of a message are.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from rehearse.errors import OperatorError

OURS = "rehearse"
SPOKEN_FOR = (OURS, "uvicorn")
"""Loggers whose messages are about the machine."""
TOLD = ("method", "route", "status", "ms")
"""What a record may add to its message."""
FRAMES = 12
"""As many lines of a stack, and causes of an error, are told."""


class JsonLines(logging.Formatter):
    """One JSON object a record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.partition(".")[0] in SPOKEN_FOR:
            told["message"] = record.getMessage()
        else:
            told["place"] = f"{record.module}:{record.lineno}"
        told |= {key: getattr(record, key) for key in TOLD if hasattr(record, key)}
        if record.exc_info and record.exc_info[1]:
            told |= _error(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False, default=str)


def _error(error: BaseException) -> dict[str, Any]:
    kinds, cause = [type(error).__name__], error.__cause__ or error.__context__
    while cause is not None and len(kinds) < FRAMES:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    told: dict[str, Any] = {"error": kinds, "where": [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]}
    if isinstance(error, OperatorError):
        told["reason"] = str(error)
    return told


def _wanted(record: logging.LogRecord) -> bool:
    # Some packages set levels of their own.
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] == OURS


def log_as_json(stream: TextIO | None = None) -> None:
    """From now on, JSON lines on standard error: our own records from INFO on, everybody else's from WARNING on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO)
    logging.captureWarnings(True)
