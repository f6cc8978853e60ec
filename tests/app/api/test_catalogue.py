from __future__ import annotations

import re

from starlette.testclient import TestClient

from rehearse import rate_exchange, search_ideas
from rehearse.app.api import PREFIX
from rehearse.domain.library import Library
from tests.app.conftest import LINES


def test_scenarios_and_personas_refer_to_each_other(client: TestClient, library: Library) -> None:
    scenarios, personas = client.get("/scenarios").json(), client.get("/personas").json()
    assert [s["id"] for s in scenarios] == [s.id for s in library.scenarios]
    for persona in personas:
        assert set(persona["scenarios"]) == {s["id"] for s in scenarios if persona["id"] in s["personas"]}


def test_the_private_side_of_nobody_is_told(client: TestClient, library: Library) -> None:
    told = client.get("/personas").text + client.get("/scenarios").text
    for persona in library.personas:
        hidden = [fact.text for fact in persona.facts] + [concern.about for concern in persona.concerns]
        assert hidden
        assert not [words for words in hidden if words in told]


def test_ideas_and_search(client: TestClient, library: Library) -> None:
    ideas = client.get("/ideas").json()
    assert [len(idea["passages"]) for idea in ideas] == [len(idea.passages) for idea in library.corpus.ideas]
    hits = client.get("/ideas/search", params={"q": "how often should we meet?", "top": 4}).json()
    assert hits == [hit.to_dict() for hit in search_ideas("how often should we meet?", 4)]
    assert client.get("/ideas/search", params={"q": " ?! "}).json() == []
    assert client.get("/ideas/search").status_code == 422
    assert client.get("/ideas/search", params={"q": "x", "top": 1_000}).status_code == 422


def test_pairs_are_rated_as_in_the_process(client: TestClient) -> None:
    context, text = "I don't have the hours for another scheme.", "That sounds like a full week. What would have to give?"
    asked = [{"id": "a", "context": context, "text": text}, {"id": 2, "text": ""}]
    told = client.post("/pairs", json={"pairs": asked}).json()["pairs"]
    expected = rate_exchange(context, text).to_dict()
    assert told[0] == {"id": "a", **expected}
    assert told[1]["id"] == 2
    assert set(told[1]["scores"].values()) == {None}
    assert client.post("/pairs", json={"pairs": []}).status_code == 422
    assert client.post("/pairs", json={"pairs": asked * 26}).status_code == 422


def test_a_transcript_is_scored_however_it_is_written(client: TestClient) -> None:
    turns = [{"speaker": "counterpart", "text": "You wanted five minutes?"}, {"speaker": "learner", "text": LINES[0]}]
    text = "\n".join(f"{turn['speaker'].title()}: {turn['text']}" for turn in turns)
    by_turns, by_text = client.post("/score", json={"turns": turns}).json(), client.post("/score", json={"text": text}).json()
    assert by_turns["debrief"]["ratings"] == by_text["debrief"]["ratings"]
    assert (by_turns["turns"], by_turns["debrief"]["outcome"]) == (1, None)
    assert {rating["level"] for rating in by_turns["debrief"]["ratings"].values()} - {None}


def test_a_transcript_that_cannot_be_read(client: TestClient) -> None:
    unclear = client.post("/score", json={"turns": [{"speaker": "Ada", "text": "Hello."}, {"speaker": "Bo", "text": "Hi."}]})
    assert (unclear.status_code, unclear.json()["type"]) == (422, "urn:rehearse:problem:transcript")
    named = client.post("/score", json={"learner": "Ada", "turns": [{"speaker": "Ada", "text": "Hello. How are you?"}]})
    assert named.json()["learner"] == "Ada"
    for wrong in ({}, {"turns": [], "text": "Learner: hello"}):
        assert client.post("/score", json=wrong).status_code == 422
    many = [{"speaker": who, "text": "Yes."} for _ in range(301) for who in ("learner", "counterpart")]
    assert "300 turns" in client.post("/score", json={"turns": many}).json()["detail"]


def test_the_description_names_every_address_and_the_page_shows_it(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["servers"] == [{"url": PREFIX}]
    page = client.get("/docs").text
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}" in page
            assert operation["description"]
            assert "default" in operation["responses"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
