"""Signing in as it is meant to go, and every way in which it must not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from rehearse.errors import LearnerError, NotSignedInError, TooManyAttemptsError, UnknownIdError
from rehearse.people import passwords
from rehearse.people.accounts import PER_ACCOUNT, PER_ADDRESS, Accounts, key_of
from rehearse.storage.account_tables import AttemptRow, InvitationRow, LoginRow, PersonRow
from rehearse.storage.opening import open_database

GOOD, OTHER = "three wet lamps", "four dry lamps"
HERE = "192.0.2.1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same hashes with the least work: what is tested is who gets in."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobody.cache_clear()


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    database = open_database(tmp_path / "rehearse.db")
    yield Accounts(database)
    database.close()


def test_in_and_out(accounts: Accounts) -> None:
    ana = accounts.add("Ana", GOOD)
    token = accounts.sign_in("ana", GOOD, HERE)
    assert accounts.who(token) == ana
    other = accounts.sign_in("Ana", GOOD, HERE)
    accounts.sign_out(token)
    assert accounts.who(token) is None
    assert accounts.who(other) == ana
    program = accounts.token_for_program(ana)
    assert accounts.who(program) == ana
    accounts.sign_out_everywhere(ana)
    assert [accounts.who(t) for t in (other, program, "", "nothing")] == [None] * 4


def test_nothing_that_lets_anybody_in_is_kept(accounts: Accounts, tmp_path: Path) -> None:
    ana = accounts.add("Ana", GOOD)
    told = [
        accounts.sign_in("Ana", GOOD, HERE),
        accounts.invite(),
        accounts.token_for_program(ana),
        accounts.remember("{}"),
        GOOD,
    ]
    accounts.database.close()
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [secret for secret in told if secret.encode() in files] == []
    assert HERE.encode() not in files
    assert len(set(told)) == 5
    assert all(len(secret) >= 43 for secret in told[:-1])


def test_a_token_brought_along_ends_when_somebody_signs_in(accounts: Accounts) -> None:
    accounts.add("Ana", GOOD)
    ben = accounts.add("Ben", OTHER)
    planted = accounts.sign_in("Ben", OTHER, HERE)
    token = accounts.sign_in("Ana", GOOD, HERE, old_token=planted)
    assert token != planted
    assert accounts.who(planted) is None
    assert accounts.logins(ben) == []


@pytest.mark.parametrize(
    ("name", "password"), [("Ana", OTHER), ("Nobody", GOOD), ("", ""), ("Ana", ""), ("Vouched", ""), ("Locked", GOOD)]
)
def test_whatever_is_wrong_is_said_in_the_same_words(accounts: Accounts, name: str, password: str) -> None:
    accounts.add("Ana", GOOD)
    accounts.vouched("proxy", "v", "Vouched")
    accounts.store.set_locked(accounts.add("Locked", GOOD).person_id, locked=True)
    with pytest.raises(NotSignedInError, match=r"^Name or password is wrong, or the account is locked"):
        accounts.sign_in(name, password, HERE)


def test_guessing_is_slowed_down_for_the_account_from_everywhere(accounts: Accounts) -> None:
    accounts.add("Ana", GOOD)
    for n in range(PER_ACCOUNT.free):
        with pytest.raises(NotSignedInError):
            accounts.sign_in("Ana", OTHER, f"192.0.2.{n}")
    with pytest.raises(TooManyAttemptsError) as caught:
        accounts.sign_in("ANA", GOOD, "198.51.100.7")
    assert 25 <= caught.value.retry_after <= 30
    assert "30 seconds" in str(caught.value)
    # Names that nobody has are slowed down alike, so that waiting tells nothing.
    for n in range(PER_ACCOUNT.free):
        with pytest.raises(NotSignedInError):
            accounts.sign_in("Nobody", OTHER, f"192.0.2.{n}")
    with pytest.raises(TooManyAttemptsError):
        accounts.sign_in("nobody", GOOD, HERE)


def test_guessing_many_names_from_one_address_is_slowed_down(accounts: Accounts) -> None:
    ana = accounts.add("Ana", GOOD)
    for n in range(PER_ADDRESS.free):
        with pytest.raises(NotSignedInError):
            accounts.sign_in(f"Name {n}", GOOD, HERE)
    with pytest.raises(TooManyAttemptsError):
        accounts.sign_in("Ana", GOOD, HERE)
    assert accounts.who(accounts.sign_in("Ana", GOOD, "198.51.100.7")) == ana


def test_who_signs_in_often_is_not_slowed_down(accounts: Accounts) -> None:
    accounts.add("Ana", GOOD)
    for _ in range(PER_ADDRESS.free + 3):
        accounts.sign_in("Ana", GOOD, HERE)
    with accounts.database.reading() as session:
        assert [row.failures for row in session.scalars(select(AttemptRow))] == [0]


def test_a_new_password_ends_the_other_logins(accounts: Accounts) -> None:
    accounts.add("Ana", GOOD)
    here, there = accounts.sign_in("Ana", GOOD, HERE), accounts.sign_in("Ana", GOOD, HERE)
    ana = accounts.who(here)
    assert ana is not None
    with pytest.raises(NotSignedInError, match="old password is wrong"):
        accounts.change_password(ana, OTHER, "five old lamps", here, HERE)
    for bad, why in (("short", "at least"), (GOOD, "is the old one"), ("Password123", "anybody")):
        with pytest.raises(LearnerError, match=why):
            accounts.change_password(ana, GOOD, bad, here, HERE)
    assert accounts.who(there) == ana
    accounts.change_password(ana, GOOD, OTHER, here, HERE)
    assert accounts.who(there) is None
    assert accounts.who(here) is not None
    with pytest.raises(NotSignedInError):
        accounts.sign_in("Ana", GOOD, HERE)
    accounts.sign_in("Ana", OTHER, HERE)


def test_changing_a_password_is_no_way_to_guess_it(accounts: Accounts) -> None:
    ana = accounts.add("Ana", GOOD)
    for _ in range(PER_ACCOUNT.free):
        with pytest.raises(NotSignedInError):
            accounts.change_password(ana, "wrong", OTHER, "t", HERE)
    with pytest.raises(TooManyAttemptsError):
        accounts.change_password(ana, GOOD, OTHER, "t", HERE)


def test_an_invitation_makes_one_account(accounts: Accounts) -> None:
    link = accounts.invite(host=True)
    accounts.require_invitation(link)
    with pytest.raises(LearnerError, match="at least"):
        accounts.accept(link, "Ana", "short", HERE)
    person = accounts.who(accounts.accept(link, "Ana", GOOD, HERE))
    assert person is not None
    assert person.host
    for token in (link, "made-up"):
        with pytest.raises(UnknownIdError):
            accounts.accept(token, "Ben", OTHER, HERE)
        with pytest.raises(UnknownIdError):
            accounts.require_invitation(token)
    with accounts.database.reading() as session:
        assert session.scalars(select(InvitationRow)).all() == []


def test_an_old_hash_is_made_again(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.add("Ana", GOOD)
    first = accounts.sign_in("Ana", GOOD, HERE)
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    accounts.sign_in("Ana", GOOD, HERE)
    with accounts.database.reading() as session:
        kept = session.scalar(select(PersonRow.password_hash))
    assert kept is not None
    assert "m=16,t=2" in kept
    assert accounts.who(first) is not None


def test_idle_and_old_logins_end(accounts: Accounts) -> None:
    accounts.add("Ana", GOOD)
    token = accounts.sign_in("Ana", GOOD, HERE)
    with accounts.database.writing() as session:
        row = session.get(LoginRow, key_of(token))
        assert row is not None
        assert row.expires_at - row.made_at == accounts.lasts
        session.execute(update(LoginRow).values(seen_at=row.seen_at - accounts.idle - timedelta(seconds=1)))
    assert accounts.who(token) is None
    accounts.sweep()
    with accounts.database.reading() as session:
        assert session.scalars(select(LoginRow)).all() == []


def test_a_locked_person_stays_out_whoever_vouches(accounts: Accounts) -> None:
    person = accounts.vouched("proxy", "ana@example.org", "Ana")
    assert accounts.vouched("proxy", "ana@example.org", "Ana") == person
    assert accounts.vouched("https://id.example", "ana@example.org", "Ana").person_id != person.person_id
    accounts.store.set_locked(person.person_id, locked=True)
    with pytest.raises(NotSignedInError, match="locked"):
        accounts.vouched("proxy", "ana@example.org", "Ana")
