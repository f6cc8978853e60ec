"""Reading data files: YAML and Markdown in, frozen records out; each mistake with file, field and mend."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from rehearse.domain.data import Record
from rehearse.domain.idea import Idea, Passage
from rehearse.errors import DataFileError

MAX_BYTES = 512 * 1024
"""No authored file needs more; a larger one is refused before it is parsed."""
MAX_DEPTH = 12
MAX_OPEN_BRACKETS = 100
MAX_VALUES = 200_000
"""With aliases a short file can stand for more values than any memory holds."""

_R = TypeVar("_R", bound=Record)

_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_SECTION = re.compile(r"^## +(\S+) *$", re.MULTILINE)
_CUE = re.compile(r"^- +(.+)$", re.MULTILINE)

_MENDS = {
    "missing": "add this field.",
    "extra_forbidden": "take this field out, or correct its spelling.",
    "string_type": "write text here, in quotation marks if it looks like a number.",
    "too_short": "add more entries.",
    "tuple_type": "write a list here, one `- ` a line.",
    "float_type": "write a number here.",
    "int_type": "write a whole number here.",
    "bool_type": "write true or false here.",
    "enum": "choose one of the listed values.",
    "string_pattern_mismatch": "write what the pattern allows; ids are small letters, digits and single hyphens.",
    "string_too_long": "shorten it.",
    "string_too_short": "write something here.",
    "less_than_equal": "choose a smaller number.",
    "greater_than_equal": "choose a larger number.",
}


def read_text(path: Path) -> str:
    """The text of a data file; `DataFileError` if it is missing, too large or not UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataFileError(path, "file", f"it is larger than {MAX_BYTES // 1024} KiB.", "split or shorten it.")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DataFileError(path, "file", "it is not UTF-8 text.", "save it as UTF-8.") from None
    except OSError as error:
        raise DataFileError(
            path, "file", f"it cannot be read ({error.strerror}).", "check that it exists and may be read."
        ) from None


def _parse_yaml(path: Path, text: str) -> dict[str, Any]:
    if _open_brackets(text) > MAX_OPEN_BRACKETS:
        # Before it is parsed: that takes longer the more of them are open.
        raise DataFileError(path, "file", "it is nested too deeply.", "close the brackets, or put quotation marks around them.")
    try:
        parsed = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DataFileError(
            path, f"line {line}", f"{error.problem or 'not valid YAML'}.", "check indentation, colons and quotes there."
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise DataFileError(path, "file", f"not valid YAML: {error}.", "check indentation and quotes.") from None
    if not isinstance(parsed, dict):
        raise DataFileError(path, "file", "it holds no fields.", "write `field: value` lines.")
    problem = _too_much(parsed)
    if problem:
        raise DataFileError(path, "file", problem, "flatten it.")
    return parsed


def _open_brackets(text: str) -> int:
    """How many brackets are open at the same time, quoted or not."""
    most = now = 0
    for sign in re.findall(r"[\[\]{}]", text):
        now = now + 1 if sign in "[{" else max(0, now - 1)
        most = max(most, now)
    return most


def _too_much(parsed: object) -> str:
    """Why this is more than a data file may hold, or nothing. What an alias stands for counts each time."""
    count, waiting = 0, [(parsed, 1)]
    while waiting:
        value, depth = waiting.pop()
        within = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        count += len(within)
        if count > MAX_VALUES:
            return "it holds too many values."
        if depth > MAX_DEPTH and within:
            return "it is nested too deeply."
        waiting += [(one, depth + 1) for one in within]
    return ""


def _validate(path: Path, kind: type[_R], raw: Mapping[str, Any]) -> _R:
    try:
        # Through JSON, because lists stand for tuples there while unknown types stay mistakes.
        return kind.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "file"
        message = first["msg"].removeprefix("Value error, ")
        message = message if message.endswith(".") else message + "."
        more = error.error_count() - 1
        if more:
            message += f" ({more} more in this file.)"
        raise DataFileError(path, field, message, _MENDS.get(first["type"], "correct this field.")) from None


def load_record(path: Path, kind: type[_R]) -> _R:
    """Read one YAML file as a record; its `id` must be the file's name."""
    return cast(_R, _read(path, read_text(path), kind))


@lru_cache(maxsize=64)
def _read(path: Path, text: str, kind: type[Record]) -> Record:
    # Records are frozen. Reading all that ship takes about two seconds, and each data folder that is opened needs them again.
    return record_from_text(path, text, kind)


def record_from_text(path: Path | str, text: str, kind: type[_R]) -> _R:
    """A record from the text of a YAML file, wherever it is kept; `path` is how problems name it."""
    path = Path(path)
    if len(text.encode()) > MAX_BYTES:
        raise DataFileError(path, "file", f"it is larger than {MAX_BYTES // 1024} KiB.", "split or shorten it.")
    record = _validate(path, kind, _parse_yaml(path, text))
    own_id = getattr(record, "id", path.stem)
    if own_id != path.stem:
        raise DataFileError(path, "id", f"it is “{own_id}”, but the file is called {path.name}.", f"name the file {own_id}.yaml.")
    return record


def load_with_front(path: Path, kind: type[_R]) -> tuple[_R, str]:
    """Read a text file that begins with front matter between two `---` lines: the fields as a record, and the rest."""
    match = _FRONT.match(read_text(path).replace("\r\n", "\n"))
    if match is None:
        raise DataFileError(path, "front matter", "it is missing.", "start the file with ---, fields, and --- again.")
    return _validate(path, kind, _parse_yaml(path, match.group(1))), match.group(2)


class _IdeaFront(Record):
    id: str
    title: str
    source: str
    summary: str


def load_idea(path: Path) -> Idea:
    """Read one idea: front matter, an introduction, then a `## passage-id` section a passage, its cues as a list."""
    front, text = load_with_front(path, _IdeaFront)
    if front.id != path.stem:
        raise DataFileError(path, "id", f"it is “{front.id}”.", f"write {path.stem}, or rename the file.")
    parts = _SECTION.split(text)
    passages = []
    for passage_id, body in zip(parts[1::2], parts[2::2], strict=True):
        cues = tuple(cue.strip() for cue in _CUE.findall(body))
        prose = " ".join(_CUE.sub("", body).split())
        if not prose:
            raise DataFileError(path, passage_id, "the passage has no text.", "write one to three sentences under it.")
        if not cues:
            raise DataFileError(path, passage_id, "the passage has no cues.", "add questions that it answers, as a list.")
        passages.append(Passage(front.id, passage_id, prose, cues))
    if len(passages) < 6:
        raise DataFileError(path, "passages", f"there are {len(passages)}.", "write at least six `## passage-id` sections.")
    return Idea(front.id, front.title, front.source, front.summary, " ".join(parts[0].split()), tuple(passages))


def load_cues(path: Path) -> list[tuple[int, str, str]]:
    """Read further cues: `passage-id`, a tab, and a question, one a line; with the number of each line."""
    found = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        passage_id, tab, cue = line.partition("\t")
        if not tab or not cue.strip():
            raise DataFileError(
                path, f"line {number}", "there is no tab with a question after it.", "write passage-id, tab, question."
            )
        found.append((number, passage_id.strip(), cue.strip()))
    return found
