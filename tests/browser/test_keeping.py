"""What stays of talks: history, progress, two attempts, the real talk, papers to take along, the ideas, and the first minute."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from visiting import Server, Visit

pytestmark = pytest.mark.browser

PLAIN = (
    "I think younger people should mentor the leadership on digital stuff.",
    "It would be good to do something at some point.",
)
GOOD = (
    "Thank you for showing me how you plan the peak week. I'd like to offer something in return.",
    "I'd show you how I read the drivers' forum: complaints turn up there about ten days before they reach our desk.",
    "Half an hour every second Wednesday at ten, when the docks are quiet. I'd prepare it in my own time.",
)
TERMS = (
    "Shall we agree on one thing: that you learn to read the drivers' forum yourself?",
    "Half an hour every second Wednesday, six times, and we look at the late parcels after three weeks.",
)


@dataclass(frozen=True)
class Past:
    """What somebody has behind them."""

    plain: str
    good: str
    leader: str
    going: str


@pytest.fixture(scope="module")
def past(server: Server) -> Past:
    server.emptied()
    return Past(
        server.played(*PLAIN),
        server.played(*GOOD),
        server.played("How do you feel about doing this at all?", scenario="guide-hesitant-leader", persona="henrik-solberg"),
        server.played(GOOD[1], end=False),
    )


def test_the_first_minute(visit: Visit, server: Server) -> None:
    server.emptied()
    page = visit.page
    visit.go("/history")
    expect(page.get_by_role("heading", name="No talks yet")).to_be_visible()
    visit.go("/progress")
    expect(page.locator(".message")).to_contain_text("Once you have finished a talk")
    page.get_by_role("link", name="Look at a sample debrief").click()
    expect(page.locator(".banner")).to_contain_text("This is a sample")
    expect(page.locator(".remarks.keep .remark")).not_to_have_count(0)
    assert page.locator("form[action='do/branch'], form[action='do/try']").count() == 0
    # Two clicks from nothing: the address, then one button.
    visit.go()
    page.get_by_role("button", name="Start now").click()
    visit.wait_for_turn(0)
    expect(page.get_by_label("Your words")).to_be_focused()
    expect(page.locator(".stage-head")).to_contain_text("Easy")


def test_history_is_searched_and_filtered_and_two_attempts_are_compared(visit: Visit, past: Past) -> None:
    page = visit.page
    visit.go("/history")
    found = page.locator(".found-count")
    expect(found).to_have_text("4 talks")
    page.get_by_label("Search by name or words").fill("drivers' forum")
    expect(found).to_have_text("2 talks")
    assert "/history?words=drivers" in page.url
    page.get_by_label("How it ended").select_option("left")
    expect(found).to_have_text("One talk")
    page.reload()
    expect(found).to_have_text("One talk")
    page.get_by_label("Search by name or words").fill("no such words")
    expect(found).to_have_text("No talk fits “no such words”.")
    page.get_by_label("Search by name or words").fill("")
    page.get_by_label("Which talk").select_option("guide-hesitant-leader")
    expect(found).to_have_text("One talk")
    expect(page.locator(".talk-row")).to_contain_text("Henrik Solberg")
    page.get_by_label("With whom").select_option("marguerite-dunne")
    expect(found).to_have_text("No talk fits that. Choose something less narrow.")

    visit.go(f"/compare?one={past.good}")
    expect(page.get_by_label("Compare it with").locator("option")).to_have_count(1)
    page.get_by_role("button", name="Compare").click()
    table = page.locator("table.versus")
    expect(table.get_by_role("columnheader")).to_have_count(3)
    expect(table.get_by_role("row", name="The particulars")).to_contain_text(re.compile(r"(points|noise)"))
    sides = page.locator(".side-by-side").first.locator(".said")
    expect(sides.nth(0)).to_have_text(PLAIN[0])
    expect(sides.nth(2)).to_have_text(GOOD[0])
    expect(page.get_by_role("img", name=re.compile("Trust ended at"))).to_be_visible()
    visit.go(f"/compare?one={past.good}&other={past.leader}")
    expect(page.locator(".message")).to_contain_text("two different conversations")
    visit.go(f"/compare?one={past.good}&other={past.going}")
    expect(page.locator(".message")).to_contain_text("not finished")


def test_progress_shows_noise_a_playbook_and_how_the_real_talk_went(visit: Visit, past: Past) -> None:
    page = visit.page
    visit.go("/progress")
    series = page.locator(".series").filter(has=page.get_by_role("heading", name="The particulars"))
    expect(series.locator("svg .band")).to_have_count(1)
    expect(series.locator(".verdict")).to_contain_text(re.compile("noise|Clearly|Too early"))
    series.get_by_text("The same as a table").click()
    expect(series.locator("tbody td").last).to_contain_text(re.compile(r"\d+ ± \d+"))
    expect(page.locator("#guesses")).to_contain_text("You have not guessed before a reveal yet")
    line = page.locator(".playbook li").first
    quote = line.locator(".said").inner_text().strip("“”")
    assert any(quote in words for words in GOOD)
    line.get_by_text("From “").click()
    expect(line.locator("blockquote")).to_be_visible()

    page.locator("#after summary").click()
    page.get_by_label("Which talk prepared it").select_option(past.good)
    page.get_by_label("How it went, in your own words").fill("Better than feared: she asked for the page.")
    page.get_by_label("What they agreed to").fill("One session on the 14th.")
    page.get_by_label("Which line worked").fill(quote)
    page.get_by_role("button", name="Keep it").click()
    told = page.locator("#after .told li")
    expect(told).to_contain_text("Better than feared")
    told.get_by_role("link").click()
    page.wait_for_selector("#guess-save")
    page.get_by_role("button", name="Show me").click()
    expect(page.locator("#after .check-in")).to_contain_text("One session on the 14th.")
    visit.go("/progress")
    expect(page.locator("#guesses svg")).to_be_visible()


def kept(page: Page, file: str) -> bytes:
    """What a download holds."""
    with page.expect_download() as waiting:
        page.locator(f"a[href$='/{file}']").click()
    return Path(waiting.value.path()).read_bytes()


def test_the_card_the_agreement_and_the_talk_are_taken_along_as_files(visit: Visit, server: Server) -> None:
    page = visit.page
    visit.go(f"/takeaway?rehearsal={server.played(*TERMS, scenario='agree-expectations')}")
    expect(page.locator("article.paper")).to_have_count(2)
    title = page.locator("article.paper h2").first.inner_text()
    for what in ("card", "agreement", "transcript"):
        markdown = kept(page, f"{what}.md").decode()
        assert markdown.startswith("#")
        told = json.loads(kept(page, f"{what}.json"))
        assert told
        pdf = PdfReader(io.BytesIO(kept(page, f"{what}.pdf")))
        words = " ".join(sheet.extract_text() for sheet in pdf.pages)
        if what == "card":
            assert title in markdown
            assert title.split()[0] in words
        else:
            assert "every second Wednesday" in markdown
            assert "every second Wednesday" in json.dumps(told)
            assert "every second Wednesday" in " ".join(words.split())
    page.emulate_media(media="print")
    expect(page.locator("a[href$='/card.md']")).to_be_hidden()
    expect(page.locator("article.paper").first).to_be_visible()
    page.emulate_media(media="screen")


def test_the_ideas_can_be_read_asked_and_rehearsed(visit: Visit) -> None:
    page = visit.page
    visit.go("/ideas")
    page.get_by_label("Ask in your own words").fill("how often should we meet?")
    hit = page.locator(".hits li").first
    words = hit.locator(".said").inner_text()
    hit.get_by_role("link").click()
    expect(page.locator(".passages li:focus")).to_have_text(words)
    ideas = page.locator("article.idea")
    expect(ideas).to_have_count(6)
    for idea in ideas.all():
        assert idea.locator(".said-well .words .said").count() >= 1
        assert idea.get_by_role("link", name="Rehearse this").count() == 1
    offer = page.locator("article#figure-out-what-you-offer")
    said = offer.locator(".rehearse-this .muted").inner_text()
    offer.get_by_role("link", name="Rehearse this").click()
    page.wait_for_selector("form.prepare[data-ready]")
    skill = page.locator("#focus option:checked").inner_text()
    assert skill in said
    assert page.locator(".card:has(input[name=scenario]:checked) .card-title").inner_text() in said
    page.get_by_role("button", name="Begin").click()
    visit.wait_for_turn(0)
    expect(page.locator("#brief")).to_contain_text(skill)
