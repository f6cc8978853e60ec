"""Rehearse: practise the conversations that start a reverse mentorship.

from rehearse import Rehearsal, rate_exchange, search_ideas
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# onnxruntime, from 1.29 on, tells its makers which models are loaded and how they run, and keeps an id of the machine for that,
# unless this is set before it is loaded for the first time. Nothing of this program tells anybody anything, so it is set here.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

if TYPE_CHECKING:
    from rehearse.session import ExchangeRating, Rehearsal, Reply, rate_exchange
    from rehearse.workspace import search_ideas

__all__ = ["ExchangeRating", "Rehearsal", "Reply", "rate_exchange", "search_ideas"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the engine only when it is used, so that `rehearse --help` stays instant."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("rehearse.workspace" if name == "search_ideas" else "rehearse.session"), name)
    raise AttributeError(f"module 'rehearse' has no attribute {name!r}")
