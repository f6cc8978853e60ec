"""`rehearse score`: transcripts and single exchanges from elsewhere, rated."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, emit_line, note, people, printable, read_input
from rehearse.errors import TranscriptError, UnclearLearnerError

if TYPE_CHECKING:
    from rehearse.coaching.imported import Imported
    from rehearse.session import ExchangeRating


def score(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A transcript: .json, .md or .txt with `Name: words` lines, .vtt; - for input."),
    ],
    pairs: Annotated[
        bool, typer.Option("--pairs", help='FILE holds single exchanges, one {"id","context","text"} a line.')
    ] = False,
    learner: Annotated[str | None, typer.Option("--learner", metavar="NAME", help="What the learner is called.")] = None,
    roles: Annotated[
        bool, typer.Option("--anonymise", help="Replace people's names by roles before anything is rated or shown.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=f"{JSON_HELP} With --pairs, one a line.")] = False,
) -> None:
    """Rate a conversation from elsewhere, or single exchanges."""
    if pairs:
        if learner is not None:
            raise typer.BadParameter("with --pairs the learner's words are in “text”.", param_hint="--learner")
        if roles:
            raise typer.BadParameter("names are replaced in whole conversations only.", param_hint="--anonymise")
        _score_pairs(file, json)
    else:
        _score_transcript(file, learner, roles, json)


def _read(file: Path, learner: str | None, json: bool) -> Imported:
    """The transcript; where it is not clear who the learner is, somebody at a terminal is asked."""
    from rehearse.coaching.imported import format_of, read_transcript

    text = read_input(file)
    written = format_of(file.name, text)
    try:
        try:
            return read_transcript(text, written, learner)
        except UnclearLearnerError as error:
            if json or str(file) == "-" or not _somebody_is_there():
                raise
            note(f"It is not clear who the learner is. Speakers: {', '.join(error.speakers)}.")
        return read_transcript(text, written, typer.prompt("Who is the learner?", err=True))
    except TranscriptError as error:
        raise TranscriptError(f"{file}: {error}") from None


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _without_names(imported: Imported) -> Imported:
    """The same conversation with roles for names; which name became which role is said once, and kept nowhere."""
    from rehearse.coaching.anonymise import COUNTERPART, LEARNER, anonymise
    from rehearse.domain.transcript import Speaker

    names = imported.names
    transcript, mapping = anonymise(imported.transcript, names[Speaker.LEARNER], [names.get(Speaker.COUNTERPART, "")])
    replaced = ", ".join(f"{name} → {role}" for name, role in mapping.items())
    note(f"Replaced: {replaced}." if replaced else "No name was found in what was said.")
    note("No list of names is complete: read it through before you share it.")
    return replace(imported, transcript=transcript, names={Speaker.LEARNER: LEARNER, Speaker.COUNTERPART: COUNTERPART})


def _score_transcript(file: Path, learner: str | None, roles: bool, json: bool) -> None:
    from rehearse.domain.transcript import Speaker
    from rehearse.workspace import shared_workspace

    imported = _read(file, learner, json)
    if roles:
        imported = _without_names(imported)
    workspace = shared_workspace()
    debrief = workspace.coach.debrief(workspace.coach.read(imported.transcript)).to_dict()
    # On standard error, also beside JSON: whoever reads the scores can see whose they are.
    turns = len(imported.transcript.learner_turns())
    other = imported.names.get(Speaker.COUNTERPART, "nobody else")
    note(f"{turns} turn{'s' if turns != 1 else ''} of {imported.names[Speaker.LEARNER]}, with {other}.")
    if json:
        emit(debrief)
        return
    from rehearse.cli_debrief import print_debrief

    print_debrief(people(), debrief, workspace.library)


# Pairs ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """What the other said, and what the learner answered."""

    pair_id: object
    context: str
    text: str


def _score_pairs(file: Path, json: bool) -> None:
    # The whole file is read before the first exchange is rated: a bad line says so at once, not after a minute.
    pairs = list(_pairs(file, read_input(file)))
    for pair, rating in _rated(pairs):
        if json:
            emit_line(pair_answer(pair, rating))
        else:
            _print_pair(pair, rating)


def pair_answer(pair: Pair, rating: ExchangeRating) -> dict[str, object]:
    """One line of the answer."""
    full = rating.to_dict()
    return {
        "id": pair.pair_id,
        "acts": list(dict.fromkeys(span.act.value for span in rating.acts)),
        "act_spans": full["acts"],
        "ratings": full["ratings"],
        "scores": full["scores"],
    }


def _pairs(file: Path, text: str) -> Iterator[Pair]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _pair(line)
            except ValueError as error:
                raise TranscriptError(f"{file}: line {number}: {error}") from None


def _pair(line: str) -> Pair:
    try:
        raw = jsonlib.loads(line)
    except (jsonlib.JSONDecodeError, RecursionError) as error:
        detail = f" ({error.msg}, column {error.colno})" if isinstance(error, jsonlib.JSONDecodeError) else ""
        raise ValueError(f"it is not valid JSON{detail}.") from None
    if not isinstance(raw, dict):
        raise ValueError('it has to be an object with "id", "context" and "text".')
    pair_id, context, text = raw.get("id"), raw.get("context"), raw.get("text")
    if not isinstance(pair_id, str | int):
        raise ValueError('"id" is missing; it has to be a text or a whole number.')
    if not isinstance(text, str):
        raise ValueError('"text", what the learner answered, is missing; it has to be a text.')
    if context is not None and not isinstance(context, str):
        raise ValueError('"context", what the other said, has to be a text.')
    return Pair(pair_id, _whole(context or ""), _whole(text))


def _whole(text: str) -> str:
    """With every half of a surrogate pair that stands alone replaced, sign for sign, so that offsets still count."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def _rated(pairs: list[Pair]) -> Iterator[tuple[Pair, ExchangeRating]]:
    """Each pair with its rating, in order; the model runs on every processor at once."""
    from concurrent.futures import ThreadPoolExecutor

    from rehearse.session import rate_exchange

    if not pairs:
        return
    # The first one loads the model, before the threads need it.
    yield pairs[0], rate_exchange(pairs[0].context, pairs[0].text)
    pool = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))
    try:
        yield from zip(pairs[1:], pool.map(lambda p: rate_exchange(p.context, p.text), pairs[1:]), strict=True)
    finally:
        # Whoever stops reading does not wait for the rest.
        pool.shutdown(cancel_futures=True)


def _print_pair(pair: Pair, rating: ExchangeRating) -> None:
    console = people()
    console.print(printable(str(pair.pair_id)), style="bold", end="  ")
    console.print(", ".join(dict.fromkeys(span.act.value for span in rating.acts)) or "no acts", style="dim")
    scores = [f"{key} {value} ({rating.ratings[key]})" for key, value in rating.scores.items() if value is not None]
    console.print("  " + (", ".join(scores) or "not rated"))
