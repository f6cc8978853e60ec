"""`rehearse check`: data files of every kind, each problem with its file and field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commanding import Run, answer
from typer.testing import Result

from rehearse.domain.library import shipped_root


def test_everything_that_ships_is_sound(run: Run) -> None:
    told = answer(run("check", "--json"))
    assert told["problems"] == []
    assert told["ok"] is True
    assert told["checked"] >= 20


def _copy(name: str, folder: Path, change: Callable[[str], str]) -> Path:
    source = shipped_root() / name
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.name
    target.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8")
    return target


def _problems(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["ok"] is False
    problems: list[dict[str, str]] = told["problems"]
    assert all(set(p) == {"file", "field", "problem", "mend"} and all(p.values()) for p in problems)
    return problems


def test_a_persona_anywhere_is_known_by_its_fields(run: Run, tmp_path: Path) -> None:
    persona = next((shipped_root() / "personas").glob("*.yaml"))
    good = _copy(f"personas/{persona.name}", tmp_path / "mine", lambda text: text)
    assert answer(run("check", good, "--json")) == {"ok": True, "checked": 1, "problems": []}
    assert run("check", good).stdout == "1 file checked, no problems.\n"
    bad = _copy(f"personas/{persona.name}", tmp_path / "bad", lambda text: text.replace("\nrole:", "\nrol:", 1))
    found = _problems(run("check", bad, "--json"))
    assert found[0]["file"] == str(bad)
    assert found[0]["field"] in ("role", "rol")
    people = run("check", bad)
    assert people.exit_code == 1
    assert "Mend: " in people.stdout


def test_what_a_persona_owes_its_scenario_is_checked_too(run: Run, tmp_path: Path) -> None:
    persona = next(p for p in (shipped_root() / "personas").glob("*.yaml") if "pitch-to-boss:" in p.read_text("utf-8"))
    bad = _copy(f"personas/{persona.name}", tmp_path, lambda text: text.replace("  pitch-to-boss:", "  pitch-to-nobody:"))
    assert any("pitch-to-nobody" in problem["field"] for problem in _problems(run("check", bad, "--json")))


@pytest.mark.parametrize(
    ("name", "field", "change"),
    [
        ("corpus/scenarios/pitch-to-boss.yaml", "goal", lambda t: t.replace("\ngoal:", "\ngoa1:")),
        ("corpus/scenarios/pitch-to-boss.yaml", "ideas", lambda t: t.replace("[voice-your-desire", "[voice-a-desire")),
        ("corpus/rubrics/clarity.yaml", "criteria", lambda t: t.replace("passages: [", "passages: [no-such-passage, ", 1)),
        ("corpus/ideas/voice-your-desire.md", "front matter", lambda t: t.replace("---", "--", 1)),
        ("corpus/lexicon.yaml", "jargon", lambda t: t.replace("\njargon:", "\njargo:")),
        ("corpus/dynamics.yaml", "novelty", lambda t: t.replace("\nnovelty:", "\nnovel:")),
        ("corpus/coaching.yaml", "remarks", lambda t: t.replace("passages: [", "passages: [no-such-passage, ", 1)),
    ],
)
def test_each_kind_of_file_names_file_and_field(
    run: Run, tmp_path: Path, name: str, field: str, change: Callable[[str], str]
) -> None:
    bad = _copy(name, tmp_path / Path(name).parent.name, change)
    found = _problems(run("check", bad, "--json"))
    assert found[0]["file"] == str(bad)
    assert field.removesuffix("s") in found[0]["field"] + found[0]["problem"]


def test_each_bad_line_of_rated_exchanges_is_named(run: Run, tmp_path: Path) -> None:
    lines = (shipped_root() / "corpus/rated/d1_pitch.jsonl").read_text(encoding="utf-8").split("\n")[:2]
    rated = tmp_path / "rated" / "mine.jsonl"
    rated.parent.mkdir()
    rated.write_text("\n".join([lines[0], "{", lines[1].replace('"quote": "', '"quote": "zz'), lines[0]]), encoding="utf-8")
    fields = [problem["field"].split(",")[0] for problem in _problems(run("check", rated.parent, "--json"))]
    assert fields == ["line 2", "line 3", "line 4"]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("none.yaml", None, "cannot be read"),
        ("notes.yaml", "colour: red\n", "no kind of data file"),
        ("a.yml", "temperament: {}\nvoice: {}\n", "end in .yaml"),
        ("a.bin", "\x00", "no kind of data file"),
        ("personas/a.yaml", "id: [", "line 1"),
        ("personas/b.yaml", "", "no fields"),
    ],
)
def test_files_that_are_nothing(run: Run, tmp_path: Path, name: str, content: str | None, word: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_text(content, encoding="utf-8")
    problem = _problems(run("check", path, "--json"))[0]
    assert word in (problem["problem"] + problem["field"] + problem["mend"]).lower()


def test_a_folder_without_data_files_is_a_problem(run: Run, tmp_path: Path) -> None:
    assert _problems(run("check", tmp_path, "--json"))[0]["field"] == "folder"


@pytest.mark.usefixtures("fresh")
def test_own_personas_are_checked_and_a_broken_one_stops_nothing(run: Run, home: Path) -> None:
    own = home / "personas" / "broken.yaml"
    own.parent.mkdir()
    own.write_text("id: broken\n", encoding="utf-8")
    shipped = next((shipped_root() / "personas").glob("*.yaml"))
    twin = _copy(f"personas/{shipped.name}", own.parent, lambda text: text)
    try:
        wrong = {problem["file"]: problem["field"] for problem in _problems(run("check", "--json"))}
        assert set(wrong) == {str(own), str(twin)}
        assert wrong[str(twin)] == "id"
        listed = run("personas", "list", "--json")
        assert "broken" not in {p["id"] for p in answer(listed)}
        assert str(own) in listed.stderr
    finally:
        own.unlink()
        twin.unlink()
        own.parent.rmdir()
