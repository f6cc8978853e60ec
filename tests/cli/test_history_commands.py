"""Chat, history and export: what is kept of a talk, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commanding import LINES, Run, answer
from typer.testing import Result

from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.errors import StorageError
from rehearse.workspace import KeptRehearsal, shared_workspace


def _stored_id(result: Result) -> str:
    return next(line.split()[1].rstrip(".") for line in result.stdout.split("\n") if line.startswith("Rehearsal "))


def test_chat_is_kept_taken_up_and_looked_back_at(run: Run, persona: str, library: Library) -> None:
    name = library.persona(persona).name
    first = run("chat", "--persona", persona, "--seed", "3", input=f"/hint\n{LINES[0]}\n/nothing\n/brief\n")
    assert first.exit_code == 0, first.stderr
    rehearsal_id = _stored_id(first)
    assert "There is no /nothing." in first.stdout
    assert f"rehearse chat --resume {rehearsal_id}" in first.stdout.replace("\n", " ").replace("  ", " ")
    assert first.stdout.count(library.scenario("pitch-to-boss").title) == 2

    listed = answer(run("history", "list", "--json"))
    assert [(e["id"], e["turns"], e["ended"]) for e in listed] == [(rehearsal_id, 1, "open")]
    told = answer(run("history", "show", rehearsal_id[:8], "--json"))
    assert told["debrief"] is None
    assert set(told["turns"][0]) == {"learner", "counterpart", "acts", "act_spans"}
    assert "--resume" in run("history", "show", rehearsal_id).stdout

    second = run("chat", "--resume", rehearsal_id[:8], input=f"\n{'a' * 9_000}\n{LINES[1]}\n/end\n")
    assert second.exit_code == 0, second.stderr
    assert "one turn holds up to" in second.stderr
    assert f"You: {LINES[0]}" in second.stdout.replace("\n", " ")
    assert "Outcome" in second.stdout

    told = answer(run("history", "show", rehearsal_id, "--json"))
    assert [turn["learner"] for turn in told["turns"]] == LINES[:2]
    assert told["ended"] == "left"
    assert set(told["turns"][0]) >= {"reaction", "state", "causes"}
    assert list(told["debrief"]["ratings"]) == list(CRITERION_IDS)
    shown = run("history", "show", rehearsal_id).stdout
    assert name in shown
    assert "Outcome" in shown
    assert rehearsal_id[:6] in run("history", "list").stdout
    assert answer(run("history", "list", "--search", "community forum", "--json"))
    assert answer(run("history", "list", "--search", "zeppelin", "--json")) == []


@pytest.fixture
def ended(run: Run, persona: str) -> Iterator[KeptRehearsal]:
    """A stored rehearsal that is over."""
    kept = shared_workspace().begin("pitch-to-boss", persona, seed=5)
    for line in (*LINES, "# <b>Look</b> *here*: [link](http://example.org) www.example.org :smile: $x$"):
        kept.say(line)
    kept.finish()
    yield kept
    if kept.rehearsal_id in {s.rehearsal_id for s in shared_workspace().store.list()}:
        shared_workspace().store.delete(kept.rehearsal_id)


def test_an_ended_rehearsal_can_be_opened_but_not_gone_on_with(run: Run, ended: KeptRehearsal) -> None:
    result = run("chat", "--resume", ended.rehearsal_id, input="Hello?\n")
    assert result.exit_code == 0
    assert "Outcome" in result.stdout


def test_export_as_json_is_read_back_by_score(run: Run, ended: KeptRehearsal, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    result = run("export", ended.rehearsal_id, "--format", "json", "--output", path)
    assert (result.exit_code, result.stdout) == (0, "")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told == answer(run("history", "show", ended.rehearsal_id, "--json"))
    assert list(answer(run("score", path, "--json"))["ratings"]) == list(CRITERION_IDS)


def test_export_as_markdown(run: Run, ended: KeptRehearsal, tmp_path: Path) -> None:
    text = run("export", ended.rehearsal_id, "--format", "markdown").stdout
    assert text.startswith("# ")
    assert "## Outcome" in text
    assert "### Turn 4" in text
    assert r"**Learner:** \# \<b\>Look\</b\> \*here\*: \[link\](http\://example.org) www\.example.org \:smile: \$x\$" in text
    path = tmp_path / "kept.md"
    assert run("export", ended.rehearsal_id, "--output", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o077 == 0
    again = run("export", ended.rehearsal_id, "--output", path)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run("export", ended.rehearsal_id, "--output", path, "--force").exit_code == 0
    assert run("export", ended.rehearsal_id, "--output", tmp_path / "no" / "such.md").exit_code == 3


def test_the_card_to_take_along(run: Run, ended: KeptRehearsal, tmp_path: Path) -> None:
    told = answer(run("history", "card", ended.rehearsal_id, "--json"))
    text = run("history", "card", ended.rehearsal_id[:8]).stdout
    assert text.startswith("# ")
    assert len(told["lines"]) >= 5
    assert [line["heading"] for line in told["lines"] if line["heading"] not in text] == []
    path = tmp_path / "card.pdf"
    assert run("history", "card", ended.rehearsal_id, "--format", "pdf", "--output", path).exit_code == 0
    assert path.read_bytes().startswith(b"%PDF-")
    assert path.stat().st_mode & 0o077 == 0
    assert "--output" in run("history", "card", ended.rehearsal_id, "--format", "pdf").stderr
    assert "agree-expectations" in run("history", "agreement", ended.rehearsal_id).stderr
    assert run("export", ended.rehearsal_id, "--format", "pdf", "--output", tmp_path / "talk.pdf").exit_code == 0
    assert (tmp_path / "talk.pdf").read_bytes().startswith(b"%PDF-")


def test_the_agreement_of_a_talk_about_expectations(run: Run, persona: str) -> None:
    kept = shared_workspace().begin("agree-expectations", persona, seed=5)
    kept.say("Shall we say half an hour every second Wednesday, for six weeks?")
    assert "not over yet" in run("history", "agreement", kept.rehearsal_id).stderr
    kept.finish()
    text = run("history", "agreement", kept.rehearsal_id).stdout
    assert "every second Wednesday" in text
    assert "## Still open" in text


def test_contested_in_the_terminal_and_kept(run: Run, ended: KeptRehearsal) -> None:
    words = ("history", "contest", ended.rehearsal_id, 3, "exploration", "I asked “what would you want to be sure of” there.")
    told = answer(run(*words, "--json"))
    assert told["pointed"][0]["quote"].startswith("What would you want")
    assert told["why"] in " ".join(run(*words).stdout.split())
    shown = answer(run("history", "show", ended.rehearsal_id, "--json"))
    assert [c["verdict"] for c in shown["contests"]] == [told["verdict"]] * 2
    assert run("history", "contest", ended.rehearsal_id, 3, "nothing", "Why?").exit_code == 2
    assert run("history", "contest", ended.rehearsal_id, 99, "exploration", "Why?").exit_code == 2


def test_progress_names_what_is_noise(run: Run, ended: KeptRehearsal) -> None:
    told = answer(run("history", "progress", "--json"))
    series = next(s for s in told["series"] if s["criterion"] == "specificity")
    assert ended.rehearsal_id in [p["key"] for p in series["points"]]
    text = run("history", "progress").stdout
    assert "±" in text
    assert "noise" in text
    assert answer(run("history", "progress", "--scenario", "recruit-a-peer", "--json"))["series"] == []
    assert run("history", "progress", "--scenario", "nothing").exit_code == 2


def test_delete_asks_unless_told_not_to(run: Run, ended: KeptRehearsal) -> None:
    refused = run("history", "delete", ended.rehearsal_id, input="n\n")
    assert refused.exit_code == 1
    assert run("history", "delete", ended.rehearsal_id, "--json").exit_code == 2
    assert answer(run("history", "delete", ended.rehearsal_id, "--yes", "--json")) == {"deleted": ended.rehearsal_id}
    gone = run("history", "show", ended.rehearsal_id)
    assert gone.exit_code == 2
    assert "There is no rehearsal called" in gone.stderr


@pytest.mark.parametrize("words", [("history", "show"), ("history", "delete", "--yes"), ("export",), ("chat", "--resume")])
def test_a_rehearsal_that_is_not_there(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "nothing")
    assert result.exit_code == 2
    assert "There is no rehearsal called “nothing”" in result.stderr


def test_a_turn_that_cannot_be_kept_says_so(run: Run, persona: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr("rehearse.storage.store.RehearsalStore.add_learner_turn", full)
    result = run("chat", "--persona", persona, input="Hello there.\n")
    assert result.exit_code == 3
    assert "The disk is full. Go on with: rehearse chat --resume " in result.stderr
