"""All data files together: where they are found, and what refers to what.

Shipped files lie beside the package in a checkout and inside it in a wheel; a user's own folder adds to them. A broken
persona stops nothing but itself: it is left out and reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from rehearse.domain.bots import BotLines
from rehearse.domain.guidance import Guidance
from rehearse.domain.idea import IDEA_IDS, Corpus, Idea
from rehearse.domain.lexicon import Lexicon
from rehearse.domain.loading import load_cues, load_idea, load_record
from rehearse.domain.persona import Persona
from rehearse.domain.rubric import CRITERION_IDS, Criterion, Rubric, rubric_version
from rehearse.domain.scenario import Scenario
from rehearse.domain.speaking import Directions, GuardRules
from rehearse.domain.tuning import Tuning
from rehearse.errors import DataFileError, UnknownIdError


def shipped_root() -> Path:
    """The folder that holds `corpus/` and `personas/`: inside an installed package, else the checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "_data"
    return inside if inside.is_dir() else package.parent


@dataclass(frozen=True)
class Library:
    """Everything authored that a rehearsal needs; `problems` are the files that were left out, and why."""

    corpus: Corpus
    rubrics: tuple[Rubric, ...]
    scenarios: tuple[Scenario, ...]
    personas: tuple[Persona, ...]
    lexicon: Lexicon
    tuning: Tuning
    guidance: Guidance
    directions: Directions
    guard: GuardRules
    problems: tuple[DataFileError, ...] = ()

    def persona(self, persona_id: str) -> Persona:
        """The persona with that id; `UnknownIdError` where there is none."""
        for persona in self.personas:
            if persona.id == persona_id:
                return persona
        raise UnknownIdError("persona", persona_id, [p.id for p in self.personas])

    def scenario(self, scenario_id: str) -> Scenario:
        """The scenario with that id; `UnknownIdError` where there is none."""
        for scenario in self.scenarios:
            if scenario.id == scenario_id:
                return scenario
        raise UnknownIdError("scenario", scenario_id, [s.id for s in self.scenarios])

    def criterion(self, criterion_id: str) -> Criterion:
        """The criterion with that id."""
        for rubric in self.rubrics:
            for criterion in rubric.criteria:
                if criterion.id == criterion_id:
                    return criterion
        raise UnknownIdError("criterion", criterion_id, list(CRITERION_IDS))

    @cached_property
    def rubric_version(self) -> str:
        """A short hash of the rubrics, kept with each assessment."""
        return rubric_version(self.rubrics)

    def personas_for(self, scenario_id: str) -> tuple[Persona, ...]:
        """Who may play the counterpart in a scenario."""
        return tuple(p for p in self.personas if scenario_id in p.scenes)


def check_persona(path: Path | str, persona: Persona, scenarios: Iterable[Scenario]) -> None:
    """What one persona file owes the scenarios that it names; raises `DataFileError`."""
    known = {s.id: s for s in scenarios}
    for scenario_id, scene in persona.scenes.items():
        scenario = known.get(scenario_id)
        if scenario is None:
            raise DataFileError(path, f"scenes.{scenario_id}", "there is no such scenario.", f"use one of {', '.join(known)}.")
        for need in scenario.needs:
            if len(scene.invite.get(need.id, ())) < 2:
                raise DataFileError(
                    path, f"scenes.{scenario_id}.invite.{need.id}", "fewer than two lines.", "write at least two lines."
                )
        facts = persona.facts_in(scenario_id)
        if any(n.wish for n in scenario.needs) and not any(f.wish for f in facts):
            raise DataFileError(
                path, "facts", f"{scenario_id} needs something they wish to learn.", "mark a fact with `wish: true`."
            )
    for scenario_id in persona.habit:
        if scenario_id not in persona.scenes:
            raise DataFileError(path, f"habit.{scenario_id}", "there is no such scene.", "add the scene or take this out.")


def check_rubrics(root: Path, rubrics: Iterable[Rubric], corpus: Corpus) -> None:
    """Each criterion once, and each passage that it cites present; raises `DataFileError`."""
    folder = root / "corpus" / "rubrics"
    found: set[str] = set()
    passage_ids = {p.passage_id for p in corpus.passages()}
    for rubric in rubrics:
        for criterion in rubric.criteria:
            found.add(criterion.id)
            for passage_id in criterion.passages:
                if passage_id not in passage_ids:
                    raise DataFileError(
                        folder / f"{rubric.id}.yaml",
                        f"criteria.{criterion.id}.passages",
                        f"the corpus has no passage {passage_id}.",
                        "use the id of a `##` section in corpus/ideas.",
                    )
    missing = [c for c in CRITERION_IDS if c not in found]
    if missing:
        raise DataFileError(folder, "criteria", f"missing: {', '.join(missing)}.", "describe each criterion once.")


def _yaml_files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.yaml")) if folder.is_dir() else ()


def load_corpus(root: Path) -> Corpus:
    """The six ideas below `root`, in their own order; passage ids unique over all of them."""
    ideas = tuple(load_idea(root / "corpus" / "ideas" / f"{idea_id}.md") for idea_id in IDEA_IDS)
    seen: dict[str, str] = {}
    for idea in ideas:
        for passage in idea.passages:
            if passage.passage_id in seen:
                raise DataFileError(
                    root / "corpus" / "ideas" / f"{idea.idea_id}.md",
                    passage.passage_id,
                    f"this passage id stands already in {seen[passage.passage_id]}.",
                    "give it another id.",
                )
            seen[passage.passage_id] = idea.idea_id
    further = _further_cues(root / "corpus" / "cues", set(seen))
    return Corpus(tuple(_with_cues(idea, further) for idea in ideas))


def _further_cues(folder: Path, known: set[str]) -> dict[str, list[str]]:
    """Cues that stand in files of their own, by passage."""
    cues: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.tsv")):
        for number, passage_id, cue in load_cues(path):
            if passage_id not in known:
                raise DataFileError(
                    path,
                    f"line {number}",
                    f"the corpus has no passage {passage_id}.",
                    "use the id of a `##` section in corpus/ideas.",
                )
            cues.setdefault(passage_id, []).append(cue)
    return cues


def _with_cues(idea: Idea, cues: dict[str, list[str]]) -> Idea:
    passages = tuple(replace(p, cues=tuple(dict.fromkeys((*p.cues, *cues.get(p.passage_id, ()))))) for p in idea.passages)
    return replace(idea, passages=passages)


def load_lexicon(root: Path) -> Lexicon:
    """The precise rules and word lists below `root`."""
    return load_record(root / "corpus" / "lexicon.yaml", Lexicon)


def load_tuning(root: Path) -> Tuning:
    """The numbers of the dynamics below `root`."""
    return load_record(root / "corpus" / "dynamics.yaml", Tuning)


def load_bot_lines(root: Path | None = None) -> BotLines:
    """What the learner bots say."""
    return load_record((root or shipped_root()) / "corpus" / "bots.yaml", BotLines)


def load_guidance(root: Path, corpus: Corpus) -> Guidance:
    """The coach's words below `root`; each passage they rely on must be in the corpus."""
    path = root / "corpus" / "coaching.yaml"
    guidance = load_record(path, Guidance)
    known = {p.passage_id for p in corpus.passages()}
    used = [(f"remarks.{r.about}", p) for r in guidance.remarks for p in r.passages]
    used += [(f"ideas.{i.idea}", p) for i in guidance.ideas for p in i.passages.values()]
    for field, passage_id in used:
        if passage_id not in known:
            raise DataFileError(
                path, field, f"the corpus has no passage {passage_id}.", "use the id of a `##` section in corpus/ideas."
            )
    return guidance


def load_library(root: Path | None = None, own: Path | None = None) -> Library:
    """Read all data files: those that ship (or lie below `root`), and personas from the user's `own` folder.

    A mistake in the corpus, a rubric or a scenario raises; a mistake in a persona leaves that persona out.
    """
    root = root or shipped_root()
    corpus = load_corpus(root)
    rubrics = tuple(load_record(path, Rubric) for path in _yaml_files(root / "corpus" / "rubrics"))
    check_rubrics(root, rubrics, corpus)
    scenarios = tuple(load_record(path, Scenario) for path in _yaml_files(root / "corpus" / "scenarios"))
    personas: dict[str, Persona] = {}
    problems: list[DataFileError] = []
    folders = [root / "personas"] + ([own / "personas"] if own else [])
    for path in (path for folder in folders for path in _yaml_files(folder)):
        try:
            persona = load_record(path, Persona)
            check_persona(path, persona, scenarios)
            if persona.id in personas:
                raise DataFileError(path, "id", f"there is already a persona {persona.id}.", "choose another id.")
        except DataFileError as problem:
            problems.append(problem)
        else:
            personas[persona.id] = persona
    return Library(
        corpus,
        rubrics,
        scenarios,
        tuple(personas.values()),
        load_lexicon(root),
        load_tuning(root),
        load_guidance(root, corpus),
        load_record(root / "corpus" / "directions.yaml", Directions),
        load_record(root / "corpus" / "guard.yaml", GuardRules),
        tuple(problems),
    )


@cache
def shipped_library() -> Library:
    """The library that ships, read once a process."""
    return load_library()
