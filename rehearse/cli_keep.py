"""`rehearse backup`, `rehearse restore`, `rehearse rescue`: what is stored, in safety and back again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, note
from rehearse.errors import LearnerError

BackupFile = Annotated[Path, typer.Argument(metavar="FILE")]
Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]

_NAMES = {
    "rehearsal": "rehearsal",
    "turn": "turn",
    "contest": "contested rating",
    "offer": "offer card",
    "own_persona": "own persona",
    "document": "document",
    "person": "account",
    "share": "shared snapshot",
}


def _told(rows: dict[str, int]) -> str:
    """The rows of each table in words; what there is none of is left out."""
    told = [f"{rows[key]} {name}{'' if rows[key] == 1 else 's'}" for key, name in _NAMES.items() if rows.get(key)]
    return ", ".join(told) or "nothing"


def backup(
    file: BackupFile,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing file.")] = False,
    json: Json = False,
) -> None:
    """Write all that is stored, of everybody, into one file.

    It can be made while Rehearse runs, and restored into SQLite or PostgreSQL. Nothing in it is encrypted.
    """
    from rehearse.config import load_settings
    from rehearse.storage.archive import write_backup
    from rehearse.storage.opening import open_database

    database = open_database(load_settings().database)
    try:
        rows = write_backup(database, file, replace=replace)
    finally:
        database.close()
    if json:
        emit({"file": str(file), "rows": rows})
    else:
        note(f"Written to {file}: {_told(rows)}. Whoever has the file can read it; keep it where only you can.")


def restore(
    file: BackupFile,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where something is stored already; that is kept in a file first.")
    ] = False,
    json: Json = False,
) -> None:
    """Put a backup in place of what is stored."""
    from rehearse.config import load_settings
    from rehearse.storage.archive import restore_backup

    settings = load_settings()
    done = restore_backup(settings.database, file, settings.home, replace=replace)
    if json:
        emit({"rows": done.rows, "kept": None if done.kept is None else str(done.kept)})
    else:
        before = f" What was there before is in {done.kept}." if done.kept else ""
        note(f"Restored: {_told(done.rows)}.{before}")


def rescue(
    file: Annotated[Path, typer.Argument(metavar="NEWFILE", help="The new database; it must not be there yet.")],
    damaged: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="The damaged file, if not the one in the data folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Save what can be read of a damaged SQLite file into a new one.

    The damaged file is only read. A turn after one that is lost is left out, so that each saved rehearsal can be taken up again.
    """
    from rehearse.config import load_settings
    from rehearse.storage.opening import database_file
    from rehearse.storage.rescue import rescue as save_readable

    source = damaged or database_file(load_settings().database)
    if source is None:
        raise LearnerError("The rehearsals are in a PostgreSQL database, which has no file. Name a damaged file with --from.")
    done = save_readable(source, file)
    if json:
        emit({"file": str(file), "saved": done.saved, "adrift": done.adrift})
        return
    note(f"Saved in {file}: {_told(done.saved)}.")
    if any(done.adrift.values()):
        note(f"Read, but of no use without what is lost: {_told(done.adrift)}.")
    note(f"To go on with it, move {source} away and put {file} in its place.")
