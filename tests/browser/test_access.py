"""What is checked for those who see little, or use no mouse: axe-core on every screen, the keyboard alone, text twice as large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from visiting import Server, Visit, visiting

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
RULES = {"resultTypes": ["violations"]}


@dataclass(frozen=True)
class Talks:
    """Three talks: one that is going on, and two attempts at one conversation that were looked back at."""

    going: str
    first: str
    second: str

    def screens(self) -> dict[str, str]:
        """Every address, with what shows that its page is there."""
        return {
            "/": "form.prepare",
            "/worksheet": "form.sheet textarea",
            "/counterpart": "form.own",
            "/guidance": "form.upload",
            f"/stage?rehearsal={self.going}": "#talk ol.talk[data-turns='1']",
            f"/lookback?rehearsal={self.going}": "main .button",
            f"/lookback?rehearsal={self.second}": ".lookback",
            "/lookback?rehearsal=sample": ".lookback",
            f"/compare?one={self.first}&other={self.second}": "main table",
            f"/takeaway?rehearsal={self.second}": ".takeaway",
            "/history": ".talk-row",
            "/progress": ".progress svg",
            "/ideas": "#ideas h2",
            "/privacy": "#privacy h2",
        }


def played(visit: Visit) -> Talks:
    """Play what the screens need."""
    ids = []
    for _ in range(2):
        ids.append(visit.begin())
        visit.say("I think younger people should mentor the leadership on digital stuff.", 1)
        visit.say("It sounds as if the last programme left you with the apologising. What would have made it fair?", 2)
        visit.look_back()
    going = visit.begin()
    visit.say("I think younger people should mentor the leadership on digital stuff.", 1)
    return Talks(going, *ids)


@pytest.fixture(scope="module")
def talks(browser: Browser, server: Server) -> Iterator[Talks]:
    with visiting(browser, server) as visit:
        yield played(visit)


def found_by_axe(page: Page, axe: Axe) -> list[str]:
    """Grave findings, in words: rule, place, and why."""
    page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")
    page.wait_for_timeout(50)
    results = axe.run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:140]} ({node['failureSummary']})"
        for one in results
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_any_screen(browser: Browser, server: Server, talks: Talks, scheme: str) -> None:
    axe = Axe()
    with visiting(browser, server, scheme=scheme) as visit:
        found: dict[str, list[str]] = {}
        for address, shown in talks.screens().items():
            visit.go(address)
            visit.page.locator(shown).first.wait_for(state="attached")
            assert visit.page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
            found[address] = found_by_axe(visit.page, axe)
        assert {address: grave for address, grave in found.items() if grave} == {}


def test_axe_is_at_work(visit: Visit) -> None:
    visit.go("/privacy")
    visit.page.wait_for_selector("#privacy h2")
    visit.page.evaluate("document.querySelector('#privacy').insertAdjacentHTML('beforeend', '<button></button>')")
    assert any(words.startswith("button-name") for words in found_by_axe(visit.page, Axe()))


def walk_to(page: Page, selector: str, key: str = "Tab", most: int = 120) -> None:
    """Press Tab until the focus is on something that fits."""
    for _ in range(most):
        if page.evaluate("(s) => Boolean(document.activeElement?.matches(s))", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached with {key}")


def test_a_whole_rehearsal_by_keyboard_alone(visit: Visit) -> None:
    choose_by_keyboard(visit)
    talk_by_keyboard(visit)
    look_back_by_keyboard(visit.page)


def choose_by_keyboard(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    visit.go()
    page.wait_for_selector("form.prepare[data-ready]")
    walk_to(page, ".skip-link")
    keys.press("Enter")
    walk_to(page, "input[name=scenario]")
    keys.press("ArrowDown")
    scenario = page.locator("input[name=scenario]:checked").get_attribute("value")
    assert scenario != "pitch-to-boss"
    walk_to(page, "input[name=persona]")
    before = page.locator("input[name=persona]:checked").get_attribute("value")
    keys.press("ArrowDown")
    assert page.locator("input[name=persona]:checked").get_attribute("value") != before
    walk_to(page, "input[name=difficulty]")
    keys.press("ArrowUp")
    assert page.locator("input[name=difficulty]:checked").get_attribute("value") == "easy"
    walk_to(page, "#focus")
    keys.press("ArrowDown")
    walk_to(page, ".begin button")
    keys.press("Enter")
    visit.wait_for_turn(0)


def talk_by_keyboard(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    walk_to(page, "#words textarea")
    keys.type("How do you feel about doing this at all?")
    keys.press("Shift+Enter")
    keys.type("I'd like to hear it.")
    keys.press("Enter")
    visit.wait_for_turn(1)
    assert page.locator("#talk .turn.learner .said").first.inner_text().count("\n") == 1
    walk_to(page, "#hint", "Shift+Tab")
    keys.press("Space")
    page.wait_for_selector(".notice.hint")
    walk_to(page, "#words textarea", "Shift+Tab")
    keys.type("At your age it's normal not to get it. It's really not hard.")
    keys.press("Enter")
    visit.wait_for_turn(2)
    walk_to(page, "details.note.change > summary", "Shift+Tab")
    keys.press("Space")
    assert page.locator("details.note.change .quote").first.is_visible()
    walk_to(page, "#actions form[action='do/end'] button")
    keys.press("Enter")


def look_back_by_keyboard(page: Page) -> None:
    keys = page.keyboard
    page.wait_for_selector("#guess-save")
    walk_to(page, "#guess-slider input[type=range]")
    keys.press("ArrowRight")
    walk_to(page, "#guess-save")
    keys.press("Enter")
    page.wait_for_selector(".lookback")
    assert "You guessed 51" in page.locator(".guessed").inner_text()
    walk_to(page, ".remarks.change .quote a")
    keys.press("Enter")
    page.wait_for_selector("mark.pointed, .turn.pointed")
    walk_to(page, "#talk form[action='do/branch'] button, .remarks form[action='do/branch'] button")
    keys.press("Enter")
    page.wait_for_url("**/stage?rehearsal=*")
    page.wait_for_selector(".branch-note")
    walk_to(page, "#words textarea")


TWICE = """async () => {
  const texts = 'h1, h2, h3, p, a, button, label, span, summary, td, th, dt, dd, legend, textarea, input, select';
  const shown = [...document.querySelectorAll('nav a'), ...document.querySelectorAll(`main :is(${texts})`)]
    .filter((e) => e.checkVisibility() && !e.closest('svg'));
  const size = (e) => parseFloat(getComputedStyle(e).fontSize);
  const before = shown.map(size);
  document.documentElement.style.setProperty('font-size', '200%', 'important');
  let small;
  for (let tries = 0; tries < 20; tries += 1) { // some of Gradio's boxes change slowly, and more so on a busy machine
    await new Promise((done) => setTimeout(done, 300));
    small = shown.filter((e, i) => e.isConnected && size(e) < 1.9 * before[i]);
    if (!small.length) break;
  }
  return small.map((e) => `${size(e)}: ${e.outerHTML.slice(0, 140)}`);
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """() => [...document.querySelectorAll('main :is(h1, h2, h3, p, a, button, label, summary, td, th, dt, dd, legend)')]
  .filter((e) => e.checkVisibility() && !e.closest('.sr-only, svg, .scroll') && e.clientWidth > 2)
  .filter((e) => {
    const style = getComputedStyle(e);
    const hides = ['hidden', 'clip'];
    const wide = hides.includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
    const high = hides.includes(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
    const box = e.getBoundingClientRect();
    return wide || high || box.right > innerWidth + 1 || box.left < -1;
  }).map((e) => e.outerHTML.slice(0, 140))"""


@pytest.mark.parametrize("width", [1280, 390])
def test_text_twice_as_large_loses_nothing(browser: Browser, server: Server, talks: Talks, width: int) -> None:
    with visiting(browser, server, width=width) as visit:
        trouble: dict[str, object] = {}
        for address, shown in talks.screens().items():
            visit.go(address)
            visit.page.locator(shown).first.wait_for(state="attached")
            small = visit.page.evaluate(TWICE)
            sideways, lost = visit.page.evaluate(TOO_WIDE), visit.page.evaluate(CUT_OFF)
            if sideways > 0 or lost or small:
                trouble[address] = (sideways, lost, small)
        assert trouble == {}
