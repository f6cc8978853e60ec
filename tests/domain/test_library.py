from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rehearse.domain.idea import IDEA_IDS
from rehearse.domain.library import Library, load_library, shipped_root
from rehearse.domain.rated import load_rated
from rehearse.domain.scenario import SCENARIO_IDS
from rehearse.errors import DataFileError, UnknownIdError


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(shipped_root() / "corpus", tmp_path / "corpus")
    shutil.copytree(shipped_root() / "personas", tmp_path / "personas")
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_everything_that_ships_is_sound(library: Library) -> None:
    assert library.problems == ()
    assert tuple(i.idea_id for i in library.corpus.ideas) == IDEA_IDS
    assert {s.id for s in library.scenarios} == set(SCENARIO_IDS)
    assert all(len(i.passages) >= 6 for i in library.corpus.ideas)


def test_enough_counterparts_for_the_two_main_scenarios(library: Library) -> None:
    assert len(library.personas) >= 12
    assert len(library.personas_for("pitch-to-boss")) >= 4
    assert len(library.personas_for("guide-hesitant-leader")) >= 4
    assert all(library.personas_for(s.id) for s in library.scenarios)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("scepticism: 0.68", "scepticism: 1.68", "temperament.scepticism"),
        ("pronoun: she", "pronoun: it", "pronoun"),
        ("manner:", "mannner:", "manner"),
        ("name: ", "name ", "line"),
        ("“{offer}” sounds", "“{ofer}” sounds", "file"),
    ],
)
def test_a_broken_persona_stops_nothing_but_itself(copy: Path, old: str, new: str, field: str) -> None:
    path = copy / "personas" / "marguerite-dunne.yaml"
    edit(path, old, new)
    library = load_library(copy)
    assert "marguerite-dunne" not in {p.id for p in library.personas}
    assert len(library.personas) >= 11
    [problem] = library.problems
    assert problem.file.endswith("marguerite-dunne.yaml")
    assert field in problem.field
    assert problem.mend


def test_the_unknown_slot_is_named(copy: Path) -> None:
    edit(copy / "personas" / "marguerite-dunne.yaml", "“{offer}” sounds", "“{ofer}” sounds")
    [problem] = load_library(copy).problems
    assert "{ofer}" in problem.problem


def test_a_passage_that_is_not_there_is_named(copy: Path) -> None:
    edit(copy / "corpus" / "rubrics" / "empathy.yaml", "passages: [", "passages: [no-such-passage, ")
    with pytest.raises(DataFileError, match="no-such-passage"):
        load_library(copy)


def test_a_persona_that_is_too_large_or_not_text_is_refused(copy: Path) -> None:
    (copy / "personas" / "big.yaml").write_text("x" * 600_000, encoding="utf-8")
    (copy / "personas" / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (copy / "personas" / "deep.yaml").write_text("a: " + "[" * 60 + "]" * 60, encoding="utf-8")
    assert len(load_library(copy).problems) == 3


def test_own_personas_are_added(copy: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "personas").mkdir(parents=True)
    text = (copy / "personas" / "marguerite-dunne.yaml").read_text(encoding="utf-8")
    (own / "personas" / "my-boss.yaml").write_text(text.replace("id: marguerite-dunne", "id: my-boss"), encoding="utf-8")
    assert load_library(copy, own).persona("my-boss").name == "Marguerite Dunne"


def test_unknown_ids_list_what_there_is(library: Library) -> None:
    with pytest.raises(UnknownIdError, match="marguerite-dunne"):
        library.persona("nobody")


def test_rated_exchanges_are_many_and_sound() -> None:
    rows = list(load_rated(shipped_root() / "corpus" / "rated"))
    assert sum(r.levels is not None for r in rows) >= 2000
    assert sum(r.levels is None for r in rows) >= 400
    assert 0.17 < sum(r.held_out for r in rows) / len(rows) < 0.23
