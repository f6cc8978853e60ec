"""PostgreSQL: for several people or several machines. The same tables and migrations; the server sees to its own files."""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from rehearse.errors import StorageError
from rehearse.storage.database import Database

CONNECT_SECONDS = 10
_MIGRATING = 0x52454845
"""The advisory lock of whoever changes the schema; any number that others are unlikely to use."""
_WRITING = 0x52454846
"""The first half of the advisory locks that people's own writing waits for."""
_MEANINGS = (
    (
        ("28",),
        ("password", "authentication", "pg_hba", "role "),
        "{place} does not let us in. {kept} Check user and password in REHEARSE_DATABASE_URL.",
    ),
    (
        ("3D",),
        ("does not exist",),
        "{place} is not there. Nothing was opened. Make it with createdb, or correct REHEARSE_DATABASE_URL.",
    ),
    (
        ("42501", "25006"),
        ("permission denied",),
        "{place} may not be written to. {kept} Give the user of REHEARSE_DATABASE_URL the rights to its tables.",
    ),
    (("53100",), ("no space left",), "{place} is on a disk that is full. {kept} Make room and try again."),
    (("40", "55P03"), ("deadlock",), "{place} was busy. {kept} Try again in a moment."),
    (("22", "21"), ("nul (0x00)",), "Something in it cannot be kept in a database. {kept} Leave out signs that are no letters."),
    (
        ("08", "57P", "53"),
        ("connection", "could not", "timeout", "resolve", "host", "server"),
        "{place} cannot be reached. {kept} Look whether the server runs, and try again.",
    ),
)
"""Codes of errors (SQLSTATE), words for where there is no code, and what they mean."""


def postgres_address(given: str) -> URL:
    """The parts of an address `postgresql://user:password@host:port/database`; messages never repeat it."""
    try:
        address = make_url(given)
    except (ArgumentError, ValueError):
        raise StorageError(
            "The address of the database cannot be read; nothing was opened. Write it as "
            "postgresql://user:password@host:5432/database, with %-signs for signs such as @ or / in the password."
        ) from None
    return address.set(drivername="postgresql+psycopg")


def place_of(address: URL) -> str:
    """What messages call the database: where it is and its name, nothing of who may enter."""
    host = address.host or address.query.get("host") or "this machine"
    port = f":{address.port}" if address.port else ""
    return f"the PostgreSQL database {address.database or ''} on {host}{port}".replace("  ", " ")


class PostgresDatabase(Database):
    """A database on a PostgreSQL server."""

    snapshot_options: Mapping[str, str] = {"isolation_level": "REPEATABLE READ"}

    def __init__(self, given: str) -> None:
        """Open it and bring it to the newest schema; safe when several processes do so at once."""
        address = postgres_address(given)
        self._secret = (address.password or "").lower()
        try:
            engine = create_engine(
                address,
                # Said outright: of a database made as SQL_ASCII the driver would give bytes for words.
                connect_args={"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"},
                # A server that was started again is met with a fresh connection, not with an error.
                pool_pre_ping=True,
                # Words of a conversation never stand in a message of the database's, nor in a log.
                hide_parameters=True,
            )
        except ModuleNotFoundError:
            raise StorageError(
                "A PostgreSQL database needs the package psycopg, which is not installed; nothing was opened. "
                "Install it with: pip install 'rehearse[postgres]'"
            ) from None
        super().__init__(place_of(address), engine)
        try:
            with self.said_plainly(), self.engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
                self.migrate(connection)
        except StorageError:
            self.close()
            raise

    def take_turn(self, session: Session, key: str) -> None:
        """Wait until nobody else holds the key, and hold it until the transaction ends."""
        number = crc32(key.encode()) - 2**31
        session.execute(text("SELECT pg_advisory_xact_lock(:space, :number)"), {"space": _WRITING, "number": number})

    def check(self) -> None:
        """Nothing: the server looks after its files, and says so when it reads one that is damaged."""

    def compact(self) -> None:
        """Clean the memory alone: the server reuses the room of deleted rows by itself, and no file of it is ours to clean."""
        super().compact()

    def plainly(self, problem: str, code: str) -> str:
        """What PostgreSQL's message means; by its code where it has one, because servers speak many languages."""
        if self._secret:
            problem = problem.replace(self._secret, "…")
        problem = " ".join(problem.split())
        place = self.place[0].upper() + self.place[1:]
        for codes, words, said in _MEANINGS:
            if code.startswith(codes) if code else any(word in problem for word in words):
                return said.format(place=place, kept="What was said before is kept.")
        return f"{place} refused ({problem}). What was said before is kept. If it happens again, please report it."
