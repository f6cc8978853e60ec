"""What the commands share: output for people and for machines, input files, errors and their exit codes."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from rehearse import __version__
from rehearse.errors import DataFileError, GroundingError, LearnerError, OperatorError, RehearseError, TranscriptError

if TYPE_CHECKING:
    from rich.console import Console

EXIT_BUG, EXIT_DATA, EXIT_OPERATOR = 1, 2, 3
"""1: a problem was found, or a bug; 2: the learner or a data file; 3: whoever runs the machine."""

MAX_INPUT_BYTES = 20_000_000

JSON_HELP = "One JSON document on standard output, and nothing else."


class CommandGroup(TyperGroup):
    """Commands whose errors are one sentence on standard error, never a stack trace."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except GroundingError as error:
            raise typer.Exit(report_bug(error, ctx.invoked_subcommand)) from None
        except RehearseError as error:
            complain(str(error))
            raise typer.Exit(EXIT_DATA if isinstance(error, LearnerError | DataFileError) else EXIT_OPERATOR) from None
        except Exception as error:
            # What carries an exit code is the command line's own; a closed pipe and the end of input are no bugs.
            if hasattr(error, "exit_code") or isinstance(error, EOFError) or getattr(error, "errno", 0) == errno.EPIPE:
                raise
            raise typer.Exit(report_bug(error, ctx.invoked_subcommand)) from None


def emit(value: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def emit_line(value: object) -> None:
    """One line of JSON on standard output, at once."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def complain(message: str) -> None:
    """A message on standard error."""
    typer.echo(f"Error: {printable(message)}", err=True)


def note(message: str) -> None:
    """A remark on standard error that stops nothing."""
    typer.echo(printable(message), err=True)


def printable(text: str) -> str:
    """Text that cannot steer a terminal: without control characters, apart from line ends."""
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"})


def people() -> Console:
    """Where people read: nothing in a text is taken for markup."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False, soft_wrap=False)


def say(console: Console, text: str, *, indent: int = 2, style: str = "") -> None:
    """A paragraph for people, indented as a whole; nothing in it steers the terminal."""
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(printable(text), style=style), (0, 0, 0, indent), expand=False))


def write_private(path: Path, content: str | bytes, force: bool) -> None:
    """Write for the owner's eyes only: it is a private conversation. An existing file is replaced only with `force`."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except FileExistsError:
        raise LearnerError(f"{path} exists already. Choose another name, or add --force to replace it.") from None
    except OSError as error:
        raise OperatorError(f"{path} cannot be written ({error.strerror}). Choose another place.") from None


def refuse_on_terminal(is_pdf: bool, output: Path | None) -> None:
    """`LearnerError` for a PDF that has nowhere to go."""
    if is_pdf and output is None:
        raise LearnerError("A PDF is not for a terminal. Say where to write it: --output FILE")


def hand_over(content: str | bytes, output: Path | None, force: bool) -> None:
    """Write to the file, or print where none is named."""
    if output is None:
        typer.echo(content, nl=False)
        return
    write_private(output, content, force)
    note(f"Written to {output}.")


def read_input(path: Path) -> str:
    """The text of a file that the learner gives, or of standard input for `-`; `TranscriptError` says what is wrong."""
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(MAX_INPUT_BYTES + 1)
    except OSError as error:
        raise TranscriptError(f"{path}: it cannot be read ({error.strerror or 'no reason given'}).") from None
    if len(raw) > MAX_INPUT_BYTES:
        raise TranscriptError(f"{path}: it is larger than {MAX_INPUT_BYTES // 1_000_000} MB. Split it.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise TranscriptError(f"{path}: line {line} is not UTF-8 text. Save the file as UTF-8.") from None


def report_bug(error: Exception, command: str | None) -> int:
    """Say in one sentence that something unexpected happened, and where the log is; the exit code."""
    kept = _log(error, command)
    where = f"What happened is in {kept}." if kept else "The log could not be written either; see `rehearse doctor`."
    complain(f"Something unexpected happened ({type(error).__name__}), and it is our fault. {where}")
    return EXIT_BUG


def _log(error: Exception, command: str | None) -> Path | None:
    """Add to the log where it happened. Messages and arguments stay out: they may hold words of a conversation."""
    from rehearse.config import load_settings

    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        f"{datetime.now(UTC).isoformat(timespec='seconds')} rehearse {__version__} {command or ''} {type(error).__name__}",
        *(f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames),
    ]
    try:
        path = load_settings().home / "rehearse.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            log.write("\n".join(lines) + "\n")
    except (OSError, RehearseError):
        return None
    return path
