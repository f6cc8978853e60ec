"""Prompts are files: `prompts/NAME.md`, with declared variables. A missing or an unused variable raises, and each has a hash.

A file begins with front matter (`version`, `variables`), then has sections `# system` and `# user`, written in Jinja.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, meta

from rehearse.domain.data import Record
from rehearse.domain.loading import load_with_front
from rehearse.errors import DataFileError
from rehearse.llm.chat import Message, Prompt, Role

FOLDER = Path(__file__).resolve().parents[1] / "prompts"
FENCE = "‹‹‹"
"""What opens the learner's words and added documents in a prompt; its mirror image closes them."""
_UNFENCE = "›››"
_SECTION = re.compile(r"^# (system|user)[ \t]*\n", re.M)


class _Front(Record):
    version: int
    """Raised by whoever changes what the prompt asks for."""
    variables: tuple[str, ...]


def fenced(text: str) -> str:
    """Words of the learner, or of a document that somebody added, as data: they cannot close their own fence."""
    inside = text.replace(FENCE, "‹").replace(_UNFENCE, "›")
    return f"{FENCE}{inside}{_UNFENCE}"


@dataclass(frozen=True)
class PromptFile:
    """A prompt as its file has it; `digest` changes whenever a letter of the file does."""

    name: str
    version: int
    variables: frozenset[str]
    system: str
    user: str
    digest: str

    @property
    def made_from(self) -> str:
        """How records name it."""
        return f"{self.name}@{self.digest}"

    def fill(self, history: Sequence[Message] = (), **values: object) -> Prompt:
        """The prompt for one call: the system part, the history, and the user part last, because it changes most.

        Raises `TypeError` where a variable is missing or none that the file declares.
        """
        if set(values) != self.variables:
            missing, extra = self.variables - set(values), set(values) - self.variables
            raise TypeError(f"prompt {self.name}: missing {sorted(missing)}, not declared {sorted(extra)}")
        environment = _environment()
        system = environment.from_string(self.system).render(values).strip()
        user = environment.from_string(self.user).render(values).strip()
        return Prompt((Message(Role.SYSTEM, system), *history, Message(Role.USER, user)), self.made_from)


@cache
def load_prompt(name: str, folder: Path = FOLDER) -> PromptFile:
    """The prompt of that name; `DataFileError` names the file, the field and the mend."""
    path = folder / f"{name}.md"
    front, text = load_with_front(path, _Front)
    declared = frozenset(front.variables)
    parts = _SECTION.split(text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if set(sections) != {"system", "user"}:
        raise DataFileError(path, "sections", "it needs `# system` and `# user`.", "add the one that is missing.")
    environment = _environment()
    used = meta.find_undeclared_variables(environment.parse(sections["system"] + sections["user"]))
    if used != declared:
        raise DataFileError(
            path,
            "variables",
            f"declared {sorted(declared)}, used {sorted(used)}.",
            "declare exactly the variables that are used.",
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return PromptFile(name, front.version, declared, sections["system"], sections["user"], digest)


def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701 - no HTML
