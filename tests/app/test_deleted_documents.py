"""What was deleted outlives nothing: no word of a document is left in what the coach concluded with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from reading_twice import LINES, Opened, play

from rehearse.app.desk import Desk
from rehearse.app.lookback import LookBackPage
from rehearse.app.own_guidance import add, remove
from rehearse.app.visitors import OnePerson
from rehearse.errors import UnknownIdError
from rehearse.export import to_dict
from rehearse.people.takeout import takeout
from rehearse.storage.documents import read_document
from rehearse.workspace import Workspace

OWN = "Quokkas decide which of the customers on TikTok they follow"


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
