"""The HTTP interface, asked whatever its own description allows and what it does not: never an error of the server's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import schemathesis
from hostile import cases, one_case, pieces
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance
from starlette.applications import Starlette
from starlette.routing import Mount

from rehearse.app.api import PREFIX, application
from rehearse.app.visitors import OnePerson
from rehearse.config import Settings
from rehearse.errors import UnknownIdError
from rehearse.workspace import KeptRehearsal, Workspace

MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CHECKS = [content_type_conformance, response_schema_conformance]
NO_ROUTE = "urn:rehearse:problem:http-404"
"""What an address that is none of the interface's is answered; a talk that is not there is told otherwise."""


@pytest.fixture(scope="module")
def visitors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnePerson]:
    workspace = Workspace(Settings(home=tmp_path_factory.mktemp("interface")))
    yield OnePerson(workspace)
    workspace.store.close()


@pytest.fixture(scope="module")
def schema(visitors: OnePerson) -> BaseSchema:
    """The interface's own description of itself. Mounted as the product mounts it: the description's addresses begin there."""
    mounted = Starlette(routes=[Mount(PREFIX, application(visitors))])
    found: BaseSchema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", mounted)
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


@pytest.fixture(scope="module")
def foreign(visitors: OnePerson) -> KeptRehearsal:
    """A talk of somebody else, in the same database."""
    kept = visitors.own_desk.workspace.for_person("somebody-else").begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say("Nobody else reads this.")
    return kept


def operations(schema: BaseSchema, *, deleting: bool) -> Iterator[tuple[str, st.SearchStrategy[schemathesis.Case]]]:
    """Each operation that deletes, or that does not, with the cases that its description allows and those that it does not."""
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper() == "DELETE") is deleting:
            yield operation.label, st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES))


def as_described(case: schemathesis.Case, answer: schemathesis.Response) -> None:
    """The answer is one that the description has; an address with a line break in it leads to no mounted application at all."""
    if "\n" in unquote(urlsplit(str(answer.request.url)).path):
        assert answer.status_code == 404
    else:
        case.validate_response(answer, checks=CHECKS)


def test_every_operation_that_deletes_nothing(
    schema: BaseSchema, talks: list[str], foreign: KeptRehearsal, visitors: OnePerson
) -> None:
    asked = list(operations(schema, deleting=False))
    assert len(asked) >= 12
    theirs = foreign.rehearsal_id
    before = foreign.workspace.store.get(theirs)
    reached: set[str] = set()
    for _, strategy in asked:

        @cases("interface", 8)
        @given(case=strategy, talk=st.sampled_from([*talks, theirs, ""]), known=st.booleans(), words=st.none() | pieces)
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
                assert "Nobody else reads this" not in answer.text
                if NO_ROUTE not in answer.text:
                    reached.add(case.operation.label)
                as_described(case, answer)

        played()
    assert reached == {name for name, _ in asked}, "else it was only ever asked at an address that is not there"
    assert visitors.own_desk.workspace.store.get(talks[0]).turns[0].text == "Thanks for making the time."
    assert foreign.workspace.store.get(theirs) == before


def test_deleting_takes_what_was_named_and_nothing_else(
    schema: BaseSchema, talks: list[str], foreign: KeptRehearsal, visitors: OnePerson
) -> None:
    """Each case has a talk of its own that it may take away; the other talks and somebody else's stay, whatever is asked."""
    desk, theirs = visitors.own_desk, foreign.rehearsal_id
    store, answered = desk.workspace.store, set()
    others = [(store, talk, store.get(talk)) for talk in talks]
    others.append((foreign.workspace.store, theirs, foreign.workspace.store.get(theirs)))
    asked = list(operations(schema, deleting=True))
    assert [name for name, _ in asked] == ["DELETE /rehearsals/{rehearsal_id}"]
    for _, strategy in asked:

        @cases("interface", 20)
        @given(case=strategy, meant=st.sampled_from(("its own", "theirs", "any")), off_record=st.booleans())
        def played(case: schemathesis.Case, meant: str, off_record: bool) -> None:
            own = desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None, 7, off_record=off_record).rehearsal_id
            if meant != "any":
                case.path_parameters["rehearsal_id"] = own if meant == "its own" else theirs
            with one_case("interface"):
                answer = case.call()
                assert answer.status_code < 500, answer.text
                as_described(case, answer)
            assert meant == "its own" or answer.status_code >= 400
            answered.add((meant, answer.status_code))
            if answer.status_code == 204:
                with pytest.raises(UnknownIdError):
                    store.get(own)
            else:
                assert store.get(own).rehearsal_id == own
                store.delete(own)
                desk.forget(own)

        played()
    assert {("its own", 204), ("theirs", 404)} <= answered
    for keeper, talk, before in others:
        assert keeper.get(talk) == before


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
