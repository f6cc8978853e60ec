"""What a model read a second time outlives the process, everywhere it is shown; what was deleted outlives nothing."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rehearse.app.attempts import compare_html
from rehearse.app.comparison import compare_after_branch
from rehearse.app.desk import Desk
from rehearse.app.lookback import LookBackPage
from rehearse.app.metrics import Metrics
from rehearse.app.own_guidance import add, remove
from rehearse.app.queueing import Work
from rehearse.app.visitors import OnePerson
from rehearse.coaching.model_reply import CoachReply
from rehearse.config import Settings
from rehearse.domain.assessment import Rating, Remark
from rehearse.domain.library import Library
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.errors import ModelError, ModelFailure, UnknownIdError
from rehearse.export import to_dict, to_markdown
from rehearse.llm.chat import Prompt
from rehearse.llm.prompts import load_prompt
from rehearse.llm.scripted import ScriptedModel
from rehearse.people.takeout import takeout
from rehearse.retrospect import Past, contest_rating, debrief_of
from rehearse.storage.documents import read_document
from rehearse.workspace import KeptRehearsal, Workspace

LINES = (
    "Okay. So, I would like to show you how our customers find us on TikTok.",
    "You just have to accept that younger people see this better, and we should start on Monday.",
    "Would half an hour every second Wednesday suit you, and would you tell me after a month whether it is of any use?",
)
WHY = "The ask comes before they know why you ask them."
OWN = "Quokkas decide which of the customers on TikTok they follow"


def model() -> ScriptedModel:
    """Speaks one harmless sentence, and reads a second time what every turn holds: its first word is plainness 0."""

    def reply(prompt: Prompt) -> str | CoachReply:
        if not prompt.made_from.startswith("coach@"):
            return "Mostly the lists, if I am honest."
        said = next(line for line in reversed(LINES) if line in prompt.messages[-1].text)
        quote = " ".join(said.split()[:5]).strip(",.")
        ratings = {c: {"quote": None, "level": None} for c in CRITERION_IDS}
        ratings |= {c: {"quote": quote, "level": 1} for c in ("specificity", "structure", "exploration", "purpose")}
        remark = {
            "kind": "change",
            "criterion": "exploration",
            "quote": quote,
            "passage_id": "ask-and-listen-first",
            "why": WHY,
            "suggestion": None,
        }
        return CoachReply.model_validate({"ratings": ratings, "remarks": [remark]})

    return ScriptedModel(reply)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


Opened = Callable[..., Workspace]


@contextmanager
def opening(home: Path, shared: Workspace) -> Iterator[Opened]:
    """Opens the same data folder anew, as another process would; but for the passages, which take a while and never change."""
    made: list[Workspace] = []

    def anew(*, scripted: bool = True) -> Workspace:
        workspace = Workspace(Settings(home=home))
        workspace.__dict__["_ideas"] = shared._ideas
        if scripted:
            workspace.casting.cast(model())
        made.append(workspace)
        return workspace

    yield anew
    for workspace in made:
        workspace.store.close()


@pytest.fixture
def opened(home: Path, shared: Workspace) -> Iterator[Opened]:
    """Opens a data folder of this test's own."""
    with opening(home, shared) as anew:
        yield anew


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory, shared: Workspace) -> Iterator[Opened]:
    """Opens the data folder in which the talk below is kept."""
    with opening(tmp_path_factory.mktemp("read-twice"), shared) as anew:
        yield anew


@pytest.fixture(scope="module")
def talk(again: Opened) -> KeptRehearsal:
    """A whole talk that was read twice; nothing below changes it."""
    return play(again())


def play(workspace: Workspace, lines: tuple[str, ...] = LINES, **how: Any) -> KeptRehearsal:
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7, **how)
    for line in lines:
        kept.say(line)
    kept.finish()
    return kept


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


# Documents that were deleted ------------------------------------------------------------------------------------------


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is remarked on, some own passage lies near enough: how near is tested elsewhere."""
    from rehearse.storage.own_guidance import PersonalIndex

    def beside(self: PersonalIndex, *_: object) -> object:
        shelf = self._current()
        return shelf.passages[-1] if shelf.passages else None

    monkeypatch.setattr(PersonalIndex, "beside", beside)


def brought(workspace: Workspace, title: str = "Handbook Quokka") -> str:
    text = f"# {title}\n\n## Whom quokkas follow\n\n{OWN}. They never say so at {title}.\n"
    document_id = add(workspace, title, "quokka-notes.md", read_document("quokka-notes.md", text.encode()))
    assert list(workspace.index.build(document_id))
    return document_id


def holding(home: Path, word: bytes) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and word in path.read_bytes().lower()]


@pytest.mark.usefixtures("near")
def test_a_deleted_document_leaves_no_word_in_what_the_coach_concluded(opened: Opened, home: Path) -> None:
    workspace = opened(scripted=False)
    document_id = brought(workspace)
    kept, other = play(workspace), play(workspace, LINES[:1])
    open_talk = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    open_talk.say(LINES[1])
    quoting = [r for a in kept.rehearsal.assessments for r in a.remarks if r.own]
    assert quoting
    restored = opened(scripted=False).resume(kept.rehearsal_id)
    assert [r.own for a in restored.rehearsal.assessments for r in a.remarks if r.own] == [r.own for r in quoting]
    assert holding(home, b"quokka")
    remove(workspace, document_id)
    workspace.store.database.compact()
    assert holding(home, b"quokka") == []
    assert holding(home, document_id.encode()) == []

    # The remark stands on its passage of the ideas, and says what became of the other.
    again = opened(scripted=False).resume(kept.rehearsal_id)
    remarks = [r for a in again.rehearsal.assessments for r in a.remarks]
    assert [(r.own, r.own_removed) for r in remarks] == [(None, True)] * len(quoting)
    assert [(r.why, r.citation.to_dict()) for r in remarks] == [(r.why, r.citation.to_dict()) for r in quoting]
    page = LookBackPage(OnePerson(again.workspace))._account(Desk(again.workspace), other.rehearsal_id)
    assert "You have deleted its document since" in page

    # What is still in memory from before is kept without it: the rest of a talk, a late reading, the debrief.
    open_talk.say(LINES[2])
    open_talk.finish()
    kept._reviewed(1, kept.rehearsal.assessments[0])
    other.keep_debrief(other.rehearsal.finish())
    workspace.store.database.compact()
    assert holding(home, b"quokka") == []
    with takeout(workspace) as archive:
        assert b"uokka" not in archive.read()


@pytest.mark.usefixtures("near")
def test_only_the_document_that_was_deleted_goes(opened: Opened) -> None:
    workspace = opened(scripted=False)
    first = brought(workspace)
    one = play(workspace, LINES[:2])
    second = brought(workspace, "Another Quokka book")
    two = play(workspace, LINES[:2])
    mine = workspace.for_person("another-person")
    with pytest.raises(UnknownIdError):
        remove(mine, first)
    remove(workspace, first)
    gone, stays = (workspace.resume(kept.rehearsal_id) for kept in (one, two))
    assert {r.own_removed for a in gone.rehearsal.assessments for r in a.remarks} == {True}
    cited = [r.own for a in stays.rehearsal.assessments for r in a.remarks]
    assert [own.document_id for own in cited if own] == [second] * len(cited)


@pytest.mark.usefixtures("near")
def test_off_the_record_it_is_forgotten_too(opened: Opened) -> None:
    workspace = opened(scripted=False)
    document_id = brought(workspace)
    kept = play(workspace, off_record=True)
    assert "uokka" in json.dumps(to_dict(workspace.store.get(kept.rehearsal_id)))
    open_talk = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7, off_record=True)
    open_talk.say(LINES[1])
    remove(workspace, document_id)
    open_talk.finish()
    for talk in (kept, open_talk):
        stored = workspace.store.get(talk.rehearsal_id)
        assert "uokka" not in repr(stored)
        assert "own_removed" in repr(stored)
