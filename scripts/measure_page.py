"""Measure in a real browser how long a person waits, and write it into `docs/benchmarks.md`: `python scripts/measure_page.py`.

Both clocks run in the page: from the key or the click to the moment when what was waited for is drawn.
"""

from __future__ import annotations

import os
import platform
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
from pages import place  # noqa: E402
from visiting import Visit, serving_browser, visiting  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks.md"
MOST_FIRST_WORDS, MOST_DEBRIEF = 300, 1500
"""Milliseconds that were set as the bars."""
WARM = "Thank you for showing me how you plan the peak week."
LINES = (
    "I'd like to offer something in return: I'd show you how I read the drivers' forum.",
    "Complaints turn up there about ten days before they reach our desk.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair?",
    "Half an hour every second Wednesday at ten, after the peak.",
    "I'd prepare it in my own time, and you would see the plan before anyone else does.",
    "We look at the late parcels on your sheet after three weeks. If they have not moved, we stop.",
    "What worries you most about the first session?",
    "How has it been for you since the last change?",
)
TALKS = 3
"""How many talks are ended; each begins anew, so that none profits from another's debrief."""

# Each waits for a frame after the element is there, because words count when they can be read.
DRAWN = "const drawn = (done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));"
FIRST_WORDS = f"""(before) => {{
  {DRAWN}
  const theirs = () => document.querySelectorAll('#talk .turn.counterpart .said').length;
  window.waited = new Promise((done) => {{
    let from = 0;
    document.addEventListener('keydown', (event) => {{ if (event.key === 'Enter' && !from) from = performance.now(); }}, true);
    const look = new MutationObserver(() => {{
      if (from && theirs() > before) {{ look.disconnect(); drawn((at) => done(at - from)); }}
    }});
    look.observe(document.body, {{ childList: true, subtree: true, characterData: true }});
  }});
}}"""
SHOWN = f"""(selector) => {{
  {DRAWN}
  const there = () => document.querySelector(selector)?.checkVisibility();
  return new Promise((done) => {{
    const check = () => {{ if (!there()) return false; drawn((at) => done(performance.timeOrigin + at)); return true; }};
    if (check()) return;
    const look = new MutationObserver(() => {{ if (check()) look.disconnect(); }});
    look.observe(document.body, {{ childList: true, subtree: true, attributes: true }});
  }});
}}"""
CLICKED = """(name) => {
  document.addEventListener('click', () => sessionStorage.setItem(name, performance.timeOrigin + performance.now()),
    { capture: true, once: true });
}"""


@dataclass(frozen=True)
class Waits:
    """Milliseconds: from Enter to first words a turn; from the end to the question for a guess, and from there to the debrief."""

    first_words: list[float]
    to_guess: list[float]
    to_debrief: list[float]

    @property
    def whole(self) -> list[float]:
        """From the end to the debrief, without the time in which the person thinks about the guess."""
        return [one + other for one, other in zip(self.to_guess, self.to_debrief, strict=True)]


def timed_turn(visit: Visit, words: str, number: int) -> float:
    page = visit.page
    page.get_by_label("Your words").fill(words)
    before = page.locator("#talk .turn.counterpart .said").count()
    page.evaluate(FIRST_WORDS, before)
    page.keyboard.press("Enter")
    waited = float(page.evaluate("window.waited"))
    visit.wait_for_turn(number)
    return waited


def timed_click(page: Page, button: str, shown: str) -> float:
    """From a click to what it leads to, also on another page."""
    page.evaluate(CLICKED, "clicked-at")
    page.get_by_role("button", name=button).click()
    page.wait_for_selector(shown, state="attached")
    at = float(page.evaluate(SHOWN, shown))
    return at - float(page.evaluate("Number(sessionStorage.getItem('clicked-at'))"))


def measure(visit: Visit) -> Waits:
    waits = Waits([], [], [])
    page = visit.page
    for talk in range(TALKS):
        visit.begin()
        visit.say(WARM, 1)
        for number, line in enumerate(LINES, 2):
            if page.locator(".over").count():
                raise SystemExit("The talk ended before all turns were measured. Choose other lines.")
            waited = timed_turn(visit, line, number)
            if talk == 0:
                waits.first_words.append(waited)
        waits.to_guess.append(timed_click(page, "End the talk", "#guess-save"))
        waits.to_debrief.append(timed_click(page, "Show me", ".lookback"))
    return waits


def told(waits: Waits) -> str:
    """The figures as the page shows them."""
    first, whole = statistics.median(waits.first_words), statistics.median(waits.whole)
    rows = [
        ("Enter to first words, median", first, MOST_FIRST_WORDS, f"{len(waits.first_words)} turns of one talk"),
        ("Enter to first words, slowest", max(waits.first_words), None, "of the same turns"),
        (
            "end to debrief, median",
            whole,
            MOST_DEBRIEF,
            f"{TALKS} talks of {len(LINES) + 1} turns, without the thinking about the guess",
        ),
        ("end to debrief, slowest", max(waits.whole), None, "of the same talks"),
    ]
    table = "\n".join(f"| {name} | {ms:.0f} ms | {f'{bar} ms' if bar else ''} | {how} |" for name, ms, bar, how in rows)
    machine = (
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
    return f"{machine}; headless Chromium at 1280 pixels.\n\n| | measured | bar | how |\n|---|---|---|---|\n{table}"


def main() -> None:
    with serving_browser() as (browser, server), visiting(browser, server) as visit:
        words = told(measure(visit))
    place(PAGE, "page", words)
    print(words)


if __name__ == "__main__":
    main()
