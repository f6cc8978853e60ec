"""`rehearse personas new`: a counterpart of one's own from a short form, asked or read from a file."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Callable, Collection
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from rehearse.cli_output import JSON_HELP, emit, note, printable, read_input
from rehearse.errors import DataFileError, StorageError

if TYPE_CHECKING:
    from pydantic import ValidationError

    from rehearse.domain.draft_form import DraftAnswers, DraftLines
    from rehearse.domain.library import Library
    from rehearse.domain.persona import Persona

_Choice = TypeVar("_Choice", bound=StrEnum)

_WELCOME = """\
A few questions, and you have somebody to rehearse with.
Leave real names out: call them something else, and blur what would give them away. What you write stays on this computer.
Write as they would say it: “Who covers the desk while you do this?” rather than “worried about staffing”.
"""

_PATIENCE = {"short": "Short: a few empty turns and it is over", "middling": "Middling", "long": "Long"}
_DOUBT = {"open": "Open: wants to believe it", "careful": "Careful", "hard": "Hard to convince"}
_PRONOUNS = ("she", "he", "they")


def new_persona(
    from_json: Annotated[
        Path | None,
        typer.Option("--from-json", metavar="ANSWERS", help="Answers in a file instead of questions; - for input."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Make a counterpart of your own from a short form. Never overwrites a file."""
    if json and not from_json:
        raise typer.BadParameter("Questions and JSON do not go together: give the answers with --from-json.")
    from rehearse.config import load_settings
    from rehearse.domain.draft_form import draft_lines
    from rehearse.domain.library import shipped_library

    library = shipped_library()
    answers = _read(from_json) if from_json else _ask(draft_lines())
    persona, path = _write(answers, load_settings().home / "personas", [p.id for p in library.personas])
    _validate(path, library)
    if json:
        emit({"id": persona.id, "file": str(path), "scenarios": list(persona.scenarios)})
        return
    typer.echo(f"\n{printable(persona.name)} is ready, in {path}")
    for scenario in persona.scenarios:
        typer.echo(f"  rehearse chat --scenario {scenario} --persona {persona.id}")
    typer.echo("Or start `rehearse serve` and choose them there.")
    typer.echo("To give them words of their own, edit the file (docs/write-a-persona.md), then check it:")
    typer.echo(f"  rehearse check {path}")


# The file -------------------------------------------------------------------------------------------------------------


def _write(answers: DraftAnswers, folder: Path, taken: Collection[str]) -> tuple[Persona, Path]:
    """Write the persona under a free name; a file that is there, even a broken one, stays as it is."""
    from rehearse.domain.draft import draft_persona
    from rehearse.domain.persona_file import persona_text

    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.stem.lower() for path in folder.iterdir()}
        persona = draft_persona(answers, {*taken, *there})
        path = folder / f"{persona.id}.yaml"
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(persona_text(persona))
    except OSError as error:
        raise StorageError(
            f"The persona could not be written into {folder} ({error.strerror or 'no reason given'}). "
            "Make the folder writable, or set REHEARSE_HOME to another one."
        ) from None
    return persona, path


def _validate(path: Path, library: Library) -> None:
    """What `rehearse check` would do to the new file."""
    from rehearse.domain.library import check_persona
    from rehearse.domain.loading import load_record
    from rehearse.domain.persona import Persona

    check_persona(path, load_record(path, Persona), library.scenarios)


# Answers from a file --------------------------------------------------------------------------------------------------


def _read(path: Path) -> DraftAnswers:
    from pydantic import ValidationError

    from rehearse.domain.draft_form import DraftAnswers

    try:
        return DraftAnswers.model_validate_json(jsonlib.dumps(jsonlib.loads(read_input(path))))
    except jsonlib.JSONDecodeError as error:
        raise DataFileError(path, f"line {error.lineno}", f"not valid JSON: {error.msg}.", "correct it there.") from None
    except RecursionError:
        raise DataFileError(path, "file", "it is nested too deeply.", "flatten it.") from None
    except ValidationError as error:
        raise _problem(path, error) from None


def _problem(path: Path, error: ValidationError) -> DataFileError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "file"
    message = first["msg"].removeprefix("Value error, ").rstrip(".") + "."
    return DataFileError(path, field, message, "see the form in docs/write-a-persona.md.")


# Answers from a person ------------------------------------------------------------------------------------------------


def _ask(lines: DraftLines) -> DraftAnswers:
    from rehearse.domain.draft_form import Doubt, DraftAnswers, Ease, Manner, Patience

    typer.echo(_WELCOME)
    given: dict[str, Any] = {"name": _text("What shall they be called", 80)}
    given["role"] = _text("What is their role", 80)
    given["pronoun"] = _one_of("She, he or they", _PRONOUNS, "they")
    given["cares_about"] = _text("What do they care about at work, in their words", 300)
    typer.echo("\nThree worries that they would raise, the easiest first.")
    menu = {ease: lines.menu[ease].says for ease in Ease}
    given["worries"] = tuple(_ask_worry(place, menu) for place in range(1, 4))
    typer.echo("")
    given["secret"] = _text("One thing they would only tell somebody they trust, in their words", 300)
    given["wish"] = _text("One thing they would like to learn, in their words", 300)
    given["manner"] = _menu("How do they talk", {m: lines.manners[m].says for m in Manner}, Manner.DRY)
    given["patience"] = _menu("How patient are they", {p: _PATIENCE[p] for p in Patience}, Patience.MIDDLING)
    given["scepticism"] = _menu("How sceptical are they", {d: _DOUBT[d] for d in Doubt}, Doubt.CAREFUL)
    return DraftAnswers(**given)


def _ask_worry(place: int, menu: dict[Any, str]) -> dict[str, Any]:
    from rehearse.domain.draft_words import handle

    says = _text(f"\nWorry {place}, as they would say it", 300)
    in_short = _text("  The same in two or three words", 80, default=handle(says)[:80])
    typer.echo("  What would make it smaller?")
    return {"says": says, "in_short": in_short, "eased_by": tuple(_several(menu))}


def _text(question: str, longest: int, default: str | None = None) -> str:
    """An answer that the form accepts; asked again until it is one."""
    from pydantic import BaseModel, ValidationError

    from rehearse.domain.draft_form import Name, Said

    class Asked(BaseModel):
        name: Name | None = None
        said: Said | None = None

    while True:
        answer = str(typer.prompt(question, default=default))
        try:
            checked = Asked(name=answer) if longest <= 80 else Asked(said=answer)
        except ValidationError as error:
            note(f"  That cannot be used: {error.errors()[0]['msg'].removeprefix('Value error, ')}.")
        else:
            return checked.name or checked.said or ""


def _one_of(question: str, choices: Collection[str], default: str) -> str:
    return str(_until(question, default, lambda answer: answer.lower() if answer.lower() in choices else None))


def _menu(question: str, choices: dict[_Choice, str], default: _Choice) -> _Choice:
    """One of a numbered list."""
    known = list(choices)
    typer.echo(f"\n{question}?")
    _list(choices.values())
    found: _Choice = _until(
        "  Number", str(known.index(default) + 1), lambda a: known[int(a) - 1] if _fits(a, len(known)) else None
    )
    return found


def _several(choices: dict[_Choice, str]) -> list[_Choice]:
    """One or more of a numbered list."""
    known = list(choices)
    _list(choices.values())

    def read(answer: str) -> list[_Choice] | None:
        parts = answer.replace(",", " ").split()
        return [known[int(p) - 1] for p in dict.fromkeys(parts)] if parts and all(_fits(p, len(known)) for p in parts) else None

    found: list[_Choice] = _until("  One or more numbers", None, read)
    return found


def _fits(answer: str, most: int) -> bool:
    return answer.isascii() and answer.isdigit() and 1 <= int(answer[:4]) <= most


def _list(texts: Collection[str]) -> None:
    for number, text in enumerate(texts, 1):
        typer.echo(f"  {number}  {text}")


def _until(question: str, default: str | None, read: Callable[[str], Any]) -> Any:
    while True:
        found = read(str(typer.prompt(question, default=default)).strip())
        if found is not None:
            return found
        note("  That is not one of them.")
