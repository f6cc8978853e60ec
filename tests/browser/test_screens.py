"""Every screen once, for those who see little: axe-core in both themes, and text twice as large at both widths."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page
from seeing import grave, lost_when_larger
from visiting import Server, Visit, visiting_in

pytestmark = pytest.mark.browser

SAID = (
    "I think younger people should mentor the leadership on digital stuff.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair?",
)
SCHEMES, WIDTHS = ("light", "dark"), (1280, 390)


@dataclass
class Tour:
    """What was found on the way through all screens, by theme or width, then by address."""

    grave: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {scheme: {} for scheme in SCHEMES})
    lost: dict[int, dict[str, list[str]]] = field(default_factory=lambda: {width: {} for width in WIDTHS})


def screens(server: Server) -> dict[str, str]:
    """Every address, with what shows that its page is there."""
    first, second = server.played(*SAID), server.played(*SAID[1:], *SAID[:1])
    going = server.played(SAID[0], end=False)
    return {
        "/": "form.prepare[data-ready]",
        "/worksheet": "form.sheet textarea",
        "/counterpart": "form.own",
        "/guidance": "form.upload",
        f"/stage?rehearsal={going}": "#talk ol.talk[data-turns='1']",
        f"/lookback?rehearsal={going}": "main .button",
        f"/lookback?rehearsal={second}": "#guess-save",
        "/lookback?rehearsal=sample": ".lookback",
        f"/compare?one={first}": "main select",
        f"/compare?one={first}&other={second}": "main table",
        f"/takeaway?rehearsal={second}": ".takeaway",
        "/history": ".talk-row",
        "/progress": ".progress svg",
        "/ideas": "#ideas h2",
        "/privacy": "#privacy h2",
        "/settings": "form.settings",
        f"/share?rehearsal={second}": "main form",
        "/shares": "main h1",
        "/lookback?rehearsal=none": "main .message",
    }


def look(page: Page, name: str, found: Tour) -> None:
    """One screen as it is shown now, in every theme and at every width."""
    page.set_viewport_size({"width": 1280, "height": 900})
    for scheme in SCHEMES:
        found.grave[scheme][name] = grave(page, scheme)
    for width in WIDTHS:
        found.lost[width][name] = lost_when_larger(page, width)


@pytest.fixture(scope="module")
def tour(context: BrowserContext, server: Server) -> Tour:
    """Each screen is loaded once; what is said about it is in the tests below."""
    found = Tour()
    with visiting_in(context, server) as visit:
        page = visit.page
        page.emulate_media(reduced_motion="reduce")
        for address, shown in screens(server).items():
            visit.go(address)
            page.locator(shown).first.wait_for(state="attached")
            look(page, address, found)
            if shown == "#guess-save":
                page.get_by_role("button", name="Show me").click()
                page.wait_for_selector(".lookback")
                look(page, f"{address}, after the guess", found)
        assert visit.complaints == []
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_grave_on_any_screen(tour: Tour, scheme: str) -> None:
    assert len(tour.grave[scheme]) > 18
    assert {address: found for address, found in tour.grave[scheme].items() if found} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_text_twice_as_large_loses_nothing(tour: Tour, width: int) -> None:
    assert len(tour.lost[width]) > 18
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
