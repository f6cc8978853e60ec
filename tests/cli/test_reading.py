"""The commands that store nothing and play nothing: lists, search, check, score; errors and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commanding import Run, answer
from typer.testing import Result

from rehearse.domain.acts import Act
from rehearse.domain.idea import IDEA_IDS
from rehearse.domain.library import Library, shipped_root
from rehearse.domain.rubric import CRITERION_IDS, DETAIL_IDS
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


# Check ----------------------------------------------------------------------------------------------------------------


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


# Score ----------------------------------------------------------------------------------------------------------------

TALK = (
    "# Tuesday\n\n"
    "**Ana:** Thanks for making time, I know it's a hard week.\n"
    "**Henrik:** Two hundred people watched me press the wrong button. I don't want to go through that again.\n"
    "**Ana:** That must have stung. What would make it feel safe for you?\n"
    "Whatever happens in here stays in here.\n"
    "**Henrik:** [bold]Hm.[/bold]\n"
)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_score_answers_with_the_debrief(run: Run, tmp_path: Path, library: Library) -> None:
    told = answer(run("score", _write(tmp_path / "talk.md", TALK), "--learner", "Ana", "--json"))
    assert set(told) >= {"ratings", "details", "ideas", "outcome", "remarks", "turning_points"}
    assert list(told["ratings"]) == list(CRITERION_IDS)
    assert set(told["details"]) == set(DETAIL_IDS)
    assert told["outcome"] is None
    said = {
        1: "Thanks for making time, I know it's a hard week.",
        2: "That must have stung. What would make it feel safe for you?\nWhatever happens in here stays in here.",
    }
    for remark in told["remarks"]:
        assert said[remark["turn"]][remark["start"] : remark["end"]] == remark["quote"]
        assert remark["citation"]["text"] == library.corpus.passage(remark["citation"]["passage"]).text
    for rating in told["ratings"].values():
        for span in rating["evidence"]:
            assert said[span["turn"]][span["start"] : span["end"]] == span["quote"]


def test_score_for_people_and_from_standard_input(run: Run) -> None:
    result = run("score", "-", "--learner", "Ana", input=TALK)
    assert result.exit_code == 0
    assert "2 turns of Ana, with Henrik." in result.stderr
    for word in ("Empathy", "Clarity", "Together", "Listening", "The six ideas"):
        assert word in result.stdout


def test_the_same_talk_in_three_formats_is_scored_alike(run: Run, tmp_path: Path) -> None:
    said = [
        ("Learner", "What would make it feel safe for you?"),
        ("Henrik", "Nobody watching."),
        ("Learner", "Then it's us two."),
    ]
    as_json = json.dumps([{"speaker": s.lower() if s == "Learner" else "counterpart", "text": t} for s, t in said])
    as_text = "\n".join(f"{speaker}: {text}" for speaker, text in said)
    cues = [f"00:0{n}.000 --> 00:0{n + 1}.000\n<v {s}>{t}" for n, (s, t) in enumerate(said)]
    scored = [
        answer(run("score", _write(tmp_path / name, text), "--json"))
        for name, text in (("a.json", as_json), ("a.txt", as_text), ("a.vtt", "WEBVTT\n\n" + "\n\n".join(cues)))
    ]
    assert scored[0] == scored[1] == scored[2]


def test_score_says_when_the_learner_is_unclear(run: Run, tmp_path: Path) -> None:
    result = run("score", _write(tmp_path / "talk.md", TALK), "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "talk.md: It is not clear who the learner is. Speakers found: Ana (2" in result.stderr


def test_somebody_at_a_terminal_is_asked_who_the_learner_is(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "talk.md", TALK)
    monkeypatch.setattr("rehearse.cli_score._somebody_is_there", lambda: True)
    asked = run("score", path, input="Henrik\n")
    assert asked.exit_code == 0, asked.stderr
    assert "Speakers: Ana, Henrik." in asked.stderr
    assert "Who is the learner?" in asked.stderr
    assert "2 turns of Henrik, with Ana." in asked.stderr
    # Nobody is asked where the answer is for a program, and a name that is not there is no answer.
    assert run("score", path, "--json", input="Ana\n").exit_code == 2
    wrong = run("score", path, input="Maria\n")
    assert (wrong.exit_code, "Empathy" in wrong.stdout) == (2, False)
    assert "talk.md: " in wrong.stderr


NAMED = TALK.replace("Thanks for making", "Thanks, Henrik, and Maya said hello. Thanks for making").replace("Hm.", "Hm, Ana.")


def test_names_become_roles_before_anything_is_rated(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rehearse.coaching.coach import Coach

    rated: list[str] = []
    read = Coach.read

    def watched(self: Coach, transcript: Any) -> Any:
        rated.append(" ".join(turn.text for turn in transcript.turns))
        return read(self, transcript)

    monkeypatch.setattr(Coach, "read", watched)
    path = _write(tmp_path / "talk.md", NAMED)
    plain = run("score", path, "--learner", "Ana", "--json")
    assert any(name in plain.stdout for name in ("Henrik", "Maya")), "else there was nothing to hide"
    result = run("score", path, "--learner", "Ana", "--anonymise", "--json")
    told = answer(result)
    assert "the counterpart" in rated[1]
    assert "Person A said hello" in rated[1]
    for name in ("Ana", "Henrik", "Maya"):
        assert name in rated[0]
        assert name not in rated[1]
        assert name not in json.dumps(told)
    assert "Maya → Person A" in result.stderr
    assert "2 turns of the learner, with the counterpart." in result.stderr
    assert "read it through before you share it" in result.stderr
    assert run("score", "--pairs", path, "--anonymise").exit_code == 2


@pytest.mark.parametrize("raw", [None, b"", b"\xff\xfe\x00", b"\x00\x01", b"Learner:"])
def test_score_of_what_is_no_transcript(run: Run, tmp_path: Path, raw: bytes | None) -> None:
    path = tmp_path / "talk.txt"
    if raw is not None:
        path.write_bytes(raw)
    result = run("score", path, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {path}: ")


def test_a_folder_is_no_transcript(run: Run, tmp_path: Path) -> None:
    assert run("score", tmp_path).exit_code == 2


@pytest.mark.parametrize(
    "words", ["🙂🙂", "Ich weiß es nicht, aber wir könnten es versuchen.", "ok", "<b>[x](y)</b>", "a " * 25_000]
)
def test_score_of_odd_words(run: Run, tmp_path: Path, words: str) -> None:
    talk = json.dumps([{"speaker": "counterpart", "text": "Well?"}, {"speaker": "learner", "text": words}])
    told = answer(run("score", _write(tmp_path / "talk.json", talk), "--json"))
    assert list(told["ratings"]) == list(CRITERION_IDS)


# Pairs ----------------------------------------------------------------------------------------------------------------

PAIRS = [
    {"id": "a", "context": "I don't want to be laughed at again.", "text": "That must have hurt. What would make it safe?"},
    {"id": 7, "context": "", "text": ""},
    {"id": "c", "context": None, "text": "🙂"},
    {"id": "d", "text": "It's really not hard, you know."},
    {"id": "e", "context": "Well?", "text": "\ud83d alone"},
]


def test_pairs_are_answered_line_by_line_in_order(run: Run, tmp_path: Path) -> None:
    path = _write(tmp_path / "pairs.jsonl", "\n\n".join(json.dumps(pair) for pair in PAIRS) + "\n")
    result = run("score", "--pairs", path, "--json")
    assert result.exit_code == 0, result.stderr
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["id"] for line in told] == ["a", 7, "c", "d", "e"]
    for pair, line in zip(PAIRS, told, strict=True):
        assert set(line) == {"id", "acts", "act_spans", "ratings", "scores"}
        assert list(line["ratings"]) == list(line["scores"]) == list(CRITERION_IDS)
        assert {span["act"] for span in line["act_spans"]} == set(line["acts"]) <= {act.value for act in Act}
        for span in line["act_spans"]:
            assert str(pair["text"])[span["start"] : span["end"]] == span["quote"]
        for key, level in line["ratings"].items():
            assert (level is None) == (line["scores"][key] is None)
    assert set(told[1]["ratings"].values()) == {None}
    assert "ask_open" in told[0]["acts"]


def test_pairs_for_people(run: Run) -> None:
    result = run("score", "--pairs", "-", input=json.dumps(PAIRS[0]))
    assert result.exit_code == 0
    assert result.stdout.startswith("a  ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "has to be an object"),
        ('{"text": "a"}', '"id" is missing'),
        ('{"id": "b", "context": "a"}', '"text", what the learner answered, is missing'),
        ('{"id": "b", "context": 3, "text": "a"}', '"context"'),
    ],
)
def test_a_bad_pair_names_its_line_before_anything_is_rated(run: Run, tmp_path: Path, line: str, message: str) -> None:
    path = _write(tmp_path / "pairs.jsonl", json.dumps(PAIRS[0]) + "\n" + line + "\n")
    result = run("score", "--pairs", path, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{path}: line 2: " in result.stderr
    assert message in result.stderr


def test_no_pairs_are_no_lines(run: Run) -> None:
    result = run("score", "--pairs", "-", "--json", input="\n")
    assert (result.exit_code, result.stdout) == (0, "")
