"""`rehearse mcp`: the tools for programs, on standard input and output."""

from __future__ import annotations


def mcp() -> None:
    """Let a program rehearse over the Model Context Protocol, on standard input and output.

    Needs the extra: pip install 'rehearse[mcp]'. A server that runs already (`rehearse serve`) offers the same at /mcp.
    """
    from rehearse.app.desk import Desk
    from rehearse.app.mcp_mount import on_standard_streams
    from rehearse.app.strings import speak
    from rehearse.config import load_settings
    from rehearse.workspace import Workspace

    settings = load_settings()
    speak(settings.language)
    on_standard_streams(Desk(Workspace(settings)))
