"""Accounts, logins, invitations, failed attempts and shares, on both kinds of database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filling import fill_notebook, fill_rehearsal
from sqlalchemy import update

from rehearse.errors import LearnerError, UnknownIdError
from rehearse.storage.account_tables import AttemptRow, LoginRow, ShareRow
from rehearse.storage.accounts import BROWSER, PROGRAM, AccountStore
from rehearse.storage.archive import restore_backup, write_backup
from rehearse.storage.attempts import Attempts, Limit
from rehearse.storage.shares import ShareStore
from rehearse.storage.store import RehearsalStore

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def accounts(store: RehearsalStore) -> AccountStore:
    return AccountStore(store.database)


def at_once(actions: list[Callable[[], object]]) -> list[object]:
    """What each of several threads got, or the error it met."""
    found: list[object] = []
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            found.append(action())
        except LearnerError as error:
            found.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_name_is_taken_in_every_spelling(accounts: AccountStore) -> None:
    ana = accounts.add("Ana  Lindt", "hash", host=True)
    assert (ana.name, ana.host, ana.locked_at) == ("Ana Lindt", True, None)
    assert accounts.find(" ana LINDT ") == ana
    for spelling in ("ANA lindt", "Ａna Lindt"):
        with pytest.raises(LearnerError, match="taken"):
            accounts.add(spelling)
    for none in ("", "  ", "x" * 61, "a\x00b"):
        with pytest.raises(LearnerError, match="1 to 60"):
            accounts.add(none)
    assert [p.name for p in accounts.everybody()] == ["Ana Lindt"]


def test_of_two_who_want_a_name_at_once_one_gets_it(accounts: AccountStore) -> None:
    found = at_once([lambda: accounts.add("Ana")] * 4)
    assert sum(isinstance(each, LearnerError) for each in found) == 3
    assert len(accounts.everybody()) == 1


def test_somebody_vouched_for_is_the_same_person_again_and_nobody_else(accounts: AccountStore) -> None:
    accounts.add("Ana", "hash")
    found = at_once([lambda: accounts.known_as("k1", "Ana")] * 3)
    assert len({p.person_id for p in found if not isinstance(p, Exception)}) == 1
    assert accounts.known_as("k2", "Ana").name == "Ana 3"
    assert accounts.known_as("k1", "Renamed").name == "Ana 2"


def test_a_login_ends(store: RehearsalStore, accounts: AccountStore) -> None:
    ana, ben = accounts.add("Ana"), accounts.add("Ben")
    for login_id, person, kind in (("a1", ana, BROWSER), ("a2", ana, PROGRAM), ("b1", ben, BROWSER)):
        accounts.begin_login(person.person_id, login_id, kind, DAY)
    assert accounts.who("a1", HOUR) == ana
    assert accounts.who("nothing", HOUR) is None

    with store.database.writing() as session:
        session.execute(update(LoginRow).values(seen_at=datetime.now(UTC) - 2 * HOUR))
    assert accounts.who("a1", HOUR) is None
    assert accounts.who("a2", HOUR) == ana
    accounts.sweep(HOUR)
    assert [login.login_id for login in accounts.logins(ana.person_id)] == ["a2"]

    accounts.begin_login(ana.person_id, "a3", BROWSER, DAY)
    accounts.begin_login(ana.person_id, "a4", BROWSER, DAY, instead_of="a3")
    accounts.set_password(ana.person_id, "new", keep="a4")
    assert [login.login_id for login in accounts.logins(ana.person_id)] == ["a4"]

    accounts.set_locked(ana.person_id, locked=True)
    accounts.begin_login(ana.person_id, "a5", BROWSER, DAY)
    assert (accounts.who("a4", HOUR), accounts.who("a5", HOUR)) == (None, None)
    accounts.set_locked(ana.person_id, locked=False)
    assert accounts.who("a4", HOUR) is None
    assert accounts.who("a5", HOUR) == accounts.find("Ana")

    accounts.begin_login(ben.person_id, "b2", BROWSER, timedelta(0))
    assert accounts.who("b2", HOUR) is None


def test_an_invitation_is_for_one(accounts: AccountStore) -> None:
    accounts.invite("key", DAY, host=True)
    accounts.invite("old", timedelta(0))
    assert accounts.invited("key")
    assert not accounts.invited("old")
    with pytest.raises(UnknownIdError):
        accounts.accept("old", "Ben", "hash")
    accounts.add("Ana")
    with pytest.raises(LearnerError, match="taken"):
        accounts.accept("key", "Ana", "hash")
    assert accounts.invited("key"), "a name that is taken does not use the invitation up"
    found = at_once([lambda n=n: accounts.accept("key", f"Person {n}", "hash") for n in range(4)])
    made = [each for each in found if not isinstance(each, LearnerError)]
    assert len(made) == 1
    assert made[0].host  # type: ignore[attr-defined]
    assert not accounts.invited("key")


def test_what_is_remembered_is_told_once(accounts: AccountStore) -> None:
    accounts.remember("h", '{"nonce": "n"}', DAY)
    accounts.remember("late", "{}", timedelta(0))
    assert [accounts.recall("h"), accounts.recall("h"), accounts.recall("late")] == ['{"nonce": "n"}', None, None]


def test_failures_slow_down_and_are_forgotten(store: RehearsalStore) -> None:
    attempts = Attempts(store.database)
    account, address = Limit(free=3), Limit(free=50)
    wanted = {"account:ana": account, "address:1": address}
    assert [attempts.begin(wanted) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 25 < attempts.begin(wanted) <= 30
    assert attempts.begin({"account:ben": account, "address:1": address}) == 0.0
    attempts.succeeded("account:ana", "address:1")
    assert attempts.begin(wanted) == 0.0
    assert [account.wait(n) for n in (2, 3, 5, 40)] == [None, timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=15)]
    with store.database.reading() as session:
        kept = {row.id: row for row in session.query(AttemptRow)}
    assert all(len(key) == 64 for key in kept)
    assert sorted(row.failures for row in kept.values()) == [1, 1, 4]


def test_many_guesses_at_once_are_all_counted(store: RehearsalStore) -> None:
    attempts = Attempts(store.database)
    found = at_once([lambda: attempts.begin({"account:ana": Limit(free=3)})] * 8)
    assert sum(wait == 0.0 for wait in found) == 3


def test_a_share_is_its_owner_s_and_goes_with_the_rehearsal(store: RehearsalStore) -> None:
    ana, ben = store.for_person("ana"), store.for_person("ben")
    hers = fill_rehearsal(ana, "word")
    shares, others = ShareStore(store.database, "ana"), ShareStore(store.database, "ben")
    with pytest.raises(UnknownIdError):
        others.add(hers, "k0", "{}", DAY)
    first = shares.add(hers, "k1", '{"talk": 1}', DAY)
    second = shares.add(hers, "k2", "{}", DAY)
    shares.add(hers, "k3", "{}", timedelta(0))
    assert (shares.count(), others.count(), others.list()) == (2, 0, [])
    assert shares.open("k1").snapshot_json == '{"talk": 1}'
    for gone in ("k3", first, "nothing"):
        with pytest.raises(UnknownIdError):
            shares.open(gone)
    with pytest.raises(UnknownIdError):
        others.revoke(first)
    shares.revoke(first)
    assert [s.share_id for s in shares.list()] == [second]
    assert shares.expire() == 1
    ben.delete_all()
    assert shares.count() == 1
    ana.delete(hers)
    assert shares.count() == 0


def test_removing_somebody_leaves_nothing_of_theirs(
    store: RehearsalStore, accounts: AccountStore, request: pytest.FixtureRequest
) -> None:
    ana, ben = accounts.add("Ana-secretname", "hash"), accounts.add("Ben")
    hers, his = store.for_person(ana.person_id), store.for_person(ben.person_id)
    talk = fill_rehearsal(hers, "hers-secret")
    fill_notebook(hers, "hers-secret")
    ShareStore(store.database, ana.person_id).add(talk, "k", '"snapshot-hers-secret"', DAY)
    fill_rehearsal(his, "his")
    accounts.begin_login(ana.person_id, "a", BROWSER, DAY)
    accounts.remove(ana.person_id)
    assert accounts.find("Ana-secretname") is None
    assert (accounts.who("a", HOUR), hers.count(), his.count(), hers.notebook.documents()) == (None, 0, 1, [])
    with store.database.reading() as session:
        assert session.query(ShareRow).count() == 0
    with pytest.raises(UnknownIdError):
        accounts.remove(ana.person_id)
    if store.database.place.endswith(".db"):
        files = b"".join(path.read_bytes() for path in Path(store.database.place).parent.glob("*") if path.is_file())
        assert b"secret" not in files


def test_a_backup_brings_accounts_back_and_no_login(
    store: RehearsalStore, accounts: AccountStore, tmp_path: Path, address: str
) -> None:
    ana = accounts.add("Ana", "hash")
    hers = fill_rehearsal(store.for_person(ana.person_id), "word")
    ShareStore(store.database, ana.person_id).add(hers, "k", "{}", DAY)
    accounts.begin_login(ana.person_id, "a", BROWSER, DAY)
    accounts.invite("i", DAY)
    file = tmp_path / "kept.zip"
    write_backup(store.database, file)
    restore_backup(address, file, tmp_path, replace=True)
    assert accounts.find("Ana") == ana
    assert ShareStore(store.database, ana.person_id).count() == 1
    assert accounts.who("a", HOUR) is None
    assert not accounts.invited("i")
