"""Settings are written into a file that people may have written in themselves: what is theirs stays."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest
from fake_openai import KEY

from rehearse.config_file import with_settings, write_settings
from rehearse.errors import OperatorError


def test_what_people_wrote_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "rehearse.toml"
    text = '# mine\nmodel = "openai:a" # why\nport = 7000\n\n[other]\nmodel = "not this one"\n'
    path.write_text(text, "utf-8")
    path.chmod(0o644)
    write_settings(path, {"model": "openai:b", "hide_names": True, "port": None})
    assert path.read_text("utf-8") == 'hide_names = true\n# mine\nmodel = "openai:b"\n\n[other]\nmodel = "not this one"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    write_settings(path, {"openai_api_key": KEY})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "a key is for its owner alone"
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["rehearse.toml"]
    quoted = 'C:\\models\\Zoë "one".gguf'
    assert tomllib.loads(with_settings("", {"model": quoted}))["model"] == quoted


@pytest.mark.parametrize("text", ["model = '''a\nb'''\n", "x = [\n[1]\n]\nmodel = 'a'\n", "not TOML at all"])
def test_a_file_that_cannot_be_changed_safely_is_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rehearse.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(OperatorError, match=r"rehearse\.toml") as error:
        write_settings(path, {"openai_api_key": KEY, "model": "openai:b"})
    assert KEY not in str(error.value)
    assert path.read_text("utf-8") == text
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["rehearse.toml"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OperatorError, match="Set in the environment instead: OPENAI_API_KEY, REHEARSE_MODEL") as error:
        write_settings(tmp_path / "file" / "rehearse.toml", {"openai_api_key": KEY, "model": "openai:b"})
    assert KEY not in str(error.value)
