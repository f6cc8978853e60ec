"""`rehearse score`: transcripts from elsewhere in several formats, and single exchanges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commanding import Run, answer

from rehearse.domain.acts import Act
from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS, DETAIL_IDS

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
