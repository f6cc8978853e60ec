"""What was deleted is gone: from the memory of the process too, and nothing goes that was not meant."""

from __future__ import annotations

import gc
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import FrameType
from urllib.parse import parse_qs, urlsplit

import hosted
import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from rehearse.app import forget_overdue
from rehearse.app.hardening import Hardened
from rehearse.app.templating import FOLDER
from rehearse.app.visitors import OnePerson
from rehearse.people.forgetting import delete_everything
from rehearse.storage import off_record
from rehearse.storage.own_guidance import folder_of
from rehearse.workspace import Workspace

WORD = "quagga"
"""With something behind it, so that what is looked for is not in this file."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(tmp_path_factory.mktemp("forgotten") / "data")
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def app(alone: Workspace) -> FastAPI:
    return hosted.application(alone)


@pytest.fixture
def page(app: FastAPI) -> TestClient:
    return hosted.browser(app)


def begun(page: TestClient, **form: str) -> str:
    told = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", **form}
    return talk_in(page.post("/do/begin", data=told, headers=hosted.HERE).headers["location"])


def talk_in(location: str) -> str:
    return parse_qs(urlsplit(location).query)["rehearsal"][0]


def said(page: TestClient, talk: str, words: str) -> None:
    answer = page.post(f"/api/v1/rehearsals/{talk}/turns", json={"text": words, "expect_turn": 1}, headers=hosted.HERE)
    assert answer.status_code == 200, answer.text


def holders(word: str) -> list[str]:
    """What in this process's memory still holds a word, by the kind of its holder."""
    gc.collect()
    found = []
    # No comprehension: that would hold the word itself.
    for one in gc.get_objects():
        if not isinstance(one, FrameType) and _holds(one, word):
            found.append(type(one).__name__)  # noqa: PERF401
    return found


def _holds(one: object, word: str, deep: int = 2) -> bool:
    for part in gc.get_referents(one):
        if isinstance(part, str) and word in part:
            return True
        # The collector does not follow what can be in no circle, so it is followed from whatever holds it.
        if deep and isinstance(part, tuple | dict) and not gc.is_tracked(part) and _holds(part, word, deep - 1):
            return True
    return False


@pytest.mark.parametrize(("off", "way"), [("1", "forget"), ("1", "delete-everything"), ("", "api")])
def test_no_word_of_a_talk_that_was_deleted_stays_in_memory(page: TestClient, off: str, way: str) -> None:
    mark = f"{len(way)}{off or 0}"
    talk = begun(page, off_record=off)
    said(page, talk, f"Thanks for making time. Could you tell me which {WORD}{mark} would help you most?")
    other = page.post("/do/branch", data={"rehearsal": talk, "turn": "1", "words": f"And {WORD}{mark}?"}, headers=hosted.HERE)
    page.post("/do/end", data={"rehearsal": talk}, headers=hosted.HERE)
    assert page.get(f"/download/{talk}.md").status_code == 200
    assert len(holders(f"{WORD}{mark}")) > 5, "it was looked for in the wrong way"
    for each in (talk, talk_in(other.headers["location"])):
        if way == "api":
            assert page.delete(f"/api/v1/rehearsals/{each}", headers=hosted.HERE).status_code == 204
        else:
            assert page.post(f"/do/{way}", data={"rehearsal": each}, headers=hosted.HERE).status_code == 303
    assert holders(f"{WORD}{mark}") == []


def test_no_page_that_was_open_holds_a_word_of_it_and_the_others_go_on(app: FastAPI) -> None:
    numbers = hosted.gradio_events(app)
    load, send = numbers["stage.StagePage.load"], numbers["stage.StagePage.send"]
    asked = ["Could you tell me which", f"{WORD}page", "would help you most?"]
    with hosted.served(Hardened(app, local_only=True)) as address:
        here = {"origin": address, "sec-fetch-site": "same-origin"}
        with httpx.Client(base_url=address, headers=here, timeout=60) as client:
            form = {"scenario": "pitch-to-boss", "persona": "marguerite-dunne", "off_record": "1"}
            talk, other = (talk_in(client.post("/do/begin", data=form).headers["location"]) for _ in range(2))
            page, another = hosted.new_session(), hosted.new_session()
            hosted.event(client, load, [], f"rehearsal={talk}", page)
            hosted.event(client, load, [], f"rehearsal={other}", another)
            assert WORD in hosted.event(client, send, [None, " ".join(asked), 0], f"rehearsal={talk}", page)
            hosted.event(client, numbers["lookback.LookBackPage.load"], [], f"rehearsal={talk}")
            assert len(holders(f"{WORD}page would")) > 5
            assert client.post("/do/forget", data={"rehearsal": talk}).status_code == 303
            assert holders(f"{WORD}page would") == []
            told = hosted.event(client, send, [None, "What would help you most?", 0], f"rehearsal={other}", another)
            assert "What would help you most?" in told
            assert client.post("/do/forget", data={"rehearsal": other}).status_code == 303


def test_a_talk_off_the_record_is_gone_after_its_hours_though_nobody_begins_another(
    page: TestClient, alone: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = begun(page, off_record="1")
    assert page.get(f"/api/v1/rehearsals/{talk}").status_code == 200
    monkeypatch.setattr(off_record, "KEPT_FOR", timedelta(0))
    assert page.get(f"/api/v1/rehearsals/{talk}").status_code == 404


def test_a_process_forgets_by_itself_what_is_overdue(alone: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    visitors = OnePerson(alone)
    kept = visitors.own_desk.begin("pitch-to-boss", "marguerite-dunne", "normal", None, off_record=True)
    monkeypatch.setattr(off_record, "KEPT_FOR", timedelta(0))

    class Twice(threading.Event):
        """Lets it look once."""

        asked = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.asked += 1
            return self.asked > 1

    forget_overdue(alone, visitors, Twice())
    assert visitors.own_desk.peek(kept.rehearsal_id) is None
    assert alone.store.forget_overdue() == 0


def test_deleting_all_talks_deletes_what_it_says_and_no_more(page: TestClient, alone: Workspace) -> None:
    talk, discreet = begun(page), begun(page, off_record="1")
    notebook = alone.store.notebook
    notebook.save_offer('{"lessons": "the forum"}')
    document = notebook.add_document("Guide", "guide.md", ["We meet once a month."])
    assert page.post("/do/delete-all", headers=hosted.HERE).status_code == 303
    assert alone.store.count() == 0
    for each in (talk, discreet):
        assert page.get(f"/api/v1/rehearsals/{each}").status_code == 404
    assert notebook.offer() == '{"lessons": "the forum"}'
    assert [kept.document_id for kept in notebook.documents()] == [document]
    delete_everything(alone)
    assert (notebook.offer(), notebook.documents()) == (None, [])


def test_deleting_all_deletes_what_was_typed_and_not_sent(page: TestClient) -> None:
    """The script lets go of every draft for each form that deletes all."""
    actions = {
        found for file in FOLDER.glob("*.html") for found in re.findall(r'action="(do/delete-\w+)"', file.read_text("utf-8"))
    }
    assert {"do/delete-all", "do/delete-everything"} <= actions
    script = page.get("/assets-rehearse/script.js").text
    listed = re.search(r"if \(!\[([^\]]*)\]\.includes\(action\)\) return;\s*try \{[^}]*rehearse-draft-", script)
    assert listed is not None
    assert set(re.findall(r'"([^"]+)"', listed[1])) == actions


def test_what_is_made_from_guidance_is_its_owner_s_alone_and_goes_with_it(alone: Workspace) -> None:
    assert alone.settings.home.stat().st_mode & 0o077 == 0, "a data folder that the program made"
    passages = [f"We meet once a month, at the place number {n}." for n in range(40)]
    folder = folder_of(alone.settings.index_path, alone.person_id)
    first = alone.store.notebook.add_document("Guide", "guide.md", passages)
    assert list(alone.index.build(first))
    made = folder / f"{first}.npz"
    assert made.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    second = alone.store.notebook.add_document("Other", "other.md", passages)
    building = alone.index.build(second)
    next(building)
    # Everything is deleted while a document is still being read.
    delete_everything(alone)
    list(building)
    assert files(folder) == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
