"""Every screen up to the end of a talk, for those who see little: axe-core in both themes, text twice as large at both widths."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext
from seeing import SCHEMES, WIDTHS, Tour, grave, lost_when_larger, toured
from visiting import Server, Visit

pytestmark = pytest.mark.browser

SAID = "I think younger people should mentor the leadership on digital stuff."


@pytest.fixture(scope="module")
def tour(context: BrowserContext, server: Server) -> Tour:
    going = server.played(SAID, end=False)
    return toured(
        context,
        server,
        {
            "/": "form.prepare[data-ready]",
            "/worksheet": "form.sheet textarea",
            "/counterpart": "form.own",
            "/guidance": "form.upload",
            f"/stage?rehearsal={going}": "#talk ol.talk[data-turns='1']",
            f"/lookback?rehearsal={going}": "main .button",
            "/lookback?rehearsal=none": "main .message",
            "/ideas": "#ideas h2",
            "/privacy": "#privacy h2",
            "/settings": "form.settings",
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


def test_both_ways_of_seeing_are_at_work(visit: Visit) -> None:
    page = visit.page
    visit.go("/privacy")
    page.wait_for_selector("#privacy h2")
    faults = "<button></button><p style='color:#888;background:#999'>faint</p><p style='font-size:12px;width:1500px'>small</p>"
    page.evaluate("(faults) => document.querySelector('#privacy').insertAdjacentHTML('beforeend', faults)", faults)
    for scheme in SCHEMES:
        assert {words.split(":")[0] for words in grave(page, scheme)} == {"button-name", "color-contrast"}
    lost = " ".join(lost_when_larger(page, 390))
    assert "12: <p style" in lost
    assert "pixels too wide" in lost
