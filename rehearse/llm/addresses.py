"""Addresses of endpoints, as they may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

OPENAI_HOST = "api.openai.com"


def place(base_url: str | None) -> str:
    """Where an endpoint is, without user and password."""
    if base_url is None:
        return OPENAI_HOST
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
