"""A link shows what its owner chose, frozen, until it expires or is taken back; and nothing else."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import hosted
import pytest
from fastapi import FastAPI
from hosted import Theirs
from sqlalchemy import update
from starlette.testclient import TestClient

from rehearse.errors import LearnerError
from rehearse.people.sharing import Choice, Snapshot, share, shares_of, shown, take_snapshot
from rehearse.storage.account_tables import ShareRow

WORDS = "I asked Priya Raman about it; Priya said you like short meetings, Marguerite. I'd like to show you how I read the forum."


@pytest.fixture
def talk(ana: Theirs) -> str:
    kept = ana.workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say(WORDS)
    kept.finish()
    return kept.rehearsal_id


@pytest.fixture
def reader(app: FastAPI) -> TestClient:
    return hosted.browser(app, "198.51.100.9")


def made(ana: Theirs, **form: str) -> str:
    """The path of a new link."""
    answer = ana.browser.post("/do/share", data=form, headers=hosted.HERE)
    assert answer.status_code == 200, answer.text
    return re.findall(r"<code>http://127.0.0.1(/shared/[\w-]{43})</code>", answer.text)[0]


def test_by_default_as_little_as_there_is(ana: Theirs, reader: TestClient, talk: str) -> None:
    assert "Marguerite" in ana.browser.get(f"/share?rehearsal={talk}").text
    page = reader.get(made(ana, rehearsal=talk, days="7"))
    assert page.status_code == 200
    assert "how I read the forum" in page.text
    for name in ("Priya", "Raman", "Marguerite", "Dunne", "Ana", talk):
        assert name not in page.text, name
    assert "Person A" in page.text
    for heading in ("What the coach remarked", "Thought, not said", "Empathy"):
        assert heading not in page.text
    assert "<form" not in page.text
    assert "<script" not in page.text


def test_more_where_it_was_chosen(ana: Theirs, reader: TestClient, talk: str) -> None:
    page = reader.get(made(ana, rehearsal=talk, days="1", scores="1", thoughts="1", names="1")).text
    for shown_too in ("Priya", "Marguerite Dunne", "Empathy", "Thought, not said"):
        assert shown_too in page


def test_the_page_is_found_by_nobody_and_tells_nobody(ana: Theirs, reader: TestClient, talk: str) -> None:
    headers = reader.get(made(ana, rehearsal=talk, days="7")).headers
    assert "noindex" in headers["x-robots-tag"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


def test_it_stays_as_it_was_until_it_is_taken_back(ana: Theirs, reader: TestClient, talk: str) -> None:
    first, second = made(ana, rehearsal=talk, days="7"), made(ana, rehearsal=talk, days="30")
    share_ids = re.findall(r'name="share_id" value="(\w{32})"', ana.browser.get("/shares").text)
    assert len(share_ids) >= 2
    assert "/shared/" not in ana.browser.get("/shares").text, "a link is shown once"
    newest = next(s.share_id for s in shares_of(ana.workspace).list())
    assert ana.browser.post("/do/unshare", data={"share_id": newest}, headers=hosted.HERE).status_code == 303
    assert reader.get(first).status_code == 200
    assert reader.get(second).status_code == 404
    ana.workspace.store.delete(talk)
    assert reader.get(first).status_code == 404


def test_a_link_expires(ana: Theirs, reader: TestClient, talk: str) -> None:
    link = made(ana, rehearsal=talk, days="1")
    with ana.workspace.store.database.writing() as session:
        session.execute(update(ShareRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    answer = reader.get(link)
    assert (answer.status_code, "expired" in answer.text) == (404, True)
    ana.workspace.expire()
    with ana.workspace.store.database.reading() as session:
        assert session.query(ShareRow).count() == 0


@pytest.mark.parametrize("days", ["0", "2", "365", "-1", "x", "", "99999999999"])
def test_for_how_long_is_not_for_the_form_to_say(ana: Theirs, talk: str, days: str) -> None:
    answer = ana.browser.post("/do/share", data={"rehearsal": talk, "days": days}, headers=hosted.HERE)
    assert (answer.status_code, "Nothing was shared" in answer.text) == (400, True)


def test_what_cannot_be_shared(ana: Theirs) -> None:
    still_open = hosted.played(ana.workspace, "word", end=False)
    with pytest.raises(LearnerError, match="not finished"):
        share(ana.workspace, still_open, Choice())
    discreet = hosted.played(ana.workspace, "word", off_record=True)
    with pytest.raises(LearnerError, match="off the record"):
        share(ana.workspace, discreet, Choice())


def test_one_s_own_name_and_the_same_name_everywhere(ana: Theirs) -> None:
    kept = ana.workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say("This is Anastasia speaking. Maya Lindt told me: ask her. So Maya and I would like to show you the forum.")
    kept.finish()
    stored = ana.workspace.store.get(kept.rehearsal_id)
    snapshot = take_snapshot(stored, ana.workspace.library, Choice(scores=True, thoughts=True), "Anastasia")
    text = snapshot.to_json()
    for name in ("Anastasia", "Maya", "Lindt", "Marguerite"):
        assert name not in text
    assert text.count("Person A") >= 2
    assert "Person B" not in text
    assert Snapshot.from_json(text) == snapshot


def test_words_are_words_in_the_page(ana: Theirs, reader: TestClient) -> None:
    talk = hosted.played(ana.workspace, "<script>alert(1)</script> [x](javascript:alert(1))")
    page = reader.get(made(ana, rehearsal=talk, days="7", names="1")).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert 'href="javascript' not in page


def test_a_snapshot_is_all_that_is_kept_for_it(ana: Theirs, talk: str) -> None:
    token = share(ana.workspace, talk, Choice())
    assert shown(ana.workspace, token).hidden > 0
    kept = shares_of(ana.workspace).list()[0].snapshot_json
    assert "Priya" not in kept
    assert token not in kept
