"""No name of a person reaches a model, and every name comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from rehearse.coaching.nameless import NamelessModel, NamelessStream, with_names, without_names
from rehearse.config import Settings
from rehearse.llm import vendors
from rehearse.llm.chat import Message, Prompt, Role
from rehearse.llm.scripted import ScriptedModel
from rehearse.workspace import Workspace

PROMPT = Prompt(
    (
        Message(Role.SYSTEM, "You are the other person. Answer in two sentences."),
        Message(Role.USER, "I asked Maya Lindt about it, and Maya said that Ms Okafor had no time."),
        Message(Role.ASSISTANT, "Then ask Priya."),
    ),
    "test@0",
)


class Found(BaseModel):
    quote: str
    all: list[str]
    level: int


def test_a_prompt_without_names() -> None:
    asked, names = without_names(PROMPT)
    for name in ("Maya", "Lindt", "Okafor", "Priya"):
        assert name not in asked.text
    assert asked.messages[0] == PROMPT.messages[0]
    assert [m.role for m in asked.messages] == [m.role for m in PROMPT.messages]
    assert asked.made_from == "test@0"
    assert {names["Person A"].split()[0], names["Person B"].split()[-1], names["Person C"]} == {"Maya", "Okafor", "Priya"}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_names_come_back_however_the_answer_is_cut(size: int) -> None:
    said = "Person A is right. Personally I doubt it; Person AB too, and the Person of the year. Person C"
    pieces = [said[start : start + size] for start in range(0, len(said), size)]

    class Pieces:
        usage = None

        def __iter__(self) -> object:
            return iter(pieces)

        def close(self) -> None: ...

    names = {"Person A": "Maya", "Person C": "Priya"}
    told = "".join(NamelessStream(Pieces(), names))  # type: ignore[arg-type]
    assert told == "Maya is right. Personally I doubt it; Person AB too, and the Person of the year. Priya"
    assert with_names(said, names) == told


def test_an_answer_in_a_form() -> None:
    inner = ScriptedModel([Found(quote="Person A said", all=["Person C", "nobody"], level=2)])
    found = NamelessModel(inner).structured(PROMPT, Found, max_tokens=50).answer
    assert isinstance(found, Found)
    assert found.quote.startswith("Maya")
    assert (found.all, found.level) == (["Priya", "nobody"], 2)
    assert "Maya" not in inner.requests[0].text


def test_the_setting_hides_names_in_a_whole_rehearsal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    inner = ScriptedModel(["Go on, then. What would Person A get out of it?"] * 12)
    monkeypatch.setattr(vendors, "open_model", lambda settings: inner)
    workspace = Workspace(Settings(home=tmp_path, model="openai:test", model_coach=False, hide_names=True))
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say("I told Priya Raman that I would like to show you how I read the drivers' forum. Priya liked it.")
    assert inner.requests
    for request in inner.requests:
        assert "Priya" not in request.text
        assert "Raman" not in request.text
    assert "Priya" in workspace.store.get(kept.rehearsal_id).turns[0].text
    workspace.store.close()
