"""Settings: the only reader of the environment.

Strength, strongest first: what the caller passes (a command-line option), the environment, `rehearse.toml`, the defaults.
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rehearse.errors import SettingsError

TOML_NAME = "rehearse.toml"


class Settings(BaseSettings):
    """Where things are and how the page is served."""

    model_config = SettingsConfigDict(env_prefix="REHEARSE_", toml_file=TOML_NAME, frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: user_data_path("rehearse", appauthor=False))
    """The data folder: database, search index, own personas."""
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65535)

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.home / "rehearse.db"

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
        """Caller, environment, then the TOML file of the working folder."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: object) -> Settings:
    """Settings with what the caller gives on top; `SettingsError` names the setting and the mend."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"The setting {name} cannot be used: {first['msg']}. Set REHEARSE_{name.upper()}, or {name} in {TOML_NAME}."
        ) from None
