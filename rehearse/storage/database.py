"""Opening the database: the file, its settings, its migrations; what goes wrong is said in words for whoever runs the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from rehearse.errors import StorageError

BUSY_SECONDS = 10
WRITES = "rehearse_writes"
"""The execution option of a connection that is going to write."""
_MIGRATIONS = Path(__file__).parent / "migrations"
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


def open_database(path: Path) -> Engine:
    """An engine on the SQLite file, made if it is missing and brought to the newest schema.

    Safe when two processes open at once. `StorageError` if the folder or file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The data folder {path.parent} cannot be made ({error.strerror}). Nothing was lost. Set REHEARSE_HOME to a folder "
            "that you may write to."
        ) from None
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _begin)
    with said_plainly(path):
        _migrate(engine, path)
    return engine


def _settle(connection: Any, _: object) -> None:
    """Settings of each connection: durable write-ahead log, foreign keys, and deleted words overwritten in the file."""
    # Python's driver would begin a transaction only at the first change, and none for a change of schema; `_begin` begins all.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """Begin a transaction. One that will write takes its turn at once, so that what it read still holds when it writes."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine, path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        with FileLock(f"{path}.lock", timeout=60), engine.execution_options(**{WRITES: True}).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError:
        raise StorageError(
            f"{path} was made by a newer version of Rehearse, so this one leaves it alone. Nothing was lost. Install the newer "
            "version again, or set REHEARSE_HOME to another folder."
        ) from None
    except Timeout:
        raise StorageError(
            f"Another process has been preparing {path} for a minute. Nothing was lost. Wait, or end it, and start again."
        ) from None
    except OSError as error:
        raise StorageError(
            f"{path.parent} cannot be written to ({error.strerror}). Nothing was lost. Set REHEARSE_HOME to a folder "
            "that you may write to."
        ) from None


@contextmanager
def said_plainly(path: Path | str) -> Iterator[None]:
    """Turn what a database throws into a sentence: what happened, what was kept, what to do."""
    try:
        yield
    except DatabaseError as error:
        raise StorageError(_plain(str(error.orig).lower(), path)) from error
    except SQLAlchemyError as error:
        raise StorageError(
            f"{path} could not be used: {type(error).__name__}. What was said before is kept. Start again; if it happens again, "
            "please report it."
        ) from error
    except (UnicodeError, OverflowError) as error:
        raise StorageError(f"Something in it cannot be kept in a database ({error}). What was said before is kept.") from error


def _plain(problem: str, path: Path | str) -> str:
    if "locked" in problem or "busy" in problem:
        return f"{path} is in use by another process. What was said before is kept. Try again in a moment."
    if "readonly" in problem or "read-only" in problem:
        return f"{path} may not be written to. What was said before is kept. Check the rights of the file and its folder."
    if "malformed" in problem or "not a database" in problem or "corrupt" in problem:
        return (
            f"{path} is damaged and cannot be read. It was left as it is. Move it away to start afresh, or "
            f"try `sqlite3 {path} .recover` to save what can be saved."
        )
    if "full" in problem:
        return f"The disk that holds {path} is full. What was said before is kept. Make room and try again."
    return f"{path} could not be used ({problem}). What was said before is kept. Check that it is a file that you may write to."
