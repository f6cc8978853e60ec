"""A loopback endpoint, and a model opened on it through the real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fake_openai import KEY, FakeOpenAI, fake_openai

from rehearse.config import load_settings
from rehearse.llm.chat import ChatModel
from rehearse.llm.vendors import LangchainModel, open_model


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page tells the hub's library that there is no network; other tests in this process may have loaded the page."""
    from huggingface_hub import constants

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with fake_openai() as server:
        yield server


@pytest.fixture
def opened(fake: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ChatModel]]:
    """Opens a model on the fake endpoint; more settings can be given."""
    made: list[LangchainModel] = []
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def open_one(**settings: object) -> ChatModel:
        given = {"model": "openai:small-one", "openai_base_url": fake.url, "model_timeout": 20.0, **settings}
        model = open_model(load_settings(**given))
        assert isinstance(model, LangchainModel)
        made.append(model)
        return model

    yield open_one
    for model in made:
        model.close()
