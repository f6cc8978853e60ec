"""`rehearse serve` and `rehearse doctor`: for whoever runs the machine."""

from __future__ import annotations

import errno
import platform
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse import __version__
from rehearse.cli_output import EXIT_OPERATOR, JSON_HELP, emit, people, say
from rehearse.errors import OperatorError, RehearseError, SettingsError, StorageError

if TYPE_CHECKING:
    from rehearse.workspace import Workspace


def serve(
    host: Annotated[str | None, typer.Option("--host", help="The address to listen on.  [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option("--port", help="[default: 7860]")] = None,
) -> None:
    """Open the application in the browser, for this machine only."""
    from rehearse.config import load_settings

    settings = load_settings(host=host, port=port)
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


# Doctor ---------------------------------------------------------------------------------------------------------------

_PACKAGES = ("gradio", "chromadb", "onnxruntime", "sqlalchemy", "numpy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def doctor(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Look whether all that a rehearsal needs works here.

    The exit code is 3 if something does not.
    """
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    findings = [_attempt(name, look, workspace) for name, look in _LOOKS.items()]
    ok = all(finding.ok for finding in findings)
    if json:
        checks = [{"name": f.name, "ok": f.ok, "detail": f.detail} for f in findings]
        emit({"ok": ok, "version": __version__, "checks": checks})
    else:
        _print(findings)
    if not ok:
        raise typer.Exit(EXIT_OPERATOR)


def _print(findings: list[Finding]) -> None:
    console = people()
    for finding in findings:
        console.print("ok" if finding.ok else "NO", style="green" if finding.ok else "bold red", end=" ")
        console.print(finding.name, style="bold")
        say(console, finding.detail, indent=3)


def _attempt(name: str, look: Callable[[Workspace], str], workspace: Workspace) -> Finding:
    try:
        return Finding(name, ok=True, detail=look(workspace))
    except RehearseError as error:
        return Finding(name, ok=False, detail=str(error))
    except Exception as error:
        # Whatever is wrong with this machine is the answer that was asked for.
        return Finding(name, ok=False, detail=f"{type(error).__name__}: {error}")


def _versions(workspace: Workspace) -> str:
    del workspace
    from importlib.metadata import version

    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return f"Rehearse {__version__}, Python {platform.python_version()} on {platform.system()}, {packages}"


def _data_folder(workspace: Workspace) -> str:
    home = workspace.settings.home
    probe = home / ".doctor"
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise OperatorError(f"{home} cannot be written ({error.strerror}). Set REHEARSE_HOME to another folder.") from None
    return str(home)


def _data_files(workspace: Workspace) -> str:
    library = workspace.library
    if library.problems:
        raise OperatorError(f"{len(library.problems)} left out; see: rehearse check. The first: {library.problems[0]}")
    return f"{len(library.personas)} personas, {len(library.scenarios)} scenarios, {len(library.corpus.ideas)} ideas"


def _database(workspace: Workspace) -> str:
    kept = workspace.store.count()
    return f"{workspace.store.database.place}, {kept} rehearsal{'' if kept == 1 else 's'}"


def _encoder(workspace: Workspace) -> str:
    start = time.perf_counter()
    workspace.encoder.read("What would help you most this week?", "How is it going?")
    first = time.perf_counter()
    workspace.encoder.read("What would help you most next week?", "How is it going?")
    return f"first reading after {first - start:.2f} s, then {1000 * (time.perf_counter() - first):.0f} ms"


def _index(workspace: Workspace) -> str:
    start = time.perf_counter()
    hits = workspace.index.search("how often should we meet?", 1)
    if not hits:
        raise StorageError(f"The search finds nothing. Delete {workspace.settings.index_path}; it is built again.")
    passages = sum(1 for _ in workspace.library.corpus.passages())
    return f"{passages} passages, ready in {time.perf_counter() - start:.2f} s"


_LOOKS: dict[str, Callable[[Workspace], str]] = {
    "versions": _versions,
    "data folder": _data_folder,
    "data files": _data_files,
    "database": _database,
    "encoder": _encoder,
    "index": _index,
}
