"""The counterparts that one person made in the browser, joined to the library that everybody has."""

from __future__ import annotations

import logging
from dataclasses import replace

from rehearse.domain.library import Library
from rehearse.domain.own_persona import read_own_persona
from rehearse.domain.persona import Persona
from rehearse.errors import DataFileError, StorageError
from rehearse.storage.notebook import Notebook

_log = logging.getLogger(__name__)


def with_own_cast(library: Library, notebook: Notebook) -> Library:
    """The library with this person's counterparts at its end, also those kept for old talks; a broken one is reported."""
    try:
        kept = notebook.own_personas()
    except StorageError as error:
        # Whatever is begun next meets the same trouble and says so; looking things up goes on.
        _log.warning("own counterparts are left out: %s", error)
        return library
    taken = {p.id for p in library.personas}
    own: list[Persona] = []
    problems: list[DataFileError] = []
    for entry in kept:
        try:
            if entry.persona_id in taken:
                raise DataFileError(entry.persona_id, "id", "there is already a persona with this id.", "make it again.")
            own.append(read_own_persona(entry.persona_id, entry.yaml, library.scenarios))
        except DataFileError as problem:
            problems.append(problem)
    return replace(library, personas=(*library.personas, *own), problems=(*library.problems, *problems))
