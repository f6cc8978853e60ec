"""What a page says while it is coming, where there is nothing to show, and where something does not work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect
from visiting import Server, Visit

pytestmark = pytest.mark.browser

NONE = "There is no such talk"


def test_a_page_that_takes_long_says_that_it_is_coming(visit: Visit) -> None:
    page = visit.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/gradio_api/queue/join*", hold)
    for place, shown in (
        ("/history", "main .message"),
        ("/progress", "main .message"),
        ("/worksheet", "form.sheet"),
        ("/", "form.prepare"),
    ):
        visit.go(place)
        expect(page.locator(".loading")).to_be_visible()
        expect(page.locator(".loading")).to_have_text("One moment …")
        for route in held:
            route.continue_()
        held.clear()
        page.wait_for_selector(shown)
        expect(page.locator(".loading")).to_have_count(0)


def test_nothing_to_show_is_said_with_a_way_on(visit: Visit, server: Server) -> None:
    page = visit.page
    for place, heading, action in (
        ("/history", "No talks yet", "Look at a sample debrief"),
        ("/progress", "Your progress", "Begin your first talk"),
        ("/stage?rehearsal=none", NONE, "Go to History"),
        ("/lookback?rehearsal=none", NONE, "Go to History"),
        ("/compare?one=none&other=gone", NONE, "Go to History"),
        ("/takeaway?rehearsal=none", NONE, "Go to History"),
        ("/counterpart?persona=none", "There is no such counterpart", "Make another"),
    ):
        visit.go(place)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("link", name=action)).to_be_visible()
    going = server.played("I'd like to show you how I read the forum.", end=False)
    silent = server.played()
    for place, words in (
        (f"/lookback?rehearsal={going}", "This talk is not finished"),
        (f"/takeaway?rehearsal={going}", "This talk is not finished. End it, and its card is here."),
        (f"/lookback?rehearsal={silent}", "Nothing was said"),
        (f"/takeaway?rehearsal={silent}", "Nothing was said in this talk, so there is nothing to take along."),
        (f"/compare?one={going}", "One of these talks is not finished. End it, then compare the two."),
        (f"/compare?one={silent}", "There is no other finished attempt at this conversation yet."),
        ("/guidance", "None yet. The coach goes by the six ideas alone."),
        ("/shares", "You share nothing."),
    ):
        visit.go(place)
        expect(page.get_by_role("main")).to_contain_text(words)
    visit.go("/ideas")
    page.get_by_label("Ask in your own words").fill("?!")
    expect(page.get_by_text("No passage fits that. Try other words.")).to_be_visible()


def test_forms_that_reach_nobody_keep_what_was_typed_and_say_so(visit: Visit) -> None:
    page = visit.page
    visit.go("/worksheet")
    saved, lessons = page.locator("form.sheet .saved"), page.locator("#offer-lessons")
    lessons.wait_for()
    page.context.set_offline(True)
    lessons.fill("How I read the forum.")
    expect(saved).to_contain_text("Not saved: the program could not be reached. Your words are still here")
    page.context.set_offline(False)
    lessons.press_sequentially("!")
    expect(saved).to_have_text("Saved.")

    visit.go("/counterpart")
    page.get_by_label("What shall we call them?").fill("Dara Quill")
    page.get_by_label("What do they do?").fill("head of the claims desk")
    page.get_by_label("What do they care about at work?").fill("Nobody on my desk waits longer than a day.")
    page.get_by_label("Worry 1").fill("Who covers the desk?")
    page.get_by_label("Worry 2").fill("Who gets to hear of it?")
    page.context.set_offline(True)
    page.get_by_role("button", name="Make them").click()
    expect(page.locator(".form-notice")).to_contain_text("nothing was saved. What you wrote is still here; try again.")
    expect(page.get_by_label("Worry 2")).to_have_value("Who gets to hear of it?")
    page.context.set_offline(False)

    visit.go("/guidance")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".form-notice")).to_have_text("Choose a file first.")
    page.get_by_label("The file").set_input_files({"name": "large.txt", "mimeType": "text/plain", "buffer": b"a " * 1_100_000})
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".form-notice")).to_contain_text("larger than 2 MB, so it was not sent")
    page.get_by_label("The file").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"One sentence of guidance."}
    )
    page.context.set_offline(True)
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".form-notice")).to_contain_text("The program could not be reached.")
    page.context.set_offline(False)
    assert [c for c in visit.complaints if "ERR_INTERNET_DISCONNECTED" not in c] == []
    visit.complaints.clear()
