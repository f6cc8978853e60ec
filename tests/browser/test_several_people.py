"""Several people in one installation: coming in, going out, what one of them shares, and what nobody else sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hosted
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, expect
from seeing import grave, lost_when_larger
from sqlalchemy import update
from visiting import Site, Visit, visiting

from rehearse.people import passwords
from rehearse.storage.account_tables import ShareRow
from rehearse.workspace import Workspace

pytestmark = pytest.mark.browser

OLD, NEW = hosted.PASSWORD, "four dry candles"
WORDS = "Thank you, Marguerite. I'd like to show you how I read the drivers' forum."
"""Somebody is called by name in them."""


@dataclass
class House:
    """An installation where people sign in; Ana may invite others. Its server may end and begin again."""

    home: Path
    browser: Browser
    workspace: Workspace = field(init=False)
    site: Site = field(init=False)
    doors: ExitStack = field(default_factory=ExitStack)
    _serving: ExitStack = field(default_factory=ExitStack)

    def begins(self, port: int = 0) -> None:
        """Serve what is kept in the data folder, and know nothing else of what was before."""
        self.workspace = hosted.installed(self.home, auth="accounts")
        self._serving.callback(self.workspace.store.close)
        # In a thread of its own, because Playwright has taken the event loop of this one.
        with ThreadPoolExecutor(1) as aside:
            application = aside.submit(hosted.application, self.workspace).result()
        # As `rehearse serve` does: a page that listens is hung up on.
        self.site = Site(self._serving.enter_context(hosted.served(application, port, patience=1)))

    def ends(self) -> None:
        """Serve nobody any more, whatever is open."""
        self._serving.close()

    def visitor(self) -> Visit:
        """Somebody at a browser of their own, whom nobody knows yet."""
        return self.doors.enter_context(visiting(self.browser, self.site))


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"), browser)
    with pytest.MonkeyPatch.context() as patch:
        # Quick hashes: what is looked at here is who comes in.
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobody.cache_clear()
        house.begins()
        hosted.accounts_of(house.workspace).add("Ana", OLD, host=True)
        with house.doors:
            yield house
        house.ends()


def well_made(visit: Visit) -> None:
    """A page of our own: nothing grave in either theme, and nothing lost when text is larger."""
    page = visit.page
    assert [found for scheme in ("light", "dark") for found in grave(page, scheme)] == []
    assert [lost for width in (1280, 390) for lost in lost_when_larger(page, width)] == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("document.documentElement.style.removeProperty('font-size')")


def sign_in(visit: Visit, name: str, password: str) -> None:
    visit.page.get_by_label("Name").fill(name)
    visit.page.get_by_label("Password").fill(password)
    visit.page.get_by_role("button", name="Sign in").click()


def test_coming_in_sharing_and_going_out(house: House) -> None:
    ana, ben, stranger = house.visitor(), house.visitor(), house.visitor()
    invitation = ana_signs_in_and_invites(ana)
    talk = ben_comes_in_and_plays(ben, invitation)
    link = ben_shares(ben, talk)
    a_stranger_reads(stranger, link)
    nothing_is_seen_by(ana, talk)
    taken_back_and_expired(house, ben, stranger, link, talk)
    ben_changes_his_password(ben)
    for visit in (ana, ben, stranger):
        gone = "Failed to load resource: the server responded with a status of 40"
        assert [c for c in visit.complaints if not c.startswith(gone)] == []


def ana_signs_in_and_invites(visit: Visit) -> str:
    page = visit.page
    visit.go("/history")
    expect(page).to_have_url(re.compile("/sign-in"))
    well_made(visit)
    sign_in(visit, "Ana", "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Ana")
    sign_in(visit, "Ana", OLD)
    expect(page).to_have_url(re.compile("/history$"))
    expect(page.get_by_role("heading", name="No talks yet")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Account").click()
    expect(page.get_by_role("heading", name="Signed in as Ana")).to_be_visible()
    well_made(visit)
    page.get_by_role("button", name="Make an invitation").click()
    return page.locator(".people-told code").inner_text()


def ben_comes_in_and_plays(visit: Visit, invitation: str) -> str:
    page = visit.page
    page.goto(invitation)
    well_made(visit)
    page.get_by_label("Name").fill("Ben")
    page.get_by_label("New password").fill(OLD)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_selector("form.prepare[data-ready]")
    talk = visit.begin(persona="marguerite-dunne")
    visit.say(WORDS, 1)
    visit.look_back()
    page.goto(invitation)
    expect(page.get_by_role("heading", name="This invitation does not work")).to_be_visible()
    return talk


def ben_shares(visit: Visit, talk: str) -> str:
    page = visit.page
    visit.go(f"/lookback?rehearsal={talk}")
    page.get_by_role("link", name="Share this talk").click()
    well_made(visit)
    page.get_by_role("button", name="Make the link").click()
    well_made(visit)
    return page.locator(".people-told code").inner_text()


def a_stranger_reads(visit: Visit, link: str) -> None:
    page = visit.page
    page.goto(link)
    expect(page.get_by_role("main")).to_contain_text("I'd like to show you how I read the drivers' forum.")
    expect(page.get_by_role("main")).to_contain_text("Names of people were replaced by roles.")
    assert "Marguerite" not in page.content()
    assert "Ben" not in page.get_by_role("main").inner_text()
    well_made(visit)
    visit.go()
    expect(page).to_have_url(re.compile("/sign-in"))


def nothing_is_seen_by(visit: Visit, talk: str) -> None:
    page = visit.page
    for place in (f"/stage?rehearsal={talk}", f"/lookback?rehearsal={talk}", f"/takeaway?rehearsal={talk}"):
        visit.go(place)
        expect(page.get_by_role("heading", name="There is no such talk")).to_be_visible()
    assert page.request.get(f"{visit.server.address}/download/{talk}.md").status == 404
    visit.go("/history")
    expect(page.get_by_role("heading", name="No talks yet")).to_be_visible()
    visit.go("/shares")
    expect(page.get_by_text("You share nothing.")).to_be_visible()


def taken_back_and_expired(house: House, ben: Visit, stranger: Visit, link: str, talk: str) -> None:
    gone = stranger.page.get_by_role("heading", name="There is nothing behind this link")
    ben.go("/shares")
    ben.page.get_by_role("button", name="Take it back").click()
    expect(ben.page.get_by_text("You share nothing.")).to_be_visible()
    stranger.page.goto(link)
    expect(gone).to_be_visible()
    another = ben_shares(ben, talk)
    stranger.page.goto(another)
    expect(gone).to_have_count(0)
    with house.workspace.store.database.writing() as session:
        session.execute(update(ShareRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    stranger.page.goto(another)
    expect(gone).to_be_visible()
    well_made(stranger)


def ben_changes_his_password(visit: Visit) -> None:
    page = visit.page
    visit.go("/account")
    page.get_by_label("Old password").fill("not this one")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Old password").fill(OLD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("The password is changed.")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile("/sign-in$"))
    visit.go("/history")
    expect(page).to_have_url(re.compile("/sign-in"))
    sign_in(visit, "Ben", OLD)
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(visit, "Ben", NEW)
    expect(page.locator(".talk-row")).to_have_count(1)


def test_a_server_that_begins_again_knows_who_was_signed_in_and_the_open_page_goes_on(house: House) -> None:
    ana, stranger = house.visitor(), house.visitor()
    page = ana.page
    ana.go()
    sign_in(ana, "Ana", OLD)
    page.wait_for_selector("form.prepare[data-ready]")
    talk = ana.begin(persona="marguerite-dunne")
    ana.say(WORDS, 1)
    box, lost = page.get_by_label("Your words"), page.get_by_text("Connection to the server was lost")
    house.ends()
    box.fill("Half an hour every second Wednesday.")
    box.press("Enter")
    expect(lost.first).to_be_visible()
    house.begins(int(house.site.address.rpartition(":")[2]))
    expect(lost).to_have_count(0)
    # Not loaded anew: what was being written is there, and is said by the same person in the same talk.
    expect(box).to_have_value("Half an hour every second Wednesday.")
    box.press("Enter")
    ana.wait_for_turn(2)
    assert talk in page.url
    of_the_network = ("net::ERR_", "Failed to fetch", "Connection errored out")
    assert [c for c in ana.complaints if not any(words in c for words in of_the_network)] == []
    ana.go("/account")
    expect(page.get_by_role("heading", name="Signed in as Ana")).to_be_visible()
    stranger.go(f"/stage?rehearsal={talk}")
    expect(stranger.page).to_have_url(re.compile("/sign-in"))
