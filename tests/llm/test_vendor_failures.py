"""Every way in which an endpoint can fail, through the real client and over a real connection; nothing leaks."""

from __future__ import annotations

import logging
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import fake_openai as does
import pytest
from asking import GOOD, PROMPT, SECRET, Mark, Opened, failure, heard
from fake_openai import KEY, Behaviour, FakeOpenAI

from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.failures import TAKES_OVER

# Failures of a stream -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (does.fails(401, f"Incorrect API key provided: {KEY}"), ModelFailure.REFUSED_KEY),
        (does.fails(403), ModelFailure.REFUSED_KEY),
        (does.fails(404, "The model `x` does not exist"), ModelFailure.NO_SUCH_MODEL),
        (does.fails(400, "model 'x' not found"), ModelFailure.NO_SUCH_MODEL),
        (does.fails(429), ModelFailure.RATE_LIMITED),
        (does.fails(500), ModelFailure.SERVER),
        (does.fails(503), ModelFailure.SERVER),
        (does.fails(504), ModelFailure.TIMEOUT),
        (does.fails(400, "This model's maximum context length is 8192 tokens"), ModelFailure.TOO_LONG),
        (does.fails(400, "request (9031 tokens) exceeds the available context size (4096)"), ModelFailure.TOO_LONG),
        (does.fails(400, "temperature is not supported"), ModelFailure.SERVER),
        (does.hangs_up, ModelFailure.UNREACHABLE),
        (does.cuts, ModelFailure.CUT),
        (does.says("I would say", finish=None), ModelFailure.CUT),
        (does.says(""), ModelFailure.EMPTY),
        (does.says("", pieces=["<think>", "never ends"]), ModelFailure.EMPTY),
        # langchain leaves a refusal out of a stream; nothing else comes, and nothing is shown.
        (does.refuses, ModelFailure.EMPTY),
        (does.says("Well", finish="content_filter"), ModelFailure.REFUSED),
    ],
)
def test_streams_fail_with_their_kind_and_a_sentence(
    fake: FakeOpenAI, opened: Opened, behaviour: Behaviour, expected: ModelFailure
) -> None:
    fake.will(behaviour)
    error = failure(opened())
    assert error.failure is expected
    assert TAKES_OVER in str(error)
    assert "openai:small-one" in str(error)


def test_what_came_before_a_cut_was_heard(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.cuts)
    pieces = []
    with pytest.raises(ModelError):
        pieces.extend(piece for piece in opened().stream(PROMPT, max_tokens=50))
    assert pieces == ["I would ", "say "]


@pytest.mark.parametrize(
    ("behaviour", "word"),
    [
        (does.hangs, "did not begin"),
        (does.pings, "did not begin"),
        (does.stalls, "stopped in the middle"),
        (does.trickles, "took too long"),
    ],
)
def test_time_runs_out_wherever_an_answer_stops(fake: FakeOpenAI, opened: Opened, behaviour: Behaviour, word: str) -> None:
    fake.will(behaviour)
    start = time.monotonic()
    error = failure(opened(model_timeout=2.0))
    assert error.failure is ModelFailure.TIMEOUT
    assert word in str(error) or "took too long" in str(error)
    assert time.monotonic() - start < 8


def test_nobody_listening(opened: Opened) -> None:
    assert failure(opened(openai_base_url="http://127.0.0.1:9/v1")).failure is ModelFailure.UNREACHABLE


def test_no_such_host(opened: Opened) -> None:
    error = failure(opened(openai_base_url="http://nowhere.invalid/v1"))
    assert error.failure is ModelFailure.UNREACHABLE


def test_the_client_does_not_try_again_by_itself(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.fails(500))
    failure(opened())
    assert len(fake.requests) == 1


def test_a_short_pause_is_kept_once(fake: FakeOpenAI, opened: Opened) -> None:
    fake.will(does.fails(429, Retry_After="0.2"), does.says("Good morning."))
    assert heard(opened()) == "Good morning. "
    fake.will(does.fails(429, Retry_After="0.2"))
    assert failure(opened()).failure is ModelFailure.RATE_LIMITED
    fake.requests.clear()
    fake.will(does.fails(429, Retry_After="0.2"), does.says(GOOD))
    assert opened().structured(PROMPT, Mark, max_tokens=60).repairs == 0
    assert len(fake.requests) == 2


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_long_pause_is_told_and_not_waited_for(fake: FakeOpenAI, opened: Opened, form: str) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
    fake.will(does.fails(429, Retry_After="40" if form == "seconds" else until))
    start = time.monotonic()
    error = failure(opened())
    assert error.failure is ModelFailure.RATE_LIMITED
    assert error.retry_after == pytest.approx(40, abs=5)
    assert "seconds" in str(error)
    assert time.monotonic() - start < 10


# What must not leak ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", [does.fails(401, f"bad key {KEY}"), does.fails(400, SECRET), does.cuts, does.hangs_up])
def test_no_key_and_no_word_in_logs_messages_and_traces(
    fake: FakeOpenAI, opened: Opened, behaviour: Behaviour, caplog: pytest.LogCaptureFixture
) -> None:
    fake.will(behaviour)
    with caplog.at_level(logging.DEBUG):
        model = opened()
        # Whoever turns on all logs gets theirs at the vendors' warnings only.
        error = failure(model)
        with pytest.raises(ModelError) as caught:
            model.structured(PROMPT, Mark, max_tokens=60)
    shown = "".join(
        [caplog.text, repr(model), *traceback.format_exception(error), *traceback.format_exception(caught.value), repr(error)]
    )
    assert KEY not in shown
    assert "Rotterdam" not in shown


def test_an_address_with_a_password_is_not_shown(fake: FakeOpenAI, opened: Opened, caplog: pytest.LogCaptureFixture) -> None:
    fake.will(does.fails(500))
    with caplog.at_level(logging.DEBUG):
        model = opened(openai_base_url=fake.url.replace("127.0.0.1", "ana:geheim@127.0.0.1"))
        error = failure(model)
    assert "geheim" not in caplog.text + repr(model) + str(error) + model.name


def test_nothing_is_traced(fake: FakeOpenAI, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    from langsmith import utils

    for name, value in (("TRACING", "true"), ("ENDPOINT", fake.url), ("API_KEY", "x")):
        monkeypatch.setenv(f"LANGSMITH_{name}", value)
    utils.get_env_var.cache_clear()
    try:
        fake.will(does.says("Yes."), does.says(GOOD))
        model = opened()
        heard(model)
        model.structured(PROMPT, Mark, max_tokens=60)
        time.sleep(0.5)
        assert len(fake.requests) == 2
    finally:
        utils.get_env_var.cache_clear()
