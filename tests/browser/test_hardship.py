"""Bad input, reloads, double clicks, small screens, the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect
from visiting import Server, Visit, visiting

pytestmark = pytest.mark.browser

WORDS = "I'd like to show you how I read the drivers' forum every morning."


def test_words_that_cannot_be_said_stay_in_the_box(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    box = page.get_by_label("Your words")
    box.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no words yet")
    box.fill("a" * 50_000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("50,000")
    assert len(box.input_value()) == 50_000
    assert page.locator("#talk .turn.learner").count() == 0
    box.fill("")
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert box.input_value() == "one\ntwo"
    page.get_by_role("button", name="Send").click()
    visit.wait_for_turn(1)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_any_words_are_shown_as_they_are(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    markup = "<script>document.title='x'</script><img src=x onerror=\"document.title='y'\"> {{1+1}} ${1+1} [a](javascript:alert(1)) **b**"
    shown = page.locator("#talk .turn.learner .bubble .said")
    for number, (words, kept) in enumerate(
        (
            (markup, markup),
            ("I'd\x07 like\x1b[31m that", "I'd like[31m that"),
            ("Ich würde Ihnen gern zeigen, wie ich das Forum lese. 我想给您看看。", None),
            ("🙂🙂🙂", None),
        ),
        1,
    ):
        visit.say(words, number)
        assert shown.nth(number - 1).inner_text() == (kept or words)
    assert page.title() == "On stage – Rehearse"
    assert page.locator("#talk img, #talk script").count() == 0
    visit.look_back()
    assert markup in page.locator(".lookback .turn.learner .bubble .said").first.inner_text()
    assert page.locator("#lookback img, #lookback script").count() == 0


def test_reload_restores_talk_and_draft(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    visit.say(WORDS, 1)
    answer = page.locator("#talk .turn.counterpart .bubble .said").last.inner_text()
    page.get_by_label("Your words").press_sequentially("half a sentence")
    page.reload()
    visit.wait_for_turn(1)
    assert page.locator("#talk .turn.counterpart .bubble .said").last.inner_text() == answer
    expect(page.get_by_label("Your words")).to_have_value("half a sentence")
    visit.say("Half an hour every second Wednesday at ten.", 2)
    page.reload()
    visit.wait_for_turn(2)
    expect(page.get_by_label("Your words")).to_have_value("")


def test_double_click_and_second_window(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    page.get_by_label("Your words").fill(WORDS)
    page.get_by_role("button", name="Send").dblclick()
    visit.wait_for_turn(1)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#talk ol.talk[data-turns='1']")
    other.get_by_label("Your words").fill("From the other window.")
    other.get_by_role("button", name="Send").click()
    other.wait_for_selector("#talk ol.talk[data-turns='2']")
    page.get_by_label("Your words").fill("From the first window.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("another window")
    visit.wait_for_turn(2)
    assert page.get_by_label("Your words").input_value() == "From the first window."
    assert page.locator("#talk .turn.learner .bubble .said").all_inner_texts() == [WORDS, "From the other window."]


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    visit.go()
    page.wait_for_selector("form.prepare")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Begin":
            break
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert ring == "3px"
    page.keyboard.press("Enter")
    visit.wait_for_turn(0)
    expect(page.get_by_label("Your words")).to_be_focused()
    page.keyboard.type("I'd like to show you how I read the forum.")
    page.keyboard.press("Enter")
    visit.wait_for_turn(1)
    said = page.evaluate("[...document.querySelectorAll('[aria-live=polite]')].map(e => e.textContent).join(' ')")
    assert page.locator("#talk .turn.counterpart .bubble .said").last.inner_text()[:20] in said


def test_landmarks_and_names(visit: Visit) -> None:
    page = visit.page
    for path in ("/", "/history", "/ideas", "/privacy"):
        visit.go(path)
        page.wait_for_selector("h1")
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("navigation", name="Main").count() == 1
        assert page.locator("nav a[aria-current=page]").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"
        assert page.locator("h1").count() == 1
        nameless = page.evaluate(
            "[...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea')]"
            ".filter(e => e.checkVisibility() && !(e.innerText || e.ariaLabel || e.labels?.[0]?.innerText || '').trim()).length"
        )
        assert nameless == 0, path
        assert page.locator("footer:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_needs_no_sideways_scrolling(browser: Browser, server: Server, scheme: str) -> None:
    with visiting(browser, server, 390, 844, scheme) as visit:
        page = visit.page

        def fits(where: str) -> None:
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, where

        visit.begin()
        fits("stage")
        visit.say(f"{WORDS} {'x' * 120}", 1)
        fits("stage with a long word")
        page.get_by_role("button", name="Brief").click()
        expect(page.locator("#brief")).to_be_visible()
        fits("brief")
        page.keyboard.press("Escape")
        expect(page.locator("#brief")).to_be_hidden()
        small = page.evaluate(
            "[...document.querySelectorAll('button, .button, nav a, textarea')]"
            ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"
        )
        assert small == []
        visit.look_back()
        fits("look back")
        for path in ("/", "/history", "/ideas", "/privacy"):
            visit.go(path)
            page.wait_for_selector("h1")
            page.wait_for_timeout(300)
            fits(path)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(21, 25, 27)" if scheme == "dark" else "rgb(251, 248, 243)")
        assert visit.complaints == []
