"""Which counterpart and coach are at work, and what may be chosen instead: read from the settings, written to their file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from rehearse.app.hardening import is_loopback
from rehearse.app.own_counterpart import FormError
from rehearse.app.strings import text
from rehearse.casting import ABOUT_THE_MODEL, opened
from rehearse.config import TOML_NAME, Settings, load_settings
from rehearse.config_file import Value, stronger, write_settings
from rehearse.errors import ModelError, RehearseError, SettingsError
from rehearse.llm.addresses import place
from rehearse.llm.probe import probe
from rehearse.workspace import Workspace

BUILT_IN, ENDPOINT, FILE, OTHER = "built-in", "endpoint", "file", "other"
"""The kinds of counterparts that the page offers; the last only where the settings name one."""
FEWEST_WINDOW, MOST_WINDOW = 1024, 10_000_000
MOST_SECONDS = 3600
LONGEST_KEY = 4000
_KEY = re.compile(rf"[!-~]{{1,{LONGEST_KEY}}}")
_NAME = re.compile(r"[^\s\"]{1,200}")


@dataclass(frozen=True)
class ModelChoice:
    """Which model is set and how it is asked, as the page shows it: no key, and no password of an address."""

    kind: str
    name: str
    endpoint: str
    path: str
    key_from: str
    """Where the key comes from; empty where none is set."""
    window: int | None
    seconds: float
    coach: bool
    appraisal: bool
    hide_names: bool
    fixed: dict[str, str]
    """What is set more strongly than this page could, and where, by the name of the setting."""
    files: tuple[str, ...]
    """Model files that were pulled."""
    whose: str
    """Why nothing can be changed here; empty where it can."""

    @property
    def may_change(self) -> bool:
        """Whether it can be changed on this page."""
        return not self.whose


def whose_choice(settings: Settings) -> str:
    """Why the person at the page may not change it, in words; empty where they may.

    Where several people are served, all their words go where the model is. That is for whoever runs the machine to choose: those
    who may invite others have no say over it.
    """
    if settings.auth is not None:
        return text("settings.whose_operator")
    return "" if is_loopback(settings.host) and not settings.public_url else text("settings.whose_open")


def choice_in_force(settings: Settings) -> ModelChoice:
    """What is set now."""
    provider, _, rest = (settings.model or "").partition(":")
    kind = {"": BUILT_IN, "openai": ENDPOINT, "local": FILE}.get(provider, OTHER)
    whose = whose_choice(settings)
    found = settings.models_path.glob("*.gguf") if not whose and settings.models_path.is_dir() else ()
    return ModelChoice(
        kind=kind,
        name=rest if kind == ENDPOINT else settings.model or "" if kind == OTHER else "",
        endpoint=place(settings.openai_base_url) if settings.openai_base_url else "",
        path=rest if kind == FILE else "",
        key_from=settings.key_source() or "",
        window=settings.model_window,
        seconds=settings.model_timeout,
        coach=settings.model_coach,
        appraisal=settings.model_appraisal,
        hide_names=settings.hide_names,
        fixed={name: where for name in ABOUT_THE_MODEL if (where := stronger(name, settings.home))},
        files=tuple(sorted(str(file) for file in found)),
        whose=whose,
    )


def shown_number(number: float | None) -> str:
    """A number as it stands in the form."""
    return "" if number is None else f"{number:g}" if number != int(number) else str(int(number))


# Choosing -------------------------------------------------------------------------------------------------------------


def choose(workspace: Workspace, typed: Mapping[str, str]) -> None:
    """Keep what was chosen in the settings file, and let it count from now on.

    `FormError` says which field cannot be used; `SettingsError` where it can never work. Nothing is changed then.
    """
    settings = workspace.settings
    if whose_choice(settings):
        raise SettingsError(whose_choice(settings))
    changes = {name: value for name, value in _changes(typed, settings).items() if stronger(name, settings.home) is None}
    _try_on(settings, changes)
    write_settings(settings.home / TOML_NAME, changes)
    workspace.casting.reload()


def _changes(typed: Mapping[str, str], settings: Settings) -> dict[str, Value]:
    before = choice_in_force(settings)
    changes: dict[str, Value] = {
        # What is the default anyway is not written down.
        "model_coach": None if typed.get("coach") else False,
        "model_appraisal": True if typed.get("appraisal") else None,
        "hide_names": True if typed.get("hide_names") else None,
    }
    # A number that was left as it was shown is not one that was chosen: some defaults depend on the model.
    if typed.get("window", "").strip() != shown_number(before.window):
        changes["model_window"] = _whole(typed, "window", FEWEST_WINDOW, MOST_WINDOW)
    if typed.get("seconds", "").strip() != shown_number(before.seconds):
        changes["model_timeout"] = _whole(typed, "seconds", 1, MOST_SECONDS)
    match typed.get("who", BUILT_IN):
        case "endpoint":
            name = typed.get("name", "").strip()
            if not _NAME.fullmatch(name):
                raise FormError("name", text("settings.no_name"))
            changes["model"] = f"openai:{name}"
            changes |= _endpoint(typed, before, settings)
        case "file":
            changes["model"] = f"local:{_file(typed.get('path', '').strip())}"
        case "other":
            pass
        case _:
            changes["model"] = None
    return changes


def _endpoint(typed: Mapping[str, str], before: ModelChoice, settings: Settings) -> Iterator[tuple[str, Value]]:
    """The address and the key. A key belongs to one endpoint: it never goes along to another."""
    address, key = typed.get("endpoint", "").strip(), typed.get("key", "").strip()
    moved = address != before.endpoint
    if moved:
        parts = _parts(address)
        if parts is None:
            raise FormError("endpoint", text("settings.no_address"))
        yield "openai_base_url", address or None
    if key:
        if not _KEY.fullmatch(key):
            raise FormError("key", text("settings.no_key"))
        yield "openai_api_key", key
    elif typed.get("forget_key") or (moved and _host(address) != _host(settings.openai_base_url or "")):
        yield "openai_api_key", None


def _parts(address: str) -> str | None:
    """The host of an address that can be used, empty for that of OpenAI; None for one that cannot."""
    if not address:
        return ""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"[\s\"\\]", address)
    return parts.hostname if usable else None


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2].lower()


def _file(path: str) -> str:
    from rehearse.llm.local import check_file, require_extra

    if not path:
        raise FormError("path", text("settings.no_file"))
    try:
        found = check_file(path)
        require_extra()
    except SettingsError as error:
        raise FormError("path", str(error)) from None
    return str(found)


def _whole(typed: Mapping[str, str], field: str, least: int, most: int) -> int | None:
    told = typed.get(field, "").strip()
    if not told:
        return None
    if not told.isdecimal() or not least <= int(told) <= most:
        raise FormError(field, text("settings.no_number", least=f"{least:,}", most=f"{most:,}"))
    return int(told)


def _try_on(settings: Settings, changes: Mapping[str, Value]) -> None:
    """Whether a model could be opened so; a file is not loaded for that."""
    given = {name: value for name, value in changes.items() if value is not None}
    trial = load_settings(home=settings.home, **given)
    trial = trial.model_copy(update={name: Settings.model_fields[name].default for name in changes if name not in given})
    if (trial.model or "local:").startswith("local:"):
        return
    if trial.model is not None and trial.model.startswith("openai:") and not trial.openai_base_url and trial.key() is None:
        raise FormError("key", text("settings.key_needed"))
    try:
        model = opened(trial)
    except SettingsError as error:
        raise FormError("name", str(error)) from None
    if model is not None:
        model.close()


# Trying ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """One thing that was tried: whether it went well, in plain words, and what was measured."""

    ok: bool
    words: str
    detail: str = ""


def tried(workspace: Workspace) -> tuple[Found, ...]:
    """What became of asking the model at work two short questions; the same as `rehearse doctor` asks."""
    try:
        model = workspace.model
        if model is None:
            return (Found(ok=True, words=text("settings.found_built_in")),)
        steps = probe(model)
    except ModelError as error:
        return (Found(ok=False, words=text("settings.found_answers_no"), detail=str(error)),)
    except RehearseError as error:
        return (Found(ok=False, words=text("settings.found_never"), detail=str(error)),)
    return tuple(Found(s.ok, text(f"settings.found_{s.name}_{'yes' if s.ok else 'no'}"), s.detail) for s in steps)
