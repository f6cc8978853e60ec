"""Everything that is kept of one person, in one file: for programs as JSON, for people as Markdown."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from rehearse.errors import RehearseError
from rehearse.export import to_dict, to_markdown
from rehearse.people.sharing import shares_of
from rehearse.retrospect import contests_of, transcript_of
from rehearse.workspace import Workspace

IN_MEMORY = 64 * 1024 * 1024
"""A larger archive goes through a temporary file that no other program can open and that is gone when it is sent."""
_PAGE = 200
_README = """Everything that Rehearse keeps of you.

rehearsals/   each talk twice: .json for programs, .md to read. A check-in and contested ratings stand in the JSON.
notebook.json your offer card, your own counterparts, your own guidance
shares.json   the snapshots that a link shows at this moment

Talks off the record are nowhere, so they are not here either.
"""


def takeout(workspace: Workspace) -> IO[bytes]:
    """The archive, at its beginning; whoever gets it closes it."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (it is given away)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _README)
        for name, content in _files(workspace):
            archive.writestr(name, content)
    file.seek(0)
    return file


def _files(workspace: Workspace) -> Iterator[tuple[str, str]]:
    for rehearsal_id in _all_ids(workspace):
        stored = workspace.store.get(rehearsal_id)
        contests = contests_of(workspace, rehearsal_id, transcript_of(stored))
        told: dict[str, Any] = to_dict(stored, contests)
        told.setdefault("check_in", json.loads(stored.check_in_json) if stored.check_in_json else None)
        told["offer"] = json.loads(stored.offer_json) if stored.offer_json else None
        told["guess"] = stored.guess
        name = f"rehearsals/{stored.started_at:%Y-%m-%d}-{rehearsal_id[:12]}"
        yield f"{name}.json", _json(told)
        try:
            readable = to_markdown(stored, workspace.library, contests)
        except (RehearseError, KeyError) as error:
            # A data file it needs is gone; the JSON beside it has every word.
            readable = f"This talk cannot be written out ({type(error).__name__}). Read the JSON beside it.\n"
        yield f"{name}.md", readable
    notebook = workspace.store.notebook
    offer = notebook.offer()
    yield (
        "notebook.json",
        _json(
            {
                "offer": json.loads(offer) if offer else None,
                "own_personas": [asdict(persona) for persona in notebook.own_personas()],
                "documents": [asdict(document) for document in notebook.documents()],
            }
        ),
    )
    shares = [{**asdict(s), "snapshot": json.loads(s.snapshot_json), "snapshot_json": None} for s in shares_of(workspace).list()]
    yield "shares.json", _json(shares)


def _all_ids(workspace: Workspace) -> list[str]:
    found: list[str] = []
    while page := workspace.store.list(limit=_PAGE, offset=len(found)):
        found += [summary.rehearsal_id for summary in page]
    return found


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2, default=_moment) + "\n"


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(type(value).__name__)
