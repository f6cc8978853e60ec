"""A desk for each person who is signed in; nobody reaches another's. Desks of people who are away are dropped."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from fastapi import Request

from rehearse.app.desk import Desk
from rehearse.app.visitors import AnyRequest
from rehearse.errors import NotSignedInError
from rehearse.storage.records import StoredPerson
from rehearse.workspace import Workspace

PERSON = "rehearse.person"
"""Where in a request's scope the person stands; only the doorway writes there."""
MOST_DESKS = 300
"""Desks that are kept in memory; a talk at any other is read from the store again."""


def person_of(request: AnyRequest) -> StoredPerson:
    """Who sent a request; `NotSignedInError` where the doorway let nobody in with it."""
    inner = getattr(request, "request", request)
    # A request that was put together from what a page sent has no scope, and belongs to nobody.
    person = inner.scope.get(PERSON) if isinstance(inner, Request) else None
    if not isinstance(person, StoredPerson):
        raise NotSignedInError("Nobody is signed in any more. Everything that was said is kept; sign in and go on.")
    return person


@dataclass
class SignedIn:
    """Several people, each with a desk of their own."""

    workspace: Workspace
    most: int = MOST_DESKS
    _desks: OrderedDict[str, Desk] = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def desk(self, request: AnyRequest) -> Desk:
        """The desk of the person who sent it; `NotSignedInError` where nobody is known."""
        person = person_of(request)
        with self._guard:
            desk = self._desks.get(person.person_id)
            if desk is None:
                desk = self._desks[person.person_id] = Desk(self.workspace.for_person(person.person_id))
            self._desks.move_to_end(person.person_id)
            while len(self._desks) > self.most:
                # Whoever still works at it keeps it; the store sees to it that two desks of one person do not collide.
                self._desks.popitem(last=False)[1].forget_all()
            return desk

    def clear_desk(self, request: AnyRequest) -> None:
        """A new desk for that person, the next time there is something to do."""
        with self._guard:
            desk = self._desks.pop(person_of(request).person_id, None)
        if desk is not None:
            desk.forget_all()

    def put_away(self) -> None:
        """Every talk is read again."""
        with self._guard:
            desks = list(self._desks.values())
        for desk in desks:
            desk.forget_all()
