"""`rehearse serve`: for whoever runs the machine."""

from __future__ import annotations

import errno
import socket
from typing import Annotated

import typer

from rehearse.errors import SettingsError


def serve(
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option("--port", help="[default: 7860]")] = None,
    auth: Annotated[
        str | None,
        typer.Option("--auth", help="For several people: accounts, proxy:HEADER or oidc.  [default: nobody signs in]"),
    ] = None,
) -> None:
    """Open the application in the browser, for this machine only unless told otherwise."""
    from rehearse.config import load_settings

    settings = load_settings(host=host, port=port, auth=auth)
    require_free(settings.host, settings.port)
    from rehearse.app import serve as serve_application
    from rehearse.workspace import Workspace

    serve_application(Workspace(settings), settings.host, settings.port)


def require_free(host: str, port: int) -> None:
    """Raise `SettingsError` when nobody can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise SettingsError(f"The address {host} is not known on this machine. Leave --host out, or correct it.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} on {host} is in use, perhaps by another Rehearse. Stop that, or choose another port: "
                f"rehearse serve --port {port + 1 if port < 65535 else 7860}"
            ) from None
        raise SettingsError(
            f"Nothing can listen on {host}, port {port} ({error.strerror}). Choose another with --host and --port."
        ) from None
