#!/usr/bin/env python
"""Takes the pictures in docs/screens from the real application, wide and narrow, light and dark.

`screenshots.py [FOLDER] [--only NAME ...]`; with `--only 15-settings` the others stay as they are.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from visiting import Server, Visit, serving_browser, visiting  # noqa: E402

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
TERMS = (
    "Shall we agree on one thing: that you learn to read the drivers' forum yourself?",
    "Half an hour every second Wednesday, six times, and we look at the late parcels after three weeks.",
)
CARD = {
    "lessons": "How I read the drivers' forum in the morning, and which three posts I act on.",
    "challenges": "Late parcels turn up there ten days before anybody rings the depot.",
    "ask": "Could we do it once, on Wednesday the 14th at ten?",
}
GUIDE = """# Programme guide

## How often

A session takes half an hour, every second week, and none falls into the peak season.

## What stays between two people

Nothing that is said in a session is repeated to anybody outside of it, and no manager asks for it.
"""
PASSWORD = "three wet lamps"
ALL = tuple((size, scheme) for size in ((1280, 900), (390, 844)) for scheme in ("light", "dark"))
MINOR = tuple(one for one in ALL if one != ((390, 844), "dark"))
"""For the smaller pages, which look like the others."""
ALONE = frozenset({"10-own-counterpart", "15-settings"})
"""What needs nothing that came before."""
SIGNED_IN = frozenset({"19-sign-in", "20-account"})
"""What only an installation for several people has."""
DARK = "(dark) => matchMedia('(prefers-color-scheme: dark)').matches === dark"
SETTLED = "() => Promise.all([document.fonts.ready, new Promise((done) => setTimeout(done, 250))])"


@dataclass(frozen=True)
class Camera:
    """Takes one screen in all its looks; the page is not loaded again for them."""

    page: Page
    out: Path
    only: frozenset[str] = frozenset()
    """The names of the screens that are wanted; all where there are none."""
    taken: set[str] = field(default_factory=set)

    def take(
        self, name: str, looks: tuple[tuple[tuple[int, int], str], ...] = ALL, *, at: str = "", full: tuple[str, ...] = ()
    ) -> None:
        """`at` is scrolled to the top; those of the looks that are in `full` show the page to its end."""
        if self.only and name not in self.only:
            return
        self.taken.add(name)
        for (width, height), scheme in looks:
            look = f"{width}-{scheme}"
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            self.page.wait_for_function(DARK, arg=scheme == "dark")
            if at:
                self.page.evaluate("(place) => document.querySelector(place).scrollIntoView()", at)
            if look in full:
                self.page.evaluate("scrollTo(0, 0)")
            self.page.evaluate(SETTLED)
            self.page.screenshot(path=self.out / f"{name}-{look}.png", full_page=look in full, animations="disabled")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.page.emulate_media(color_scheme="light")


def tour(visit: Visit, server: Server, camera: Camera) -> None:
    """From the first screen through a talk to what stays of it."""
    page = visit.page
    visit.go()
    page.wait_for_selector("form.prepare[data-ready]")
    camera.take("1-prepare")
    visit.begin(persona=PERSONA)
    talk_to_the_end(visit, camera)
    page.wait_for_selector("#guess-save")
    camera.take("3-guess")
    page.get_by_role("spinbutton").fill("60")
    page.get_by_role("button", name="Show me").click()
    page.wait_for_selector(".lookback")
    camera.take("4-lookback", full=("1280-light",))
    camera.take("5-talk-and-trust", at="#talk")
    first = page.url.split("rehearsal=")[1]
    other = server.played(*LINES[2:6], seed=11)
    server.played(*LINES[:3], seed=3)
    for name, shown in (("6-history", ".talk-row"), ("7-ideas", "#ideas h2"), ("8-privacy", "#privacy h2")):
        visit.go(f"/{name[2:]}")
        page.wait_for_selector(shown)
        if name == "7-ideas":
            page.get_by_label("Ask in your own words").fill("how often should we meet?")
            page.wait_for_selector(".hits")
        camera.take(name)
    smaller(visit, server, camera, first, other)


def talk_to_the_end(visit: Visit, camera: Camera) -> None:
    page = visit.page
    for number, line in enumerate(LINES, 1):
        visit.say(line, number)
        if number == 4:
            page.get_by_role("button", name="One hint").click()
            page.wait_for_selector(".notice.hint")
            note = page.locator("details.note.change > summary")
            if note.count():
                note.last.click()
            camera.take("2-stage")
        if page.locator(".over").count():
            break
    if page.locator(".over a").count():
        page.locator(".over a").click()
    else:
        page.get_by_role("button", name="End the talk").click()


def smaller(visit: Visit, server: Server, camera: Camera, first: str, other: str) -> None:
    """What is reached from the main screens."""
    page = visit.page
    visit.go("/worksheet")
    page.wait_for_selector("form.sheet")
    for part, words in CARD.items():
        page.locator(f"#offer-{part}").fill(words)
    page.get_by_text("Saved.", exact=True).wait_for()
    camera.take("9-worksheet", MINOR)
    visit.go("/guidance")
    page.get_by_label("The file").set_input_files({"name": "guide.md", "mimeType": "text/markdown", "buffer": GUIDE.encode()})
    page.get_by_role("button", name="Add it").click()
    page.wait_for_selector(".notice.kept")
    camera.take("11-own-guidance", MINOR)
    agreed = server.played(*TERMS, scenario="agree-expectations")
    for name, address, shown in (
        ("12-compare", f"/compare?one={first}&other={other}", "table.versus"),
        ("13-progress", "/progress", ".progress svg"),
        ("14-take-away", f"/takeaway?rehearsal={agreed}", ".paper"),
        ("16-share", f"/share?rehearsal={first}", "main form"),
    ):
        visit.go(address)
        page.wait_for_selector(shown)
        camera.take(name, MINOR)
    page.get_by_role("button", name="Make the link").click()
    page.goto(page.locator(".people-told code").inner_text())
    camera.take("17-shared", MINOR)
    visit.go()
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu").click()
    camera.take("18-menu", tuple(one for one in ALL if one[0][0] == 390))


def alone(visit: Visit, camera: Camera) -> None:
    """What is the same before a talk and after it."""
    page = visit.page
    visit.go("/counterpart")
    page.get_by_label("What shall we call them?").fill("Dara Quill")
    page.get_by_label("What do they do?").fill("head of the claims desk")
    camera.take("10-own-counterpart", MINOR)
    visit.go("/settings")
    page.wait_for_selector("#settings h1")
    # What can be set about a model is shown once one is chosen; nothing of it is saved.
    page.get_by_label("A model behind an address").check()
    page.locator("#set-endpoint").fill("http://127.0.0.1:11434/v1")
    page.locator("#set-name").fill("llama3.1:8b")
    page.locator("#set-name").blur()
    page.mouse.move(0, 0)
    page.locator("input[name=appraisal]").wait_for()
    camera.take("15-settings", MINOR, full=("1280-light", "1280-dark", "390-light"))


def signing_in(visit: Visit, server: Server, camera: Camera) -> None:
    """The pages of an installation for several people."""
    add = [sys.executable, "-m", "rehearse", "people", "add", "Ana", "--host-role"]
    subprocess.run(
        add, input=f"{PASSWORD}\n{PASSWORD}\n", text=True, check=True, capture_output=True, env=os.environ | server.environment
    )
    page = visit.page
    visit.go()
    page.wait_for_selector("input[name=password]")
    camera.take("19-sign-in", MINOR)
    page.get_by_label("Name").fill("Ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("form.prepare")
    visit.go("/account")
    page.get_by_role("button", name="Make an invitation").click()
    page.wait_for_selector(".people-told")
    camera.take("20-account", MINOR)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "screens")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="The screens to take, as in 15-settings.")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    only, taken = frozenset(arguments.only), set[str]()
    with serving_browser() as (browser, server):
        with visiting(browser, server) as visit:
            camera = Camera(visit.page, arguments.folder, only, taken)
            if not only or only - ALONE - SIGNED_IN:
                tour(visit, server, camera)
            if not only or only & ALONE:
                alone(visit, camera)
        if not only or only & SIGNED_IN:
            server.stop()
            server.settings["REHEARSE_AUTH"] = "accounts"
            server.start()
            with visiting(browser, server) as visit:
                signing_in(visit, server, Camera(visit.page, arguments.folder, only, taken))
    if only - taken:
        sys.exit(f"There is no screen called {', '.join(sorted(only - taken))}.")


if __name__ == "__main__":
    main()
