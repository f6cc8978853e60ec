"""Transcripts from elsewhere: JSON, `Name: words` lines and WebVTT in; a transcript and a table of names out.

No files are read here. Consecutive entries of one speaker are one turn. Nothing that was spoken is left out silently: what
cannot be placed is an error that names the line.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from itertools import groupby
from textwrap import dedent

import webvtt
from webvtt.errors import MalformedCaptionError, MalformedFileError

from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import TranscriptError, UnclearLearnerError

MAX_CHARACTERS = 1_000_000
"""A working day of talk; more is not one conversation."""

LEARNER_NAMES = frozenset({"learner", "me", "i"})
COUNTERPART_NAMES = frozenset({"counterpart"})
_ROLES = frozenset({"boss", "coach", "colleague", "director", "leader", "manager", "mentee", "mentor", "other", "peer", "you"})
"""Small words that name a speaker even if they come only once."""


class Format(StrEnum):
    """How a transcript is written down."""

    JSON = "json"
    LINES = "lines"
    WEBVTT = "webvtt"


_ENDINGS = {
    "json": Format.JSON,
    "vtt": Format.WEBVTT,
    "md": Format.LINES,
    "markdown": Format.LINES,
    "txt": Format.LINES,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance as it stands in the source; `place` says where, for messages."""

    place: str
    name: str
    text: str


@dataclass(frozen=True)
class Imported:
    """A transcript, and how each side was called in the source (several names joined with commas)."""

    transcript: Transcript
    names: dict[Speaker, str]


def format_of(file_name: str, text: str) -> Format:
    """The format, by the file's ending; by its first characters where the ending says nothing."""
    ending = file_name.rpartition(".")[2].lower() if "." in file_name else ""
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    start = text.lstrip("\ufeff \n\r\t")
    if start.startswith("WEBVTT"):
        return Format.WEBVTT
    return Format.JSON if re.match(r'\{\s*"|\[\s*[\[{\]"]', start) else Format.LINES


def read_transcript(text: str, written: Format, learner: str | None = None) -> Imported:
    """The conversation in a text; `learner` is the learner's name where the source does not say `learner`.

    Raises `TranscriptError`, with the line, for what cannot be read or when it is not clear who the learner is.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > MAX_CHARACTERS:
        raise TranscriptError(
            f"The transcript has {len(text):,} characters; up to {MAX_CHARACTERS:,} can be read. Give one conversation at a time."
        )
    read, joint = {
        Format.JSON: (_from_json, "\n"),
        Format.LINES: (_from_lines, "\n"),
        Format.WEBVTT: (_from_webvtt, " "),
    }[written]
    entries = [Entry(e.place, " ".join(_readable(e.name).split()), _readable(e.text).strip()) for e in read(text)]
    entries = [e for e in entries if e.text]
    if not entries:
        raise TranscriptError("The transcript has no words in it. Write one turn a line: Name: words")
    sides = _sides(entries, learner)
    return Imported(_transcript(entries, sides, joint), _names(entries, sides))


def _readable(text: str) -> str:
    """In composed form, without control characters, lone surrogates and the like."""
    kept = (c for c in text.replace("\t", " ") if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    return unicodedata.normalize("NFC", "".join(kept))


def _transcript(entries: Sequence[Entry], sides: Mapping[str, Speaker], joint: str) -> Transcript:
    turns: list[Turn] = []
    number = 0
    for speaker, said in groupby(entries, key=lambda e: sides[_key(e.name)]):
        number += speaker is Speaker.LEARNER
        turns.append(Turn(speaker, number, joint.join(e.text for e in said)))
    return Transcript(tuple(turns))


def _names(entries: Sequence[Entry], sides: Mapping[str, Speaker]) -> dict[Speaker, str]:
    called: dict[str, str] = {}
    for entry in entries:
        called.setdefault(_key(entry.name), entry.name)
    return {side: names for side in Speaker if (names := ", ".join(name for key, name in called.items() if sides[key] is side))}


# Who is the learner ---------------------------------------------------------------------------------------------------


def _key(name: str) -> str:
    return name.casefold()


def _sides(entries: Sequence[Entry], learner: str | None) -> dict[str, Speaker]:
    """Which side each name is on."""
    found = list(dict.fromkeys(_key(e.name) for e in entries))
    chosen = _chosen(entries, found, learner)
    return {key: Speaker.LEARNER if key == chosen else Speaker.COUNTERPART for key in found}


def _chosen(entries: Sequence[Entry], found: Sequence[str], learner: str | None) -> str:
    if learner is not None:
        wanted = _key(" ".join(learner.split()))
        close = [key for key in found if key == wanted] or [key for key in found if wanted and wanted in key.split()]
        if len(close) != 1:
            raise TranscriptError(f"No speaker is called “{_short(learner)}”. {_listing(entries)} Say which with --learner NAME.")
        return close[0]
    own = [key for key in found if key in LEARNER_NAMES]
    other = [key for key in found if key in COUNTERPART_NAMES]
    if len(own) == 1 and (len(found) == 2 or set(found) == {*own, *other}):
        return own[0]
    if len(found) == 2 and len(other) == 1:
        return next(key for key in found if key not in other)
    raise UnclearLearnerError(
        f"It is not clear who the learner is. {_listing(entries)} Say which with --learner NAME; everybody else counts "
        "as the counterpart. Indent a line that is part of somebody's words and only looks like “Name: words”.",
        [next(e.name for e in entries if _key(e.name) == key) for key in found],
    )


def _listing(entries: Sequence[Entry]) -> str:
    count = Counter(_key(e.name) for e in entries)
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(_key(entry.name), entry)
    most = 12
    parts = [f"{e.name} ({count[key]}, first in {e.place})" for key, e in list(first.items())[:most]]
    more = f" and {len(first) - most} more" if len(first) > most else ""
    return f"Speakers found: {', '.join(parts)}{more}."


# JSON -----------------------------------------------------------------------------------------------------------------


def _from_json(text: str) -> Iterator[Entry]:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise TranscriptError(f"Line {error.lineno}, column {error.colno}: not valid JSON ({error.msg}).") from None
    except (RecursionError, ValueError):
        raise TranscriptError("The JSON cannot be read: too deeply nested, or a number in it is too long.") from None
    opening = parsed.get("opening") if isinstance(parsed, dict) else None
    items = parsed.get("turns") if isinstance(parsed, dict) else parsed
    if not isinstance(items, list):
        raise TranscriptError('The JSON has to be a list of {"speaker", "text"}, or {"turns": [...]} with such a list.')
    if isinstance(opening, str):
        yield Entry("the opening", "counterpart", opening)
    for number, item in enumerate(items, 1):
        yield from _json_entries(number, item)


def _json_entries(number: int, item: object) -> Iterator[Entry]:
    place = f"entry {number}"
    if not isinstance(item, dict):
        raise TranscriptError(f'Entry {number}: it has to be an object with "speaker" and "text".')
    if "learner" in item and "speaker" not in item:
        # The turns of `rehearse play --json` and of an export hold both sides.
        pairs: list[tuple[object, object]] = [(side.value, item.get(side.value)) for side in Speaker]
    else:
        pairs = [(item.get("speaker"), item.get("text"))]
    for name, words in pairs:
        if not isinstance(name, str) or not name.strip():
            raise TranscriptError(f'Entry {number}: "speaker" is missing. Write "learner", "counterpart" or a name.')
        if not isinstance(words, str):
            raise TranscriptError(f"Entry {number}: the words are missing; they have to be a text in quotation marks.")
        yield Entry(place, name, words)


# Lines ----------------------------------------------------------------------------------------------------------------

_TIME = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]?"
_NAME = r"[^\W_][^:*_\n<>{}|\"“”!?;]{0,39}?"
_NAMED = re.compile(
    rf"^(?:[-*>] +)*(?:{_TIME}\s*[-–]?\s*)?"
    rf"(?:(?P<mark>\*\*|__)(?P<bold>{_NAME})(?:\s*{_TIME})?\s*(?::(?P=mark)|(?P=mark)\s*:)|(?P<plain>{_NAME})(?:\s*{_TIME})?\s*:)"
    r"(?:\s+|$)(?P<words>.*)$"
)
_BOLD_ALONE = re.compile(rf"^(?:> +)*(?:\*\*|__)(?P<bold>{_NAME})(?:\*\*|__)\s+(?P<words>\S.*)$")
_ASIDE = re.compile(r"^(?:#{1,6}\s.*|-{3,}|\*{3,}|_{3,})$")
_PARTICLES = frozenset({"al", "bin", "da", "de", "del", "den", "der", "di", "el", "la", "le", "van", "von"})


def _from_lines(text: str) -> Iterator[Entry]:
    lines = list(_spoken_lines(dedent(text)))
    named = {number: match for number, line in lines if (match := _NAMED.match(line))}
    if not named:
        # Some write the name in bold type and leave the colon out.
        named = {number: match for number, line in lines if (match := _BOLD_ALONE.match(line))}
    count = Counter(_key(_name(match)) for match in named.values())
    place, name, said = "", "", list[str]()
    for number, line in lines:
        match = named.get(number)
        if match and _may_be_name(match, count):
            if name:
                yield Entry(place, name, "\n".join(said))
            place, name, said = f"line {number}", _name(match), [match["words"].strip()]
        elif line.strip():
            if not name:
                raise TranscriptError(
                    f"Line {number}: “{_short(line)}” stands before the first speaker. Begin it with “Name: ”, "
                    "or with “# ” if it is a heading."
                )
            said.append(line.strip().removeprefix("> "))
    if name:
        yield Entry(place, name, "\n".join(said))


def _spoken_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, without front matter, headings and rules."""
    lines = text.split("\n")
    start = 0
    if lines[0].strip() == "---" and "---" in (line.strip() for line in lines[1:]):
        start = 2 + [line.strip() for line in lines[1:]].index("---")
    for number, line in enumerate(lines[start:], start + 1):
        if not _ASIDE.match(line.strip()):
            yield number, "" if line.strip() == ">" else line.rstrip()


def _name(match: re.Match[str]) -> str:
    found = match.groupdict()
    return (found.get("bold") or found.get("plain") or "").strip()


def _may_be_name(match: re.Match[str], count: Mapping[str, int]) -> bool:
    """“The plan: we meet” is nobody's turn: a name has capitals, is in bold type, or comes back in the transcript."""
    name = _name(match)
    key, words = _key(name), name.split()
    if match.groupdict().get("bold") or key in LEARNER_NAMES | COUNTERPART_NAMES | _ROLES:
        return True
    if not name[0].isalpha() or len(words) > 5:
        return False
    if len(words) == 1 and count.get(key, 0) > 1:
        return True
    own = [word for word in words if word not in _PARTICLES]
    return bool(own) and all(_capital(word) for word in own)


def _capital(word: str) -> bool:
    """Whether it begins as a name may; scripts without capitals always do."""
    return not word[0].isalpha() or word[0] != word[0].lower() or word.lower() == word.upper()


def _short(line: str) -> str:
    line = " ".join(_readable(line).split())
    return line if len(line) <= 60 else line[:59] + "…"


# WebVTT ---------------------------------------------------------------------------------------------------------------

# Neither looks past the next “<”: else a text of nothing but “<” would be read as many times as it is long.
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")
_TAG = re.compile(r"</?[^<>]*>")
_PREFIX = re.compile(rf"^(?P<plain>{_NAME})\s*:\s+(?P<words>.*)$", re.DOTALL)


def _from_webvtt(text: str) -> Iterator[Entry]:
    name = ""
    for place, raw in _cues(text):
        for spoken_by, spoken in _voices(raw):
            match = None if spoken_by else _PREFIX.match(spoken)
            if match and _may_be_name(match, {}):
                name = match["plain"].strip()
                yield Entry(place, name, match["words"])
                continue
            name = spoken_by or name
            if not name:
                raise TranscriptError(f"It is not said who speaks in {place}. Write <v Name> or “Name: ” before the words.")
            yield Entry(place, name, spoken)


def _cues(text: str) -> list[tuple[str, str]]:
    try:
        captions = webvtt.from_buffer(StringIO(text)).captions
    except MalformedFileError:
        raise TranscriptError("Line 1: a WebVTT file begins with WEBVTT.") from None
    except MalformedCaptionError as error:
        raise TranscriptError(f"The WebVTT file cannot be read: {error}.") from None
    starts = {_seconds(caption.start) for caption in captions}
    for number, line in enumerate(text.split("\n"), 1):
        # The library leaves out a cue whose times it cannot read; its words would be lost.
        if "-->" in line and _seconds(line.split("-->")[0]) not in starts:
            raise TranscriptError(f"Line {number}: the times cannot be read. Write 00:00:01.000 --> 00:00:04.000.")
    return [(f"the cue at {caption.start}", caption.raw_text) for caption in captions]


def _seconds(time: str) -> float:
    """A time such as 01:02:03.400 in seconds; -1 for what is none."""
    try:
        return round(sum(float(part) * 60.0**n for n, part in enumerate(reversed(time.strip().split(":")))), 3)
    except ValueError:
        return -1.0


def _voices(raw: str) -> Iterator[tuple[str, str]]:
    """Each voice of a cue with its words; the voice is empty where none is marked."""
    parts = _VOICE.split(raw)
    for name, words in zip(["", *parts[1::2]], parts[::2], strict=True):
        plain = " ".join(html.unescape(_TAG.sub("", words)).split())
        if plain:
            yield html.unescape(name).strip(), plain
