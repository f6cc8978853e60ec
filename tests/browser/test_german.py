"""The whole interface in German: nothing of it is left in English, and it fits a telephone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import hosted
import pytest
from playwright.sync_api import Browser, Page
from seeing import CUT_OFF
from visiting import Site, Visit, visiting

from rehearse.app.strings import ENGLISH, catalogue, speak
from rehearse.workspace import Workspace

pytestmark = pytest.mark.browser

SAID = ("I think younger people should mentor the leadership on digital stuff.", "What would have made it fair for you?")
OF_CONTENT = ("history.empathy", "history.clarity", "lookback.check_no")
"""What the data files say too, and those are in English: the page says so."""
# All that is read or read out: texts, and what stands in for them.
READ = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!node.parentElement.closest('script, style, .said, q, blockquote, .q')) found.push(node.textContent);
  }
  for (const e of document.querySelectorAll('[aria-label], [placeholder], [title], [data-saved]')) {
    for (const name of ['aria-label', 'placeholder', 'title', 'data-saved']) if (e.getAttribute(name)) found.push(e.getAttribute(name));
  }
  return found.map((words) => words.replace(/\\s+/g, ' ').trim()).filter(Boolean);
}"""


def english() -> list[tuple[str, re.Pattern[str]]]:
    """Every text of the interface that German says otherwise, as it would be found on a page; its blanks stand for anything."""
    german = catalogue("de")
    return [
        (key, re.compile(".{1,40}?".join(re.escape(part) for part in re.split(r"\{\w+\}", words))))
        for key, words in catalogue(ENGLISH).items()
        if german[key] != words and not key.startswith(OF_CONTENT) and len(re.sub(r"\{\w+\}|[^a-z]", "", words.lower())) > 4
    ]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(tmp_path_factory.mktemp("german"), language="de")
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="module")
def site(workspace: Workspace, browser: Browser) -> Iterator[Site]:
    # In a thread of its own, because Playwright has taken the event loop of this one.
    with ThreadPoolExecutor(1) as aside:
        application = aside.submit(hosted.application, workspace).result()
    try:
        with hosted.served(application) as address:
            yield Site(address)
    finally:
        speak(ENGLISH)


def played(workspace: Workspace, *, end: bool = True) -> str:
    kept = workspace.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    for words in SAID:
        kept.say(words)
    if end:
        kept.finish()
    return kept.rehearsal_id


def still_english(page: Page, known: list[tuple[str, re.Pattern[str]]]) -> list[str]:
    return [f"{key}: {words}" for words in page.evaluate(READ) for key, pattern in known if pattern.fullmatch(words)]


def test_no_english_is_left_and_every_button_fits_a_telephone(browser: Browser, workspace: Workspace, site: Site) -> None:
    known = english()
    first, second, going = played(workspace), played(workspace), played(workspace, end=False)
    screens = {
        "/": "form.prepare[data-ready]",
        "/worksheet": "form.sheet",
        "/counterpart": "form.own",
        "/guidance": "form.upload",
        f"/stage?rehearsal={going}": "#talk ol.talk[data-turns='2']",
        f"/lookback?rehearsal={first}": "#guess-save",
        f"/compare?one={first}&other={second}": "main table",
        f"/takeaway?rehearsal={first}": ".takeaway",
        "/history": ".talk-row",
        "/progress": ".progress svg",
        "/ideas": "#ideas h2",
        "/privacy": "#privacy h2",
        "/settings": "#settings h2",
        f"/share?rehearsal={first}": "main form",
        "/shares": "main h1",
        "/lookback?rehearsal=none": ".message",
    }
    trouble: dict[str, list[str]] = {}
    with visiting(browser, site, 390, 844, locale="de-DE") as visit:
        page = visit.page
        for address, shown in screens.items():
            visit.go(address)
            page.locator(shown).first.wait_for(state="attached")
            trouble[address] = looked_at(visit, known)
            if shown == "#guess-save":
                page.get_by_role("button", name="Zeig es mir").click()
                page.wait_for_selector(".lookback")
                trouble["the debrief"] = looked_at(visit, known)
        visit.go(f"/stage?rehearsal={going}")
        visit.wait_for_turn(2)
        page.get_by_label("Deine Worte").fill("")
        page.get_by_role("button", name="Senden").click()
        page.wait_for_selector(".notice.error")
        trouble["an error"] = looked_at(visit, known)
        assert visit.complaints == []
    assert len(trouble) == len(screens) + 2
    left = [f"{place}: {words}" for place, found in trouble.items() for words in found]
    assert not left, "\n".join(left)


def looked_at(visit: Visit, known: list[tuple[str, re.Pattern[str]]]) -> list[str]:
    """What is English, or does not fit, on the page that is open."""
    page = visit.page
    page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")
    assert page.locator("html").get_attribute("lang") == "de"
    found = [*still_english(page, known), *page.evaluate(CUT_OFF)]
    return [*found, *([] if visit.fits() else ["too wide"])]


def test_the_check_finds_english(browser: Browser, site: Site) -> None:
    with visiting(browser, site, 390, 844) as visit:
        visit.go("/shares")
        assert still_english(visit.page, english()) == []
        visit.page.evaluate(
            "document.querySelector('main').insertAdjacentHTML('beforeend', '<p>You share nothing.</p><p>3 turns</p>')"
        )
        assert {found.split(":")[0] for found in still_english(visit.page, english())} == {"share.none", "history.turns.other"}
