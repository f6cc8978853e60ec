"""The passages on a Chroma server: shared by processes, found without it when it is away, and put there again when it comes back."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chroma_process
import pytest
from test_passages import DOCUMENTS, Words, corpus_of

from rehearse.config import load_settings
from rehearse.errors import SettingsError
from rehearse.storage import chroma_server
from rehearse.storage.chroma_server import ChromaServer, let_go
from rehearse.storage.passages import ChromaPassageIndex, open_index

QUESTION = "how often should the two of us meet"
AMONG = ("pace", "diary")


Open = Callable[..., ChromaPassageIndex]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Opens an index on a server, and lets go of it at the end."""
    made: list[ChromaPassageIndex] = []

    def one(address: str, embed: Words | None = None, made_by: str = "words", token: str | None = None) -> ChromaPassageIndex:
        server = ChromaServer(address, token)
        made.append(open_index(corpus_of(), embed or Words(), None, made_by=made_by, server=server))
        return made[-1]

    yield one
    for index in made:
        index.close()


@contextmanager
def asked(address: str) -> Iterator[Any]:
    client = ChromaServer(address).client()
    yield client
    let_go(client)


def collections(address: str) -> list[str]:
    with asked(address) as client:
        return sorted(c.name for c in client.list_collections())


def test_the_second_process_finds_what_the_first_one_put_there(opened: Open, chroma: str) -> None:
    first = opened(chroma, made_by="shared")
    embed = Words()
    second = opened(chroma, embed, made_by="shared")
    assert embed.texts == 0
    alone = open_index(corpus_of(), Words(), None)
    assert first.search(QUESTION) == second.search(QUESTION) == alone.search(QUESTION)
    assert second.nearest("how often do we meet", AMONG) == alone.nearest("how often do we meet", AMONG) == "diary"
    assert first.problem() == second.problem() == alone.problem() == ""


def test_what_others_keep_on_the_server_is_left_alone(opened: Open, chroma: str) -> None:
    with asked(chroma) as client:
        client.get_or_create_collection("of-somebody-else")
    opened(chroma, made_by="old")
    before = collections(chroma)
    opened(chroma, made_by="new")
    assert set(before) < set(collections(chroma))
    assert "of-somebody-else" in before


def today() -> int:
    return datetime.now(UTC).date().toordinal()


def used(address: str) -> dict[str, Any]:
    """The day that each collection was last used, as far as it says so."""
    with asked(address) as client:
        return {c.name: (c.metadata or {}).get("rehearse:used") for c in client.list_collections()}


def keep(address: str, name: str, day: object = None) -> None:
    """Have a collection of this name, last used on that day; without one it does not say."""
    with asked(address) as client:
        found = client.get_or_create_collection(name, embedding_function=None)
        found.modify(metadata={"other": 1} if day is None else {"other": 1, "rehearse:used": day})


def test_what_nobody_has_used_for_long_goes_and_nothing_else_does(opened: Open, chroma: str) -> None:
    mine = "rehearse-passages-" + "0123456789ab" * 2
    long_ago, lately = today() - 31, today() - 30
    # A neighbour's may have nearly our names, and whatever else in its metadata.
    others = ("rehearse-passages-2026", "rehearse-notes", f"{mine}0", f"x{mine}", mine.removeprefix("rehearse-"), mine.upper())
    for name in others:
        keep(chroma, name, long_ago)
    gone, stays = (mine.replace("0", digit) for digit in "ab")
    keep(chroma, gone, long_ago)
    keep(chroma, stays, lately)
    unsaid = {mine.replace("0", digit): day for digit, day in (("c", None), ("d", "monday"), ("e", -5), ("f", 1.5))}
    for name, day in unsaid.items():
        keep(chroma, name, day)
    before = set(collections(chroma))
    opened(chroma, made_by="newer")
    after = used(chroma)
    assert before - set(after) == {gone}
    assert [after[name] for name in (*others, stays)] == [long_ago] * len(others) + [lately]
    assert {after[name] for name in unsaid} == {today()}, "an older version's, which may be running: its days begin now"
    [new] = set(after) - before
    assert after[new] == today()
    with asked(chroma) as client:
        assert client.get_collection(next(iter(unsaid)), embedding_function=None).metadata["other"] == 1


def test_one_that_is_used_again_stays_whatever_it_says(opened: Open, chroma: str) -> None:
    before = set(collections(chroma))
    opened(chroma, made_by="again")
    [name] = set(collections(chroma)) - before
    keep(chroma, name, today() - 400)
    embed = Words()
    index = opened(chroma, embed, made_by="again")
    assert embed.texts == 0
    assert used(chroma)[name] == today()
    with asked(chroma) as client:
        space = client.get_collection(name, embedding_function=None).configuration_json["hnsw"]
    assert (space["space"], space["ef_search"]) == ("cosine", 400), "noting its use changes nothing of how it is searched"
    alone = open_index(corpus_of(), Words(), None)
    assert index.nearest("how often do we meet", AMONG) == alone.nearest("how often do we meet", AMONG)


@pytest.mark.parametrize("asked_for", ["a passage", "its health"])
def test_a_process_that_runs_for_weeks_says_each_day_what_it_uses(
    opened: Open, chroma: str, monkeypatch: pytest.MonkeyPatch, asked_for: str
) -> None:
    before = set(collections(chroma))
    index = opened(chroma, made_by=f"weeks of {asked_for}")

    def ask() -> None:
        if asked_for == "a passage":
            assert index.nearest("how often do we meet", AMONG) == "diary"
        else:
            assert index.problem() == ""

    [name] = set(collections(chroma)) - before
    keep(chroma, name, today() - 29)
    now = chroma_server.time.monotonic()
    ask()
    assert used(chroma)[name] == today() - 29, "not with every question"
    monkeypatch.setattr(chroma_server.time, "monotonic", lambda: now + chroma_server.NOTED_SECONDS + 60)
    ask()
    assert used(chroma)[name] == today()


def test_one_that_was_in_use_all_the_same_is_filled_again(opened: Open, chroma: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst that can happen: a machine that slept for a month, or a version that notes nothing."""
    before = set(collections(chroma))
    sleeper = opened(chroma, made_by="sleeper")
    [name] = set(collections(chroma)) - before
    keep(chroma, name, today() - 400)
    opened(chroma, made_by="awake")
    assert name not in collections(chroma)
    assert sleeper.nearest("how often do we meet", AMONG) == "diary"
    assert sleeper.search(QUESTION)[0].passage_id == "diary"
    now = chroma_server.time.monotonic()
    monkeypatch.setattr(chroma_server.time, "monotonic", lambda: now + chroma_server.AWAY_SECONDS + 1)
    assert sleeper.nearest("how often do we meet", AMONG) == "diary"
    assert used(chroma)[name] == today()
    with asked(chroma) as client:
        assert client.get_collection(name, embedding_function=None).count() == DOCUMENTS


def test_a_server_that_takes_no_notes_is_used_all_the_same(
    opened: Open, chroma: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from chromadb.api.models.Collection import Collection

    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("read only")

    opened(chroma, made_by="read only")
    monkeypatch.setattr(Collection, "modify", refused)
    embed = Words()
    index = opened(chroma, embed, made_by="read only")
    assert (embed.texts, index.problem()) == (0, "")
    assert "could not be told which passages are in use (RuntimeError)" in caplog.text


@pytest.mark.parametrize("damage", ["a document is missing", "a document was changed", "there is one too many"])
def test_a_collection_that_is_not_whole_is_made_whole(opened: Open, chroma: str, damage: str) -> None:
    before = set(collections(chroma))
    opened(chroma, made_by=damage)
    [name] = set(collections(chroma)) - before
    with asked(chroma) as client:
        collection = client.get_collection(name)
        if damage == "a document is missing":
            collection.delete(ids=["3"])
        elif damage == "a document was changed":
            collection.update(ids=["3"], documents=["something else"], embeddings=[[1.0] * 64])
        else:
            collection.add(ids=["extra"], documents=["something else"], embeddings=[[1.0] * 64])
    embed = Words()
    assert opened(chroma, embed, made_by=damage).search("who will hear")[0].passage_id == "secrets"
    assert embed.texts >= DOCUMENTS
    with asked(chroma) as client:
        held = client.get_collection(name).get()["documents"]
    assert len(held) == DOCUMENTS
    assert "something else" not in held


def test_a_server_that_goes_is_done_without_and_filled_again_when_it_is_back(
    opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    port = chroma_process.free_port()
    with chroma_process.running(port) as (address, _):
        index = opened(address)
        found, near = index.search(QUESTION), index.nearest("how often do we meet", AMONG)
        assert index.problem() == ""
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert index.search(QUESTION) == found
            assert index.nearest("how often do we meet", AMONG) == near == "diary"
            assert "does not answer" in index.problem()
    assert caplog.text.count("does not answer") == 1, "an outage is told once, not with every turn"
    assert address not in index.problem()
    # Another that begins meanwhile does without it from the start.
    late = opened(address)
    assert late.search(QUESTION) == found
    assert "does not answer" in late.problem()
    monkeypatch.setattr(chroma_server.time, "monotonic", lambda: 10.0**9)
    with chroma_process.running(port):
        assert late.problem() == ""
        assert late.nearest("how often do we meet", AMONG) == near
        assert index.nearest("how often do we meet", AMONG) == near
        assert index.problem() == ""
        assert len(collections(address)) == 1


def test_a_server_that_hangs_is_waited_for_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chroma_server, "SECONDS", 0.1)
    times = 0
    answers = ChromaServer.answers

    def counted(self: ChromaServer) -> bool:
        nonlocal times
        times += 1
        return answers(self)

    monkeypatch.setattr(ChromaServer, "answers", counted)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = opened(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for _ in range(5):
            assert index.search(QUESTION)[0].passage_id == "diary"
            assert index.nearest("how often do we meet", AMONG) == "diary"
            assert index.problem()
    assert times == 1


def test_chroma_s_own_client_has_an_end_to_its_patience(chroma: str) -> None:
    """By a name of Chroma's that is not public: should it go, this says so, and not a turn that hangs."""
    with asked(chroma) as client:
        timeout = client._server._session.timeout
    assert (timeout.connect, timeout.read) == (chroma_server.SECONDS, chroma_server.SECONDS)


@pytest.fixture
def guarded() -> Iterator[tuple[str, list[str]]]:
    """A server that says it is well to whoever brings the token, and fails at everything else."""
    told: list[str] = []

    class Guarded(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.append(self.headers.get("Authorization", ""))
            well = self.path.endswith("/heartbeat") and told[-1] == "Bearer opensesame"
            self.send_response(200 if well else 500)
            self.send_header("content-length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Guarded) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", told
        server.shutdown()
        thread.join()


def test_a_token_is_sent_and_never_shown(opened: Open, guarded: tuple[str, list[str]], caplog: pytest.LogCaptureFixture) -> None:
    address, told = guarded
    index = opened(address, token="opensesame")
    assert len(told) > 1, "Chroma's own client did not ask"
    assert set(told) == {"Bearer opensesame"}
    assert index.search(QUESTION)[0].passage_id == "diary"
    assert not ChromaServer(address, "wrong").answers()
    assert "opensesame" not in repr(ChromaServer(address, "opensesame")) + caplog.text + index.problem()


def test_the_settings_name_the_server_and_its_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("opensesame\n")
    settings = load_settings(chroma_url="https://chroma.example.com/", chroma_token_file=tmp_path / "token")
    assert (settings.chroma_url, settings.chroma_secret()) == ("https://chroma.example.com", "opensesame")
    assert load_settings(chroma_token="shut").chroma_secret() == "shut"
    assert "shut" not in repr(load_settings(chroma_token="shut"))
    for wrong in ("chroma:8000", "http://ana:secret@chroma:8000", "http://chroma:8000/path"):
        with pytest.raises(SettingsError, match="REHEARSE_CHROMA_URL") as caught:
            load_settings(chroma_url=wrong)
        assert "secret" not in str(caught.value)
