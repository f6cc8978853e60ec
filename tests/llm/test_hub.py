"""Getting a model from a hub on the loopback: whole, broken off and taken up again, damaged."""

from __future__ import annotations

import hashlib
import random
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import listening
from typer.testing import CliRunner

from rehearse.cli import app
from rehearse.config import load_settings
from rehearse.errors import OperatorError, UnknownIdError
from rehearse.llm.hub import ATTEMPTS, HubModel, find, listed, pull

CONTENT = b"GGUF" + random.Random(7).randbytes(3_000_000)
SUM = hashlib.sha256(CONTENT).hexdigest()
MODEL = HubModel(id="tiny", repo="someone/tiny-GGUF", file="tiny.gguf")


@dataclass
class Hub:
    url: str
    breaks: list[int] = field(default_factory=list)
    """After how many bytes each answer breaks off; whole when the list is used up."""
    etag: str = SUM
    ranges: list[str | None] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    knows_ranges: bool = True


@pytest.fixture
def hub() -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            hub.ranges.append(self.headers.get("Range"))
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            hub.tokens.append(self.headers.get("Authorization"))
            if self.path != "/someone/tiny-GGUF/resolve/main/tiny.gguf":
                self.send_response(404)
                self.send_header("X-Error-Code", "EntryNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "") if hub.knows_ranges else None
            start = int(asked.group(1)) if asked else 0
            self.send_response(206 if asked else 200)
            self.send_header("ETag", f'"{hub.etag}"')
            self.send_header("X-Repo-Commit", "abc")
            self.send_header("Content-Length", str(len(CONTENT) - start))
            self.end_headers()
            if not with_body:
                return
            upto = hub.breaks.pop(0) if hub.breaks else len(CONTENT)
            self.wfile.write(CONTENT[start : start + upto])
            if start + upto < len(CONTENT):
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as address:
        hub = Hub(address)
        yield hub


def get(hub: Hub, folder: Path, model: HubModel = MODEL) -> Path:
    return pull(model, folder, hub.url, lambda done, size: None)


def test_a_file_arrives_whole_with_progress_and_without_a_token(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    told: list[tuple[int, int | None]] = []
    path = pull(MODEL, tmp_path / "models", hub.url + "/", lambda done, size: told.append((done, size)))
    assert path.read_bytes() == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert set(hub.tokens) == {None}
    hub.ranges.clear()
    assert get(hub, tmp_path / "models") == path
    assert hub.ranges == [], "what is there is not fetched again"


def test_a_break_is_mended_at_once(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1_000_000, 500_000]
    assert get(hub, tmp_path).read_bytes() == CONTENT
    assert hub.ranges[0] is None
    assert all(r is not None for r in hub.ranges[1:])


def test_a_download_that_broke_off_for_good_goes_on_in_the_next_attempt(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [400_000] + [0] * (ATTEMPTS - 1)
    with pytest.raises(OperatorError, match="run the same command again to go on"):
        get(hub, tmp_path)
    assert not (tmp_path / MODEL.file).exists()
    hub.ranges.clear()
    assert get(hub, tmp_path).read_bytes() == CONTENT
    (asked,) = hub.ranges
    assert asked is not None
    assert 0 < int(asked[6:-1]) <= 400_000
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_a_server_without_ranges_begins_again(hub: Hub, tmp_path: Path) -> None:
    hub.knows_ranges = False
    hub.breaks = [1_000_000]
    assert get(hub, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("known_by", ["hub", "list"])
def test_a_wrong_checksum_takes_the_file_away(hub: Hub, tmp_path: Path, known_by: str) -> None:
    model = MODEL
    if known_by == "hub":
        hub.etag = "0" * 64
    else:
        model = MODEL.model_copy(update={"sha256": "1" * 64})
    with pytest.raises(OperatorError, match="does not have the checksum"):
        get(hub, tmp_path, model)
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith(".lock")] == []


def test_a_file_the_hub_does_not_have(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"does not give someone/other/tiny\.gguf away"):
        get(hub, tmp_path, MODEL.model_copy(update={"repo": "someone/other"}))


def test_no_hub_at_all(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be reached"):
        pull(MODEL, tmp_path, "http://127.0.0.1:9", lambda done, size: None)


def test_too_little_space_is_said_before_anything_is_fetched(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 1000})()
    monkeypatch.setattr("rehearse.llm.hub.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(OperatorError, match=r"0\.0 GB left"):
        get(hub, tmp_path)
    assert hub.ranges == []


# The list and the commands --------------------------------------------------------------------------------------------


def test_the_list_is_sound() -> None:
    ids = [model.id for model in listed()]
    assert len(set(ids)) == len(ids) >= 6
    for model in listed():
        assert model.licence
        assert model.note
        assert model.size is not None
        assert model.memory is not None
        assert model.memory > model.size


def test_models_are_found_by_id_and_by_place() -> None:
    assert find("qwen3-4b").repo.endswith("GGUF")
    assert find("someone/tiny-GGUF/tiny.gguf") == MODEL
    with pytest.raises(UnknownIdError, match="qwen3-4b"):
        find("gpt-5")


def test_pull_use_and_the_setting(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_data_folder: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    before = run.invoke(app, ["models", "use", "someone/tiny-GGUF/tiny.gguf"])
    assert before.exit_code == 3
    assert "rehearse models pull" in before.stderr
    pulled = run.invoke(app, ["models", "pull", "someone/tiny-GGUF/tiny.gguf"])
    assert pulled.exit_code == 0
    used = run.invoke(app, ["models", "use", "someone/tiny-GGUF/tiny.gguf"])
    assert used.exit_code == 0
    assert str(own_data_folder / "rehearse.toml") in used.stdout
    assert load_settings().model == f"local:{own_data_folder / 'models' / 'tiny.gguf'}"
    (tmp_path / "rehearse.toml").write_text(
        '# mine\nport = 9000\nmodel = "openai:x" # old\n\n[other]\nmodel = 3\n', encoding="utf-8"
    )
    again = run.invoke(app, ["models", "use", str(own_data_folder / "models" / "tiny.gguf")])
    assert str(tmp_path / "rehearse.toml") in again.stdout
    text = (tmp_path / "rehearse.toml").read_text(encoding="utf-8")
    assert text.startswith("# mine\nport = 9000\nmodel = ")
    assert text.endswith("\n\n[other]\nmodel = 3\n")
    assert load_settings().model == f"local:{own_data_folder / 'models' / 'tiny.gguf'}"


def test_a_setting_that_cannot_be_changed_safely_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "m.gguf"
    model.write_bytes(b"GGUF")
    odd = 'note = """\nmodel = 1\n"""\nmodel = "x"\n'
    (tmp_path / "rehearse.toml").write_text(odd, encoding="utf-8")
    result = CliRunner().invoke(app, ["models", "use", str(model)])
    assert result.exit_code == 3
    assert "cannot be changed safely" in result.stderr
    assert (tmp_path / "rehearse.toml").read_text(encoding="utf-8") == odd


def test_list_for_programs() -> None:
    import json

    told = json.loads(CliRunner().invoke(app, ["models", "list", "--json"]).stdout)
    assert [entry["id"] for entry in told] == [model.id for model in listed()]
    assert not any(entry["here"] for entry in told)
