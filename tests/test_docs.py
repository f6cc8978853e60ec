"""The pages about the dynamics and the personas say what the code and the data say.

Run as a program, `python tests/test_docs.py`, it writes the tables of `docs/dynamics.md` afresh.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML

import rehearse
from rehearse.domain import draft, draft_form, persona
from rehearse.domain.acts import HARMFUL, Act, ActSpan
from rehearse.domain.library import check_persona, shipped_library, shipped_root
from rehearse.domain.loading import load_record
from rehearse.domain.persona import SLOTS, Difficulty, Disclosure, Habit, Persona
from rehearse.domain.state import ConcernStatus, State
from rehearse.domain.tuning import Level, Tuning
from rehearse.errors import DataFileError
from rehearse.simulation.appraisal import Setting, Track, appraise, initial_state
from rehearse.simulation.progress import voice

DOCS = Path(__file__).parent.parent / "docs"
DYNAMICS = DOCS / "dynamics.md"
GUIDE = DOCS / "write-a-persona.md"

# The tables of docs/dynamics.md ---------------------------------------------------------------------------------------


def table(heads: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    cells = [heads, tuple("---" for _ in heads), *(tuple(_number(c) for c in row) for row in rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _number(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)


@cache
def tuning() -> Tuning:
    return shipped_library().tuning


def acts_table() -> str:
    effects = tuning().acts
    order = [a for a in Act if a not in HARMFUL] + [a for a in Act if a in HARMFUL]
    return table(
        ("act", "trust", "openness", "patience"),
        [(f"`{a.value}`", effects[a].trust, effects[a].openness, effects[a].patience) for a in order],
    )


def novelty_table() -> str:
    lists = (("novelty", tuning().novelty), ("ease_novelty", tuning().ease_novelty), ("repair", tuning().repair))
    return table(("field", "first, second, third …"), [(f"`{n}`", ", ".join(_number(v) for v in values)) for n, values in lists])


CONTEXT = (
    "on_topic",
    "on_table",
    "elsewhere",
    "ease_cap",
    "premature",
    "spoiled",
    "sharpen",
    "kept_confidence",
    "broken_confidence",
)


def context_table() -> str:
    return table(("field", "value"), [(f"`{name}`", getattr(tuning(), name)) for name in CONTEXT])


def difficulty_table() -> str:
    names = tuple(Level.model_fields)
    levels = tuning().difficulty
    return table(
        ("difficulty", *(f"`{n}`" for n in names)),
        [(d.value, *(getattr(levels[d], n) for n in names)) for d in Difficulty],
    )


TURNS = (
    (
        "Thanks for making time. You taught me to ring a depot before I change its plan.",
        {Act.APPRECIATE: "Thanks for making time."},
        None,
    ),
    (
        "I'd show one director how I read the drivers' messages each morning, because late loads turn up there hours before our reports.",
        {Act.NAME_OFFER: "how I read the drivers' messages", Act.LINK_GOAL: "late loads turn up there hours before our reports"},
        "cover",
    ),
    (
        "Fair question. Half an hour every second Thursday after the morning loads, four sessions, and you can stop it any week.",
        {
            Act.ANSWER_CONCERN: "Half an hour every second Thursday",
            Act.PROPOSE_TERMS: "four sessions",
            Act.OFFER_CHOICE: "you can stop it any week",
        },
        None,
    ),
)


@cache
def example() -> tuple[Setting, tuple[State, ...]]:
    library = shipped_library()
    setting = Setting(library.persona("marguerite-dunne"), library.scenario("pitch-to-boss"), Difficulty.NORMAL, library.tuning)
    states, track = [initial_state(setting)], Track()
    for turn, (text, quotes, raised) in enumerate(TURNS, 1):
        spans = tuple(ActSpan.at(act, text, text.index(q), text.index(q) + len(q)) for act, q in quotes.items())
        seen = appraise(setting, states[-1], track, turn, text, spans)
        states.append(voice(seen.state, raised, turn) if raised else seen.state)
        track = seen.track
    return setting, tuple(states)


def example_table() -> str:
    _, states = example()
    rows = [
        (
            "start" if turn == 0 else str(turn),
            *(f"{getattr(state, name):.3f}" for name in ("trust", "openness", "patience")),
            *(f"{state.concerns[c].status.value}, {state.concerns[c].ease:.2f}" for c in ("cover", "use")),
        )
        for turn, state in enumerate(states)
    ]
    return table(("after turn", "trust", "openness", "patience", "`cover`", "`use`"), rows)


def arithmetic() -> tuple[list[tuple[object, ...]], float]:
    setting, states = example()
    parts: list[tuple[object, ...]] = [
        ("`acts.answer_concern.trust`", tuning().acts[Act.ANSWER_CONCERN].trust),
        ("first time: `novelty`", tuning().novelty[0]),
        ("normal: `gain`", tuning().difficulty[Difficulty.NORMAL].gain),
        ("her scepticism: 1.25 - 0.5 × scepticism", 1.25 - 0.5 * setting.persona.temperament.scepticism),
        ("what is left to earn: 1 - trust", 1.0 - states[2].trust),
        ("always", 1.5),
    ]
    product = 1.0
    for _, value in parts:
        assert isinstance(value, float)
        product *= value
    return parts, product


def arithmetic_table() -> str:
    parts, product = arithmetic()
    rows = [(label, f"{value:.3f}".rstrip("0").rstrip(".")) for label, value in parts]
    return table(("factor", "value"), [*rows, ("multiplied: trust earned", f"{product:.3f}")])


TABLES: dict[str, Callable[[], str]] = {
    "acts": acts_table,
    "novelty": novelty_table,
    "context": context_table,
    "difficulty": difficulty_table,
    "example": example_table,
    "arithmetic": arithmetic_table,
}


def _place(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- table: {name} -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def write_tables() -> None:
    text = DYNAMICS.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        text = _place(name).sub(rf"\1\n{make()}\n\n\3", text)
    DYNAMICS.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_tables_equal_the_data(name: str) -> None:
    found = _place(name).search(DYNAMICS.read_text(encoding="utf-8"))
    assert found is not None
    assert found.group(2).strip() == TABLES[name](), "run: python tests/test_docs.py"


def test_every_number_of_the_file_is_in_a_table() -> None:
    shown = {"acts", "novelty", "ease_novelty", "repair", "difficulty", *CONTEXT}
    assert shown == set(Tuning.model_fields)


def test_the_example_is_what_the_prose_says() -> None:
    _, states = example()
    assert states[1].trust - states[0].trust < 0.02
    assert states[2].on_table == "cover"
    assert states[2].concerns["use"].ease > 0
    assert states[2].concerns["use"].status is ConcernStatus.LATENT
    assert states[3].concerns["cover"].status is ConcernStatus.EASED
    assert states[3].concerns["cover"].ease == pytest.approx(tuning().ease_cap)


def test_the_arithmetic_is_what_the_rule_gives() -> None:
    setting, states = example()
    text, quotes, _ = TURNS[2]
    spans = tuple(ActSpan.at(act, text, text.index(q), text.index(q) + len(q)) for act, q in quotes.items())
    causes = appraise(setting, states[2], Track(), 3, text, spans).causes
    [cause] = [c for c in causes if c.act is Act.ANSWER_CONCERN and c.trust]
    assert cause.trust == pytest.approx(arithmetic()[1])


# Prose against code ---------------------------------------------------------------------------------------------------


def _source() -> str:
    folder = Path(rehearse.__file__).parent / "simulation"
    return " ".join(" ".join(p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.py"))).split())


def _code_lines(path: Path) -> Iterator[str]:
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        yield from (" ".join(line.split()) for line in block.splitlines() if line.strip())


@pytest.mark.parametrize("line", list(_code_lines(DYNAMICS)))
def test_formulas_are_taken_from_the_code(line: str) -> None:
    assert line in _source()


def test_bare_numbers_of_the_prose_are_those_of_the_code() -> None:
    from rehearse.simulation.disclosure import HINT_BELOW, WISH_BELOW

    text = DYNAMICS.read_text(encoding="utf-8")
    assert f"Up to {HINT_BELOW:g} below" in text
    assert f"trust within {WISH_BELOW:g} of" in text
    prose = re.sub(r"```.*?```|<!-- table.*?<!-- end -->", "", text, flags=re.DOTALL)
    assert set(re.findall(r"\b\d\.\d+\b", prose)) == {f"{HINT_BELOW:g}", f"{WISH_BELOW:g}"}


@pytest.mark.parametrize("word", [*Act, *Habit, *Disclosure, *ConcernStatus, *Tuning.model_fields, *Level.model_fields])
def test_the_dynamics_name_everything(word: str) -> None:
    text = DYNAMICS.read_text(encoding="utf-8")
    assert f"`{word}`" in text


MODELS = (
    persona.Persona,
    persona.Temperament,
    persona.Concern,
    persona.ConcernLines,
    persona.Fact,
    persona.FactLines,
    persona.Trigger,
    persona.Bristle,
    persona.Voice,
    persona.Scene,
    persona.Thoughts,
    draft_form.DraftAnswers,
    draft_form.Worry,
)


@pytest.mark.parametrize(("model", "field"), [(m, f) for m in MODELS for f in m.model_fields])
def test_the_guide_names_every_field(model: type[BaseModel], field: str) -> None:
    assert f"`{field}`" in GUIDE.read_text(encoding="utf-8"), f"{model.__name__}.{field}"


@pytest.mark.parametrize(
    "word",
    [
        *(f"{{{s}}}" for s in sorted(SLOTS)),
        *Act,
        *Habit,
        *Disclosure,
        *Difficulty,
        *draft_form.Ease,
        *draft_form.Manner,
        *draft_form.Patience,
        *draft_form.Doubt,
    ],
)
def test_the_guide_names_every_choice(word: str) -> None:
    assert f"`{word}`" in GUIDE.read_text(encoding="utf-8")


def _counts() -> Iterator[tuple[str, int]]:
    for model in (persona.Voice, persona.Scene, persona.Thoughts, persona.ConcernLines, persona.FactLines, persona.Bristle):
        for name, field in model.model_fields.items():
            for rule in field.metadata:
                if hasattr(rule, "min_length"):
                    yield name, rule.min_length


@pytest.mark.parametrize(("name", "least"), sorted(set(_counts())))
def test_the_guide_gives_the_least_number_of_lines(name: str, least: int) -> None:
    assert re.search(rf"^\| `{name}` \| {least} \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE), f"{name}: {least}"


MISTAKES = (
    ("id: marguerite-dunne", "id: margerite-dunne"),
    ("“{offer}” sounds", "“{ofer}” sounds"),
    ('    - "Go on."\n', '    - "Go on."\n    - "Go on."\n'),
    ("manner:", "maner:"),
    ("scepticism: 0.68", "scepticism: 68"),
    (", answer_concern: 0.4, offer_choice: 0.3, acknowledge_feeling: 0.2}", "}"),
    ("    threshold: 0.5\n", ""),
    ("    raises: fade", "    raises: faded"),
    ("  pitch-to-boss:\n    open:", "  pitch-to-bos:\n    open:"),
    ('      goal:\n        - "What', '      gaol:\n        - "What'),
    ("Back up to “{words}” a moment.", "Back up a moment."),
    ("I'm still parked at “{memory}”.", "I'm still parked."),
    ("  agree-expectations: early_yes", "  agree-expectations: maybe"),
)


@pytest.mark.parametrize(("old", "new"), MISTAKES)
def test_the_guide_quotes_the_messages(tmp_path: Path, old: str, new: str) -> None:
    source = (shipped_root() / "personas" / "marguerite-dunne.yaml").read_text(encoding="utf-8")
    assert old in source
    path = tmp_path / "marguerite-dunne.yaml"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        check_persona(path, load_record(path, Persona), shipped_library().scenarios)
    problem = caught.value.problem.replace(" (1 more in this file.)", "")
    assert f"`{caught.value.field}`: {problem}" in " ".join(GUIDE.read_text(encoding="utf-8").split())


def test_the_examples_of_the_guide_are_valid() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    yaml = YAML(typ="safe", pure=True)
    kinds: dict[str, type[BaseModel]] = {"concerns": persona.Concern, "facts": persona.Fact, "triggers": persona.Trigger}
    seen: set[str] = set()
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        for key, value in yaml.load(block).items():
            seen.add(key)
            for item in value if key in kinds else ():
                kinds[key].model_validate_json(json.dumps(item))
    assert {*kinds, "id", "pronoun", "temperament", "habit"} <= seen
    [answers] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert draft.draft_persona(draft_form.DraftAnswers.model_validate_json(answers)).id == "dana-quill"


if __name__ == "__main__":
    write_tables()
