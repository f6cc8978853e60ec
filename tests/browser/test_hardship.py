"""Bad input, reloads, double clicks, small screens, lost connections, a full disk."""

from __future__ import annotations

import resource
import time

import pytest
from playwright.sync_api import Page, expect
from visiting import Server, Visit

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


def test_landmarks_and_names(visit: Visit) -> None:
    page = visit.page
    for path in ("/", "/history", "/ideas", "/privacy"):
        visit.go(path)
        page.wait_for_selector("h1")
        # Both come with the first frame after the page.
        page.wait_for_selector("main#main")
        page.wait_for_selector("nav[aria-label] a[aria-current=page]")
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


def test_a_telephone_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 390, "height": 844})
    visit.begin()
    assert visit.fits()
    visit.say(f"{WORDS} {'x' * 120}", 1)
    assert visit.fits()
    page.get_by_role("button", name="Brief").click()
    expect(page.locator("#brief")).to_be_visible()
    assert visit.fits()
    page.keyboard.press("Escape")
    expect(page.locator("#brief")).to_be_hidden()
    places_behind_one_button(page)
    small = page.evaluate(
        "[...document.querySelectorAll('button, .button, nav a, textarea')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"
    )
    assert small == []
    visit.look_back()
    assert visit.fits()
    for path, shown in (
        ("/", "form.prepare"),
        ("/history", ".talk-row"),
        ("/ideas", "#ideas h2"),
        ("/privacy", "#privacy h2"),
    ):
        visit.go(path)
        page.wait_for_selector(shown)
        assert visit.fits(), path
    for scheme, ground in (("light", "rgb(251, 248, 243)"), ("dark", "rgb(21, 25, 27)")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        expect(page.locator("body")).to_have_css("background-color", ground)


def places_behind_one_button(page: Page) -> None:
    """The navigation takes one line; what is in it is a click away, and Escape folds it again."""
    menu, place = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Main").get_by_role("link")
    expect(menu).to_have_attribute("aria-expanded", "false")
    assert page.locator(".nav-holder").evaluate("(e) => e.offsetHeight") < 64
    assert not any(link.is_visible() for link in place.all())
    menu.click()
    assert place.all_inner_texts()[:2] == ["Practise", "History"]
    assert all(link.is_visible() for link in place.all())
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(place.first).to_be_hidden()


def lost_the_connection(visit: Visit) -> None:
    """What a browser says of a network that is not there; nothing else may have been complained of."""
    of_the_network = ("net::ERR_", "Failed to fetch", "Connection errored out")
    assert [c for c in visit.complaints if not any(words in c for words in of_the_network)] == []
    visit.complaints.clear()


def said(page: Page) -> list[str]:
    return page.locator("#talk .turn.learner .bubble .said").all_inner_texts()


def test_a_laptop_closed_before_and_during_an_answer(visit: Visit, server: Server) -> None:
    page = visit.page
    talk = visit.begin()
    box = page.get_by_label("Your words")
    page.context.set_offline(True)
    box.fill(WORDS)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Connection to the server was lost").first).to_be_visible()
    expect(box).to_have_value(WORDS)
    page.context.set_offline(False)
    expect(page.get_by_text("Connection to the server was lost")).to_have_count(0)
    expect(box).to_have_value(WORDS)
    box.focus()
    page.keyboard.press("Enter")
    visit.wait_for_turn(1)
    expect(box).to_have_value("")

    # The words arrive, the answer does not come back.
    page.route("**/gradio_api/queue/data*", lambda route: route.abort(), times=1)
    box.fill("And then it broke off.")
    page.keyboard.press("Enter")
    deadline = time.monotonic() + 60
    while len(server.asked(f"/rehearsals/{talk}")["turns"]) < 2:
        assert time.monotonic() < deadline
    page.context.set_offline(True)
    page.context.set_offline(False)
    page.reload()
    visit.wait_for_turn(2)
    assert said(page) == [WORDS, "And then it broke off."]
    expect(box).to_have_value("")
    visit.say("Half an hour, every second Wednesday.", 3)
    lost_the_connection(visit)


def test_the_back_button_in_the_middle_of_a_talk(visit: Visit) -> None:
    page = visit.page
    talk = visit.begin()
    visit.say(WORDS, 1)
    page.get_by_label("Your words").press_sequentially("half a")
    page.go_back()
    page.wait_for_selector("form.prepare")
    expect(page.get_by_text("You have an unfinished talk")).to_be_visible()
    page.go_forward()
    visit.wait_for_turn(1)
    assert talk in page.url
    assert said(page) == [WORDS]
    expect(page.get_by_label("Your words")).to_have_value("half a")
    visit.say("Half an hour, every second Wednesday.", 2)


def test_a_disk_without_room_keeps_the_words_in_the_box(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.begin()
    visit.say(WORDS, 1)
    assert server.process is not None
    soft, hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    # No file of the server's may grow any more: to it, the disk is full.
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        page.get_by_label("Your words").fill("These find no room.")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Your words are still in the box, and everything said before is kept.")
        expect(page.get_by_role("alert")).to_contain_text("rehearse.db")
        expect(page.get_by_label("Your words")).to_have_value("These find no room.")
        assert said(page) == [WORDS]
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (soft, hard))
    page.get_by_label("Your words").press("Enter")
    visit.wait_for_turn(2)
    assert said(page) == [WORDS, "These find no room."]
    expect(page.get_by_label("Your words")).to_have_value("")
