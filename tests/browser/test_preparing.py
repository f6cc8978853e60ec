"""Before a talk: the offer card, a counterpart and guidance of one's own, one skill, and how hard it is to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fpdf import FPDF
from playwright.sync_api import Page, expect
from visiting import Server, Visit

pytestmark = pytest.mark.browser

CARD = {
    "lessons": "How I read the drivers' forum in the morning.",
    "challenges": "Late parcels turn up there ten days before anybody rings the depot.",
    "audience": "Whoever plans the peak week.",
    "plainly": "There is one page I look at for ten minutes.",
    "ask": "Could we do it once, on Wednesday the 14th at ten?",
    "time": "Half an hour every second Wednesday, six times.",
}


def test_the_worksheet_one_skill_and_a_difficulty_go_with_the_talk(visit: Visit) -> None:
    page = visit.page
    visit.go()
    page.get_by_role("link", name="Work out what you offer").click()
    page.wait_for_selector("form.sheet")
    for part, words in CARD.items():
        page.locator(f"#offer-{part}").fill(words)
        expect(page.locator(f"#card-{part}")).to_have_text(words)
    expect(page.locator("form.sheet .saved")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#offer-time")).to_have_value(CARD["time"])
    passage = page.locator(".question details.passage").first
    passage.locator("summary").click()
    expect(passage.locator("blockquote")).to_be_visible()
    page.get_by_role("button", name="Done: choose a talk").click()
    expect(page.locator(".offer-row .offer-card dd")).to_have_text(list(CARD.values()))

    hard = page.locator("label.level", has=page.locator("input[value=hard]"))
    expect(hard).to_contain_text(re.compile(r"Brings \d worries.*A misstep costs about \d+ % more", re.DOTALL))
    hard.locator("input").check()
    page.get_by_label("One skill to work on").select_option("structure")
    page.get_by_role("button", name="Begin").click()
    visit.wait_for_turn(0)
    expect(page.locator(".stage-head")).to_contain_text("Hard")
    brief = page.locator("#brief")
    expect(brief.get_by_role("heading", name="Your one skill")).to_be_visible()
    expect(brief).to_contain_text("The plan")
    expect(brief.locator(".offer-card dd")).to_have_text(list(CARD.values()))

    visit.say("I'd like to show you how I read the drivers' forum in the morning.", 1)
    visit.say("Half an hour every second Wednesday, six times.", 2)
    visit.look_back()
    expect(page.locator(".skillcard .row.focus")).to_contain_text("your skill")
    said = page.locator(".planned .plan.said")
    expect(said.filter(has_text=CARD["lessons"])).to_have_count(1)
    expect(said.filter(has_text=CARD["time"])).to_have_count(1)


def test_a_counterpart_of_ones_own_is_made_played_with_changed_and_removed(visit: Visit) -> None:
    page = visit.page
    visit.go()
    page.get_by_role("link", name="Make a counterpart of your own").click()
    page.wait_for_selector("form.own")
    expect(page.get_by_text("Leave real names out")).to_be_visible()
    page.get_by_label("What shall we call them?").fill("Dara Quill")
    page.get_by_label("she", exact=True).check()
    page.get_by_label("What do they do?").fill("head of the claims desk")
    page.get_by_label("What do they care about at work?").fill("Nobody on my desk waits longer than a day for an answer.")
    page.get_by_label("Worry 1").fill("Who covers the desk while you two are talking?")
    page.get_by_label("Worry 2").fill("   ")
    page.get_by_role("button", name="Make them").click()
    expect(page.get_by_role("alert")).to_have_text("Two worries are needed, so that there is something to talk about.")
    expect(page.get_by_label("Worry 2")).to_be_focused()
    page.get_by_label("Worry 2").fill("And what if my own people hear that I am being taught?")
    page.get_by_label("Talk that never gets to the point").check()
    page.get_by_role("button", name="Make them").click()

    expect(page.get_by_text("Dara Quill is ready. Choose a talk and begin.")).to_be_visible()
    card = page.locator(".card.person").filter(has_text="Dara Quill")
    expect(card.get_by_role("radio")).to_be_checked()
    expect(card).to_contain_text("yours")
    expect(page.locator(".begin-with strong")).to_have_text("Dara Quill")
    page.get_by_role("button", name="Begin").click()
    visit.wait_for_turn(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("Dara Quill")
    visit.say("I'd like to show you how I read the forum: half an hour every second Wednesday at ten.", 1)
    expect(page.locator("#talk .turn.counterpart .speaker").last).to_have_text("Dara")
    talk = page.url.split("rehearsal=")[1]

    visit.go()
    page.get_by_role("link", name="Change Dara Quill").click()
    role = page.get_by_label("What do they do?")
    expect(role).to_have_value("head of the claims desk")
    expect(page.get_by_label("Talk that never gets to the point")).to_be_checked()
    role.fill("head of claims and appeals")
    page.get_by_role("button", name="Save the changes").click()
    expect(page.locator(".card.person").filter(has_text="Dara Quill")).to_contain_text("head of claims and appeals")
    visit.go(f"/stage?rehearsal={talk}")
    visit.wait_for_turn(1)
    visit.say("How do you feel about that?", 2)

    visit.go()
    page.get_by_role("link", name="Change Dara Quill").click()
    page.get_by_text("Remove Dara Quill").click()
    expect(page.locator(".own-remove")).to_contain_text("Your talk with them stays in History")
    page.get_by_role("button", name="Yes, remove them").click()
    page.wait_for_selector("form.prepare")
    expect(page.locator(".card.person").filter(has_text="Dara Quill")).to_have_count(0)
    visit.go("/history")
    expect(page.locator(".talk-row").filter(has_text="Dara Quill")).to_have_count(1)
    visit.go(f"/stage?rehearsal={talk}")
    visit.wait_for_turn(2)


RHYTHM = (
    "A session of the programme takes half an hour, every second week on Wednesdays at ten, and none falls into the peak season."
)
GUIDE = f"""# Programme guide

## How often

{RHYTHM}

## Who

Whoever wishes to take part asks their own manager first, and the manager answers within a week.
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same kind of guidance in the three forms that can be brought."""
    folder = tmp_path_factory.mktemp("guidance")
    (folder / "guide.md").write_text(GUIDE, "utf-8")
    (folder / "notes.txt").write_text(
        "Notes from the kick-off.\n\nWe agreed that nothing which is said in a session is repeated to anybody outside of it.\n",
        "utf-8",
    )
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(
        0, 8, "Travel policy\n\nA depot may be visited on two days a month, and the night shift counts as one of them."
    )
    pdf.output(str(folder / "policy.pdf"))
    (folder / "letter.docx").write_bytes(b"PK\x03\x04" + b"\x00" * 200)
    return {path.name: path for path in folder.iterdir()}


# The progress is told for a moment only, so the page itself notes what it has told.
NOTE = """() => new MutationObserver(() => {
  const told = document.querySelector('.upload-progress [role=status]')?.textContent;
  if (told) sessionStorage.setItem('told', `${sessionStorage.getItem('told') || ''}|${told}`);
}).observe(document.body, { childList: true, subtree: true, characterData: true })"""


def bring(page: Page, path: Path, title: str = "") -> None:
    page.get_by_label("The file").set_input_files(path)
    page.get_by_label("What to call it").fill(title)
    page.get_by_role("button", name="Add it").click()


def test_ones_own_guidance_is_read_in_cited_opened_and_removed(visit: Visit, server: Server, files: dict[str, Path]) -> None:
    page = visit.page
    visit.go("/ideas")
    page.get_by_role("link", name="Add your own guidance").click()
    page.wait_for_selector("form.upload")
    bring(page, files["letter.docx"])
    expect(page.get_by_role("alert")).to_contain_text("Save it as PDF or as plain text")
    page.evaluate(NOTE)
    bring(page, files["guide.md"], "Our programme guide")
    expect(page.get_by_text("“Our programme guide” is ready: 2 passages can be found and quoted.")).to_be_visible()
    assert re.search(r"Reading: \d of 2 passages", page.evaluate("sessionStorage.getItem('told')"))
    bring(page, files["notes.txt"])
    expect(page.locator(".notice.kept")).to_contain_text("“notes” is ready")
    bring(page, files["policy.pdf"], "Travel policy")
    expect(page.locator(".notice.kept")).to_contain_text("Travel policy")
    expect(page.locator(".document")).to_have_count(3)
    bring(page, files["guide.md"])
    expect(page.get_by_role("alert")).to_contain_text("This document is there already, as “Our programme guide”.")

    page.get_by_role("link", name="Search them together with the six ideas").click()
    page.get_by_label("Ask in your own words").fill("on how many days may I visit a depot?")
    hit = page.locator(".own-hits li").filter(has_text="two days a month")
    hit.get_by_role("link").click()
    expect(page.locator(".document li:focus")).to_contain_text("A depot may be visited on two days a month")

    talk = server.played("Half an hour every second Wednesday at ten, and nothing in the peak season.", end=False)
    visit.go(f"/stage?rehearsal={talk}")
    note = page.locator("details.note").filter(has=page.locator(".own-passage")).first
    note.locator("summary").first.click()
    note.get_by_text("From your document “Our programme guide”").click()
    expect(note.locator(".own-passage blockquote")).to_contain_text(RHYTHM)
    note.get_by_role("link", name="Open it in the document").click()
    expect(page.locator(".document li:focus")).to_contain_text(RHYTHM)

    for left in (2, 1, 0):
        document = page.locator(".document").first
        document.locator(".confirm > summary").click()
        document.get_by_role("button", name="Yes, remove it").click()
        expect(page.locator(".document")).to_have_count(left)
    expect(page.get_by_text("None yet. The coach goes by the six ideas alone.")).to_be_visible()
    visit.go(f"/stage?rehearsal={talk}")
    page.wait_for_selector("details.note")
    assert page.locator(".own-passage").count() == 0
    assert RHYTHM not in page.content()
