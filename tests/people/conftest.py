"""Two people in one installation, each with something of everything; quick hashes, because what is tested is who gets in."""

from __future__ import annotations

from collections.abc import Iterator

import hosted
import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from hosted import ANA, Ids, Theirs

from rehearse.app.hardening import Hardened
from rehearse.domain.check_in import CheckIn
from rehearse.people import passwords
from rehearse.people.sharing import Choice, share, shares_of
from rehearse.retrospect import contest_rating
from rehearse.workspace import Workspace


@pytest.fixture(autouse=True, scope="session")
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        passwords._nobody.cache_clear()
        yield


@pytest.fixture(scope="session")
def common(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(tmp_path_factory.mktemp("hosted"), auth="accounts")
    yield workspace
    workspace.store.close()


@pytest.fixture(scope="session")
def app(common: Workspace) -> FastAPI:
    return hosted.application(common)


@pytest.fixture(scope="session")
def address(app: FastAPI) -> Iterator[str]:
    with hosted.served(Hardened(app, local_only=True)) as address:
        yield address


def _person(name: str, common: Workspace, app: FastAPI, address: str) -> Theirs:
    accounts = hosted.accounts_of(common)
    person = accounts.store.find(name) or accounts.add(name, hosted.PASSWORD)
    browser = hosted.browser(app)
    client = httpx.Client(base_url=address, timeout=60)
    origin = {"origin": address, "sec-fetch-site": "same-origin"}
    assert hosted.sign_in(browser, name).status_code == 303
    assert client.post("/sign-in", data={"name": name, "password": hosted.PASSWORD}, headers=origin).status_code == 303
    return Theirs(person, common.for_person(person.person_id), browser, client)


@pytest.fixture(scope="session")
def ana(common: Workspace, app: FastAPI, address: str) -> Iterator[Theirs]:
    found = _person("Ana", common, app, address)
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def ben(common: Workspace, app: FastAPI, address: str) -> Iterator[Theirs]:
    found = _person("Ben", common, app, address)
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def ids(ana: Theirs) -> Ids:
    own = ana.workspace
    notebook = own.store.notebook
    notebook.save_offer(f'{{"lessons": "{ANA}"}}')
    notebook.save_own_persona("own-boss", f"name: {ANA}")
    document = notebook.add_document(ANA, f"{ANA}.md", [f"{ANA} passage about meeting once a month."])
    ended = hosted.played(own, ANA)
    own.store.save_check_in(ended, CheckIn.told("2026-01-02", "well", "", ANA).to_json())
    contest_rating(own.resume(ended), 1, "purpose", f"{ANA}: I did say what I want.")
    link = share(own, ended, Choice(scores=True, thoughts=True))
    return Ids(
        open=hosted.played(own, ANA, end=False),
        ended=ended,
        off_record=hosted.played(own, ANA, end=False, off_record=True),
        persona="own-boss",
        document=document,
        share=shares_of(own).list()[0].share_id,
        link=link,
    )
