"""The HTTP interface, asked whatever its own description allows and what it does not: never an error of the server's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hostile import cases, one_case, pieces
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from rehearse.app.api import application
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.workspace import Workspace

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS = [content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnePerson]:
    workspace = Workspace(Settings(home=tmp_path_factory.mktemp("interface")))
    yield OnePerson(workspace)
    workspace.store.close()


@pytest.fixture(scope="module")
def schema(visitors: OnePerson) -> BaseSchema:
    found: BaseSchema = schemathesis.openapi.from_asgi("/openapi.json", application(visitors))
    return found


@pytest.fixture(scope="module")
def talks(visitors: OnePerson) -> list[str]:
    """A talk that is open, one that has ended, and one off the record."""
    desk = visitors.own_desk
    ids = [
        desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None, 7, off_record=off).rehearsal_id
        for off in (False, False, True)
    ]
    desk.say(ids[0], "Thanks for making the time.", 0).result(60)
    desk.end(ids[1])
    return ids


def test_every_operation(schema: BaseSchema, talks: list[str], visitors: OnePerson) -> None:
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 12
    for operation in operations:
        if operation.method.upper() == "DELETE":
            continue
        strategy = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES))

        @cases("interface", 8)
        @given(case=strategy, talk=st.sampled_from([*talks, ""]), known=st.booleans(), words=st.none() | pieces)
        def played(case: schemathesis.Case, talk: str, known: bool, words: str | None) -> None:
            if talk and "rehearsal_id" in case.path_parameters:
                case.path_parameters["rehearsal_id"] = talk
            if isinstance(case.body, dict):
                if known and "scenario" in case.body:
                    case.body |= {"scenario": "pitch-to-boss", "persona": "marguerite-dunne"}
                if words is not None and "text" in case.body:
                    case.body["text"] = words
            with one_case("interface"):
                answer = case.call()
                assert answer.status_code < 500, answer.text
                case.validate_response(answer, checks=CHECKS)

        played()
    assert visitors.own_desk.workspace.store.get(talks[0]).turns[0].text == "Thanks for making the time."


def test_bodies_that_are_no_json(schema: BaseSchema, visitors: OnePerson) -> None:
    from starlette.testclient import TestClient

    client = TestClient(application(visitors), base_url="http://127.0.0.1", raise_server_exceptions=False)

    @cases("interface", 20)
    @given(
        body=st.one_of(
            st.binary(max_size=200), pieces.map(str.encode), st.sampled_from((b"[" * 100_000, b'{"text":' * 9_000, b'"' * 50_000))
        ),
        path=st.sampled_from(("/rehearsals", "/score", "/pairs", "/rehearsals/x/turns")),
    )
    def played(body: bytes, path: str) -> None:
        with one_case("interface"):
            answer = client.post(path, content=body, headers={"content-type": "application/json"})
            assert answer.status_code in (201, 400, 404, 413, 415, 422), answer.text
            assert answer.headers["content-type"].startswith("application/")

    played()


def test_a_database_that_is_kept_whole(visitors: OnePerson, tmp_path: Path) -> None:
    """After all of it, everything that was kept can be read."""
    store = visitors.own_desk.workspace.store
    for summary in store.list(limit=100_000):
        store.get(summary.rehearsal_id)
    store.database.check()
