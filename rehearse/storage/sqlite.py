"""SQLite: one file that is made when it is missing, several processes that take turns, deleted words overwritten."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.orm import Session

from rehearse.errors import StorageError
from rehearse.storage.database import WRITES, Database

BUSY_SECONDS = 30
"""How long a transaction waits for its turn; rewriting a file of a gigabyte takes some seconds."""
LARGE = 64_000_000
"""Bytes; rewriting a larger file is not waited for."""
LOCK_SECONDS = 60
KEPT_OPEN = 20
"""Connections that stay open; to open one and settle it costs more than what is mostly asked of it."""

_log = logging.getLogger(__name__)


class SqliteDatabase(Database):
    """A database in one file. One transaction writes at a time over all processes, so that what it reads still holds."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is missing; safe when two processes do so at once."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The data folder {path.parent} cannot be made ({error.strerror}). Nothing was lost. Set REHEARSE_HOME to a "
                "folder that you may write to."
            ) from None
        with suppress(OSError):
            # Made for its owner alone, as SQLite then makes the files beside it. Only where it is missing: to open and close one
            # that is in use would end SQLite's locks.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_SECONDS},
            pool_size=KEPT_OPEN,
            max_overflow=KEPT_OPEN,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _settle)
        event.listen(engine, "begin", _begin)
        super().__init__(str(path), engine)
        self.path = path
        self._writing = threading.RLock()
        self._cleaning = threading.Lock()
        self._cleaner: threading.Thread | None = None
        self._due = False
        try:
            with self.said_plainly():
                self._prepare()
        except StorageError:
            self.close()
            raise

    def _prepare(self) -> None:
        try:
            with FileLock(f"{self.path}.lock", timeout=LOCK_SECONDS), self._writer.begin() as connection:
                self.migrate(connection)
        except Timeout:
            raise StorageError(
                f"Another process has been preparing {self.path} for a minute. Nothing was lost. Wait, or end it, and start "
                "again."
            ) from None
        except OSError as error:
            raise StorageError(
                f"{self.path.parent} cannot be written to ({error.strerror}). Nothing was lost. Set REHEARSE_HOME to a folder "
                "that you may write to."
            ) from None

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction, committed at the end, rolled back if anything is raised.

        Threads of this process stand in line for it. SQLite itself would let each look again after ever longer pauses, and all
        would hold a connection meanwhile, so that nobody could even read.
        """
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise StorageError(self.plainly("busy", ""))
        try:
            with super().writing() as session:
                yield session
        finally:
            self._writing.release()

    def take_turn(self, session: Session, key: str) -> None:
        """Nothing: whoever writes has waited for its turn already."""

    def check(self) -> None:
        """Read every page and compare the indexes."""
        with self.reading() as session:
            found = session.connection().exec_driver_sql("PRAGMA integrity_check(1)").scalar()
        if found != "ok":
            raise StorageError(self.plainly("malformed", ""))

    def compact(self) -> None:
        """Write the file anew without what was deleted, and empty the write-ahead log; a large file in the background.

        Deleted words are overwritten at once, but SQLite may have left copies behind when it moved rows within a page earlier.
        """
        super().compact()
        if self.path.stat().st_size < LARGE:
            self._rewrite()
            return
        with self._cleaning:
            self._due = True
            if self._cleaner is None:
                # No daemon: a process that ends waits until it is done.
                self._cleaner = threading.Thread(target=self._clean, name="compact")
                self._cleaner.start()

    def close(self) -> None:
        """Let go of the file, once it is clean."""
        with self._cleaning:
            cleaner = self._cleaner
        if cleaner is not None:
            cleaner.join()
        super().close()

    def _clean(self) -> None:
        """Rewrite the file until nothing was deleted meanwhile."""
        while True:
            with self._cleaning:
                if not self._due:
                    self._cleaner = None
                    return
                self._due = False
            try:
                self._rewrite()
            except StorageError as error:
                _log.warning("%s", error)

    def _rewrite(self) -> None:
        with self.said_plainly():
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("VACUUM").close()
                busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            except OperationalError as error:
                busy = "locked" in str(error)
                if not busy:
                    raise StorageError(self._uncompacted(str(error))) from error
            finally:
                connection.close()
        if busy:
            raise StorageError(self._uncompacted("another process is using it"))

    def _uncompacted(self, why: str) -> str:
        return (
            f"Deleted, but the files of {self.path} could not be cleaned of the words ({why}). They can no longer be read in "
            "Rehearse. Close other copies of it and delete again."
        )

    def plainly(self, problem: str, code: str) -> str:
        """What SQLite's message means; it has no codes."""
        del code
        place = self.place
        if "locked" in problem or "busy" in problem:
            return f"{place} is in use by another process. What was said before is kept. Try again in a moment."
        if "readonly" in problem or "read-only" in problem:
            return f"{place} may not be written to. What was said before is kept. Check the rights of the file and its folder."
        if "malformed" in problem or "not a database" in problem or "corrupt" in problem:
            return (
                f"{place} is damaged and cannot be read. It was left as it is. Put a backup in its place with `rehearse restore "
                "BACKUP --replace`, or save what can still be read with `rehearse rescue NEWFILE`."
            )
        if "full" in problem:
            return f"The disk that holds {place} is full. What was said before is kept. Make room and try again."
        return (
            f"{place} could not be used ({problem}). What was said before is kept. Check that it is a file that you may write to."
        )


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
