"""Reading answers and failures: schemas, repairs, refusals, languages, thinking aloud."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.failures import explain, failure_of, is_refusal, retry_after
from rehearse.llm.language import other_language
from rehearse.llm.streaming import Aloud, Patience
from rehearse.llm.structured import read_answer, strict_schema


class Remark(BaseModel):
    quote: str = Field(min_length=1, max_length=90)
    title: str | None = None


class Reading(BaseModel):
    remarks: list[Remark] = Field(max_length=2)
    level: int | None = Field(default=None, ge=0, le=2)


def test_a_strict_schema_requires_every_field_and_no_other() -> None:
    schema = strict_schema(Reading)
    assert schema["required"] == ["remarks", "level"]
    assert schema["additionalProperties"] is False
    inner = schema["$defs"]["Remark"]
    assert inner["required"] == ["quote", "title"], "a field called like a word of the schema language stays"
    assert inner["properties"]["quote"] == {"type": "string"}
    assert schema["properties"]["remarks"]["maxItems"] == 2
    assert "default" not in json.dumps(schema)


def test_lengths_stay_where_they_are_understood() -> None:
    schema = strict_schema(Reading, lengths=True)
    assert schema["$defs"]["Remark"]["properties"]["quote"] == {"type": "string", "minLength": 1, "maxLength": 90}


@given(
    st.integers(0, 2),
    st.text(min_size=1, max_size=80),
    st.sampled_from(["{}", "```json\n{}\n```", "Sure!\n{}\nDone.", "<think>{{</think>{}"]),
)
def test_a_good_answer_is_read_whatever_is_around_it(level: int, quote: str, around: str) -> None:
    said = json.dumps({"remarks": [{"quote": quote, "title": None}], "level": level})
    answer, problems = read_answer(around.replace("{{", "{").replace("{}", said), Reading)
    assert problems == []
    assert answer == Reading(remarks=[Remark(quote=quote)], level=level)


def test_problems_name_the_field_and_repeat_nothing_that_was_said() -> None:
    answer, problems = read_answer('{"remarks": [], "level": 9}', Reading)
    assert answer is None
    assert problems == ["level: Input should be less than or equal to 2"]
    assert read_answer("no", Reading)[1] == ["There is no JSON object in it."]


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m really sorry, I cannot assist with this request.",
        "Sorry, I am unable to comply.",
        "Unfortunately, I cannot continue this conversation.",
        "I can't assist with that.",
    ],
)
def test_refusals_are_known(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, that came out harder than I meant it.",
        "I can't spare an hour a week.",
        "I can't see how that helps the depot.",
        "Sorry, go on.",
        "I won't say yes today.",
        "",
    ],
)
def test_a_gruff_counterpart_is_no_refusal(text: str) -> None:
    assert not is_refusal(text)


ENGLISH = "I would like to know what this costs me in hours, and who covers the evening wave in the meantime."
GERMAN = "Ich möchte wissen, was mich das an Stunden kostet und wer in der Zwischenzeit die Abendwelle übernimmt."


def test_another_language_is_noticed() -> None:
    assert other_language(GERMAN, ENGLISH) == "de"
    assert other_language(ENGLISH, GERMAN) == "en"
    assert other_language(ENGLISH, ENGLISH) is None


def test_what_is_too_short_has_no_language() -> None:
    assert other_language("Ja, gut.", ENGLISH) is None
    assert other_language(GERMAN, "Hm.") is None


@given(st.text(max_size=40), st.text(alphabet="abc </>think", max_size=60), st.lists(st.integers(1, 7), min_size=1, max_size=40))
def test_thinking_aloud_is_left_out_however_it_is_cut(thought: str, speech: str, cuts: list[int]) -> None:
    thought = thought.replace("<", "")
    said = f"<think>{thought}</think>{speech}"
    aloud, heard, at = Aloud(), "", 0
    for size in [*cuts, len(said)]:
        heard += aloud.hear(said[at : at + size])
        at += size
    assert heard + aloud.rest() == speech


@given(st.text(max_size=60), st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_plain_speech_is_heard_as_it_is(speech: str, cuts: list[int]) -> None:
    if speech.lstrip().startswith("<think>"):
        return
    aloud, heard, at = Aloud(), "", 0
    for size in [*cuts, len(speech)]:
        heard += aloud.hear(speech[at : at + size])
        at += size
    assert heard + aloud.rest() == speech


def test_a_vendor_nobody_knows_is_a_server_error_and_midway_a_cut() -> None:
    class OddError(Exception):
        pass

    assert failure_of(OddError("x")) is ModelFailure.SERVER
    assert failure_of(OddError("x"), began=True) is ModelFailure.CUT
    assert failure_of(TimeoutError()) is ModelFailure.TIMEOUT
    assert failure_of(ConnectionRefusedError()) is ModelFailure.UNREACHABLE


def test_our_own_errors_pass_as_they_are() -> None:
    error = ModelError(ModelFailure.EMPTY, "x")
    assert explain(error, "m") is error


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, 0.0),
    ],
)
def test_how_long_a_server_asks_to_wait(headers: dict[str, str], expected: float | None) -> None:
    error = Exception()
    error.response = type("Response", (), {"headers": headers})()  # type: ignore[attr-defined]
    assert retry_after(error) == expected


@given(st.floats(0.1, 3600), st.booleans())
def test_no_wait_is_longer_than_the_whole(total: float, slow: bool) -> None:
    patience = Patience.within(total, slow_start=slow)
    assert max(patience.connect, patience.first, patience.between) <= patience.total == total
