"""Choosing who words the answers in a real browser: tried, at work in a talk, and no key in the page or its requests."""

from __future__ import annotations

from collections.abc import Iterator

import fake_openai as does
import pytest
from fake_openai import KEY, FakeOpenAI, fake_openai
from playwright.sync_api import Browser, Route, expect
from visiting import Server, Visit, visiting

SPOKEN = "Mostly the lists, if I am honest."
GREETING = '{"words": "Morning. Ten minutes.", "minutes": 10}'


@pytest.fixture
def fake() -> Iterator[FakeOpenAI]:
    with fake_openai() as endpoint:
        yield endpoint


@pytest.fixture
def as_before(browser: Browser, server: Server) -> Iterator[None]:
    """The server is everybody's: whatever happens, the built-in counterpart is at work again."""
    yield
    with visiting(browser, server) as visit:
        visit.go("/settings")
        visit.page.get_by_label("The built-in counterpart").check()
        visit.page.get_by_role("button", name="Save").click()
        visit.page.wait_for_url("**/settings?saved=1")
    (server.home / "rehearse.toml").unlink()


@pytest.mark.usefixtures("as_before")
def test_a_model_is_chosen_tried_and_heard_and_its_key_is_never_seen(visit: Visit, fake: FakeOpenAI, server: Server) -> None:
    page = visit.page
    visit.go("/privacy")
    page.get_by_role("link", name="Choose another counterpart or coach").click()
    page.wait_for_selector("form.settings")
    expect(page.get_by_label("The built-in counterpart")).to_be_checked()
    expect(page.get_by_label("Address", exact=True)).to_be_hidden()
    page.get_by_label("A model behind an address").check()
    expect(page.get_by_text("No key is set.")).to_be_visible()

    # What cannot be used is said beside the button, and leads back to its field.
    page.get_by_label("Address", exact=True).fill("nowhere")
    page.get_by_label("Model", exact=True).fill("small-one")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".form-notice")).to_contain_text("This is no address.")
    expect(page.get_by_label("Address", exact=True)).to_be_focused()

    page.get_by_label("Address", exact=True).fill(fake.url)
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_label("Put roles in place").check()
    told: list[str] = []

    def look(route: Route) -> None:
        answer = route.fetch()
        told.append(answer.text())
        route.fulfill(response=answer)

    page.route("**/do/settings", look)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/settings?saved=1")
    assert told == ['{"go":"settings?saved=1"}']
    expect(page.get_by_text("Saved. It counts from the next answer on")).to_be_visible()
    expect(page.get_by_text("A key is set (rehearse.toml).")).to_be_visible()
    expect(page.get_by_label("Key", exact=True)).to_have_value("")
    expect(page.get_by_label("Put roles in place")).to_be_checked()
    assert KEY not in page.content()
    assert (server.home / "rehearse.toml").stat().st_mode & 0o077 == 0

    fake.will(does.says("Good morning, ten minutes."), does.says(GREETING))
    page.get_by_role("button", name="Try it").click()
    for words in ("It answers.", "bit by bit", "It keeps to a form (JSON)"):
        expect(page.locator("#tried")).to_contain_text(words)

    fake.will(does.says(SPOKEN))
    visit.begin()
    expect(page.locator("#stage-head")).to_contain_text("worded by openai:small-one")
    visit.say("What takes most of your time in the depots these days?", 1)
    expect(page.locator("#talk")).to_contain_text(SPOKEN)
    assert set(fake.keys) == {f"Bearer {KEY}"}
    page.get_by_role("link", name="Who words the answers?").click()
    page.wait_for_selector("form.settings")
    assert KEY not in page.content()
    assert not any(KEY in address for address in visit.asked)


def test_the_settings_fit_a_telephone(browser: Browser, server: Server) -> None:
    with visiting(browser, server, 390, 844) as visit:
        visit.go("/settings")
        for kind in ("A model file on this machine", "A model behind an address"):
            visit.page.get_by_label(kind).check()
            visit.page.get_by_text("How much, and how long").click()
            assert visit.fits(), kind
        small = visit.page.evaluate(
            "[...document.querySelectorAll('main button, main input[type=text], main input[type=password]')]"
            ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML)"
        )
        assert small == []
        assert visit.complaints == []
