"""One exception tree, split by who must act.

    RehearseError
    ├── LearnerError            the person practising can put it right
    │   ├── EmptyTurnError          nothing was said
    │   ├── TurnTooLongError        more than one turn can hold
    │   ├── RehearsalOverError      the conversation has ended
    │   ├── UnknownIdError          no persona, scenario, rehearsal … has that id
    │   ├── NotSignedInError        nobody, or nobody who may enter, sent the request
    │   ├── TooManyAttemptsError    signing in failed too often; it may be tried again later
    │   ├── TranscriptError         a transcript from elsewhere cannot be read
    │   │   └── UnclearLearnerError     … or nobody can tell which of its speakers is the learner
    │   └── DocumentError           a document for one's own guidance cannot be taken in
    ├── DataFileError           the author of a data file: file, field and mend
    ├── OperatorError           whoever runs the machine
    │   ├── SettingsError           a setting is missing or wrong
    │   └── StorageError            the data folder or database cannot be used
    ├── ModelError              a chat model failed; the embedded engine takes over for that turn
    └── GroundingError          a bug: a quote or citation that is not in its source

Every message says what happened and what to do; none needs a stack trace to be understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path


class RehearseError(Exception):
    """Anything that Rehearse raises on purpose; `str()` of it can be shown to a person."""


class LearnerError(RehearseError):
    """Something that the person practising can put right."""


class EmptyTurnError(LearnerError):
    """A turn without any words."""


class TurnTooLongError(LearnerError):
    """A turn of more characters than one hold of the floor may have."""


class RehearsalOverError(LearnerError):
    """Words said after the conversation had ended."""


class UnknownIdError(LearnerError):
    """An id that names nothing; the message lists what there is."""

    def __init__(self, kind: str, wanted: str, known: list[str]) -> None:
        self.kind = kind
        self.wanted = wanted
        self.known = tuple(known)
        listed = ", ".join(known) if known else "none"
        super().__init__(f"There is no {kind} called “{wanted}”. Known: {listed}.")


class NotSignedInError(LearnerError):
    """A request, or a name and password, that belongs to nobody who may enter."""


class TooManyAttemptsError(LearnerError):
    """Signing in that failed too often; `retry_after` is how many seconds to wait."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(1, round(retry_after))
        wait = f"{self.retry_after} seconds" if self.retry_after < 120 else f"{round(self.retry_after / 60)} minutes"
        super().__init__(f"That went wrong too often, so nothing was tried. Wait {wait} and try again.")


class TranscriptError(LearnerError):
    """A transcript from elsewhere that cannot be read, or whose learner cannot be told."""


class DocumentError(LearnerError):
    """A document that cannot be taken in; the message says why and what would help."""


class UnclearLearnerError(TranscriptError):
    """A transcript that does not say which of its speakers is the learner; `speakers` in the order in which they speak."""

    def __init__(self, message: str, speakers: Sequence[str]) -> None:
        self.speakers = tuple(speakers)
        super().__init__(message)


class DataFileError(RehearseError):
    """A mistake in a data file, with where it is and how to mend it."""

    def __init__(self, file: Path | str, field: str, problem: str, mend: str) -> None:
        self.file = str(file)
        self.field = field
        self.problem = problem
        self.mend = mend
        super().__init__(f"{self.file}: {field}: {problem} Mend: {mend}")


class OperatorError(RehearseError):
    """Something that whoever runs the machine must put right."""


class SettingsError(OperatorError):
    """A setting that is missing or cannot be used."""


class StorageError(OperatorError):
    """The data folder or the database cannot be used."""


class ModelFailure(StrEnum):
    """How a chat model failed."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    REFUSED_KEY = "refused_key"
    NO_SUCH_MODEL = "no_such_model"
    RATE_LIMITED = "rate_limited"
    CROWDED = "crowded"
    """It was not asked: too many people wait for it."""
    SERVER = "server"
    CUT = "cut"
    EMPTY = "empty"
    REFUSED = "refused"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    LANGUAGE = "language"
    REJECTED = "rejected"
    """What it said broke the rules of the plan, also when asked again."""


class ModelError(RehearseError):
    """A chat model that failed: `failure` says how; `retry_after` is what the server asked for, in seconds.

    The message never holds a key, nor what the learner said.
    """

    def __init__(self, failure: ModelFailure, message: str, retry_after: float | None = None) -> None:
        self.failure = failure
        self.retry_after = retry_after
        super().__init__(message)


class GroundingError(RehearseError):
    """A quote that is not in the transcript, or a citation that is not in the corpus."""
