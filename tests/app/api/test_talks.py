from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from rehearse.app.queueing import Work
from rehearse.app.visitors import OnePerson
from rehearse.session import Rehearsal
from rehearse.workspace import Workspace
from tests.app.api.conftest import BEGIN
from tests.app.conftest import LINES


def begin(client: TestClient, **more: object) -> dict[str, Any]:
    answer = client.post("/rehearsals", json=BEGIN | more)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def say(client: TestClient, rehearsal_id: str, number: int, text: str) -> Any:
    return client.post(f"/rehearsals/{rehearsal_id}/turns", json={"text": text, "expect_turn": number})


def test_a_talk_from_the_beginning_to_the_debrief_is_the_engine_s(client: TestClient, workspace: Workspace) -> None:
    alone = Rehearsal.start("pitch-to-boss", "marguerite-dunne", "normal", 7, index=workspace.index)
    talk = begin(client)
    assert talk["opening"] == alone.opening
    for number, line in enumerate(LINES, 1):
        reply, answer = alone.say(line), say(client, talk["id"], number, line).json()
        assert answer["turn"]["counterpart"] == reply.text
        assert answer["ended"] == "open"
        assert [act["act"] for act in answer["turn"]["acts"]] == [span.act.value for span in reply.acts]
        assert set(answer["turn"]["ratings"]) == set(reply.rating)
    finished = client.post(f"/rehearsals/{talk['id']}/finish", json={}).json()
    debrief = alone.finish().to_dict()
    assert finished["ended"] == "left"
    assert finished["debrief"]["remarks"] == debrief["remarks"]
    assert finished["debrief"]["details"] == debrief["details"]
    assert client.post(f"/rehearsals/{talk['id']}/finish", json={}).json() == finished
    assert client.get(f"/rehearsals/{talk['id']}").json()["debrief"] == finished["debrief"]


def test_what_lay_behind_is_told_only_at_the_end(client: TestClient) -> None:
    talk = begin(client)
    turn = say(client, talk["id"], 1, LINES[0]).json()["turn"]
    assert (turn["reaction"], turn["state"], turn["causes"]) == (None, None, None)
    assert client.get(f"/rehearsals/{talk['id']}").json()["debrief"] is None
    client.post(f"/rehearsals/{talk['id']}/finish", json={})
    turn = client.get(f"/rehearsals/{talk['id']}").json()["turns"][0]
    assert turn["reaction"]
    assert 0 <= turn["state"]["trust"] <= 1
    assert turn["causes"]


def test_the_same_turn_again_gives_the_same_answer_and_is_said_once(client: TestClient, workspace: Workspace) -> None:
    talk = begin(client)
    first = say(client, talk["id"], 1, LINES[0])
    again = say(client, talk["id"], 1, f"  {LINES[0]}\n")
    assert (again.status_code, again.json()) == (200, first.json())
    say(client, talk["id"], 2, LINES[1])
    assert say(client, talk["id"], 1, LINES[0]).json() == first.json()
    assert len(workspace.store.get(talk["id"]).turns) == 2


@pytest.mark.parametrize("number", [1, 3, 9_999])
def test_a_turn_that_does_not_fit_is_refused(client: TestClient, workspace: Workspace, number: int) -> None:
    talk = begin(client)
    say(client, talk["id"], 1, LINES[0])
    answer = say(client, talk["id"], number, LINES[1])
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:rehearse:problem:moved-on"
    assert len(workspace.store.get(talk["id"]).turns) == 1


def test_the_same_turn_sent_by_many_at_once_is_said_once(visitors: OnePerson, client: TestClient, workspace: Workspace) -> None:
    talk = begin(client)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: say(client, talk["id"], 1, LINES[0]), range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(workspace.store.get(talk["id"]).turns) == 1


def test_words_after_the_end_are_refused_and_the_last_answer_is_given_again(client: TestClient) -> None:
    talk = begin(client)
    said = say(client, talk["id"], 1, LINES[0]).json()
    client.post(f"/rehearsals/{talk['id']}/finish", json={})
    late = say(client, talk["id"], 2, LINES[1])
    assert (late.status_code, late.json()["type"]) == (409, "urn:rehearse:problem:over")
    assert say(client, talk["id"], 1, LINES[0]).json()["turn"]["counterpart"] == said["turn"]["counterpart"]


def test_going_back_shares_the_first_turns_and_leaves_the_old_talk(client: TestClient) -> None:
    talk = begin(client)
    told = [say(client, talk["id"], n, line).json()["turn"] for n, line in enumerate(LINES, 1)]
    answer = client.post(f"/rehearsals/{talk['id']}/rewind", json={"turn": 2})
    assert answer.status_code == 201
    branch = answer.json()
    assert (branch["parent"], branch["parent_turn"]) == (talk["id"], 2)
    assert [turn["counterpart"] for turn in branch["turns"]] == [turn["counterpart"] for turn in told[:2]]
    assert say(client, branch["id"], 3, LINES[2]).json()["turn"]["counterpart"] == told[2]["counterpart"]
    assert len(client.get(f"/rehearsals/{talk['id']}").json()["turns"]) == 3
    assert client.post(f"/rehearsals/{talk['id']}/rewind", json={"turn": 4}).status_code == 404


def test_the_history_is_read_in_pages_and_searched(client: TestClient) -> None:
    ids = [begin(client)["id"] for _ in range(3)]
    say(client, ids[0], 1, "Could we talk about the zeppelin?")
    page = client.get("/rehearsals", params={"limit": 2}).json()
    assert [line["id"] for line in page["rehearsals"]] == ids[:0:-1]
    assert page["more"] is True
    rest = client.get("/rehearsals", params={"limit": 2, "offset": 2}).json()
    assert ([line["id"] for line in rest["rehearsals"]], rest["more"]) == (ids[:1], False)
    found = client.get("/rehearsals", params={"search": "zeppelin"}).json()["rehearsals"]
    assert [line["id"] for line in found] == ids[:1]
    assert client.get("/rehearsals", params={"search": "a\x00b"}).status_code == 200


def test_a_deleted_talk_is_gone(client: TestClient, workspace: Workspace) -> None:
    talk = begin(client)
    assert client.delete(f"/rehearsals/{talk['id']}").status_code == 204
    assert workspace.store.count() == 0
    for answer in (
        client.get(f"/rehearsals/{talk['id']}"),
        client.delete(f"/rehearsals/{talk['id']}"),
        client.post(f"/rehearsals/{talk['id']}/finish", json={}),
        say(client, talk["id"], 1, LINES[0]),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:rehearse:problem:unknown-id")


def test_unknown_ids_leave_nothing_in_memory(visitors: OnePerson, client: TestClient) -> None:
    for n in range(20):
        say(client, f"{n:032x}", 1, LINES[0])
        client.post(f"/rehearsals/{n:032x}/finish", json={})
    assert len(visitors.own_desk._holds) == 0


def test_a_talk_off_the_record_is_had_like_any_other_and_stands_nowhere(client: TestClient, workspace: Workspace) -> None:
    talk = begin(client, off_record=True)
    assert say(client, talk["id"], 1, LINES[0]).json()["turn"]["counterpart"]
    assert client.get("/rehearsals").json()["rehearsals"] == []
    assert workspace.store.count() == 0
    branch = client.post(f"/rehearsals/{talk['id']}/rewind", json={"turn": 1}).json()
    assert client.post(f"/rehearsals/{branch['id']}/finish", json={}).json()["debrief"]["details"]
    assert workspace.store.count() == 0
    assert client.delete(f"/rehearsals/{talk['id']}").status_code == 204
    assert client.get(f"/rehearsals/{talk['id']}").status_code == 404


@pytest.mark.parametrize("unclear", ["yes", 1, None])
def test_off_the_record_is_asked_for_in_one_way_only(client: TestClient, workspace: Workspace, unclear: object) -> None:
    """What might be a slip is refused: nobody should believe to be off the record and not be."""
    assert client.post("/rehearsals", json=BEGIN | {"off_record": unclear}).status_code == 422
    assert workspace.store.count() == 0


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"scenario": "no-such"}, 404),
        ({"persona": "ben-castellano"}, 404),
        ({"difficulty": "brutal"}, 422),
        ({"focus": "charm"}, 404),
        ({"seed": -1}, 422),
        ({"seed": "seven"}, 422),
        ({"mood": "good"}, 422),
    ],
)
def test_a_beginning_that_cannot_be(client: TestClient, workspace: Workspace, wrong: dict[str, object], status: int) -> None:
    answer = client.post("/rehearsals", json=BEGIN | wrong)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert workspace.store.count() == 0


def test_an_unspeakable_turn_says_what_to_do(client: TestClient) -> None:
    talk = begin(client)
    assert say(client, talk["id"], 1, "   ").json()["type"] == "urn:rehearse:problem:empty-turn"
    long = say(client, talk["id"], 1, "word " * 2_000)
    assert (long.status_code, long.json()["errors"][0]["field"]) == (422, "text")
    assert "word word" not in long.text


def test_a_full_queue_is_said_in_words(visitors: OnePerson, client: TestClient, workspace: Workspace) -> None:
    talk = begin(client)
    full = Work.of(own=1)
    full.own.most_waiting = 0
    visitors.own_desk.work = full
    answer = say(client, talk["id"], 1, LINES[0])
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:rehearse:problem:busy")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert f"in {answer.headers['retry-after']} seconds" in answer.json()["detail"]
    assert workspace.store.get(talk["id"]).turns == ()
