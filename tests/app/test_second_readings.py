"""What a model read a second time outlives the process, everywhere it is shown."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from reading_twice import LINES, WHY, Opened, model, opening, play

from rehearse.app.attempts import compare_html
from rehearse.app.comparison import compare_after_branch
from rehearse.app.desk import Desk
from rehearse.app.lookback import LookBackPage
from rehearse.app.metrics import Metrics
from rehearse.app.queueing import Work
from rehearse.app.visitors import OnePerson
from rehearse.coaching.model_reply import CoachReply
from rehearse.domain.assessment import Rating, Remark
from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.errors import ModelError, ModelFailure
from rehearse.export import to_dict, to_markdown
from rehearse.llm.chat import Prompt
from rehearse.llm.prompts import load_prompt
from rehearse.llm.scripted import ScriptedModel
from rehearse.retrospect import Past, contest_rating, debrief_of
from rehearse.workspace import KeptRehearsal, Workspace


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory, shared: Workspace) -> Iterator[Opened]:
    """Opens the data folder in which the talk below is kept."""
    with opening(tmp_path_factory.mktemp("read-twice"), shared) as anew:
        yield anew


@pytest.fixture(scope="module")
def talk(again: Opened) -> KeptRehearsal:
    """A whole talk that was read twice; nothing below changes it."""
    return play(again())


def by_model(kept: KeptRehearsal) -> list[Rating]:
    found = [r for a in kept.rehearsal.assessments for r in a.ratings.values() if isinstance(r, Rating)]
    return [r for r in found if r.second or not r.by.startswith("embedded")]


def test_a_restart_changes_nothing_of_what_was_read_twice(again: Opened, talk: KeptRehearsal) -> None:
    first, kept = talk.workspace, talk
    before = debrief_of(kept)
    read_again = kept.rehearsal.coach.debrief(kept.rehearsal.conversation)
    assert before.to_dict() != read_again.to_dict(), "else a coach that reads again would pass"
    assert by_model(kept)
    assert {r.by for a in kept.rehearsal.assessments for r in a.remarks} >= {"embedded", model_remark(kept).by}
    views = [a.to_dict() for a in kept.rehearsal.assessments]
    stored = first.store.get(kept.rehearsal_id)

    # Another process: whatever its model, even none at all, what was concluded stands.
    for scripted in (True, False):
        second = again(scripted=scripted)
        taken_up = second.resume(kept.rehearsal_id)
        assert [a.to_dict() for a in taken_up.rehearsal.assessments] == views
        assert debrief_of(taken_up).to_dict() == before.to_dict()
        assert [t.to_dict() for r in debrief_of(taken_up).turn_ratings for t in r.values()] == [
            t.to_dict() for r in before.turn_ratings for t in r.values()
        ]
        assert second.store.get(kept.rehearsal_id) == stored
        if second.model is not None:
            assert second.model.requests == [], "nothing is read again"  # type: ignore[attr-defined]
    assert json.loads(stored.debrief_json or "") == json.loads(json.dumps(before.to_dict()))


def test_what_each_rating_was_made_with_is_stored_and_shown(talk: KeptRehearsal, library: Library) -> None:
    workspace, kept = talk.workspace, talk
    prompt = load_prompt("coach").made_from
    assert re.fullmatch(r"coach@[0-9a-f]{8,}", prompt)
    exported = to_dict(workspace.store.get(kept.rehearsal_id))
    debrief: Any = exported["debrief"]
    assert [(m["prompt"], m["model"], m["rubric"]) for m in debrief["made_with"]] == [
        (prompt, "scripted", library.rubric_version)
    ] * len(LINES)
    by = {key: rating["by"] for key, rating in debrief["ratings"].items() if rating["level"] is not None}
    # A rating that the model had a part in names its prompt, whether it changed the level or agreed.
    for criterion_id in ("specificity", "purpose"):
        assert set(by[criterion_id].split(" + ")) == {by["plainness"], f"scripted {prompt}"}
    assert prompt not in by["plainness"]
    stored = [json.loads(t.answer.assessment_json) for t in workspace.store.get(kept.rehearsal_id).turns if t.answer]
    for assessment in stored:
        assert assessment["provenance"]["prompt"] == prompt
        seconds = [r["second"]["by"] for r in assessment["ratings"].values() if r.get("second")]
        assert seconds
        assert set(seconds) <= {f"scripted {prompt}", by["plainness"]}


def model_remark(kept: KeptRehearsal) -> Remark:
    return next(r for a in kept.rehearsal.assessments for r in a.remarks if not r.by.startswith("embedded"))


def test_pages_exports_and_comparisons_show_the_same_after_a_restart(again: Opened, talk: KeptRehearsal) -> None:
    def shown(workspace: Workspace, kept_id: str, branch_id: str) -> dict[str, object]:
        desk = Desk(workspace)
        stored = workspace.store.get(kept_id)
        page = LookBackPage(OnePerson(workspace))
        comparison = compare_after_branch(desk, desk.open(branch_id), only_fresh=False)
        assert comparison is not None
        return {
            "page": page._account(desk, kept_id),
            "attempts": compare_html(desk, kept_id, branch_id),
            "moment": comparison,
            "progress": Past(workspace).progress,
            "json": to_dict(stored),
            "markdown": to_markdown(stored, workspace.library),
        }

    first, kept = talk.workspace, talk
    branch = first.branch(kept.rehearsal_id, 1)
    branch.say(LINES[2])
    branch.finish()
    before = shown(first, kept.rehearsal_id, branch.rehearsal_id)
    assert WHY in str(before["page"])
    assert WHY in str(before["markdown"])
    after = shown(again(), kept.rehearsal_id, branch.rehearsal_id)
    for part, told in before.items():
        assert after[part] == told, part


def test_a_contest_after_a_restart_looks_at_what_was_shown(opened: Opened) -> None:
    kept = play(opened())
    turn, criterion_id = next(
        (number, r.criterion_id)
        for number, a in enumerate(kept.rehearsal.assessments, 1)
        for r in a.ratings.values()
        if isinstance(r, Rating) and not r.by.startswith("embedded")
    )
    shown = kept.rehearsal.assessments[turn - 1].ratings[criterion_id]
    again = opened().resume(kept.rehearsal_id)
    found = contest_rating(again, turn, criterion_id, f"I said “{LINES[turn - 1]}”, and that is as plain as it gets.")
    assert found.first.to_dict() == shown.to_dict()
    # A second reading that comes in late does not take the verdict back.
    again._reviewed(turn, again.rehearsal.assessments[turn - 1])
    stored = again.workspace.store.get(kept.rehearsal_id)
    assert json.loads(stored.debrief_json or "")["ratings"] == debrief_of(again).to_dict()["ratings"]


def test_a_reading_that_ends_after_the_talk_is_in_the_debrief_that_is_kept(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    """Leaving does not wait for it, and nobody opens the page: the export has it all the same."""
    workspace, gate = opened(), threading.Event()
    inner = model().script
    assert callable(inner)

    def later(prompt: Prompt) -> Any:
        if prompt.made_from.startswith("coach@"):
            assert gate.wait(30)
        return inner(prompt)

    workspace.casting.cast(ScriptedModel(later))
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say(LINES[0])
    kept.keep_debrief(kept.rehearsal.finish(wait=0.0))
    first = workspace.store.get(kept.rehearsal_id).debrief_json or ""
    assert "scripted" not in first
    gate.set()
    assert kept.rehearsal.reviews.wait(30)
    assert workspace.store.get(kept.rehearsal_id).debrief_json == json.dumps(debrief_of(kept).to_dict(), ensure_ascii=False)
    assert "scripted" in (workspace.store.get(kept.rehearsal_id).debrief_json or "")
    assert "second reading" not in caplog.text


def invents(prompt: Prompt) -> CoachReply:
    """Quotes what nobody said, whatever it reads."""
    return CoachReply.model_validate({"ratings": {c: {"quote": "quokka", "level": 2} for c in CRITERION_IDS}, "remarks": []})


def breaks(prompt: Prompt) -> CoachReply:
    raise RuntimeError("quokka")


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [
        (None, "read"),
        (invents, "unusable"),
        (lambda _: ModelError(ModelFailure.TIMEOUT, "quokka"), "timeout"),
        (lambda _: '{"quokka": 1}', "malformed"),
        (breaks, "error"),
    ],
)
def test_what_became_of_a_second_reading_is_counted_and_nothing_of_it_is_told(
    opened: Opened, reads: Callable[[Prompt], Any] | None, outcome: str
) -> None:
    scripted = model().script
    assert callable(scripted)
    workspace, metrics = opened(), Metrics(Work.of(1, 1), lambda: 0)
    workspace.casting.watch = metrics
    workspace.casting.cast(ScriptedModel(lambda prompt: (reads if reads and "coach@" in prompt.made_from else scripted)(prompt)))
    # Of somebody who signed in later as well; a turn with nothing to read is not read, and not counted.
    kept = play(workspace.for_person("another"), (LINES[0], "🙂🙂🙂"))
    found = {sample.labels["outcome"]: sample.value for sample in metrics.model_reviews.collect()[0].samples}
    assert found == {outcome: 1}
    assert bool(by_model(kept)) is (outcome == "read")
    tokens = {sample.labels["kind"]: sample.value for sample in metrics.model_tokens.collect()[0].samples}
    assert tokens.get("completion", 0) > 0 if outcome in {"read", "unusable"} else sum(tokens.values()) == 0
    exposed = metrics.exposed()[0].decode()
    assert f'rehearse_model_reviews_total{{outcome="{outcome}"}} 1.0' in exposed
    for private in ("quokka", "TikTok", kept.rehearsal_id, "scripted"):
        assert private not in exposed


def test_what_another_process_read_is_shown_by_this_one(opened: Opened) -> None:
    """A talk that is in memory here, while the second reading of it is stored from elsewhere."""
    here, there = opened(scripted=False), opened()
    kept = play(here)
    assert not by_model(kept)
    first = there.resume(kept.rehearsal_id)
    first.rehearsal.reviews.begin(first.rehearsal.conversation, 1, tuple, first.rehearsal.assessments)
    assert first.rehearsal.reviews.wait(10)
    debrief_of(kept)
    assert by_model(kept)


def test_what_cannot_be_read_is_made_again(opened: Opened) -> None:
    workspace = opened(scripted=False)
    kept = play(workspace, LINES[:2])
    views = [a.to_dict() for a in kept.rehearsal.assessments]
    for damage in ("", "{", "{}", '{"ratings": {}, "remarks": []}', "[]"):
        workspace.store.update_assessment(kept.rehearsal_id, 2, damage)
        again = workspace.resume(kept.rehearsal_id)
        assert [a.to_dict() for a in again.rehearsal.assessments] == views
        assert debrief_of(again).to_dict() == debrief_of(kept).to_dict()
