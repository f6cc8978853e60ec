"""`rehearse doctor`: whether all that a rehearsal needs works here, and how the model did in the last one."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse import __version__
from rehearse.cli_output import EXIT_OPERATOR, JSON_HELP, emit, people, say
from rehearse.cli_voice import last_rehearsal, print_last
from rehearse.errors import OperatorError, RehearseError, StorageError
from rehearse.llm.addresses import place

if TYPE_CHECKING:
    from rehearse.config import Settings
    from rehearse.llm.chat import ChatModel
    from rehearse.workspace import Workspace

_PACKAGES = ("gradio", "chromadb", "onnxruntime", "sqlalchemy", "numpy", "langchain-openai", "openai", "xllamacpp")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def doctor(
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    last: Annotated[bool, typer.Option("--last", help="Only how the model did in the last rehearsal.")] = False,
) -> None:
    """Look whether all that a rehearsal needs works here.

    A model that is set is asked two short questions. The exit code is 3 if something does not work.
    """
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    if last:
        told = last_rehearsal(workspace.store)
        if json:
            emit(told)
        else:
            print_last(told)
        return
    findings = [_attempt(name, look, workspace) for name, look in _LOOKS.items()]
    findings += _model(workspace.settings)
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
    packages = ", ".join(f"{name} {found}" for name in _PACKAGES if (found := _version_of(name)))
    return f"Rehearse {__version__}, Python {platform.python_version()} on {platform.system()}, {packages}"


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


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
    from rehearse.storage.rows import count_rows

    database = workspace.store.database
    with database.reading() as session:
        # Of everybody: whoever looks after an installation has none.
        kept = count_rows(session)["rehearsal"]
    return f"{database.place}, {kept} rehearsal{'' if kept == 1 else 's'}"


def _encoder(workspace: Workspace) -> str:
    start = time.perf_counter()
    workspace.encoder.read("What would help you most this week?", "How is it going?")
    first = time.perf_counter()
    workspace.encoder.read("What would help you most next week?", "How is it going?")
    return (
        f"{workspace.encoder.name}, first reading after {first - start:.2f} s, then {1000 * (time.perf_counter() - first):.0f} ms"
    )


def _index(workspace: Workspace) -> str:
    start = time.perf_counter()
    hits = workspace.index.search("how often should we meet?", 1)
    if not hits:
        raise StorageError(f"The search finds nothing. Delete {workspace.settings.index_path}; it is built again.")
    if workspace.index_problem():
        raise StorageError(f"{workspace.index_problem()} Start it, or correct or unset the setting.")
    passages = sum(1 for _ in workspace.library.corpus.passages())
    where = ", on the Chroma server" if workspace.settings.chroma_url else ""
    return f"{passages} passages{where}, ready in {time.perf_counter() - start:.2f} s"


_LOOKS: dict[str, Callable[[Workspace], str]] = {
    "versions": _versions,
    "data folder": _data_folder,
    "data files": _data_files,
    "database": _database,
    "encoder": _encoder,
    "index": _index,
}


# The model ------------------------------------------------------------------------------------------------------------


def _model(settings: Settings) -> list[Finding]:
    """What is configured, and what became of trying it; one finding where there is no model."""
    from rehearse.llm.probe import probe
    from rehearse.llm.vendors import open_model

    try:
        model = open_model(settings)
    except RehearseError as error:
        return [Finding("model", ok=False, detail=str(error))]
    if model is None:
        return [Finding("model", ok=True, detail="none is set: the built-in engine speaks, and nothing leaves this machine")]
    try:
        steps = [Finding(f"model {step.name}", step.ok, step.detail) for step in probe(model)]
    finally:
        model.close()
    return [Finding("model", ok=True, detail=_configured(settings, model)), *steps]


def _configured(settings: Settings, model: ChatModel) -> str:
    """The model, where it is, and whether a key is set: never the key, and no password."""
    name = model.name
    parts = [name, f"a window of {model.window} tokens"]
    if name.startswith("local:"):
        parts.append("on this machine")
    elif name.startswith("openai:"):
        parts += [f"at {place(settings.openai_base_url)}", _key(settings)]
    else:
        parts.append("its key is its package's affair")
    uses = [use for use, on in (("coaches too", settings.model_coach), ("reads acts too", settings.model_appraisal)) if on]
    return ", ".join([*parts, *uses])


def _key(settings: Settings) -> str:
    from rehearse.config import TOML_NAME

    source = settings.key_source()
    if source is None:
        return "no key"
    if source == TOML_NAME:
        return f"a key from {TOML_NAME} (better in a file of its own: OPENAI_API_KEY_FILE)"
    return f"a key from {source}"
