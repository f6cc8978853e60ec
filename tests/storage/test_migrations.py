"""The schema: what the migrations make is what the code knows, and what an older version kept is still there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import rehearse.storage.database as database_module
from rehearse.storage.opening import open_database
from rehearse.storage.store import RehearsalStore
from rehearse.storage.tables import Base


def test_the_migrations_make_the_tables_that_the_code_knows(address: str) -> None:
    opened = open_database(address)
    with opened.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    opened.close()


def test_what_the_first_version_kept_belongs_to_the_local_person(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = database_module.command.upgrade
    with monkeypatch.context() as first:
        first.setattr(database_module.command, "upgrade", lambda config, _: upgrade(config, "0001"))
        open_database(database).close()
    with closing(sqlite3.connect(database)) as connection, connection:
        for n, parent in ((1, None), (2, f"{1:032x}")):
            connection.execute(
                "INSERT INTO rehearsal (id, scenario_id, persona_id, difficulty, seed, engine, opening, parent_id, started_at, "
                "ended_at, ending, trust, debrief_json) VALUES (?, 'pitch-to-boss', 'ruth-abelson', 'easy', 7, 'embedded', 'Yes?', "
                "?, '2026-01-02 03:04:05.000000', '2026-01-02 03:14:05.000000', 'left', 0.5, '{}')",
                (f"{n:032x}", parent),
            )
            connection.execute(
                "INSERT INTO turn (rehearsal_id, number, said_at, learner, counterpart, exchange_json, inner_json, assessment_json) "
                "VALUES (?, 1, '2026-01-02 03:05:05.000000', 'Ein GRÜSSE an alle.', 'Go on.', '{}', '{}', '{}')",
                (f"{n:032x}",),
            )

    store = RehearsalStore(database)

    assert store.count() == 2
    kept = store.get(f"{2:032x}")
    assert (kept.parent_id, kept.ending, kept.trust, kept.scores_json, kept.offer_json) == (f"{1:032x}", "left", 0.5, None, None)
    assert kept.started_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert [t.text for t in kept.turns] == ["Ein GRÜSSE an alle."]
    assert len(store.list("grüsse AN")) == 2
    assert store.for_person("ana").count() == 0
    store.notebook.add_contest(kept.rehearsal_id, 1, "purpose", "Why?", "{}")
    store.delete(kept.parent_id)
    assert store.get(kept.rehearsal_id).parent_id is None
    store.close()
