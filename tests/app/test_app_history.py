from __future__ import annotations

from rehearse.app.history import Wanted, found_html, history_html
from rehearse.app.ideas_page import hits_html
from rehearse.app.prepare import Wish, prepare_page
from rehearse.workspace import Workspace


def test_empty_history_offers_a_sample(workspace: Workspace) -> None:
    html = history_html(workspace)
    assert "lookback?rehearsal=sample" in html
    assert "No talks yet" in html


def test_talks_are_listed_and_found(workspace: Workspace) -> None:
    first = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=1)
    first.say("I'd like to show you how I read the drivers' forum.")
    first.finish()
    second = workspace.begin("guide-hesitant-leader", "henrik-solberg", seed=2)
    html = history_html(workspace)
    assert html.index("Henrik Solberg") < html.index("Marguerite Dunne")
    assert f"lookback?rehearsal={first.rehearsal_id}" in html
    assert f"stage?rehearsal={second.rehearsal_id}" in html
    for words, found, left_out in (
        ("drivers' forum", "Marguerite", "Henrik"),
        ("hesitant", "Henrik", "Marguerite"),
        ("ended the talk", "Marguerite", "Henrik"),
    ):
        html = found_html(workspace, Wanted(words))
        assert found in html
        assert left_out not in html
    assert "No talk fits “&lt;b&gt;”" in history_html(workspace, Wanted("<b>"))


def test_an_unfinished_talk_is_offered_again(workspace: Workspace) -> None:
    assert "unfinished" not in prepare_page(workspace)
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=1)
    assert "unfinished" not in prepare_page(workspace)
    kept.say("I'd like to show you how I read the drivers' forum.")
    assert "unfinished talk with Marguerite Dunne" in prepare_page(workspace)


def test_prepare_chooses_beforehand(workspace: Workspace) -> None:
    html = prepare_page(workspace, Wish("guide-hesitant-leader", focus="exploration"))
    assert 'value="exploration" selected' in html
    assert html.count(" checked") == 3
    assert prepare_page(workspace, Wish("<x>", focus="<y>")) == prepare_page(workspace)


def test_ideas_are_searched(workspace: Workspace) -> None:
    assert hits_html(workspace, "  ") == ""
    assert "how often" not in hits_html(workspace, "how often should we meet?").lower().split("<ol")[0]
    assert hits_html(workspace, "how often should we meet?").count("<li>") >= 1
    assert "<script>" not in hits_html(workspace, "<script>alert(1)</script>")
