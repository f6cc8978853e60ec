#!/usr/bin/env python
"""Takes the pictures in docs/screens from the real application: every screen, wide and narrow, light and dark."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from visiting import Visit, serving_browser, visiting  # noqa: E402

OUT = ROOT / "docs" / "screens"
PERSONA = "marguerite-dunne"
LINES = (
    "Thank you for showing me how you plan the peak week. I'd like to offer something in return.",
    "I think younger people should mentor the leadership on digital stuff.",
    "Fair. I'd show you how I read the drivers' forum: complaints turn up there about ten days before they reach our desk.",
    "Half an hour every second Wednesday at ten, when the docks are quiet. I'd prepare it in my own time.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair for the depots?",
    "I hadn't thought of that. Then you would see a half-page plan before anyone else does, and the depots hear it from you.",
    "We look at the late parcels on your Monday sheet after three weeks. If they have not moved, we stop.",
    "Could we do the first one on Wednesday the 14th at ten? I'd bring the half page on Friday.",
)


def shoot(page: Page, name: str, full: bool = False) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=OUT / f"{name}.png", full_page=full, animations="disabled")


def tour(visit: Visit, suffix: str, *, first: bool) -> None:
    """All screens once; the talk itself is played on the first tour only."""
    page = visit.page
    visit.go()
    page.wait_for_selector("form.prepare")
    shoot(page, f"1-prepare-{suffix}")
    visit.begin(persona=PERSONA)
    for number, line in enumerate(LINES, 1):
        visit.say(line, number)
        if number == 4:
            page.get_by_role("button", name="One hint").click()
            page.wait_for_selector(".notice.hint")
            note = page.locator("details.note.change > summary")
            if note.count():
                note.last.click()
            shoot(page, f"2-stage-{suffix}")
        if page.locator(".over").count():
            break
    if page.locator(".over a").count():
        page.locator(".over a").click()
    else:
        page.get_by_role("button", name="End the talk").click()
    page.wait_for_selector("#guess-save")
    shoot(page, f"3-guess-{suffix}")
    page.get_by_role("spinbutton").fill("60")
    page.get_by_role("button", name="Show me").click()
    page.wait_for_selector(".lookback")
    shoot(page, f"4-lookback-{suffix}", full=first)
    page.locator("#talk").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#talk').scrollIntoView()")
    shoot(page, f"5-talk-and-trust-{suffix}")
    for name in ("history", "ideas", "privacy"):
        visit.go(f"/{name}")
        page.wait_for_selector("h1")
        if name == "ideas":
            page.get_by_label("Ask in your own words").press_sequentially("how often should we meet?")
            page.wait_for_selector(".hits")
        shoot(page, f"{'678'[('history', 'ideas', 'privacy').index(name)]}-{name}-{suffix}")


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with serving_browser() as (browser, server):
        for width, height in ((1280, 900), (390, 844)):
            for scheme in ("light", "dark"):
                with visiting(browser, server, width, height, scheme) as visit:
                    tour(visit, f"{width}-{scheme}", first=(width, scheme) == (1280, "light"))


if __name__ == "__main__":
    main()
