"""`rehearse models`: which models suit, getting one, and choosing the one that speaks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, note, people, say
from rehearse.errors import OperatorError

if TYPE_CHECKING:
    from rehearse.config import Settings
    from rehearse.llm.hub import HubModel

models = typer.Typer(help="Language models on this machine: list, pull, use.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@models.command("list")
def list_models(json: Json = False) -> None:
    """Models that suit, by the memory they need, and which of them are here."""
    from rehearse.config import load_settings
    from rehearse.llm.hub import listed

    settings = load_settings()
    entries = [
        {
            **{key: getattr(model, key) for key in ("id", "repo", "file", "licence", "size", "memory", "note")},
            "here": (settings.models_path / model.file).is_file(),
        }
        for model in listed()
    ]
    if json:
        emit(entries)
        return
    console = people()
    for model, entry in zip(listed(), entries, strict=True):
        here = ", here already" if entry["here"] else ""
        console.print(model.id, style="bold", end="  ")
        console.print(f"{model.size:g} GB to fetch, {model.memory:g} GB of memory, {model.licence}{here}")
        say(console, model.note or "", indent=3)
    say(console, f"Get one with: rehearse models pull {_beginner(listed()).id}", indent=0)


@models.command("pull")
def pull_model(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An id from the list, or OWNER/REPO/FILE.gguf.")],
) -> None:
    """Get a model from the Hugging Face hub (or from HF_ENDPOINT); what broke off is taken up again."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from rehearse.config import load_settings
    from rehearse.llm.hub import find, pull

    settings = load_settings()
    model = find(name)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=people()) as shown:
        task = shown.add_task(model.file, total=None)
        path = pull(
            model, settings.models_path, settings.hf_endpoint, lambda done, size: shown.update(task, completed=done, total=size)
        )
    typer.echo(f"{path}\nTo let it speak: rehearse models use {name}")


@models.command("use")
def use_model(
    which: Annotated[str, typer.Argument(metavar="PATH|NAME", help="A GGUF file, or the id of a model that was pulled.")],
) -> None:
    """Let this model speak from now on: written into rehearse.toml."""
    from rehearse.config import load_settings
    from rehearse.llm.local import check_file

    settings = load_settings()
    path = check_file(str(_path(settings, which)))
    written = write_model(f"local:{path}", settings)
    typer.echo(f"{written} now says that {path.name} speaks. Whether it works: rehearse doctor")
    if os.environ.get("REHEARSE_MODEL"):
        note("REHEARSE_MODEL is set in the environment and is stronger; unset it.")


def write_model(model: str, settings: Settings) -> Path:
    """Write the setting into the `rehearse.toml` of the working folder if there is one, else of the data folder; which."""
    from rehearse.config import TOML_NAME
    from rehearse.config_file import write_settings

    here = Path(TOML_NAME).absolute()
    path = here if here.is_file() else settings.home / TOML_NAME
    write_settings(path, {"model": model})
    return path


def _path(settings: Settings, which: str) -> Path:
    """The file that was named, or the one of a model that was pulled."""
    from rehearse.llm.hub import find

    given = Path(which).expanduser()
    if given.is_file() or (given.suffix == ".gguf" and len(given.parts) != 3):
        return given
    model = find(which)
    pulled = settings.models_path / model.file
    if not pulled.is_file():
        raise OperatorError(f"{which} is not on this machine yet. Get it with: rehearse models pull {which}")
    return pulled


def _beginner(listed: tuple[HubModel, ...]) -> HubModel:
    """The model to begin with: the largest that a machine with 8 GB holds beside its other programs."""
    return [model for model in listed if (model.memory or 0) <= 5][-1]
