"""What a desk keeps in memory: bounded for all people together, and nobody else's."""

from __future__ import annotations

from rehearse.app.desk import MOST_LAID_OUT, Desk, OpenTalks
from rehearse.workspace import Workspace


def begun(desk: Desk) -> str:
    return desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None).rehearsal_id


def test_all_desks_together_keep_so_many_talks_and_the_others_are_read_again(workspace: Workspace) -> None:
    talks = OpenTalks(most=3)
    desks = [Desk(workspace, talks) for _ in range(4)]
    ids = [begun(desk) for desk in desks]
    assert len(talks) == 3
    assert desks[0].peek(ids[0]) is None
    assert desks[0].open(ids[0]).rehearsal_id == ids[0]
    assert desks[0].peek(ids[0]) is not None
    assert desks[1].peek(ids[1]) is None, "the one that was left alone for longest"


def test_a_desk_finds_no_talk_of_another_and_forgets_only_its_own(workspace: Workspace) -> None:
    talks = OpenTalks()
    one, other = Desk(workspace, talks), Desk(workspace, talks)
    own, second = begun(one), begun(one)
    theirs = begun(other)
    assert other.peek(own) is None
    other.forget(own)
    other.forget_all()
    assert other.peek(theirs) is None
    one.forget(second)
    assert one.peek(own) is not None
    assert one.peek(second) is None


def test_holding_talks_leaves_nothing_behind(workspace: Workspace) -> None:
    desk = Desk(workspace, OpenTalks())
    talk = begun(desk)
    with desk.held(talk), desk.held(talk):
        assert list(desk._holds) == [talk]
        desk.open(talk)
    assert desk._holds == {}


def test_words_laid_out_and_never_looked_at_make_room(workspace: Workspace) -> None:
    desk = Desk(workspace, OpenTalks())
    for number in range(MOST_LAID_OUT + 10):
        desk.lay_out(f"talk{number}", 0, "Again.")
    assert desk.laid_out("talk9", 0) == ""
    assert desk.laid_out("talk10", 0) == "Again."
    assert len(desk._words) == MOST_LAID_OUT
