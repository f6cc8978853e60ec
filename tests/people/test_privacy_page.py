"""The privacy page says what the settings say; its buttons do what they say."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import hosted
import pytest
from fastapi import FastAPI
from hosted import ANA, Ids, Theirs

from rehearse.app.privacy import privacy_html
from rehearse.people.sharing import Choice, share
from rehearse.workspace import Workspace

NOTHING = "Nothing of what you say."
CASES: list[tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]] = [
    (
        {},
        (NOTHING, "Until you delete it", "Other machines cannot reach it", "No cookie", "rehearse.db"),
        ("What they get", "The key for a model"),
    ),
    ({"keep_days": 30}, ("30 days after its last turn",), ("Until you delete it",)),
    ({"keep_days": 1}, ("one day after its last turn",), ()),
    ({"host": "0.0.0.0"}, ("Anybody who can reach this page", "0.0.0.0"), ("Other machines cannot",)),
    (
        {"model": "openai:gpt-x", "openai_api_key": "sk-secret"},
        (
            "api.openai.com",
            "The key for a model",
            "What was said in a talk",
            "passages that the coach may cite",
            "Names are sent as they were typed",
        ),
        (NOTHING, "sk-secret", "gpt-x"),
    ),
    (
        {
            "model": "openai:gpt-x",
            "openai_base_url": "https://user:pw@llm.example:8443/v1?key=k",
            "hide_names": True,
            "model_coach": False,
        },
        ("llm.example", "replaced by roles first"),
        (NOTHING, "user", "pw@", "8443", "key=k", "api.openai.com", "coach may cite"),
    ),
    ({"model": "openai:x", "openai_base_url": "http://127.0.0.1:1234/v1"}, (NOTHING, "Another program on this machine"), ()),
    ({"model": "local:/models/a.gguf"}, (NOTHING, "A model file on this machine"), ("a.gguf",)),
    ({"model": "mistral:large", "model_appraisal": True}, ("The provider mistral", "your words alone"), (NOTHING,)),
    ({"chroma_url": "http://127.0.0.1:8000"}, (NOTHING, "Another program on this machine", "turned into numbers"), ()),
    (
        {"chroma_url": "https://chroma.example:8443", "chroma_token": "hush"},
        ("chroma.example", "turned into numbers"),
        (NOTHING, "8443", "hush"),
    ),
    (
        {"auth": "accounts"},
        ("with your name and password", "One cookie", "no view for managers", "12 hours"),
        ("nobody has to sign in",),
    ),
    ({"auth": "accounts", "login_idle_hours": 3, "login_days": 2}, ("after 3 hours", "after 2 days"), ()),
    ({"auth": "proxy:X-User"}, ("server in front of this page", "No cookie"), ("password",)),
    (
        {"auth": "oidc", "oidc_issuer": "https://id.example/realm", "oidc_client_id": "c", "oidc_client_secret": "hush"},
        ("id.example", "at your identity provider", NOTHING.replace("Nothing", "nothing")),
        ("hush",),
    ),
]


@pytest.mark.parametrize(("settings", "says", "never"), CASES)
def test_what_is_set_is_what_is_said(
    tmp_path: Path, settings: dict[str, Any], says: tuple[str, ...], never: tuple[str, ...]
) -> None:
    workspace = hosted.installed(tmp_path, **settings)
    page = privacy_html(workspace)
    workspace.store.close()
    assert str(tmp_path) in page
    for words in says:
        assert words in page or words.replace("nothing of what", "nothing of what") in page, words
    for words in never:
        assert words not in page, words


def test_how_many_links_there_are(tmp_path: Path) -> None:
    workspace = hosted.installed(tmp_path)
    assert "no talk by a link" in privacy_html(workspace)
    talk = hosted.played(workspace, "word")
    share(workspace, talk, Choice())
    assert "You share one talk" in privacy_html(workspace)
    share(workspace, talk, Choice())
    assert "You share 2 snapshots" in privacy_html(workspace)
    workspace.store.close()


def test_everything_is_in_the_file_that_one_takes_along(ana: Theirs, ben: Theirs, ids: Ids) -> None:
    answer = ana.browser.get("/takeout.zip")
    assert answer.headers["content-disposition"].startswith("attachment;")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    talk = next(name for name in files if ids.ended[:12] in name and name.endswith(".json"))
    told = json.loads(files[talk])
    assert ANA in told["turns"][0]["learner"]
    assert told["debrief"]["ratings"]
    assert ANA in json.dumps(told["check_in"])
    assert ANA in json.dumps(told["contests"]) if "contests" in told else ANA in files[talk.replace(".json", ".md")]
    assert ANA in files[talk.replace(".json", ".md")]
    notebook = json.loads(files["notebook.json"])
    assert notebook["own_personas"][0]["persona_id"] == "own-boss"
    assert notebook["documents"][0]["title"] == ANA
    assert ANA in json.dumps(notebook["offer"])
    assert ANA in files["shares.json"]
    assert not any(ids.off_record[:12] in name for name in files)
    assert ANA.encode() not in zipfile_bytes(ben)


def zipfile_bytes(theirs: Theirs) -> bytes:
    with zipfile.ZipFile(io.BytesIO(theirs.browser.get("/takeout.zip").content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_another_site_takes_nothing_along(ana: Theirs) -> None:
    assert ana.browser.get("/takeout.zip", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_deleting_everything_leaves_no_word_in_any_file(app: FastAPI, common: Workspace) -> None:
    word = "quagga-word"
    person = hosted.accounts_of(common).add("Gail", hosted.PASSWORD)
    own = common.for_person(person.person_id)
    client = hosted.browser(app, "192.0.2.60")
    hosted.sign_in(client, "Gail")
    hosted.played(own, word)
    share(own, hosted.played(own, word), Choice(hide_names=False))
    discreet = hosted.played(own, word, off_record=True)
    own.store.notebook.save_offer(json.dumps({"lessons": word}))
    document = own.store.notebook.add_document(word, f"{word}.md", [f"{word} and how often to meet."])
    assert list(own.index.build(document))
    home = common.settings.home
    assert holding(home, word)
    assert list((home / "index" / "own").rglob("*.npz"))
    assert client.post("/do/delete-everything", headers=hosted.HERE).status_code == 303
    assert own.store.count() == 0
    assert client.get(f"/download/{discreet}.md").status_code == 404
    common.store.database.compact()
    assert holding(home, word) == []
    assert list((home / "index" / "own").rglob("*.npz")) == []
    assert client.get("/account").status_code == 200, "the account itself stays"


def holding(home: Path, word: str) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]
