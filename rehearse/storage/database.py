"""One database under the stores: its transactions, its migrations, and what goes wrong with it in words for people.

What differs between the kinds of database is in `sqlite` and `postgres`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import Session

from rehearse.errors import StorageError

WRITES = "rehearse_writes"
"""The execution option of a connection that is going to write."""
_TRIES = 3
_MIGRATIONS = Path(__file__).parent / "migrations"


def newest_schema() -> str:
    """The schema that this version makes."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


class Database(ABC):
    """An opened database, at the newest schema. Safe to use from several threads and processes; a session a call."""

    snapshot_options: Mapping[str, str] = {}
    """What a connection needs, so that all its reading is of one moment."""
    id_prefix = ""
    """What the ids of its rehearsals begin with."""

    def __init__(self, place: str, engine: Engine) -> None:
        self.place = place
        """What messages call it: never with a password."""
        self.engine = engine
        self._writer = engine.execution_options(**{WRITES: True})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads."""
        with self.said_plainly(), Session(self.engine) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session that only reads, and sees one moment however long it reads."""
        with self.said_plainly(), Session(self.engine.execution_options(**self.snapshot_options)) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, committed at the end, rolled back if anything is raised."""
        with self.said_plainly(), Session(self._writer) as session, session.begin():
            yield session

    def answers(self) -> None:
        """Ask it the least that reaches its tables; `StorageError` says why it does not answer."""
        with self.reading() as session:
            session.execute(text("SELECT version_num FROM alembic_version"))

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @abstractmethod
    def take_turn(self, session: Session, key: str) -> None:
        """Let one transaction at a time past, for what has no row yet that could be locked."""

    @abstractmethod
    def check(self) -> None:
        """Look through the whole database; `StorageError` if it is damaged."""

    def compact(self) -> None:
        """Clean the files of words that were deleted; `StorageError` says what is left to do."""
        self.forget_statements()

    def forget_statements(self) -> None:
        """Let go of compiled statements: each is kept for the next of its kind, with the words of the first in it."""
        for _ in range(_TRIES):
            # Another thread may be adding one at this moment.
            with suppress(RuntimeError):
                self.engine.clear_compiled_cache()
                return

    @abstractmethod
    def plainly(self, problem: str, code: str) -> str:
        """What a database's own message, in lower case, and its code mean: what happened, what was kept, what to do."""

    @contextmanager
    def said_plainly(self) -> Iterator[None]:
        """Turn what a database throws into a `StorageError`."""
        try:
            yield
        except DatabaseError as error:
            code = getattr(error.orig, "sqlstate", None) or ""
            raise StorageError(self.plainly(str(error.orig).lower(), code)) from error
        except SQLAlchemyError as error:
            raise StorageError(
                f"{self.place} could not be used: {type(error).__name__}. What was said before is kept. Start again; if it "
                "happens again, please report it."
            ) from error
        except (UnicodeError, OverflowError) as error:
            raise StorageError(
                f"Something in it cannot be kept in a database ({error}). What was said before is kept."
            ) from error

    def migrate(self, connection: Connection) -> None:
        """Bring the schema to the newest version, in the caller's transaction and under the caller's lock."""
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise StorageError(
                f"{self.place} was made by a newer version of Rehearse, so this one leaves it alone. Nothing was lost. Install "
                "the newer version again, or set REHEARSE_HOME to another folder."
            ) from None
