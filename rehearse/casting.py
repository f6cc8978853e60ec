"""The chat model at work: opened when it is first needed, and changed as a whole when somebody chooses another."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Protocol

from rehearse.config import Settings, load_settings
from rehearse.llm.chat import ChatModel, Usage

ABOUT_THE_MODEL = (
    "model",
    "openai_base_url",
    "openai_api_key",
    "openai_api_key_file",
    "model_window",
    "model_timeout",
    "model_coach",
    "model_appraisal",
    "hide_names",
)
"""The settings that can be changed while the program runs."""


class Watch(Protocol):
    """Told what became of what a model was asked besides an answer, and its tokens; see `rehearse.llm.outcome`."""

    def reviewed(self, outcome: str, usage: Usage) -> None:
        """A model was to read a turn a second time."""

    def appraised(self, outcome: str, usage: Usage) -> None:
        """A model was to read the acts of a turn."""


@dataclass
class Casting:
    """Who words the counterparts by the settings in force. Safe to use from several threads."""

    settings: Settings
    _model: ChatModel | None = None
    _before: ChatModel | None = None
    """The one before, which may still be speaking; let go of when the next is chosen."""
    _opened: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    watch: Watch | None = None
    """Whoever counts."""

    @property
    def model(self) -> ChatModel | None:
        """The chat model that the settings name; None for the embedded engine. `SettingsError` where it can never work."""
        with self._lock:
            if not self._opened:
                self._model, self._opened = opened(self.settings), True
            return self._model

    def reload(self) -> None:
        """Read what is set about the model anew, where it is kept; everything else stays as it was when the program began."""
        loaded, now = load_settings(home=self.settings.home), self.settings
        changed = now.model_copy(update={name: getattr(loaded, name) for name in ABOUT_THE_MODEL})
        # What was not set must not pass for set: some defaults depend on it.
        given = {name for name in now.model_fields_set if name not in ABOUT_THE_MODEL}
        changed.model_fields_set.clear()
        changed.model_fields_set.update(given | (loaded.model_fields_set & set(ABOUT_THE_MODEL)))
        self.choose(changed)

    def choose(self, settings: Settings) -> None:
        """From now on these settings count. A talk that is being answered keeps the model that it began the answer with."""
        with self._lock:
            if self._before is not None:
                self._before.close()
            self.settings, self._before, self._model, self._opened = settings, self._model, None, False

    def close(self) -> None:
        """Let go of every connection."""
        with self._lock:
            for model in (self._before, self._model):
                if model is not None:
                    model.close()
            self._before, self._model, self._opened = None, None, False

    def read_again(self, outcome: str, usage: Usage) -> None:
        """Tell whoever counts what became of a second reading."""
        if self.watch is not None:
            self.watch.reviewed(outcome, usage)

    def read_acts(self, outcome: str, usage: Usage) -> None:
        """Tell whoever counts what became of a model's reading of acts."""
        if self.watch is not None:
            self.watch.appraised(outcome, usage)

    def cast(self, model: ChatModel) -> None:
        """Let a model that is open already speak, whatever the settings say: for tests, and for models of one's own."""
        with self._lock:
            self._model, self._opened = model, True


def opened(settings: Settings) -> ChatModel | None:
    """The model that settings name, as it is asked: without names of people, if they say so."""
    if settings.model is None:
        return None
    from rehearse.llm.vendors import open_model

    model = open_model(settings)
    if model is not None and settings.hide_names:
        from rehearse.coaching.nameless import NamelessModel

        return NamelessModel(model)
    return model
