"""What became of a model's readings of acts, and their tokens, are counted over a real connection; nothing of them is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_openai import KEY, USAGE, Behaviour, Call, FakeOpenAI, fails, fake_openai, says

from rehearse.acting import appraiser
from rehearse.app.metrics import Metrics
from rehearse.app.queueing import Work
from rehearse.config import Settings
from rehearse.workspace import KeptRehearsal, Workspace

SAID = "I'd like to show you how our customers find us. It’s half an hour, and “no” is a fine answer."
ANSWER = "Mostly the lists, if I am honest."


@pytest.fixture(scope="module")
def endpoint() -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        yield server


@pytest.fixture
def talk(tmp_path: Path, shared: Workspace, endpoint: FakeOpenAI) -> Iterator[KeptRehearsal]:
    """A talk of somebody who signed in later, with a model that reads acts and does not coach."""
    settings = Settings(
        home=tmp_path,
        model="openai:quokka",
        openai_base_url=endpoint.url,
        openai_api_key=KEY,
        model_coach=False,
        model_appraisal=True,
    )
    made = Workspace(settings)
    made.__dict__["_ideas"] = shared._ideas
    endpoint.requests.clear()
    yield made.for_person("another").begin("pitch-to-boss", "marguerite-dunne", seed=7)
    made.casting.close()
    made.store.close()


def reading(*quoted: tuple[str, str]) -> str:
    return json.dumps({"acts": [{"act": act, "quote": quote} for act, quote in quoted]})


def either(read: Behaviour) -> Behaviour:
    """Answers in sentences where those are asked for, and so where acts are."""

    def behave(call: Call) -> None:
        (says(ANSWER) if call.body.get("stream") else read)(call)

    return behave


def counted(metrics: Metrics) -> tuple[dict[str, float], dict[str, float]]:
    found = {sample.labels["outcome"]: sample.value for sample in metrics.model_appraisals.collect()[0].samples}
    return found, {sample.labels["kind"]: sample.value for sample in metrics.model_tokens.collect()[0].samples}


@pytest.mark.parametrize(
    ("read", "outcome", "paid"),
    [
        (says(reading(("offer_choice", "“no” is a fine answer"))), "read", True),
        # It found nothing, and one of its quotes stands though the other does not: both were readings.
        (says(reading()), "read", True),
        (says(reading(("pressure", "quokka"), ("pressure", "half an hour"))), "read", True),
        (says(reading(("pressure", "quokka"), ("offer_choice", "as you like"))), "unusable", True),
        (says('{"quokka": 1}'), "malformed", False),
        (fails(401, "quokka"), "refused_key", False),
    ],
)
def test_what_became_of_reading_acts_is_counted_and_nothing_of_it_is_told(
    talk: KeptRehearsal, endpoint: FakeOpenAI, read: Behaviour, outcome: str, paid: bool
) -> None:
    metrics = Metrics(Work.of(1, 1), lambda: 0)
    talk.workspace.casting.watch = metrics
    endpoint.will(either(read))
    talk.say(SAID)
    # A turn with nothing to read is not sent, and not counted.
    talk.say("🙂🙂🙂")
    found, tokens = counted(metrics)
    assert found == {outcome: 1}
    # The answers are counted where they are spoken, which is not here: these are the tokens of the reading alone.
    assert tokens == ({"prompt": USAGE["prompt_tokens"], "completion": 5, "cached": 80} if paid else dict.fromkeys(tokens, 0))
    exposed = metrics.exposed()[0].decode()
    assert f'rehearse_model_appraisals_total{{outcome="{outcome}"}} 1.0' in exposed
    for private in ("quokka", "half an hour", "customers", talk.rehearsal_id, "another", KEY):
        assert private not in exposed


def test_a_fault_of_the_programs_counts_as_one(
    talk: KeptRehearsal, endpoint: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("quokka")

    monkeypatch.setattr(appraiser, "merge", breaks)
    metrics = Metrics(Work.of(1, 1), lambda: 0)
    talk.workspace.casting.watch = metrics
    endpoint.will(either(says(reading(("offer_choice", "“no” is a fine answer")))))
    with pytest.raises(RuntimeError):
        talk.say(SAID)
    found, tokens = counted(metrics)
    assert found == {"error": 1}
    assert tokens["prompt"] == USAGE["prompt_tokens"], "what was paid for is counted, whatever became of it"


def test_what_is_not_set_is_not_asked(talk: KeptRehearsal, endpoint: FakeOpenAI) -> None:
    metrics = Metrics(Work.of(1, 1), lambda: 0)
    casting = talk.workspace.casting
    casting.watch = metrics
    casting.choose(casting.settings.model_copy(update={"model_appraisal": False}))
    endpoint.will(either(fails(500)))
    again = talk.workspace.resume(talk.rehearsal_id)
    again.say(SAID)
    assert all(asked.get("stream") for asked in endpoint.requests)
    assert endpoint.requests
    assert counted(metrics)[0] == {}
