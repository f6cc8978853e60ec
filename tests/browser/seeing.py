"""What is checked of a page for those who see little: axe-core, and text twice as large."""

from __future__ import annotations

from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page
from visiting import Server, visiting_in

SCHEMES, WIDTHS = ("light", "dark"), (1280, 390)

GRAVE = ("serious", "critical")
UNFOLD = "document.querySelectorAll('main details').forEach((d) => { d.open = true; })"
# Only what was found comes back: everything that axe looked at is a hundred times as much.
RUN = """async (grave) => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter((one) => grave.includes(one.impact))
  .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 140)} (${node.failureSummary})`))"""
DARK = "(dark) => matchMedia('(prefers-color-scheme: dark)').matches === dark"
DARK_BODY = "(dark) => document.body.classList.contains('dark') === dark"

TWICE = """async () => {
  const texts = 'h1, h2, h3, p, a, button, label, span, summary, td, th, dt, dd, legend, textarea, input:not([type=checkbox], [type=radio]), select';
  const shown = [...document.querySelectorAll('nav a'), ...document.querySelectorAll(`main :is(${texts})`)]
    .filter((e) => e.checkVisibility() && !e.closest('svg'));
  const size = (e) => parseFloat(getComputedStyle(e).fontSize);
  document.documentElement.style.removeProperty('font-size');
  const before = shown.map(size);
  document.documentElement.style.setProperty('font-size', '200%', 'important');
  let small;
  for (let tries = 0; tries < 25; tries += 1) { // some of Gradio's boxes change slowly, and more so on a busy machine
    small = shown.filter((e, i) => e.isConnected && size(e) < 1.9 * before[i]);
    if (!small.length) break;
    await new Promise((done) => setTimeout(done, 100));
  }
  return small.map((e) => `${size(e)}: ${e.outerHTML.slice(0, 140)}`);
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_OFF = """() => [...document.querySelectorAll('main :is(h1, h2, h3, p, a, button, label, summary, td, th, dt, dd, legend)')]
  .filter((e) => e.checkVisibility() && !e.closest(".sr-only, svg, .scroll, details.table") && e.clientWidth > 2)
  .filter((e) => {
    const style = getComputedStyle(e);
    const hides = ['hidden', 'clip'];
    const wide = hides.includes(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
    const high = hides.includes(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
    const box = e.getBoundingClientRect();
    return wide || high || box.right > innerWidth + 1 || box.left < -1;
  }).map((e) => e.outerHTML.slice(0, 140))"""


def grave(page: Page, scheme: str) -> list[str]:
    """Grave findings of axe-core in one theme, in words: rule, place, and why. The page is not loaded again for it."""
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    # Pages of Gradio follow by a class, ours by the style sheet alone.
    page.wait_for_function(DARK_BODY if page.locator("gradio-app").count() else DARK, arg=scheme == "dark")
    page.evaluate(UNFOLD)
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, GRAVE)
    return found


def lost_when_larger(page: Page, width: int) -> list[str]:
    """What stays small, is cut off or needs sideways scrolling when text is twice as large."""
    page.set_viewport_size({"width": width, "height": 900})
    small: list[str] = page.evaluate(TWICE)
    sideways: int = page.evaluate(TOO_WIDE)
    cut_off: list[str] = page.evaluate(CUT_OFF)
    return [*small, *cut_off, *([f"{sideways} pixels too wide"] if sideways > 0 else [])]


@dataclass
class Tour:
    """What was found on the way through several screens, by theme or width, then by address."""

    grave: dict[str, dict[str, list[str]]] = field(default_factory=lambda: {scheme: {} for scheme in SCHEMES})
    lost: dict[int, dict[str, list[str]]] = field(default_factory=lambda: {width: {} for width in WIDTHS})

    def look(self, page: Page, name: str) -> None:
        """One screen as it is shown now, in every theme and at every width."""
        page.set_viewport_size({"width": 1280, "height": 900})
        for scheme in SCHEMES:
            self.grave[scheme][name] = grave(page, scheme)
        for width in WIDTHS:
            self.lost[width][name] = lost_when_larger(page, width)


def toured(context: BrowserContext, server: Server, screens: dict[str, str]) -> Tour:
    """Each screen is loaded once; `screens` says by what it is seen that the page is there. After a guess comes its debrief."""
    found = Tour()
    with visiting_in(context, server) as visit:
        page = visit.page
        page.emulate_media(reduced_motion="reduce")
        for address, shown in screens.items():
            visit.go(address)
            page.locator(shown).first.wait_for(state="attached")
            found.look(page, address)
            if shown == "#guess-save":
                page.get_by_role("button", name="Show me").click()
                page.wait_for_selector(".lookback")
                found.look(page, f"{address}, after the guess")
        assert visit.complaints == []
    return found
