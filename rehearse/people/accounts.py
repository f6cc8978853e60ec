"""Signing in and out: names, passwords, invitations and logins by the rules that keep strangers out.

What lets somebody in (a token, a link) is random, is handed out once, and is kept as a hash only.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from rehearse.errors import LearnerError, NotSignedInError, TooManyAttemptsError, UnknownIdError
from rehearse.people.passwords import fits, hashed, outdated, require_good
from rehearse.storage.accounts import BROWSER, PROGRAM, AccountStore, name_key
from rehearse.storage.attempts import Attempts, Limit
from rehearse.storage.database import Database
from rehearse.storage.records import StoredLogin, StoredPerson

INVITED_FOR = timedelta(days=7)
PROGRAM_FOR = timedelta(days=90)
AWAY_FOR = timedelta(minutes=10)
"""How long somebody may take at an identity provider."""
PER_ACCOUNT = Limit(free=5)
PER_ADDRESS = Limit(free=20)
"""More than for an account: a whole office may come from one address."""
_TOKEN_BYTES = 32
_NO = "Name or password is wrong, or the account is locked. Nothing was changed; try again."


def new_token() -> str:
    """Something nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def key_of(token: str) -> str:
    """What is kept of a token. It is looked up by this, so that no comparison takes longer the nearer a guess comes."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True)
class Accounts:
    """The people of one installation."""

    database: Database
    idle: timedelta = timedelta(hours=12)
    lasts: timedelta = timedelta(days=7)

    @property
    def store(self) -> AccountStore:
        """Where they are kept."""
        return AccountStore(self.database)

    # Signing in -------------------------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str, address: str, old_token: str = "") -> str:
        """A new token for a browser; the one it may have brought along ends.

        `NotSignedInError` says the same whatever was wrong, `TooManyAttemptsError` when to try again.
        """
        account, place = f"account:{name_key(name)}", f"address:{address}"
        attempts = Attempts(self.database)
        wait = attempts.begin({account: PER_ACCOUNT, place: PER_ADDRESS})
        if wait:
            raise TooManyAttemptsError(wait)
        person = self.store.find(name)
        if not fits(password, person.password_hash if person else None) or person is None or person.locked_at is not None:
            raise NotSignedInError(_NO)
        attempts.succeeded(account, place)
        if person.password_hash and outdated(person.password_hash):
            self.store.set_password(person.person_id, hashed(password), end_others=False)
        return self.let_in(person, old_token)

    def let_in(self, person: StoredPerson, old_token: str = "") -> str:
        """A new token for the browser of somebody who has shown who they are; never one that was known before."""
        if person.locked_at is not None:
            raise NotSignedInError(_NO)
        token = new_token()
        instead = key_of(old_token) if old_token else None
        self.store.begin_login(person.person_id, key_of(token), BROWSER, self.lasts, instead_of=instead)
        return token

    def who(self, token: str) -> StoredPerson | None:
        """Whose token it is, if it still lets anybody in."""
        return self.store.who(key_of(token), self.idle) if token else None

    def sign_out(self, token: str) -> None:
        """End one login."""
        self.store.end_login(key_of(token))

    def sign_out_everywhere(self, person: StoredPerson) -> None:
        """End every login of a person, and every token of a program."""
        self.store.end_logins(person.person_id)

    def logins(self, person: StoredPerson) -> list[StoredLogin]:
        """Where somebody is signed in."""
        return self.store.logins(person.person_id)

    def token_for_program(self, person: StoredPerson) -> str:
        """A token for `Authorization: Bearer`; it is told this once."""
        token = new_token()
        self.store.begin_login(person.person_id, key_of(token), PROGRAM, PROGRAM_FOR)
        return token

    # Passwords and invitations ----------------------------------------------------------------------------------------

    def change_password(self, person: StoredPerson, old: str, new: str, token: str, address: str) -> None:
        """Change a password; every other login ends. `NotSignedInError` where the old one is wrong."""
        account, place = f"change:{person.person_id}", f"address:{address}"
        attempts = Attempts(self.database)
        wait = attempts.begin({account: PER_ACCOUNT, place: PER_ADDRESS})
        if wait:
            raise TooManyAttemptsError(wait)
        if not fits(old, person.password_hash):
            raise NotSignedInError("The old password is wrong. Nothing was changed.")
        attempts.succeeded(account, place)
        require_good(new, person.name)
        if fits(new, person.password_hash):
            raise LearnerError("The new password is the old one. Nothing was changed.")
        self.store.set_password(person.person_id, hashed(new), keep=key_of(token))

    def invite(self, *, host: bool = False) -> str:
        """The token of a link by which one person may make an account."""
        token = new_token()
        self.store.invite(key_of(token), INVITED_FOR, host=host)
        return token

    def require_invitation(self, token: str) -> None:
        """`UnknownIdError` where an invitation was used or is too old."""
        if not self.store.invited(key_of(token)):
            raise UnknownIdError("invitation", "", [])

    def accept(self, invitation: str, name: str, password: str, address: str) -> str:
        """Make the account of an invitation; the token of its first login."""
        place = f"address:{address}"
        wait = Attempts(self.database).begin({place: PER_ADDRESS})
        if wait:
            raise TooManyAttemptsError(wait)
        self.require_invitation(invitation)
        require_good(password, name)
        person = self.store.accept(key_of(invitation), name, hashed(password))
        # A whole office comes from one address on its first day.
        Attempts(self.database).succeeded("", place)
        return self.let_in(person)

    def add(self, name: str, password: str, *, host: bool = False) -> StoredPerson:
        """Make an account without an invitation, as whoever runs the machine may."""
        require_good(password, name)
        return self.store.add(name, hashed(password), host=host)

    def vouched(self, source: str, subject: str, name: str) -> StoredPerson:
        """The person whom a proxy or a provider calls `subject`; made at first sight. `NotSignedInError` where locked."""
        person = self.store.known_as(hashlib.sha256(f"{source}\n{subject}".encode()).hexdigest(), name)
        if person.locked_at is not None:
            raise NotSignedInError("This account is locked. Ask whoever runs Rehearse here.")
        return person

    # Away at an identity provider -------------------------------------------------------------------------------------

    def remember(self, told_json: str) -> str:
        """Keep what is needed when a browser comes back; the token by which it is found again."""
        token = new_token()
        self.store.remember(key_of(token), told_json, AWAY_FOR)
        return token

    def recall(self, token: str) -> str | None:
        """What was kept, once."""
        return self.store.recall(key_of(token)) if token else None

    def sweep(self) -> None:
        """Delete what has expired."""
        self.store.sweep(self.idle)
        Attempts(self.database).sweep()
