"""Everything that an endpoint can answer well or in the wrong form, and opening a model: over a real connection."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import fake_openai as does
import pytest
from asking import GOOD, PROMPT, SECRET, Mark, Opened, heard
from fake_openai import KEY, Behaviour, FakeOpenAI

from rehearse.config import load_settings
from rehearse.errors import ModelError, ModelFailure, SettingsError
from rehearse.llm.chat import Message, Prompt, Role, Usage
from rehearse.llm.vendors import open_model

# What goes well -------------------------------------------------------------------------------------------------------


def test_streams_piece_by_piece_and_counts(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says("Good morning to you."))
    stream = opened().stream(PROMPT, max_tokens=50)
    assert list(stream) == ["Good ", "morning ", "to ", "you. "]
    assert stream.usage == Usage(100, 5, 80)
    (asked,) = fake.requests
    assert asked["model"] == "small-one"
    assert asked["max_tokens"] == 50
    assert asked["stream_options"] == {"include_usage": True}
    assert asked["messages"] == [{"role": "system", "content": "You are gruff."}, {"role": "user", "content": SECRET}]
    assert fake.keys == [f"Bearer {KEY}"]


def test_nothing_is_asked_before_the_first_question(fake: FakeOpenAI, opened: Opened) -> None:
    opened()
    assert fake.requests == []


def test_thinking_aloud_is_not_heard(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says("", pieces=["<th", "ink>She wants", " a yes.</th", "ink>\n\n", "Go ", "on."]))
    assert heard(opened()) == "Go on."


def test_neighbours_of_one_role_become_one_message(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says("Yes."))
    heard(opened(), Prompt((Message(Role.USER, "One."), Message(Role.USER, "Two.")), "test@1"))
    assert fake.requests[0]["messages"] == [{"role": "user", "content": "One.\n\nTwo."}]


def test_a_closed_stream_ends_and_hangs_up(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.trickles)
    stream = opened().stream(PROMPT, max_tokens=50)
    pieces = iter(stream)
    assert next(pieces) == "and "
    stream.close()
    assert list(pieces) == []


def test_a_closed_stream_hangs_up_at_once_though_no_piece_comes(fake: FakeOpenAI, opened: Opened) -> None:
    noticed = threading.Event()
    fake.will(does.listens(noticed), does.says("Go on."))
    model = opened()
    stream = model.stream(PROMPT, max_tokens=50)
    pieces = iter(stream)
    assert next(pieces) == "Well, "
    assert not noticed.is_set()
    stream.close()
    assert list(pieces) == []
    assert noticed.wait(5), "the server would have gone on until the time for the next piece was over"
    # What was hung up was that answer alone: the next one comes, and closing it once it has come disturbs nothing.
    after = model.stream(PROMPT, max_tokens=50)
    assert "".join(after) == "Go on. "
    after.close()
    assert heard(model) == "Go on. "


def test_an_answer_that_is_given_up_before_it_begins(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.hangs, does.says("Go on."))
    model = opened()
    stream = model.stream(PROMPT, max_tokens=50)
    begun = time.monotonic()
    while not fake.requests and time.monotonic() - begun < 10:
        time.sleep(0.01)
    stream.close()
    assert list(stream) == []
    assert heard(model) == "Go on. "


def test_an_answer_in_a_form(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says(GOOD))
    given = opened().structured(PROMPT, Mark, max_tokens=60)
    assert (given.answer, given.repairs, given.usage) == (Mark(level=2, why="plain"), 0, Usage(100, 5, 80))
    form = fake.requests[0]["response_format"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is True
    assert form["json_schema"]["schema"]["required"] == ["level", "why"]
    assert form["json_schema"]["schema"]["additionalProperties"] is False
    assert fake.requests[0]["temperature"] == 0


# Forms that are not kept ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["{not json", "Two out of three, I'd say.", '{"level": 7, "why": "x"}', '{"level": 2}'])
def test_a_malformed_answer_is_repaired_once(fake: FakeOpenAI, opened: Opened, bad: str) -> None:
    fake.will(does.says(bad), does.says(GOOD))
    given = opened().structured(PROMPT, Mark, max_tokens=60)
    assert (given.answer, given.repairs, given.usage) == (Mark(level=2, why="plain"), 1, Usage(200, 10, 160))
    again = fake.requests[1]["messages"]
    assert again[:2] == fake.requests[0]["messages"]
    assert again[2] == {"role": "assistant", "content": bad}
    assert "did not fit the form" in again[3]["content"]


def test_a_second_malformed_answer_is_a_failure(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says("{no"))
    with pytest.raises(ModelError) as caught:
        opened().structured(PROMPT, Mark, max_tokens=60)
    assert caught.value.failure is ModelFailure.MALFORMED
    assert len(fake.requests) == 2


def test_json_between_words_and_fences_is_read(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.says(f"<think>hm {{</think>Here:\n```json\n{GOOD}\n```"))
    assert opened().structured(PROMPT, Mark, max_tokens=60).repairs == 0


def test_an_endpoint_without_schemas_is_asked_for_json_and_remembered(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.knows_no("json_schema", does.says(GOOD)))
    model = opened()
    assert model.structured(PROMPT, Mark, max_tokens=60).answer == Mark(level=2, why="plain")
    assert fake.requests[1]["response_format"] == {"type": "json_object"}
    assert '"level"' in fake.requests[1]["messages"][-1]["content"]
    model.structured(PROMPT, Mark, max_tokens=60)
    assert len(fake.requests) == 3


def test_an_endpoint_without_json_mode_is_asked_in_words(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.knows_no("json_schema", does.knows_no("json_object", does.says(GOOD))))
    assert opened().structured(PROMPT, Mark, max_tokens=60).answer == Mark(level=2, why="plain")
    assert "response_format" not in fake.requests[2]
    assert fake.requests[2]["messages"][0] == fake.requests[0]["messages"][0], "the prefix stays as it was"


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (does.says(""), ModelFailure.EMPTY),
        (does.refuses, ModelFailure.REFUSED),
        (does.says("I'm sorry, but I can't help with that."), ModelFailure.REFUSED),
        (does.says(GOOD, finish="content_filter"), ModelFailure.REFUSED),
        (does.says('{"level": 1, "why": "and so', finish="length"), ModelFailure.MALFORMED),
        (does.fails(401), ModelFailure.REFUSED_KEY),
        (does.fails(500), ModelFailure.SERVER),
        (does.fails(400, "context_length_exceeded"), ModelFailure.TOO_LONG),
        (does.hangs_up, ModelFailure.UNREACHABLE),
    ],
)
def test_forms_fail_with_their_kind(fake: FakeOpenAI, opened: Opened, behaviour: Behaviour, expected: ModelFailure) -> None:
    fake.will(behaviour)
    with pytest.raises(ModelError) as caught:
        opened().structured(PROMPT, Mark, max_tokens=60)
    assert caught.value.failure is expected


def test_a_form_that_hangs_is_given_up(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.hangs)
    start = time.monotonic()
    with pytest.raises(ModelError) as caught:
        opened(model_timeout=1.0).structured(PROMPT, Mark, max_tokens=60)
    assert caught.value.failure is ModelFailure.TIMEOUT
    assert time.monotonic() - start < 8


# Opening --------------------------------------------------------------------------------------------------------------


def test_without_a_model_there_is_none() -> None:
    assert open_model(load_settings()) is None


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("gpt-5", "openai:NAME"),
        ("openai:", "openai:NAME"),
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("local:/nowhere/x.gguf", "cannot be read"),
        ("mistralai:x", "pip install langchain-mistralai"),
        ("nobody:x", "cannot be opened"),
    ],
)
def test_what_can_never_work_is_said_at_once(model: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(SettingsError, match=word):
        open_model(load_settings(model=model))


def test_an_address_that_is_none(opened: Opened) -> None:
    with pytest.raises(SettingsError, match="OPENAI_BASE_URL"):
        opened(openai_base_url="localhost:8000")


def test_the_key_can_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeOpenAI) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    file = tmp_path / "key"
    file.write_text("sk-from-file\n", encoding="utf-8")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(file))
    settings = load_settings(model="openai:x", openai_base_url=fake.url)
    assert settings.key_source() == "OPENAI_API_KEY_FILE"
    assert "sk-from-file" not in repr(settings)
    fake.will(does.says("Yes."))
    model = open_model(settings)
    assert model is not None
    heard(model)
    assert fake.keys == ["Bearer sk-from-file"]
    model.close()  # type: ignore[attr-defined]


def test_openai_itself_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = open_model(load_settings(model="openai:gpt-4o-mini"))
    assert model is not None
    assert model.window == 128_000
    payload = model.chat(50)._get_request_payload("hello")  # type: ignore[attr-defined]
    assert payload["max_completion_tokens"] == 50
    thinking = open_model(load_settings(model="openai:gpt-5-mini"))
    assert thinking.speaking == {"reasoning_effort": "low"}  # type: ignore[union-attr]
    for one in (model, thinking):
        one.close()  # type: ignore[union-attr]


def test_the_window_can_be_set(opened: Opened) -> None:
    assert opened().window == 8192
    assert opened(model_window=2048).window == 2048
