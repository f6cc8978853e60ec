"""The settings file `rehearse.toml`: changed line by line, so that what people wrote in it stays, and closed to others.

A file that is made here, or that holds a key, can be read by its owner alone. No message repeats what stands in it.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import AliasChoices

from rehearse.config import TOML_NAME, Settings
from rehearse.errors import OperatorError

Value = str | bool | int | float | None
"""What a setting is set to; None takes it away."""

OWNER_ONLY = 0o600
_SECRETS = frozenset({"openai_api_key", "oidc_client_secret", "chroma_token", "database_url"})
_TABLE = re.compile(r"^\[", re.M)


def variable_of(name: str) -> str:
    """What a setting is called in the environment."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"REHEARSE_{name.upper()}"


def stronger(name: str, home: Path) -> str | None:
    """What sets this more strongly than the file of the data folder: a variable, or the file of the working folder."""
    variable = variable_of(name)
    if any(key.upper() == variable and value for key, value in os.environ.items()):
        return variable
    here = Path(TOML_NAME).absolute()
    if here.is_file() and here.resolve() != (home / TOML_NAME).resolve() and name in _parsed(here, here.read_text("utf-8")):
        return str(here)
    return None


def with_settings(text: str, changes: Mapping[str, Value]) -> str:
    """A TOML text in which these settings have these values, everything else as it was."""
    for name, value in changes.items():
        line = None if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}"
        table = _TABLE.search(text)
        top, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
        there = re.compile(rf"^{re.escape(name)}[ \t]*=.*(?:\n|\Z)", re.M)
        if there.search(top):
            changed = f"{line}\n" if line else ""
            top = there.sub(lambda _, changed=changed: changed, top, count=1)  # type: ignore[misc]
        elif line:
            top = f"{line}\n{top}"
        text = top + rest
    return text


def write_settings(path: Path, changes: Mapping[str, Value]) -> None:
    """Change settings in a file, which is made if it is not there; `OperatorError` where that cannot be done safely."""
    names = ", ".join(changes)
    path = path.resolve()
    try:
        there = path.is_file()
        text = path.read_text(encoding="utf-8") if there else ""
        wanted = {key: value for key, value in {**_parsed(path, text), **changes}.items() if value is not None}
        changed = with_settings(text, changes)
        if _parsed(path, changed) != wanted:
            raise OperatorError(
                f"{path} is written in a way that cannot be changed safely. Nothing was changed; set there: {names}"
            )
        mode = OWNER_ONLY if not there or _SECRETS & set(wanted) else path.stat().st_mode & 0o777
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w", encoding="utf-8") as file:
            file.write(changed)
        beside.chmod(mode)
        beside.replace(path)
    except (OSError, UnicodeError):
        variables = ", ".join(variable_of(name) for name in changes)
        raise OperatorError(
            f"{path} cannot be written, so nothing was changed. Set in the environment instead: {variables}"
        ) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise OperatorError(f"{path} is not valid TOML, so nothing was changed. Mend it there, or take it away.") from None
