"""Talks whose turns are read a second time by a scripted model, in a data folder that is opened as other processes would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearse.coaching.model_reply import CoachReply
from rehearse.config import Settings
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.llm.chat import Prompt
from rehearse.llm.scripted import ScriptedModel
from rehearse.workspace import KeptRehearsal, Workspace

LINES = (
    "Okay. So, I would like to show you how our customers find us on TikTok.",
    "You just have to accept that younger people see this better, and we should start on Monday.",
    "Would half an hour every second Wednesday suit you, and would you tell me after a month whether it is of any use?",
)
WHY = "The ask comes before they know why you ask them."


def model() -> ScriptedModel:
    """Speaks one harmless sentence, and reads a second time what every turn holds: its first word is plainness 0."""

    def reply(prompt: Prompt) -> str | CoachReply:
        if not prompt.made_from.startswith("coach@"):
            return "Mostly the lists, if I am honest."
        said = next(line for line in reversed(LINES) if line in prompt.messages[-1].text)
        quote = " ".join(said.split()[:5]).strip(",.")
        ratings = {c: {"quote": None, "level": None} for c in CRITERION_IDS}
        ratings |= {c: {"quote": quote, "level": 1} for c in ("specificity", "structure", "exploration", "purpose")}
        remark = {
            "kind": "change",
            "criterion": "exploration",
            "quote": quote,
            "passage_id": "ask-and-listen-first",
            "why": WHY,
            "suggestion": None,
        }
        return CoachReply.model_validate({"ratings": ratings, "remarks": [remark]})

    return ScriptedModel(reply)


Opened = Callable[..., Workspace]


@contextmanager
def opening(home: Path, shared: Workspace) -> Iterator[Opened]:
    """Opens the same data folder anew, as another process would; but for the passages, which take a while and never change."""
    made: list[Workspace] = []

    def anew(*, scripted: bool = True) -> Workspace:
        workspace = Workspace(Settings(home=home))
        workspace.__dict__["_ideas"] = shared._ideas
        if scripted:
            workspace.casting.cast(model())
        made.append(workspace)
        return workspace

    yield anew
    for workspace in made:
        workspace.store.close()


def play(workspace: Workspace, lines: tuple[str, ...] = LINES, **how: Any) -> KeptRehearsal:
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7, **how)
    for line in lines:
        kept.say(line)
    kept.finish()
    return kept
