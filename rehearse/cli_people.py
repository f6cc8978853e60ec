"""`rehearse people`: who may sign in, for whoever runs the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, note
from rehearse.errors import LearnerError, UnknownIdError

if TYPE_CHECKING:
    from rehearse.people.accounts import Accounts
    from rehearse.storage.records import StoredPerson
    from rehearse.workspace import Workspace

Name = Annotated[str, typer.Argument(metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
Host = Annotated[bool, typer.Option("--host-role", help="They may invite others; it shows them nobody's talks.")]

people = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Accounts of several people, for `rehearse serve --auth`.",
)


@people.command()
def add(name: Name, host_role: Host = False) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    password = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    _, accounts = _opened()
    person = accounts.add(name, password, host=host_role)
    note(f"{person.name} can sign in now.")


@people.command()
def invite(
    host_role: Host = False,
    json: Json = False,
) -> None:
    """Make a link by which one person makes an account, within a week."""
    workspace, accounts = _opened()
    settings = workspace.settings
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    link = f"{base}/invitation/{accounts.invite(host=host_role)}"
    if json:
        emit({"link": link})
        return
    typer.echo(link)
    note("Whoever has this link can make one account. It works for a week, and it is shown this once.")


@people.command("list")
def listed(json: Json = False) -> None:
    """Everybody who has an account. How much anybody rehearses is nobody's business."""
    _, accounts = _opened()
    everybody = accounts.store.everybody()
    told = [
        {
            "name": person.name,
            "host": person.host,
            "locked": person.locked_at is not None,
            "password": person.password_hash is not None,
            "since": person.made_at.isoformat(timespec="seconds"),
        }
        for person in everybody
    ]
    if json:
        emit(told)
        return
    for line in told:
        marks = [word for word, holds in (("may invite", line["host"]), ("locked", line["locked"])) if holds]
        typer.echo(f"{line['name']}  since {str(line['since'])[:10]}" + "".join(f", {mark}" for mark in marks))
    if not told:
        note("Nobody has an account. Make one with `rehearse people add NAME` or `rehearse people invite`.")


@people.command()
def lock(name: Name) -> None:
    """Keep somebody out; what they have stays."""
    _, accounts = _opened()
    person = _found(accounts, name)
    accounts.store.set_locked(person.person_id, locked=True)
    note(f"{person.name} is signed out everywhere and cannot sign in.")


@people.command()
def unlock(name: Name) -> None:
    """Let somebody in again."""
    _, accounts = _opened()
    person = _found(accounts, name)
    accounts.store.set_locked(person.person_id, locked=False)
    note(f"{person.name} can sign in again.")


@people.command()
def password(name: Name) -> None:
    """Set a new password for somebody who forgot theirs; it is asked for. They are signed out everywhere."""
    from rehearse.people.passwords import hashed, require_good

    _, accounts = _opened()
    person = _found(accounts, name)
    new = typer.prompt("New password", hide_input=True, confirmation_prompt="Once more")
    require_good(new, person.name)
    accounts.store.set_password(person.person_id, hashed(new))
    note(f"{person.name} has a new password and is signed out everywhere.")


@people.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete an account with everything that the person keeps. There is no way back."""
    workspace, accounts = _opened()
    person = _found(accounts, name)
    own = workspace.for_person(person.person_id)
    if not yes and not typer.confirm(f"Delete {person.name} and everything of theirs for good?"):
        raise LearnerError("Nothing was deleted.")
    from rehearse.people.forgetting import forget_index

    accounts.store.remove(person.person_id)
    forget_index(own)
    note(f"{person.name} and everything of theirs is deleted. Backups that were made before still hold it.")


def _opened() -> tuple[Workspace, Accounts]:
    from rehearse.config import load_settings
    from rehearse.people.accounts import Accounts
    from rehearse.workspace import Workspace

    workspace = Workspace(load_settings())
    return workspace, Accounts(workspace.store.database)


def _found(accounts: Accounts, name: str) -> StoredPerson:
    person = accounts.store.find(name)
    if person is None:
        raise UnknownIdError("person", name, [p.name for p in accounts.store.everybody()])
    return person
