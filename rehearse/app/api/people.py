"""Who is asking: the seam between the interface and the people of `rehearse.app.visitors`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from rehearse.app.desk import Desk
from rehearse.app.visitors import Visitors


def my_desk(request: Request) -> Desk:
    """The desk of whoever sent the request; raises where nobody is known."""
    visitors: Visitors = request.app.state.visitors
    return visitors.desk(request)


MyDesk = Annotated[Desk, Depends(my_desk)]
"""The only way in which handlers come to anybody's talks."""
