"""The passages on a Chroma server: shared by processes, found without it when it is away, and put there again when it comes back."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
