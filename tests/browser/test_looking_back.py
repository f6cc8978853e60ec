"""After a talk: one's own guess first, then every proof a click away; any moment tried again, and both kept side by side."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from visiting import Server, Visit

pytestmark = pytest.mark.browser

LINES = (
    "Thank you for showing me how you plan the peak week. I learned more in that hour than in my first month.",
    "I think younger people should mentor the leadership on digital stuff.",
    "Fair. I'd show you how I read the drivers' forum: complaints turn up there about ten days before they reach our desk.",
    "It sounds as if the last programme left you to do the apologising. What would have made it fair for the depots?",
)
BETTER = "I'd show you how I read the drivers' forum in the morning, and nothing else."


def guessed(page: Page, guess: int) -> None:
    page.get_by_role("spinbutton").fill(str(guess))
    page.get_by_role("button", name="Show me").click()
    page.wait_for_selector(".lookback")


def test_a_guess_first_and_then_every_proof_is_a_click_away(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.go(f"/lookback?rehearsal={server.played(*LINES)}")
    page.wait_for_selector("#guess-save")
    assert page.locator(".lookback").count() == 0
    guessed(page, 60)
    expect(page.locator(".guessed")).to_contain_text("You guessed 60")

    remark = page.locator(".remarks.change .remark").first
    words = remark.locator(".quote a").inner_text().strip("“”")
    remark.locator(".quote a").click()
    expect(page.locator("mark:focus")).to_contain_text(words)
    passage = remark.locator("details.passage").first
    expect(passage.locator("blockquote")).to_be_hidden()
    passage.locator("summary").click()
    expect(passage.locator("blockquote")).to_be_visible()
    parts_before_totals(page)
    trust_as_a_picture_and_as_a_table(page)

    thoughts = page.get_by_role("region", name=re.compile("thought and did not say")).locator("li")
    expect(thoughts).to_have_count(len(LINES))
    thoughts.nth(1).get_by_role("link").click()
    expect(page.locator("li.turn.counterpart:focus")).to_have_attribute("id", "C2")
    ideas = page.get_by_role("region", name="The six ideas in this talk").locator(".idea-map > li")
    expect(ideas).to_have_count(6)
    shown = ideas.filter(has=page.locator("q")).first
    expect(shown.locator(".status")).to_have_text(re.compile("shown|attempted"))
    no_opening = ideas.filter(has_text="no opportunity").first
    no_opening.get_by_role("heading").get_by_role("link").click()
    expect(page.locator("article.idea").first).to_be_visible()
    assert "/ideas#" in page.url


def parts_before_totals(page: Page) -> None:
    for card in page.locator(".skillcard").all():
        *parts, total = card.locator(".row, .total").all()
        assert "all parts" in total.inner_text()
        for part in parts:
            assert re.search(r"\d|not rated", part.inner_text())
    page.get_by_text("How this turn was rated").first.click()
    expect(page.locator("li.rate.unrated:visible").first).to_contain_text(
        re.compile("not rated: (nothing in this turn|too little)")
    )


def trust_as_a_picture_and_as_a_table(page: Page) -> None:
    trust = page.locator("#trust")
    picture = trust.get_by_role("img").get_attribute("aria-label") or ""
    told = re.search(r"began at (\d+) and ended at (\d+)", picture)
    assert told
    trust.get_by_text("The same as a table").click()
    rows = trust.locator("tbody tr")
    expect(rows).to_have_count(len(LINES) + 1)
    assert [rows.first.locator("td").first.inner_text(), rows.last.locator("td").first.inner_text()] == list(told.groups())
    expect(rows.nth(2)).to_contain_text(LINES[1][:20])


def test_a_rating_is_contested_and_both_views_stand(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.go(f"/lookback?rehearsal={server.played(*LINES)}")
    guessed(page, 50)
    turn = page.locator("#talk li.turn.learner").nth(3)
    turn.get_by_text("How this turn was rated").click()
    rating = turn.locator("li.rate:not(.unrated)").first
    title = rating.locator("strong").first.inner_text()
    rating.get_by_text("I see it differently").click()
    reason = "I did say it: “It sounds as if the last programme left you to do the apologising.”"
    rating.get_by_label("Why do you see it differently?").fill(reason)
    rating.get_by_role("button", name="Have it looked at again").click()
    page.wait_for_url("**#r-4-*")
    contested = page.locator("li.rate").filter(has=page.locator(".contested"))
    expect(contested).to_have_count(1)
    expect(contested).to_be_focused()
    expect(contested.locator("strong").first).to_have_text(title)
    expect(contested.locator(".contested")).to_contain_text(reason)
    expect(contested.locator(".contested")).to_contain_text("The coach:")
    expect(contested.locator(".verdict")).to_contain_text(
        re.compile("The rating (was changed|stays|stands).*First reading: .+", re.DOTALL)
    )
    page.reload()
    expect(page.locator(".contested")).to_contain_text(reason)


def test_a_moment_is_tried_again_and_both_are_kept_side_by_side(visit: Visit, server: Server) -> None:
    page = visit.page
    first = server.played(*LINES)
    visit.go(f"/lookback?rehearsal={first}")
    guessed(page, 50)
    page.locator("#talk").get_by_role("button", name=re.compile("Try this moment again ?, turn 3")).click()
    visit.wait_for_turn(2)
    expect(page.get_by_label("Your words")).to_have_value(LINES[2])
    visit.say(BETTER, 3)
    page.locator(".compare > summary").click()
    both_sides(page, LINES[2], BETTER)
    page.get_by_role("button", name="End the talk").click()
    guessed(page, 70)
    both_sides(page, LINES[2], BETTER)
    for row in ("What they did", "Trust", "Patience, afterwards"):
        assert len(page.locator(".compare tr", has_text=row).locator("td").all_inner_texts()) == 2
    tree = page.locator("#tree li")
    expect(tree).to_have_count(2)
    expect(tree.nth(1)).to_contain_text("Turn 3 tried again")
    expect(tree.nth(1)).to_contain_text("you are looking at this one")
    page.get_by_role("link", name="The first attempt").click()
    page.wait_for_url(f"**/lookback?rehearsal={first}")
    expect(page.locator("#talk li.turn.learner")).to_have_count(4)

    # A suggested wording is said with one click, and answered.
    remark = (
        page.locator(".remarks.change .remark").filter(has=page.get_by_role("button", name="Say it and hear the answer")).first
    )
    suggested = remark.locator(".instead .said").inner_text()
    turn = int(re.search(r"\d+", remark.locator(".quote .muted").inner_text())[0])  # type: ignore[index]
    remark.get_by_role("button", name="Say it and hear the answer").click()
    visit.wait_for_turn(turn)
    expect(page.locator("#talk .turn.learner .said").nth(turn - 1)).to_have_text(suggested)
    expect(page.locator("#talk .turn.counterpart .said")).to_have_count(turn + 1)
    visit.go(f"/lookback?rehearsal={first}")
    expect(page.locator("#tree li")).to_have_count(3)


def both_sides(page: Page, before: str, now: str) -> None:
    table = page.locator(".compare table")
    expect(table.get_by_role("row").nth(1).locator("td")).to_have_text([before, now])
    answers = table.get_by_role("row").nth(2).locator("td").all_inner_texts()
    assert all(answers)
