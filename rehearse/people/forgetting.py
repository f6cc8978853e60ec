"""Deleting all that a person keeps, and what was made from it, on disk and in memory."""

from __future__ import annotations

import shutil

from rehearse.errors import StorageError
from rehearse.perception.breaches import reader_with
from rehearse.storage.own_guidance import folder_of
from rehearse.workspace import Workspace


def delete_everything(workspace: Workspace) -> None:
    """Delete all rehearsals, the notebook, what is shared and off the record, and the index of own guidance, for good."""
    workspace.store.delete_all()
    workspace.refresh()
    forget_readings(workspace)
    forget_index(workspace)


def forget_readings(workspace: Workspace) -> None:
    """Have the models forget what they read: sentences are remembered because a turn is asked about several times.

    Nobody's are told apart, so everybody's go; whoever says something next has it read anew.
    """
    workspace.encoder.read.cache_clear()
    reader_with.cache_clear()


def forget_index(workspace: Workspace) -> None:
    """Delete what was made from a person's own guidance to search it."""
    folder = folder_of(workspace.settings.index_path, workspace.person_id)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(
            f"Everything was deleted, but for the search index in {folder} ({error.strerror}), which holds no words. Delete "
            "that folder."
        ) from None
