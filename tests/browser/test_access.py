"""A whole rehearsal for those who use no mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from visiting import Visit

pytestmark = pytest.mark.browser


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
    keys.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
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
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    keys.press("Enter")
    visit.wait_for_turn(0)
    expect(page.get_by_label("Your words")).to_be_focused()


def talk_by_keyboard(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    keys.type("How do you feel about doing this at all?")
    keys.press("Shift+Enter")
    keys.type("I'd like to hear it.")
    keys.press("Enter")
    visit.wait_for_turn(1)
    assert page.locator("#talk .turn.learner .said").first.inner_text().count("\n") == 1
    heard = page.evaluate("[...document.querySelectorAll('[aria-live=polite]')].map((e) => e.textContent).join(' ')")
    assert page.locator("#talk .turn.counterpart .bubble .said").last.inner_text() in heard
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
