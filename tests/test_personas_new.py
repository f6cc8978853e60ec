"""A counterpart from a short form: sound whatever is answered, and playable at once."""

from __future__ import annotations

import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drafting import FORM, MAIN, assert_nothing_twice, cast, form
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playing import play, script
from pydantic import ValidationError

from rehearse.domain.acts import Act
from rehearse.domain.draft import draft_persona, persona_id
from rehearse.domain.draft_form import Ease, Manner, draft_lines
from rehearse.domain.draft_words import handle
from rehearse.domain.library import check_persona, shipped_library
from rehearse.domain.loading import load_record
from rehearse.domain.persona import Bristle, Difficulty, Persona, Scene, Thoughts, Voice
from rehearse.domain.persona_file import persona_text
from rehearse.domain.state import Ending
from rehearse.simulation.actor import sentence_keys


def assert_sound(persona: Persona, folder: Path) -> None:
    path = folder / f"{persona.id}.yaml"
    path.write_text(persona_text(persona), encoding="utf-8")
    again = load_record(path, Persona)
    check_persona(path, again, shipped_library().scenarios)
    assert again == persona


# The file of lines ----------------------------------------------------------------------------------------------------


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _authored() -> list[str]:
    lines = draft_lines().model_dump(mode="json")
    everyone = {key: value for key, value in lines["everyone"].items() if key != "triggers"}
    return [*_texts(everyone), *_texts(lines["manners"])]


def test_no_sentence_stands_twice_in_the_lines() -> None:
    counted = Counter(key for line in _authored() for key in sentence_keys(line))
    assert not [key for key, times in counted.items() if times > 1]


def test_no_line_is_that_of_a_persona_who_ships() -> None:
    shipped = {line for persona in shipped_library().personas for _, line in persona.every_line()}
    assert not shipped & set(_authored())


@pytest.mark.parametrize("manner", Manner)
def test_pools_are_half_as_large_again_as_they_must_be(manner: Manner) -> None:
    persona = draft_persona(form(manner=manner))
    parts: list[Any] = [persona.voice, persona.voice.bristle, persona.thoughts, *persona.scenes.values()]
    for part in parts:
        for name, field in type(part).model_fields.items():
            least = next((m.min_length for m in field.metadata if hasattr(m, "min_length")), 0)
            if isinstance(part, Voice | Bristle | Thoughts | Scene) and name not in ("invite", "bristle"):
                assert len(getattr(part, name)) >= math.ceil(1.5 * least), name
    assert all(getattr(persona.voice.bristle, act) for act in Bristle.model_fields)
    for concern in persona.concerns:
        assert len(concern.lines.press) >= 4
        assert all(persona.concerns[0].lines.voice)


@pytest.mark.parametrize("manner", Manner)
def test_lines_are_short_and_every_mark_is_filled(manner: Manner) -> None:
    persona = draft_persona(form(manner=manner))
    lines = [line for _, line in persona.every_line()]
    assert sum(len(line.split()) for line in lines) / len(lines) < 15
    assert not [line for line in lines if re.search(r"<\w+\.?>", line)]
    assert sum(line.startswith("*(") for line in lines) < len(lines) / 10


# The form -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", Manner)
def test_worries_are_woven_in_in_their_own_words(manner: Manner) -> None:
    persona = draft_persona(form(manner=manner))
    desk, five, favourites = persona.concerns
    assert all("“Who covers the desk while you two are talking" in line for line in desk.lines.voice)
    assert any("“the desk”" in line for line in desk.lines.press)
    assert not any("Not one" in line for line in five.lines.voice)
    assert five.about.endswith("Not one.")
    assert favourites.about == "The others will say I have favourites."
    assert favourites.since is Difficulty.NORMAL
    assert desk.eased_by[Act.PROPOSE_TERMS] > 0
    assert five.eased_by[Act.PROPOSE_MEASURE] > 0
    assert {"desk", "cover"} <= set(desk.topics)
    [secret] = [f for f in persona.facts if f.confidential]
    assert all("My deputy writes my messages" in line for line in secret.lines.tell)
    assert not any("deputy" in line for line in secret.lines.hint)


def test_hidden_things_stand_nowhere_but_where_they_are_told() -> None:
    persona = draft_persona(form(secret="A heron stole it", wish="juggling"))
    public = " ".join((persona.bio, persona.manner, persona.sample, persona.name, persona.role))
    assert "heron" not in public
    told = [path for path, line in persona.every_line() if "heron" in line or "juggling" in line]
    assert set(told) == {"facts.secret.tell", "facts.wish.tell"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dana Quill", "dana-quill"),
        ("José Ñandú-Pérez", "jose-nandu-perez"),
        ("  The  Boss!!", "the-boss"),
        ("Ольга", "my-counterpart"),
        ("😀", "my-counterpart"),
        ("null", "null"),
        ("x" * 80, "x" * 50),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_ids(name: str, expected: str) -> None:
    assert persona_id(name) == expected
    assert persona_id(name, {expected, f"{expected}-2"}) == f"{expected}-3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Who covers the desk while you two are talking?", "covers the desk"),
        ("the others will say I have favourites", "favourites"),
        ("No budget", "No budget"),
        ("Time!", "Time"),
        ("???", "???"),
    ],
)
def test_the_few_words_that_stand_for_a_worry(text: str, expected: str) -> None:
    assert handle(text) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": " \u200b\n "},
        {"role": "x" * 81},
        {"manner": "rude"},
        {"pronoun": "it"},
        {"worries": FORM["worries"][:2]},
        {"worries": [FORM["worries"][0] | {"eased_by": []}, *FORM["worries"][1:]]},
        {"secret": "\x00\x01"},
        {"age": 50},
    ],
)
def test_a_form_that_cannot_be_used_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        form(**changes)


ODD = st.sampled_from(
    [
        "null", "yes", "~", "- a list", "# a comment", "key: value", "{words}", "{offer} and {nothing}", "<wish>", "<worry.>", "“quoted”",
        '"quoted"', "it's", "'", "\\n\\t\\", "%TAG", "&anchor *alias", "!!python/object", "1e3", "🎉", "👩‍👧 family", "…", "?", "a\u2028b", "\u202eright to left",
        "*(leaves)*", "(only this)", "One. Two. Three.", "tab\tand\nline", "---", "| block", "> folded", "@at `tick`", "naïve café", "日本語", "مرحبا",
    ]
)  # fmt: skip
ANSWER = st.one_of(ODD, st.lists(ODD, min_size=2, max_size=4).map(" ".join), st.text(min_size=1, max_size=200))


def _readable(text: str) -> bool:
    try:
        form(wish=text)
    except ValidationError:
        return False
    return True


SAID = ANSWER.filter(_readable)
WORRY = st.fixed_dictionaries(
    {"says": SAID, "eased_by": st.lists(st.sampled_from(list(Ease)), min_size=1, max_size=9, unique=True)},
    optional={"in_short": SAID.filter(lambda t: len(t) <= 80)},
)
FORMS = st.fixed_dictionaries(
    {
        "name": SAID.filter(lambda t: len(t) <= 80),
        "role": SAID.filter(lambda t: len(t) <= 80),
        "cares_about": SAID,
        "worries": st.lists(WORRY, min_size=3, max_size=3),
        "secret": SAID,
        "wish": SAID,
        "manner": st.sampled_from(list(Manner)),
        "pronoun": st.sampled_from(["she", "he", "they"]),
        "patience": st.sampled_from(["short", "middling", "long"]),
        "scepticism": st.sampled_from(["open", "careful", "hard"]),
    }
)


@given(answers=FORMS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_answers_make_a_sound_persona(answers: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert_sound(draft_persona(form(**answers)), Path(folder))


@given(answers=FORMS, seed=st.integers(0, 99), scenario=st.sampled_from(MAIN))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_any_persona_plays_ten_turns_and_says_nothing_twice(answers: dict[str, Any], seed: int, scenario: str) -> None:
    engine = cast(draft_persona(form(**answers)), scenario, seed)
    snapshot = play(engine, script(scenario, "average", 1)[:10])
    assert len(snapshot.exchanges) == 10 or snapshot.ending is not Ending.OPEN
    assert_nothing_twice(snapshot)
    assert not [t for t in snapshot.transcript.turns if "waits)" in t.text and t.turn_id.startswith("C")]


# Played ---------------------------------------------------------------------------------------------------------------


ANSWERS = [
    "You said none of these changed a thing. Let's take one figure you already keep, look at it after three weeks, and if it hasn't moved, we call it off.",
    "On favourites: we ask who wants to, anyone may say no, and you decide. How would you handle that in my place?",
    "About the desk: half an hour at eight, before the queue opens, for four weeks, and you can stop it any week.",
    "What would you like to learn from it, if you could choose?",
    "To know whether it was worth it, we count how many cases you look up yourself by the end of May, and compare.",
    "Shall we try the first ten minutes on Tuesday at half past eight, just us two, and you stop it whenever you like?",
    "Could we agree on Tuesday at half past eight, then, ten minutes, and I send you one page on Friday?",
]


@pytest.mark.parametrize("scenario", MAIN)
@pytest.mark.parametrize("manner", Manner)
def test_who_answers_the_three_worries_gets_a_yes(manner: Manner, scenario: str) -> None:
    engine = cast(draft_persona(form(manner=manner)), scenario)
    ends = [play(engine, script(scenario, "skilled", n) + ANSWERS) for n in (1, 2)]
    assert any(end.ending is Ending.AGREED for end in ends)
    for end in ends:
        assert_nothing_twice(end)


@pytest.mark.parametrize("scenario", MAIN)
@pytest.mark.parametrize("manner", Manner)
def test_skill_is_what_wins(manner: Manner, scenario: str) -> None:
    persona = draft_persona(form(manner=manner))
    ends = {
        level: [play(cast(persona, scenario), script(scenario, level, n)) for n in (1, 2)]
        for level in ("skilled", "average", "clumsy")
    }
    trust = {level: sum(end.state.trust for end in both) for level, both in ends.items()}
    assert trust["skilled"] > trust["average"] > trust["clumsy"]
    assert not any(end.ending is Ending.AGREED for end in ends["clumsy"])
    for both in ends.values():
        for end in both:
            assert_nothing_twice(end)


@pytest.mark.parametrize("scenario", MAIN)
@pytest.mark.parametrize("manner", Manner)
def test_thirty_turns_never_run_dry(manner: Manner, scenario: str) -> None:
    persona = draft_persona(form(manner=manner, patience="long"))
    lines = [line for level in ("average", "skilled") for n in (1, 2) for line in script(scenario, level, n)]
    snapshot = play(cast(persona, scenario), lines[:30])
    assert_nothing_twice(snapshot)
    assert not [
        t.text for t in snapshot.transcript.turns if t.text in ("*(waits)*", "*(says nothing)*", "*(looks at the window)*")
    ]
