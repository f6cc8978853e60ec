"""Settings: the only reader of the environment.

Strength, strongest first: what the caller passes (a command-line option), the environment, `rehearse.toml` in the working folder,
`rehearse.toml` in the data folder, the defaults.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rehearse.errors import SettingsError

TOML_NAME = "rehearse.toml"
HUB = "https://huggingface.co"


def _usual(name: str) -> AliasChoices:
    """A setting that has a name of its own in the environment, because other programs read it too."""
    return AliasChoices(name.upper(), name)


class Settings(BaseSettings):
    """Where things are and how the page is served."""

    model_config = SettingsConfigDict(
        env_prefix="REHEARSE_",
        toml_file=TOML_NAME,
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        # A setting that cannot be used may be a key: messages never repeat it.
        hide_input_in_errors=True,
    )

    home: Path = Field(default_factory=lambda: user_data_path("rehearse", appauthor=False))
    """The data folder: database, search index, own personas."""
    database_url: str | None = Field(default=None, repr=False)
    """Where rehearsals are kept, if not in the data folder: `postgresql://user:password@host/database` or `sqlite:///file`."""
    database_url_file: Path | None = None
    """A file that holds that address and nothing else, because a password may stand in it."""
    chroma_url: str | None = None
    """A Chroma server for the index of the ideas, as `http://chroma:8000`; without one the index lies in the data folder."""
    chroma_token: SecretStr | None = None
    """What is sent to it as `Authorization: Bearer`, where something in front of it wants that."""
    chroma_token_file: Path | None = None
    """A file that holds that token and nothing else."""
    keep_days: int | None = Field(default=None, ge=1, le=36_500)
    """After so many days without a turn a rehearsal is deleted; by default none ever is."""
    language: Literal["en", "de"] = "en"
    """What the page's own words are in; counterparts, remarks and passages are English in any case."""
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)
    metrics: Literal["off", "local", "open"] = "off"
    """Who may read `/metrics`: nobody, this machine, or whoever reaches the address."""
    log_json: bool = False
    """Whether the log is JSON lines, one for each request too, and never a word that was said."""

    auth: str | None = None
    """Who may enter: nobody has to sign in (unset), `accounts`, `proxy:HEADER` or `oidc`."""
    public_url: str | None = None
    """The address under which people reach the page where that is not this machine, as `https://rehearse.example.com`."""
    trusted_proxies: str = "127.0.0.1, ::1"
    """Addresses or networks, with commas between them, whose word about who and where a visitor is counts."""
    login_idle_hours: int = Field(default=12, ge=1, le=24 * 30)
    """After so long without a request a browser has to sign in again."""
    login_days: int = Field(default=7, ge=1, le=365)
    """After so long it has to in any case."""
    oidc_issuer: str | None = None
    """The address of the identity provider; what it offers is read from `/.well-known/openid-configuration` below it."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    """A file that holds the secret and nothing else."""
    hide_names: bool = False
    """Whether names of people are replaced by roles in what a model is shown."""

    model: str | None = None
    """The chat model: `openai:NAME`, `local:PATH.gguf` or `provider:NAME`; without one the embedded engine speaks."""
    model_timeout: float = Field(default=30.0, gt=0, le=3600)
    """Seconds that one call may take in all; a local model's first reading of a long prompt included."""
    model_window: int | None = Field(default=None, ge=1024)
    """Tokens that prompt and answer may have together; by default what is known of the model."""
    model_coach: bool = True
    """Whether the model also coaches, beside the embedded coach."""
    model_appraisal: bool = False
    """Whether the model also reads what the learner's words do, beside the embedded reader."""
    openai_api_key: SecretStr | None = Field(default=None, validation_alias=_usual("openai_api_key"))
    openai_api_key_file: Path | None = Field(default=None, validation_alias=_usual("openai_api_key_file"))
    """A file that holds the key and nothing else, as secret stores mount it."""
    openai_base_url: str | None = Field(default=None, validation_alias=_usual("openai_base_url"), repr=False)
    """The address of a compatible endpoint, mostly ending in `/v1`. Not printed, for it may hold a password."""
    hf_endpoint: str = Field(default=HUB, validation_alias=_usual("hf_endpoint"))
    """Where `rehearse models pull` gets files from."""

    @property
    def models_path(self) -> Path:
        """The folder of local models."""
        return self.home / "models"

    def key(self) -> SecretStr | None:
        """The key for the endpoint, from the setting or from the file it names; `SettingsError` if that cannot be read."""
        if self.openai_api_key is not None:
            return self.openai_api_key
        text = _secret_of(self.openai_api_key_file, "OPENAI_API_KEY_FILE")
        return SecretStr(text) if text else None

    def key_source(self) -> str | None:
        """Where the key comes from, for people; never a part of it."""
        if self.openai_api_key is not None:
            return "OPENAI_API_KEY" if os.environ.get("OPENAI_API_KEY") else TOML_NAME
        return "OPENAI_API_KEY_FILE" if self.openai_api_key_file is not None else None

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.home / "rehearse.db"

    @property
    def database(self) -> str | Path:
        """Where rehearsals are kept: an address, with its password, or the SQLite file."""
        from_file = _secret_of(self.database_url_file, "REHEARSE_DATABASE_URL_FILE") if not self.database_url else None
        return self.database_url or from_file or self.database_path

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The addresses of proxies that are believed."""
        return tuple(ip_network(part.strip(), strict=False) for part in self.trusted_proxies.split(",") if part.strip())

    def oidc_secret(self) -> str | None:
        """What the identity provider knows us by; `SettingsError` if its file cannot be read."""
        if self.oidc_client_secret is not None:
            return self.oidc_client_secret.get_secret_value()
        return _secret_of(self.oidc_client_secret_file, "REHEARSE_OIDC_CLIENT_SECRET_FILE")

    def chroma_secret(self) -> str | None:
        """What the Chroma server knows us by; `SettingsError` if its file cannot be read."""
        if self.chroma_token is not None:
            return self.chroma_token.get_secret_value() or None
        return _secret_of(self.chroma_token_file, "REHEARSE_CHROMA_TOKEN_FILE")

    @field_validator("chroma_url")
    @classmethod
    def _chroma(cls, given: str | None) -> str | None:
        if given and not re.fullmatch(r"https?://[^/\s?#@]+/?", given):
            raise ValueError("it is http://host:port or https://host:port, without a password or a path")
        return given.rstrip("/") if given else None

    @field_validator("auth")
    @classmethod
    def _known_way(cls, given: str | None) -> str | None:
        way, _, header = (given or "").partition(":")
        if given and not (given in ("accounts", "oidc") or (way == "proxy" and re.fullmatch(r"[A-Za-z0-9-]+", header))):
            raise ValueError("it is accounts, oidc or proxy:HEADER")
        return given or None

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, given: str) -> str:
        for part in given.split(","):
            if part.strip():
                ip_network(part.strip(), strict=False)
        return given

    @field_validator("public_url")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        if given and not re.fullmatch(r"https?://[^/\s?#@]+/?", given):
            raise ValueError("it is an address without a path, such as https://rehearse.example.com")
        return given.rstrip("/") if given else None

    @property
    def index_path(self) -> Path:
        """The folder of the passage index; it can be deleted at any time and is rebuilt."""
        return self.home / "index"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Caller, environment, the TOML file of the working folder, the one of the data folder."""
        del dotenv_settings, file_secret_settings
        here = TomlConfigSettingsSource(settings_cls)
        home = next((found for source in (init_settings, env_settings, here) if (found := source().get("home"))), None)
        folder = Path(str(home)) if home else user_data_path("rehearse", appauthor=False)
        return init_settings, env_settings, here, TomlConfigSettingsSource(settings_cls, folder / TOML_NAME)


def _secret_of(file: Path | None, variable: str) -> str | None:
    """What a file of a secret holds; None where none is named or nothing is in it."""
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The file that {variable} names cannot be read. Check that it exists and may be read, or unset it."
        ) from None


_USUAL = {"OPENAI_API_KEY", "OPENAI_API_KEY_FILE", "OPENAI_BASE_URL", "HF_ENDPOINT"}


def load_settings(**given: object) -> Settings:
    """Settings with what the caller gives on top; `SettingsError` names the setting and the mend."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"A file {TOML_NAME} is not valid TOML: {error}. Mend it there, or take it away.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        variable = name.upper() if name.upper() in _USUAL else f"REHEARSE_{name.upper()}"
        raise SettingsError(
            f"The setting {name} cannot be used: {first['msg']}. Set {variable}, or {name.lower()} in {TOML_NAME}."
        ) from None
