"""Privacy: what is kept, where, and that nothing leaves the machine."""

from __future__ import annotations

from rehearse.app.parts import fragment, page_head
from rehearse.app.templating import render
from rehearse.app.visitors import Visitors


def add_page(visitors: Visitors) -> None:
    """Put the page into the application; call inside the page's context."""
    page_head("title.privacy", "privacy")
    fragment(render("privacy.html", home=str(visitors.workspace.settings.home)), elem_id="privacy")
