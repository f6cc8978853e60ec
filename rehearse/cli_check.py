"""`rehearse check`: data files, validated; each problem with file, field and mend."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rehearse.cli_output import EXIT_BUG, JSON_HELP, emit, people, say
from rehearse.errors import DataFileError, RehearseError

if TYPE_CHECKING:
    from rehearse.domain.idea import Corpus
    from rehearse.domain.persona import Persona
    from rehearse.domain.rubric import Rubric
    from rehearse.domain.scenario import Scenario

_FOLDERS = {"personas": "persona", "scenarios": "scenario", "rubrics": "rubric", "ideas": "idea", "rated": "rated"}
_SINGLE = {
    "lexicon": ("rehearse.domain.lexicon", "Lexicon"),
    "dynamics": ("rehearse.domain.tuning", "Tuning"),
    "coaching": ("rehearse.domain.guidance", "Guidance"),
    "bots": ("rehearse.domain.bots", "BotLines"),
    "carry": ("rehearse.domain.carry_texts", "CarryTexts"),
    "draft-lines": ("rehearse.domain.draft_form", "DraftLines"),
    "own-counterpart": ("rehearse.domain.own_persona", "OwnFormTexts"),
    "ideas-examples": ("rehearse.domain.idea_examples", "ExamplesFile"),
    "directions": ("rehearse.domain.speaking", "Directions"),
    "guard": ("rehearse.domain.speaking", "GuardRules"),
    "guard-examples": ("rehearse.domain.guard_examples", "GuardExamples"),
    "models": ("rehearse.llm.hub", "ModelList"),
}
"""Files of which there is one, known by their name, and the records they hold."""
_FIELDS = {
    "persona": {"temperament", "voice", "concerns"},
    "scenario": {"learner_role", "needs", "checks"},
    "rubric": {"criteria"},
    "lexicon": {"softeners", "jargon"},
    "dynamics": {"novelty", "difficulty"},
    "coaching": {"remarks", "hints"},
    "bots": {"helpful", "harmful", "injection"},
    "carry": {"cards", "agreement"},
}
_ENDINGS = {".yaml", ".yml", ".md", ".jsonl"}
_TOP_FIELD = re.compile(r"^([a-z_]+):", re.MULTILINE)


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help="Files or folders; without any: what ships, and your own personas."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Validate data files: personas, scenarios, rubrics and more.

    Each problem with its file, its field and how to mend it. The exit code is 1 if there is one.
    """
    found = Findings()
    if paths:
        _check_given(paths, found, _Seen())
    else:
        found = _check_all()
    if json:
        problems = [{"file": p.file, "field": p.field, "problem": p.problem, "mend": p.mend} for p in found.problems]
        emit({"ok": not found.problems, "checked": found.checked, "problems": problems})
    else:
        _print(found)
    if found.problems:
        raise typer.Exit(EXIT_BUG)


@dataclass
class Findings:
    """How many files were checked, and what is wrong with them; the same problem is told once."""

    checked: int = 0
    problems: list[DataFileError] = field(default_factory=list)

    def attempt(self, action: Callable[[], object]) -> None:
        """Do something that may raise a problem, and keep it."""
        try:
            action()
        except DataFileError as problem:
            self.add(problem)

    def add(self, problem: DataFileError) -> None:
        """Keep a problem unless it is known."""
        if str(problem) not in {str(known) for known in self.problems}:
            self.problems.append(problem)


def _print(found: Findings) -> None:
    console = people()
    for problem in found.problems:
        say(console, f"{problem.file}: {problem.field}", style="bold", indent=0)
        say(console, problem.problem)
        say(console, f"Mend: {problem.mend}", style="dim")
    files = "file" if found.checked == 1 else "files"
    if found.problems:
        count = len(found.problems)
        console.print(f"{count} problem{'s' if count > 1 else ''} in {found.checked} {files}.", style="bold red")
    else:
        console.print(f"{found.checked} {files} checked, no problems.", style="green")


# What is checked ------------------------------------------------------------------------------------------------------


def _check_all() -> Findings:
    """Everything that ships, and the user's own personas: each file, and then what they owe each other."""
    from rehearse.config import load_settings
    from rehearse.domain.library import check_rubrics, load_corpus, shipped_root

    root, home = shipped_root(), load_settings().home
    folders = [root / "corpus", root / "personas", home / "personas"]
    found, seen = Findings(), _Seen()
    _check_given([folder for folder in folders if folder.is_dir()], found, seen)
    for kind in ("lexicon", "dynamics", "coaching", "directions", "guard"):
        path = root / "corpus" / f"{kind}.yaml"
        if not path.is_file():
            found.add(DataFileError(path, "file", "it is missing.", "install Rehearse again."))
    try:
        check_rubrics(root, seen.rubrics.values(), load_corpus(root))
    except DataFileError as problem:
        found.add(problem)
    first: dict[str, Path] = {}
    for path, persona in seen.personas.items():
        if first.setdefault(persona.id, path) != path:
            twice = f"there is already a persona {persona.id}, in {first[persona.id]}."
            found.add(DataFileError(path, "id", twice, "choose another id, and name the file after it."))
    return found


def _check_given(paths: list[Path], found: Findings, seen: _Seen) -> None:
    from rehearse.domain.library import check_persona

    for path in dict.fromkeys(file for given in paths for file in _files(given, found)):
        found.checked += 1
        found.attempt(partial(_check_file, path, found, seen))
    scenarios = _shipped_scenarios(seen)
    for path, persona in seen.personas.items():
        found.attempt(partial(check_persona, path, persona, scenarios))
    for path, scenario in seen.scenarios.items():
        found.attempt(partial(_check_scenario, path, scenario))


@dataclass
class _Seen:
    """What later checks need of the files already read."""

    personas: dict[Path, Persona] = field(default_factory=dict)
    scenarios: dict[Path, Scenario] = field(default_factory=dict)
    rubrics: dict[Path, Rubric] = field(default_factory=dict)
    rated_ids: set[str] = field(default_factory=set)


def _files(given: Path, found: Findings) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    inside = sorted(path for path in given.rglob("*") if path.is_file() and path.suffix in _ENDINGS)
    homes = {".md": {"ideas"}, ".jsonl": {"rated", "conversations", "sentences"}}
    wanted = [path for path in inside if path.parent.name in homes.get(path.suffix, {path.parent.name})]
    if not wanted:
        found.add(DataFileError(given, "folder", "it holds no data files.", "give a folder with YAML files."))
    yield from wanted


def _check_file(path: Path, found: Findings, seen: _Seen) -> None:
    from rehearse.domain.loading import load_idea, load_record, read_text
    from rehearse.domain.persona import Persona
    from rehearse.domain.rubric import Rubric
    from rehearse.domain.scenario import Scenario

    kind = _kind(path, "" if path.suffix == ".jsonl" else read_text(path))
    if path.suffix == ".yml":
        raise DataFileError(path, "file", "only files that end in .yaml are read.", f"rename it {path.stem}.yaml.")
    if kind == "persona":
        seen.personas[path] = load_record(path, Persona)
    elif kind == "scenario":
        seen.scenarios[path] = load_record(path, Scenario)
    elif kind == "idea":
        load_idea(path)
    elif kind == "rated":
        for problem in _rated_problems(path, seen):
            found.add(problem)
    elif kind == "rubric":
        seen.rubrics[path] = rubric = load_record(path, Rubric)
        _check_passages(path, [(f"criteria.{c.id}.passages", p) for c in rubric.criteria for p in c.passages])
    elif kind:
        _check_single(path, kind)
    else:
        known = ", ".join(sorted({*_FOLDERS.values(), *_SINGLE}))
        mend = f"known are {known}; put it into their folder, or take it away."
        raise DataFileError(path, "file", "it is no kind of data file that Rehearse knows.", mend)


def _check_single(path: Path, kind: str) -> None:
    """A file of which there is one, and the passages that it names."""
    from rehearse.domain.loading import load_record

    module, name = _SINGLE[kind]
    record: Any = load_record(path, getattr(import_module(module), name))
    used: list[tuple[str, str]] = []
    if kind == "coaching":
        used = [(f"remarks.{r.about}", p) for r in record.remarks for p in r.passages]
        used += [(f"ideas.{i.idea}", p) for i in record.ideas for p in i.passages.values()]
    elif kind == "carry":
        used = [(f"cards.{c.scenario}.{p.part.value}", p.passage) for c in record.cards for p in c.parts]
        used += [(f"agreement.{f.id}", f.passage) for f in record.agreement.fields]
    elif kind == "ideas-examples":
        used = [(f"ideas.{i.idea}", e.passage) for i in record.ideas for e in i.examples]
    _check_passages(path, used)


def _kind(path: Path, text: str) -> str:
    """What a file is meant to be: by the folder it lies in, its own name, or the fields in it."""
    if path.suffix == ".jsonl":
        return "rated"
    if path.suffix == ".md":
        return "idea"
    if path.suffix not in (".yaml", ".yml"):
        return ""
    if path.stem in _SINGLE:
        return path.stem
    if path.parent.name in _FOLDERS:
        return _FOLDERS[path.parent.name]
    fields = set(_TOP_FIELD.findall(text))
    kinds = {kind: len(fields & wanted) for kind, wanted in _FIELDS.items()}
    best = max(kinds, key=lambda kind: kinds[kind])
    return best if kinds[best] else ""


# What one file owes the others ----------------------------------------------------------------------------------------


def _shipped_corpus() -> Corpus | None:
    """The corpus to check references against; None when it cannot be read, which is reported elsewhere."""
    from rehearse.domain.library import load_corpus, shipped_root

    try:
        return load_corpus(shipped_root())
    except RehearseError:
        return None


def _shipped_scenarios(seen: _Seen) -> list[Scenario]:
    """Every scenario that a persona may name: those that were checked and those that ship."""
    from rehearse.domain.library import shipped_root
    from rehearse.domain.loading import load_record
    from rehearse.domain.scenario import Scenario

    scenarios = {scenario.id: scenario for scenario in seen.scenarios.values()}
    for path in sorted((shipped_root() / "corpus" / "scenarios").glob("*.yaml")) if seen.personas else ():
        if path.stem not in scenarios:
            try:
                scenarios[path.stem] = load_record(path, Scenario)
            except DataFileError:
                continue
    return list(scenarios.values())


def _check_scenario(path: Path, scenario: Scenario) -> None:
    from rehearse.domain.idea import IDEA_IDS

    for idea_id in scenario.ideas:
        if idea_id not in IDEA_IDS:
            raise DataFileError(path, "ideas", f"there is no idea {idea_id}.", f"use one of {', '.join(IDEA_IDS)}.")


def _check_passages(path: Path, used: list[tuple[str, str]]) -> None:
    corpus = _shipped_corpus() if used else None
    known = {passage.passage_id for passage in corpus.passages()} if corpus else None
    for name, passage_id in used:
        if known is not None and passage_id not in known:
            raise DataFileError(
                path, name, f"the corpus has no passage {passage_id}.", "use the id of a `##` section in corpus/ideas."
            )


def _rated_problems(path: Path, seen: _Seen) -> Iterator[DataFileError]:
    """Each line of a file of rated exchanges, sentences or conversations that is wrong."""
    from rehearse.domain.rated import RatedConversation, RatedExchange, RatedSentence, read_rows

    rows: Iterator[object] = (
        read_rows(path, RatedConversation, seen.rated_ids)
        if path.parent.name == "conversations"
        else read_rows(path, RatedSentence, seen.rated_ids)
        if path.parent.name == "sentences"
        else read_rows(path, RatedExchange, seen.rated_ids)
    )
    yield from (row for row in rows if isinstance(row, DataFileError))
