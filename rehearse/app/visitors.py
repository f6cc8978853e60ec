"""Who is asking, and the desk that is theirs. Every handler and route goes through here; none serves another person's talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import gradio as gr
from fastapi import Request

from rehearse.app.desk import Desk
from rehearse.workspace import Workspace

AnyRequest = gr.Request | Request


class Visitors(Protocol):
    """Finds the desk of whoever sent a request."""

    @property
    def workspace(self) -> Workspace:
        """What all of them share: data files, models, settings. Not for anybody's talks."""
        ...

    def desk(self, request: AnyRequest) -> Desk:
        """The desk of the person who sent it; raises where nobody is known."""
        ...

    def clear_desk(self, request: AnyRequest) -> None:
        """Put a new desk in place of that person's: whatever lay on the old one is gone."""
        ...

    def put_away(self) -> None:
        """Have every desk read its talks from the store the next time: some are no longer there."""
        ...


@dataclass
class OnePerson:
    """One person on their own machine: no login, one desk."""

    workspace: Workspace
    own_desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.own_desk = Desk(self.workspace)

    def desk(self, request: AnyRequest) -> Desk:
        """The only desk."""
        del request
        return self.own_desk

    def clear_desk(self, request: AnyRequest) -> None:
        """A new desk."""
        del request
        self.own_desk.forget_all()
        self.own_desk = Desk(self.workspace)

    def put_away(self) -> None:
        """Every talk is read again."""
        self.own_desk.forget_all()
