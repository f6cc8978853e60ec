"""A model file on this machine, run inside this process by llama.cpp, and spoken to on the loopback like any other endpoint."""

from __future__ import annotations

import json
import os
import secrets
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from rehearse.errors import SettingsError
from rehearse.llm.budget import count_with_margin

AT_ONCE = 2
"""Answers at a time: the counterpart's, and the coach's beside it."""
_GGUF = b"GGUF"
_MISSING = "A model on this machine needs one more package: pip install 'rehearse[local]'"
_PROMPT_CACHE_MIB = 1024
_FEWEST_LAYERS_ON_GPU = -1
"""As many as fit."""


@dataclass(frozen=True)
class LocalServer:
    """A running model."""

    name: str
    """`local:` and the name of the file, without the folder it lies in."""
    path: Path = field(repr=False)
    address: str
    key: SecretStr
    """Drawn at the start, so that no other program on this machine can read along or make it work."""
    window: int
    count: Callable[[str], int] = field(repr=False)
    """Tokens of a text, exactly, as the model itself counts them."""
    _server: Any = field(repr=False)
    """Held, because the model stops when it is let go of."""


_lock = threading.Lock()
_running: dict[str, LocalServer] = {}


def start(path: str, *, window: int) -> LocalServer:
    """The model in that file, loaded if it is not yet; one at a time, for it fills the memory.

    `window` is how many tokens a conversation may have. Raises `SettingsError` if there is no such file, if it is none of a
    model, or if the extra `local` is not installed.
    """
    file = check_file(path)
    with _lock:
        found = _running.get(str(file))
        if found is None or found.window != window:
            _running.clear()
            found = _running[str(file)] = _start(file, window)
        return found


def stop() -> None:
    """Let go of the model, and of the memory it takes."""
    with _lock:
        _running.clear()


def require_extra() -> None:
    """`SettingsError` where the package that runs models is not installed."""
    if find_spec("xllamacpp") is None:
        raise SettingsError(_MISSING)


def check_file(path: str) -> Path:
    """The file as an absolute path; `SettingsError` says what is wrong with it."""
    file = Path(path).expanduser().absolute()
    try:
        with file.open("rb") as opened:
            start_of_file = opened.read(len(_GGUF))
    except OSError as error:
        raise SettingsError(
            f"The model file {file} cannot be read ({error.strerror}). Check REHEARSE_MODEL; `rehearse models list` shows some "
            "that you can get."
        ) from None
    if start_of_file != _GGUF:
        raise SettingsError(f"{file} is no model in the GGUF format. Get one with `rehearse models pull`, or name another file.")
    return file


def _start(file: Path, window: int) -> LocalServer:
    try:
        import xllamacpp
    except ImportError:
        raise SettingsError(_MISSING) from None
    key = SecretStr(secrets.token_hex(16))
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.model_alias = {file.stem}
    # The server divides the context among its slots.
    params.n_ctx, params.n_parallel = window * AT_ONCE, AT_ONCE
    # Its threads wait for each other after every layer: if one core is busy with the page or the coach, all of them stand. With
    # one core left free, answers on a busy machine of two cores came ten times faster. Reading a prompt suffers less from it.
    params.cpuparams.n_threads = max(1, _cores() - 1)
    params.cpuparams_batch.n_threads = _cores()
    params.cache_prompt = True
    params.cache_ram_mib = _PROMPT_CACHE_MIB
    params.n_gpu_layers = _FEWEST_LAYERS_ON_GPU
    params.api_keys = [key.get_secret_value()]
    # What was said could be read from the slots; there is no page to serve.
    params.endpoint_slots = params.ui = False
    params.verbosity = 0
    try:
        server = xllamacpp.Server(params)
    except Exception as error:
        raise SettingsError(
            f"The model {file} cannot be loaded ({type(error).__name__}). It may be damaged or too large for this machine; "
            "`rehearse models list` shows others."
        ) from None
    address = str(server.listening_address)
    tell = _Telling(address, key)
    return LocalServer(f"local:{file.stem}", file, address, key, min(window, tell.window(window)), tell.counter(), server)


def _cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class _Telling:
    """What llama.cpp tells beside OpenAI's protocol."""

    address: str
    key: SecretStr

    def window(self, otherwise: int) -> int:
        """Tokens that one conversation may have, which is less than asked for if the model was made for less."""
        try:
            return int(self._ask("props")["default_generation_settings"]["n_ctx"])
        except (OSError, ValueError, KeyError):
            return otherwise

    def counter(self) -> Callable[[str], int]:
        """Counts by asking the server, and on the safe side where it does not answer."""

        @lru_cache(maxsize=4096)
        def count(text: str) -> int:
            try:
                return len(self._ask("tokenize", {"content": text})["tokens"])
            except (OSError, ValueError, KeyError):
                return count_with_margin(text)

        return count

    def _ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is our own server's
            f"{self.address}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.key.get_secret_value()}"},
        )
        # Never through a proxy: this is the loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=5) as answer:
            return json.load(answer)
