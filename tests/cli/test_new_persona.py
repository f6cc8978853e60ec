"""`rehearse personas new`: asked in the terminal or answered in a file, and never over another file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from drafting import FORM, MAIN
from typer.testing import CliRunner

from rehearse.cli_check import check
from rehearse.cli_new import new_persona
from rehearse.cli_output import CommandGroup
from rehearse.domain.draft_form import Manner, draft_lines
from rehearse.domain.loading import load_record
from rehearse.domain.persona import Persona


def run(*arguments: str, words: str = "") -> Any:
    app = typer.Typer(cls=CommandGroup, rich_markup_mode=None)
    app.command("new")(new_persona)
    app.command("check")(check)
    return CliRunner().invoke(app, [*arguments], input=words)


TYPED = [
    "Dana Quill", "Head of claims", "it", "she", "no family waits six weeks",
    "Who covers the desk?", "", "2",
    "None of these ever changed a thing", "another fad", "ten", "0", "1, 4 9",
    "The others will say I have favourites", "", "7",
    "I type with two fingers", "reading the live board", "9", "2", "", "3",
]  # fmt: skip


def test_asked_in_the_terminal(own_data_folder: Path) -> None:
    result = run("new", words="\n".join(TYPED) + "\n")
    assert result.exit_code == 0, result.output
    assert "Leave real names out" in result.output
    path = own_data_folder / "personas" / "dana-quill.yaml"
    for wanted in (str(path), "--scenario pitch-to-boss --persona dana-quill", "rehearse check"):
        assert wanted in result.output
    persona = load_record(path, Persona)
    assert persona.manner == draft_lines().manners[Manner.WARM].manner
    assert persona.temperament.scepticism == 0.7
    assert any("“another fad”" in line for line in persona.concerns[1].lines.eased)
    assert run("check", str(path)).exit_code == 0


def test_from_a_file_and_never_over_another(own_data_folder: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(FORM), encoding="utf-8")
    folder = own_data_folder / "personas"
    folder.mkdir(parents=True)
    (folder / "dana-quill.yaml").write_text("mine, and broken: [", encoding="utf-8")
    made = [json.loads(run("new", "--from-json", str(answers), "--json").stdout) for _ in range(2)]
    assert [m["id"] for m in made] == ["dana-quill-2", "dana-quill-3"]
    assert made[0]["scenarios"] == list(MAIN)
    assert Path(made[0]["file"]).is_file()
    assert (folder / "dana-quill.yaml").read_text(encoding="utf-8") == "mine, and broken: ["


def test_a_name_that_ships_gets_an_id_of_its_own(own_data_folder: Path) -> None:
    made = json.loads(run("new", "--from-json", "-", "--json", words=json.dumps(FORM | {"name": "Marguerite Dunne"})).stdout)
    assert made["id"] == "marguerite-dunne-2"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "line 1"),
        ("[]", "file"),
        ('{"name": "x"', "line 1"),
        (json.dumps(FORM | {"manner": "rude"}), "manner"),
        (json.dumps(FORM | {"worries": [{"says": "x", "eased_by": ["luck"]}]}), "worries.0.eased_by.0"),
        ("[" * 100_000, "file"),
    ],
)
def test_answers_that_cannot_be_used_say_why(own_data_folder: Path, words: str, told: str) -> None:
    result = run("new", "--from-json", "-", words=words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "Mend:" in result.stderr
    assert not (own_data_folder / "personas").exists()


def test_a_folder_that_cannot_be_written_is_named(own_data_folder: Path) -> None:
    (own_data_folder / "personas").write_text("in the way", encoding="utf-8")
    result = run("new", "--from-json", "-", words=json.dumps(FORM))
    assert result.exit_code == 3
    assert "REHEARSE_HOME" in result.stderr


def test_json_needs_answers_from_a_file() -> None:
    assert run("new", "--json").exit_code == 2
