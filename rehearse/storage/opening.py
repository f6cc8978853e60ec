"""Which kind of database an address means."""

from __future__ import annotations

from pathlib import Path

from rehearse.errors import StorageError
from rehearse.storage.database import Database
from rehearse.storage.sqlite import SqliteDatabase

_SQLITE = "sqlite:///"


def database_file(url_or_path: str | Path) -> Path:
    """The file of a path or of an address `sqlite:///path`; `StorageError` for another kind of database."""
    given = str(url_or_path)
    if given.startswith(_SQLITE):
        given = given.removeprefix(_SQLITE)
    elif "://" in given:
        raise StorageError(
            f"{given.split('://')[0]} databases are not supported; nothing was opened. Name a file, or sqlite:///path/to/file."
        )
    if given in {"", ":memory:"}:
        raise StorageError("A database in memory would be lost; nothing was opened. Name a file.")
    return Path(given)


def open_database(url_or_path: str | Path) -> Database:
    """The database of an address or path, made if it is missing and brought to the newest schema."""
    return SqliteDatabase(database_file(url_or_path))
