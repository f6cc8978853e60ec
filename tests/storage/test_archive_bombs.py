"""A few bytes of a backup that stand for very many: refused before they are unpacked."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from rehearse.errors import StorageError
from rehearse.storage.archive import FORMAT, restore_backup
from rehearse.storage.database import newest_schema

MUCH = 200 * 1024 * 1024


def pour(archive: zipfile.ZipFile, name: str) -> str:
    """A file of very many spaces; its SHA-256."""
    digest, part = hashlib.sha256(), b" " * (1 << 20)
    with archive.open(name, "w") as file:
        for _ in range(MUCH // len(part)):
            file.write(part)
            digest.update(part)
    return digest.hexdigest()


@pytest.mark.parametrize("where", ["manifest.json", "person.jsonl"])
def test_a_bomb_is_refused_and_takes_no_room(tmp_path: Path, where: str) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        digest = pour(archive, where)
        if where != "manifest.json":
            told = {"format": FORMAT, "schema": newest_schema(), "tables": {"person": {"rows": 1, "sha256": digest}}}
            archive.writestr("manifest.json", json.dumps(told))
    assert bomb.stat().st_size < MUCH / 100
    tracemalloc.start()
    try:
        with pytest.raises(StorageError, match="damaged or no backup"):
            restore_backup(tmp_path / "new.db", bomb, tmp_path)
        assert tracemalloc.get_traced_memory()[1] < MUCH * 3 / 4
    finally:
        tracemalloc.stop()
