"""Model files on this machine, as far as that can be told without a model."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rehearse.errors import SettingsError
from rehearse.llm.local import check_file, start


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(No such file"):
        check_file("/nowhere/model.gguf")


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_text("<html>Sign in</html>", encoding="utf-8")
    with pytest.raises(SettingsError, match="no model in the GGUF format"):
        check_file(str(file))


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(100))
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(SettingsError, match=r"pip install 'rehearse\[local\]'"):
        start(str(file), window=2048)


def test_a_damaged_model(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + b"\x03\x00\x00\x00" * 50)
    with pytest.raises(SettingsError, match="cannot be loaded"):
        start(str(file), window=2048)
