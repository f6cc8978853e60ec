from __future__ import annotations

import pytest

from rehearse.domain.acts import Act, ActSpan
from rehearse.perception.slots import find_slots


def span(act: Act, text: str, quote: str) -> ActSpan:
    start = text.index(quote)
    return ActSpan.at(act, text, start, start + len(quote))


def test_the_offer_and_the_time_are_the_learners_own_words() -> None:
    text = "I'd show one person how I read the community forum every morning; it's half an hour every second Wednesday."
    slots = find_slots(text, (span(Act.NAME_OFFER, text, "I'd show one person how I read the community forum every morning"),))
    assert slots["offer"] == "how I read the community forum"
    assert slots["time"] == "half an hour every second Wednesday"


def test_the_next_step_loses_its_polite_lead() -> None:
    text = "Can I put half a page on your desk on Friday?"
    assert find_slots(text, (span(Act.AGREE_NEXT_STEP, text, text),))["step"] == "put half a page on your desk on Friday"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I asked Maja from payroll about it.", "Maja"),
        ("We could start on Monday with Excel.", None),
        ("Thanks for that.", None),
    ],
)
def test_people_are_told_from_days_and_programs(text: str, name: str | None) -> None:
    assert find_slots(text, ()).get("person") == name


@pytest.mark.parametrize("text", ["ok", "hm", "I don't know what to say.", "", "😀"])
def test_nothing_telling_gives_nothing(text: str) -> None:
    assert "words" not in find_slots(text, ())


def test_every_slot_is_an_exact_quote_but_for_its_first_letter() -> None:
    text = "The driver forum knew about the snow two hours early. Ruth from planning said 40 calls came in that night."
    for value in find_slots(text, ()).values():
        assert value.lower() in text.lower()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("I could send you half a page tonight.", None),
        ("You have quite a reputation downstairs.", None),
        ("I wrote it up in a short report yesterday.", "short report"),
        ("It began with the winter roster, and half the late calls came from there.", "winter roster"),
    ],
)
def test_a_phrase_keeps_its_measure_and_ends_before_the_time(text: str, phrase: str | None) -> None:
    assert find_slots(text, ()).get("words") == phrase
