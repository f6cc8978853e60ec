"""The commands that store nothing and play nothing: lists and search; help, errors and their exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commanding import Run, answer

from rehearse.domain.idea import IDEA_IDS
from rehearse.domain.library import Library
from rehearse.domain.scenario import SCENARIO_IDS

# Help and errors ------------------------------------------------------------------------------------------------------


def test_help_names_every_command(run: Run) -> None:
    told = run("--help").stdout
    for command in "serve chat play score scenarios personas ideas history export check stress doctor".split():
        assert f"\n  {command} " in told


def test_help_imports_nothing_heavy() -> None:
    heavy = ["gradio", "chromadb", "onnxruntime", "numpy", "sqlalchemy", "pydantic", "rich", "rehearse.session"]
    code = (
        "import sys\nsys.argv = ['rehearse', '--help']\nfrom rehearse.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"sys.exit(' '.join(m for m in {heavy!r} if m in sys.modules) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_python_m_is_the_same() -> None:
    done = subprocess.run([sys.executable, "-m", "rehearse", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("rehearse ")


def test_an_unknown_id_is_one_sentence_and_exit_code_2(run: Run) -> None:
    result = run("personas", "show", "no\x1b[31mbody", "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: There is no persona called “no[31mbody”. Known: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("fresh")
def test_what_the_operator_must_mend_is_exit_code_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSE_PORT", "many")
    result = run("personas", "list")
    assert result.exit_code == 3
    assert "REHEARSE_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bug_is_one_sentence_and_a_log_without_words(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a secret of Ana's")

    monkeypatch.setattr("rehearse.workspace.search_ideas", broken)
    result = run("ideas", "search", "a secret of Bo's")
    assert (result.exit_code, result.stdout) == (1, "")
    log = home / "rehearse.log"
    assert str(log) in result.stderr
    assert "Traceback" not in result.stderr
    written = log.read_text(encoding="utf-8")
    assert "ZeroDivisionError" in written
    assert "test_reading.py" in written
    assert "secret" not in written + result.stderr


# Lists ----------------------------------------------------------------------------------------------------------------


def test_lists_are_the_public_side_only(run: Run, library: Library) -> None:
    personas = answer(run("personas", "list", "--json"))
    assert [p["id"] for p in personas] == [p.id for p in library.personas]
    assert all(set(p) == {"id", "name", "role", "scenarios"} for p in personas)
    scenarios = answer(run("scenarios", "list", "--json"))
    assert {s["id"] for s in scenarios} == set(SCENARIO_IDS)
    assert all(set(s) == {"id", "title"} for s in scenarios)
    ideas = answer(run("ideas", "list", "--json"))
    assert [i["id"] for i in ideas] == list(IDEA_IDS)
    assert all(set(i) == {"id", "title"} for i in ideas)


def test_nothing_private_is_shown_of_any_persona(run: Run, library: Library) -> None:
    for persona in library.personas:
        shown = run("personas", "show", persona.id).stdout + run("personas", "show", persona.id, "--json").stdout
        private = [c.about for c in persona.concerns] + [f.text for f in persona.facts] + list(persona.goals)
        private += [line for _, line in persona.every_line() if line != persona.sample and len(line) > 30]
        flat = " ".join(shown.split())
        assert [text for text in private if text in flat] == []


def test_a_scenario_shows_its_brief_and_not_its_thresholds(run: Run, library: Library) -> None:
    scenario = library.scenario("guide-hesitant-leader")
    told = answer(run("scenarios", "show", scenario.id, "--json"))
    assert told["goal"] == scenario.goal
    assert told["personas"] == [p.id for p in library.personas_for(scenario.id)]
    assert not {"trust", "openness", "needs", "events", "asks"} & set(told)
    assert scenario.title in run("scenarios", "show", scenario.id).stdout


def test_an_idea_shows_its_passages_but_not_their_cues(run: Run, library: Library) -> None:
    idea = library.corpus.ideas[0]
    told = answer(run("ideas", "show", idea.idea_id, "--json"))
    assert [p["text"] for p in told["passages"]] == [p.text for p in idea.passages]
    assert set(told["passages"][0]) == {"passage", "text"}
    assert "Source:" in run("ideas", "show", idea.idea_id).stdout


@pytest.mark.parametrize("words", [("personas", "list"), ("scenarios", "list"), ("ideas", "list")])
def test_lists_for_people_begin_with_ids(run: Run, words: tuple[str, str]) -> None:
    result = run(*words)
    ids = [entry["id"] for entry in answer(run(*words, "--json"))]
    assert result.exit_code == 0
    assert all(f"{key}\n" in result.stdout for key in ids)


def test_search_answers_with_passages_best_first(run: Run, library: Library) -> None:
    hits = answer(run("ideas", "search", "how often should we meet?", "--top", "5", "--json"))
    assert 1 <= len(hits) <= 5
    assert all(set(hit) == {"idea", "passage", "text", "score"} for hit in hits)
    assert [h["score"] for h in hits] == sorted((h["score"] for h in hits), reverse=True)
    assert all(hit["text"] == library.corpus.passage(hit["passage"]).text for hit in hits)
    assert hits[0]["passage"] in run("ideas", "search", "how often should we meet?").stdout


@pytest.mark.parametrize("words", ["", "  ", "\x00", "?!", "🙂"])
def test_search_for_nothing_finds_something_or_nothing_but_never_fails(run: Run, words: str) -> None:
    assert isinstance(answer(run("ideas", "search", "--json", "--", words)), list)
