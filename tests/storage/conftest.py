"""What the tests of storage share: a store on SQLite and, where there is a server, on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import cluster
import pytest
from sqlalchemy import create_engine, make_url, text

from rehearse.storage.store import NewRehearsal, RehearsalStore, StoredAnswer


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of an SQLite file that is not there yet."""
    return tmp_path / "data folder" / "rehearse.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server, with a place for the database's name."""
    given = os.environ.get("REHEARSE_TEST_POSTGRES")
    if given:
        yield (
            make_url(given)
            .set(database="{database}")
            .render_as_string(hide_password=False)
            .replace("%7B", "{")
            .replace("%7D", "}")
        )
        return
    folder = cluster.programs()
    if folder is None:
        if os.environ.get("REHEARSE_TEST_REQUIRE_POSTGRES") == "1":
            pytest.fail("PostgreSQL is required (REHEARSE_TEST_REQUIRE_POSTGRES=1) and not installed.")
        pytest.skip("PostgreSQL is not installed.")
    with cluster.running(folder) as address:
        yield address


@pytest.fixture
def postgres(postgres_server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database; made with what a test gives as this fixture's parameter."""
    made_with = getattr(request, "param", "")
    name = f"test_{uuid4().hex[:12]}"
    address = make_url(postgres_server.format(database="postgres")).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {made_with}"))
        yield postgres_server.format(database=name)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest) -> str:
    """The address of a database that is empty, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('database')}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(address: str) -> Iterator[RehearsalStore]:
    opened = RehearsalStore(address)
    yield opened
    opened.close()


@pytest.fixture
def file_store(database: Path) -> Iterator[RehearsalStore]:
    """A store on SQLite, where the test is about its file."""
    opened = RehearsalStore(database)
    yield opened
    opened.close()


@pytest.fixture
def new() -> NewRehearsal:
    return NewRehearsal(
        scenario_id="pitch-to-boss",
        persona_id="ruth-abelson",
        difficulty="normal",
        seed=7,
        engine="embedded",
        opening="You wanted a word?",
        focus="purpose",
        offer_json='{"skills": ["reading the forum"]}',
    )


@pytest.fixture
def answer() -> StoredAnswer:
    return StoredAnswer(text="Go on.", exchange_json='{"turn": 1}', inner_json='{"memory": []}', assessment_json="{}")
