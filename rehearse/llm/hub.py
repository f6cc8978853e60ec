"""Getting a model file from the Hugging Face hub: with progress, taken up where it broke off, and held to its checksum.

The hub's own client begins again when a download was broken off by the end of the process; model files are too large for that.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from pydantic import Field, StringConstraints

from rehearse.domain.data import Record, Text
from rehearse.domain.library import shipped_root
from rehearse.domain.loading import load_record
from rehearse.errors import OperatorError, UnknownIdError

Progress = Callable[[int, int | None], None]
"""Told how many bytes there are, and how many there will be."""

ATTEMPTS = 5
"""How often a connection that breaks is made again before the person is asked to."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class HubModel(Record):
    """A model in the list, or one that was named by its place in the hub."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
    repo: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    file: Annotated[str, StringConstraints(pattern=r"^[\w.-]+\.gguf$")]
    revision: str = "main"
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    licence: Literal["Apache-2.0", "MIT"] | None = None
    size: float | None = Field(default=None, gt=0)
    memory: float | None = Field(default=None, gt=0)
    note: Text | None = None


class ModelList(Record):
    """The file as it is written."""

    models: tuple[HubModel, ...]


@cache
def listed() -> tuple[HubModel, ...]:
    """The models of `corpus/models.yaml`, the smallest first."""
    models = load_record(shipped_root() / "corpus" / "models.yaml", ModelList).models
    return tuple(sorted(models, key=lambda model: model.memory or 0.0))


def find(name: str) -> HubModel:
    """A model by its id in the list, or by its place as OWNER/REPO/FILE.gguf; `UnknownIdError` where it is neither."""
    for model in listed():
        if model.id == name:
            return model
    parts = name.split("/")
    if len(parts) == 3 and name.endswith(".gguf"):
        owner, repo, file = parts
        return HubModel(id=file.removesuffix(".gguf"), repo=f"{owner}/{repo}", file=file)
    raise UnknownIdError("model", name, [model.id for model in listed()] + ["or OWNER/REPO/FILE.gguf"])


def pull(model: HubModel, folder: Path, endpoint: str, progress: Progress) -> Path:
    """The file of a model in that folder, fetched if it is not there yet.

    What was fetched stays when the connection breaks, and the next attempt goes on from there. Raises `OperatorError`.
    """
    target = folder / model.file
    if target.is_file():
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f".{model.file}.lock", timeout=0):
            return _fetch(model, target, endpoint.rstrip("/"), progress)
    except Timeout:
        raise OperatorError(f"{model.file} is being fetched already, by another command. Wait for that.") from None
    except OSError as error:
        raise OperatorError(f"{target} cannot be written ({error.strerror or type(error).__name__}). Free some space.") from None


def _fetch(model: HubModel, target: Path, endpoint: str, progress: Progress) -> Path:
    import httpx2
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    url = hf_hub_url(model.repo, model.file, revision=model.revision, endpoint=endpoint)
    try:
        about = get_hf_file_metadata(url, token=False, endpoint=endpoint, library_name="rehearse")
    except OfflineModeIsEnabled:
        raise OperatorError("HF_HUB_OFFLINE is set, so nothing is fetched. Unset it and try again.") from None
    except (HfHubHTTPError, HFValidationError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        raise OperatorError(
            f"{endpoint} does not give {model.repo}/{model.file} away{f' (it answers {status})' if status else ''}. "
            "Check the name; some models want an account, which is not supported here."
        ) from None
    except httpx2.HTTPError:
        raise OperatorError(f"{endpoint} cannot be reached. Check the network, or name a mirror with HF_ENDPOINT.") from None
    # A part of another version of the file is left alone.
    part = target.with_name(f".{target.name}.{(about.etag or 'unknown')[:12]}.part")
    _check_space(target.parent, about.size, part)
    _continue(about.location, part, about.size, progress, endpoint)
    _check_sum(part, model.sha256 or about.etag or "", model)
    part.replace(target)
    return target


def _continue(url: str, part: Path, size: int | None, progress: Progress, endpoint: str) -> None:
    """Fetch what is missing of a part; a connection that breaks is made again a few times."""
    import httpx2

    for _ in range(ATTEMPTS):
        have = part.stat().st_size if part.exists() else 0
        if size is not None and have >= size:
            progress(have, size)
            return
        try:
            _stream(url, part, have, size, progress)
            if size is None or part.stat().st_size >= size:
                return
        except httpx2.HTTPStatusError as error:
            raise OperatorError(
                f"{endpoint} stopped giving the file away (it answers {error.response.status_code}). What was fetched is "
                "kept; run the same command again later."
            ) from None
        except httpx2.HTTPError:
            continue
    have = part.stat().st_size if part.exists() else 0
    raise OperatorError(
        f"The connection to {endpoint} broke {ATTEMPTS} times. {have / 1e6:.0f} MB are kept; run the same command again to go on."
    )


def _stream(url: str, part: Path, have: int, size: int | None, progress: Progress) -> None:
    """Append to a part from where it ends; begin again where the server cannot."""
    from huggingface_hub import get_session

    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    with get_session().stream("GET", url, headers=headers, follow_redirects=True, timeout=30) as answer:
        answer.raise_for_status()
        goes_on = have > 0 and answer.status_code == 206
        done = have if goes_on else 0
        with part.open("ab" if goes_on else "wb") as file:
            # As it comes: what waits for a chunk to fill up would be lost when the connection breaks.
            for chunk in answer.iter_raw():
                file.write(chunk)
                done += len(chunk)
                progress(done, size)


def _check_space(folder: Path, size: int | None, part: Path) -> None:
    missing = (size or 0) - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise OperatorError(
            f"The file needs {missing / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB left. Free some, or set REHEARSE_HOME "
            "to another disk."
        )


def _check_sum(part: Path, expected: str, model: HubModel) -> None:
    """Compare with the checksum, where there is one; a file that differs is taken away."""
    if not _SHA256.fullmatch(expected):
        return
    with part.open("rb") as file:
        found: Any = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        part.unlink()
        raise OperatorError(
            f"{model.file} does not have the checksum that it should have, so it was taken away. Try again; if it stays, the "
            "mirror or the list is wrong."
        )
