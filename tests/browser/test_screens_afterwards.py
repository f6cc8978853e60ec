"""Every screen after a talk, for those who see little; a file of its own, so that two processes can share the work."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext
from seeing import SCHEMES, WIDTHS, Tour, toured
from visiting import Server

pytestmark = pytest.mark.browser

SAID = (
    "I think younger people should mentor the leadership on digital stuff.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair?",
)


@pytest.fixture(scope="module")
def tour(context: BrowserContext, server: Server) -> Tour:
    first, second = server.played(*SAID), server.played(*SAID[::-1])
    return toured(
        context,
        server,
        {
            f"/lookback?rehearsal={second}": "#guess-save",
            "/lookback?rehearsal=sample": ".lookback",
            f"/compare?one={first}": "main select",
            f"/compare?one={first}&other={second}": "main table",
            f"/takeaway?rehearsal={second}": ".takeaway",
            "/history": ".talk-row",
            "/progress": ".progress svg",
            f"/share?rehearsal={second}": "main form",
            "/shares": "main h1",
        },
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_any_screen(tour: Tour, scheme: str) -> None:
    assert len(tour.grave[scheme]) == 10
    assert {address: found for address, found in tour.grave[scheme].items() if found} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_text_twice_as_large_loses_nothing(tour: Tour, width: int) -> None:
    assert len(tour.lost[width]) == 10
    assert {address: lost for address, lost in tour.lost[width].items() if lost} == {}
