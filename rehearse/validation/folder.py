"""A folder of rated conversations: what can be read in it, and what cannot, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearse.domain.rated import RatedConversation, RatedExchange
from rehearse.errors import DataFileError
from rehearse.validation.conversations import conversation_source
from rehearse.validation.exchanges import rated_source, read_lines
from rehearse.validation.questions import Source
from rehearse.validation.tables import TABLES, read_table


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not measured on, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds."""

    sources: tuple[tuple[str, Source], ...]
    """The file, or files, and what they hold."""
    skipped: tuple[Skipped, ...]


def read_folder(folder: Path) -> Folder:
    """Every file of the folder, in the order of names; subfolders are not entered."""
    sources: list[tuple[str, Source]] = []
    skipped: list[Skipped] = []
    rated: dict[str, list[RatedExchange] | list[RatedConversation]] = {}
    for path in sorted(p for p in folder.iterdir() if not p.name.startswith(".")):
        try:
            found = _read(path)
        except (DataFileError, OSError, UnicodeDecodeError) as error:
            skipped.append(Skipped(path.name, _reason(error)))
            continue
        if isinstance(found, Source):
            sources.append((path.name, found))
        elif isinstance(found, list):
            rated[path.name] = found
        else:
            skipped.append(Skipped(path.name, found))
    exchanges = {name: [r for r in rows if isinstance(r, RatedExchange)] for name, rows in rated.items()}
    conversations = {name: [r for r in rows if isinstance(r, RatedConversation)] for name, rows in rated.items()}
    for found_in, together in (
        ([n for n, rows in exchanges.items() if rows], rated_source([r for rows in exchanges.values() for r in rows])),
        (
            [n for n, rows in conversations.items() if rows],
            conversation_source([r for rows in conversations.values() for r in rows]),
        ),
    ):
        if together is not None:
            sources.append((", ".join(found_in), together))
        else:
            skipped += [Skipped(name, "the shipped weights were fitted on every exchange in it.") for name in found_in]
    return Folder(tuple(sources), tuple(skipped))


def _read(path: Path) -> Source | list[RatedExchange] | list[RatedConversation] | str:
    """What the file holds, or why it is not read."""
    if path.is_dir():
        return "it is a folder; name it itself to measure on it."
    if path.name in TABLES:
        source = read_table(path)
        return source if source.pairs else "it has no rows."
    if path.suffix == ".jsonl":
        return read_lines(path)
    return f"it is not known; known are {', '.join(TABLES)} and *.jsonl."


def _reason(error: Exception) -> str:
    if isinstance(error, DataFileError):
        return f"{error.field}: {error.problem}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text."
    return f"it cannot be read ({getattr(error, 'strerror', None) or 'no reason given'})."
