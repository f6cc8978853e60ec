"""The main job, clicked and typed through; nothing here reaches behind the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from visiting import Server, Visit

pytestmark = pytest.mark.browser

FIXTURES = Path(__file__).parent.parent / "fixtures" / "learners"
PITCH = (
    "Thanks for showing me how you plan the peak week. I'd like to offer something in return.",
    "I'd show you how I read the drivers' forum: complaints turn up there about ten days before they reach our desk.",
    "Half an hour every second Wednesday at ten, after the peak. I'd prepare it in my own time.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair?",
    "I hadn't thought of that. You would see the plan before anyone else does.",
    "We look at the late parcels on your Monday sheet after three weeks. If they have not moved, we stop.",
    "What worries you most about the first session?",
    "Could we do the first one on Wednesday the 14th at ten? I'd bring half a page on Friday.",
)


def test_a_pitch_from_the_first_screen_to_history_over_a_restart(visit: Visit, server: Server) -> None:
    page = visit.page
    rehearsal_id = visit.begin()
    assert page.locator("h1").inner_text()
    for number, words in enumerate(PITCH, 1):
        if number == 3:
            # While the page is open, and without its notice.
            server.stop()
            server.start()
        visit.say(words, number)
        if page.locator(".over").count():
            break
    said = page.locator("#talk .turn.learner .bubble .said").all_inner_texts()
    assert said == list(PITCH[: len(said)])
    assert len(said) >= 6

    visit.look_back(70)
    account = page.locator(".lookback")
    assert "You guessed 70" in account.inner_text()
    assert account.locator(".skillcard .row").count() == 9
    assert account.locator(".turn.learner").count() == len(said)
    totals = account.locator(".total strong").all_inner_texts()
    assert all(0 <= int(total) <= 100 for total in totals)
    quote = account.locator(".remark .quote a").first
    quote.click()
    page.wait_for_selector("mark.pointed, .turn.pointed")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as Markdown").click()
    assert PITCH[0][:20] in waiting.value.path().read_text("utf-8")

    visit.go("/history")
    entry = page.locator(".talk-row").first
    entry.wait_for()
    entry.get_by_role("link", name="Look back").click()
    page.wait_for_selector(".lookback")
    assert rehearsal_id in page.url
    assert "You guessed 70" in account.inner_text()
    assert account.locator(".total strong").all_inner_texts() == totals


def test_guiding_a_hesitant_leader_and_trying_a_moment_again(visit: Visit) -> None:
    page = visit.page
    first = visit.begin("guide-hesitant-leader", "henrik-solberg")
    visit.say("At your age it's normal not to get computers. It's really not hard.", 1)
    page.locator("details.note.change").first.locator("summary").first.click()
    assert page.locator("details.note.change .quote").first.is_visible()
    page.get_by_role("button", name="One hint").click()
    page.wait_for_selector(".notice.hint")

    page.get_by_role("button", name="Try the last moment again").click()
    page.wait_for_function(f"!location.href.includes('{first}')")
    visit.wait_for_turn(0)
    box = page.get_by_label("Your words")
    assert box.input_value().startswith("At your age")
    visit.say("It took me weeks to learn it, and I still get lost. How do you feel about doing this at all?", 1)
    page.locator(".compare > summary").click()
    assert "At your age" in page.locator(".compare").inner_text()
    visit.look_back()
    assert "You ended the talk" in page.locator(".look-head").inner_text()


def test_unfinished_talks_go_on_and_are_deleted(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    visit.say("I'd like to show you how I read the forum.", 1)
    visit.go("/history")
    row = page.locator(".talk-row").filter(has_text="Not finished").first
    row.get_by_role("link", name="Go on").click()
    visit.wait_for_turn(1)
    visit.go("/history")
    page.wait_for_selector(".talk-row")
    page.get_by_label("Search by name or words").fill("no such words anywhere")
    page.wait_for_selector("text=No talk fits")
    page.get_by_label("Search by name or words").fill("")
    page.wait_for_selector(".talk-row")
    page.locator(".confirm.all summary").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    page.wait_for_selector("text=No talks yet")
    page.get_by_role("link", name="Look at a sample debrief").click()
    page.wait_for_selector(".lookback .banner")
