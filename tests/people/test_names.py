"""Names: whose account it is, however it is typed, and names that a shared snapshot does not show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hosted
import pytest

from rehearse.domain.library import Library
from rehearse.people.accounts import PER_ADDRESS, Accounts
from rehearse.people.sharing import Choice, Snapshot, take_snapshot
from rehearse.storage.accounts import MOST_NAME
from rehearse.storage.opening import open_database
from rehearse.workspace import Workspace


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    database = open_database(tmp_path / "rehearse.db")
    yield Accounts(database)
    database.close()


@pytest.mark.parametrize("name", ["´Ana", "¨Ana", "Ana ´Lindt", "Ａna", "Rene\u0301e", "ﬁona", "  Ana   Lindt "])
def test_whoever_has_an_account_signs_in_with_the_name_they_typed(accounts: Accounts, name: str) -> None:
    person = accounts.add(name, hosted.PASSWORD)
    assert accounts.who(accounts.sign_in(name, hosted.PASSWORD, "192.0.2.1")) == person
    assert accounts.store.find(person.name.upper()) == person


@pytest.mark.parametrize("name", ["ﷺ" * 10, "ﬃ" * MOST_NAME, "x" * 500, "\u200d", "´"])
def test_whoever_is_vouched_for_gets_in_whatever_they_are_called(accounts: Accounts, name: str) -> None:
    first, second = accounts.vouched("proxy", name, name), accounts.vouched("another", name, name)
    assert accounts.vouched("proxy", name, name) == first
    assert first.name != second.name
    assert len(second.name) <= MOST_NAME


def test_a_whole_office_takes_up_its_invitations_from_one_address(accounts: Accounts) -> None:
    for number in range(PER_ADDRESS.free + 3):
        accounts.accept(accounts.invite(), f"Newcomer {number}", hosted.PASSWORD, "192.0.2.2")
    assert accounts.sign_in("Newcomer 1", hosted.PASSWORD, "192.0.2.2")


# In a snapshot --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = hosted.installed(tmp_path_factory.mktemp("names"))
    yield workspace
    workspace.store.close()


def snapshot(alone: Workspace, words: str, own_name: str, library: Library | None = None) -> Snapshot:
    kept = alone.begin("pitch-to-boss", "marguerite-dunne", seed=7)
    kept.say(f"{words} I'd like to show you how I read the drivers' forum.")
    kept.finish()
    return take_snapshot(alone.store.get(kept.rehearsal_id), library or alone.library, Choice(scores=True), own_name)


@pytest.mark.parametrize(
    ("own_name", "words"),
    [
        ("Renée Delacroix-Muñoz", "It's renee again. Rene\u0301e Delacroix-Mun\u0303oz here, or delacroix-munoz."),
        ("Björn Öztürk", "this is bjorn ozturk, BJÖRN as you say."),
        ("gudrun.zwickel@corp.example", "Gudrun Zwickel here. I said: Zwickel can do it, gudrun zwickel can."),
        ("gzwickel_gudrun", "It's gudrun."),
        ("Ana", "Good morning marguerite. DUNNE, I said, dunne will like it. It's ana."),
    ],
)
def test_a_known_name_is_hidden_however_it_was_typed(alone: Workspace, own_name: str, words: str) -> None:
    told = snapshot(alone, words, own_name).to_json().casefold()
    for name in ("ren", "delacroix", "bj", "öz", "oztu", "gudrun", "zwickel", "marguerite", "dunne", " ana"):
        assert f" {name}" not in told.replace('"', " "), name
    assert "the learner" in told


def test_a_name_that_is_a_word_stays_a_word(alone: Workspace) -> None:
    shown = snapshot(alone, "I will hope for a mark of trust; you may ask grant and rose.", "Mark Hope Will")
    assert shown.said[1].text.startswith("I will hope for a mark of trust; you may ask grant and rose.")


def test_names_in_the_role_of_an_own_counterpart_are_hidden_too(alone: Workspace) -> None:
    persona = alone.library.persona("marguerite-dunne")
    others = tuple(p for p in alone.library.personas if p.id != persona.id)
    changed = replace(alone.library, personas=(*others, persona.model_copy(update={"role": "Deputy of Ms Lindt, boss of Ana"})))
    shown = snapshot(alone, "Thanks for making time.", "Ana", changed)
    assert shown.role == "Deputy of Person A, boss of the learner"
