"""`rehearse ideas`, `personas` and `scenarios`: what there is to read and to rehearse. Public sides only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rehearse.cli_output import JSON_HELP, emit, note, people, say

if TYPE_CHECKING:
    from rehearse.domain.library import Library
    from rehearse.domain.persona import Persona
    from rehearse.domain.scenario import Scenario

ideas = typer.Typer(help="The six ideas: list, show, search.", no_args_is_help=True)
personas = typer.Typer(help="The counterparts: list, show, new.", no_args_is_help=True)
scenarios = typer.Typer(help="The conversations to rehearse: list, show.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


def _library() -> Library:
    from rehearse.workspace import shared_workspace

    library = shared_workspace().library
    for problem in library.problems:
        note(f"Left out: {problem}")
    return library


# Ideas ----------------------------------------------------------------------------------------------------------------


@ideas.command("list")
def list_ideas(json: Json = False) -> None:
    """The six ideas."""
    found = _library().corpus.ideas
    if json:
        emit([{"id": idea.idea_id, "title": idea.title} for idea in found])
        return
    for idea in found:
        _entry(idea.idea_id, idea.title, idea.summary)


@ideas.command("show")
def show_idea(idea_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """One idea, with all its passages and its source."""
    idea = _library().corpus.idea(idea_id)
    if json:
        emit(
            {
                "id": idea.idea_id,
                "title": idea.title,
                "source": idea.source,
                "summary": idea.summary,
                "introduction": idea.introduction,
                "passages": [{"passage": p.passage_id, "text": p.text} for p in idea.passages],
            }
        )
        return
    console = people()
    console.print(idea.title, style="bold")
    console.print(idea.introduction or idea.summary)
    for passage in idea.passages:
        console.print()
        console.print(passage.passage_id, style="dim")
        console.print(passage.text)
    console.print()
    console.print(f"Source: {idea.source}", style="dim")


@ideas.command("search")
def search(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="A question, or a few words.")],
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="How many passages.")] = 3,
    json: Json = False,
) -> None:
    """The passages that answer a question, best first."""
    from rehearse.workspace import search_ideas

    hits = search_ideas(words, top)
    if json:
        emit([hit.to_dict() for hit in hits])
        return
    if not hits:
        note("No passage was found. Ask with a few words, such as: how often should we meet?")
    console = people()
    for hit in hits:
        console.print(f"{hit.idea_id} / {hit.passage_id}", style="bold", end="")
        console.print(f"  {hit.score:.2f}", style="dim")
        console.print(hit.text)
        console.print()


# Personas -------------------------------------------------------------------------------------------------------------


def public_persona(persona: Persona) -> dict[str, object]:
    """All of a persona that may be shown before a rehearsal has ended."""
    return {
        "id": persona.id,
        "name": persona.name,
        "pronoun": persona.pronoun,
        "role": persona.role,
        "bio": persona.bio,
        "manner": persona.manner,
        "sample": persona.sample,
        "scenarios": list(persona.scenarios),
    }


@personas.command("list")
def list_personas(json: Json = False) -> None:
    """Who can play the counterpart, and in which scenarios."""
    found = _library().personas
    if json:
        emit([{"id": p.id, "name": p.name, "role": p.role, "scenarios": list(p.scenarios)} for p in found])
        return
    for persona in found:
        _entry(persona.id, f"{persona.name}, {persona.role}", ", ".join(persona.scenarios))


@personas.command("show")
def show_persona(persona_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """The public side of one persona."""
    persona = _library().persona(persona_id)
    if json:
        emit(public_persona(persona))
        return
    console = people()
    console.print(f"{persona.name}, {persona.role}", style="bold")
    console.print(persona.bio)
    console.print(persona.manner)
    console.print(f"“{persona.sample}”", style="italic")
    console.print(f"Scenarios: {', '.join(persona.scenarios)}", style="dim")


# Scenarios ------------------------------------------------------------------------------------------------------------


def public_scenario(scenario: Scenario, library: Library) -> dict[str, object]:
    """All of a scenario that the learner may read beforehand: the brief."""
    return {
        "id": scenario.id,
        "title": scenario.title,
        "summary": scenario.summary,
        "situation": scenario.situation,
        "learner_role": scenario.learner_role,
        "goal": scenario.goal,
        "both_know": list(scenario.both_know),
        "tips": list(scenario.tips),
        "ideas": list(scenario.ideas),
        "checks": [{"id": check.id, "title": check.title} for check in scenario.checks],
        "personas": [p.id for p in library.personas_for(scenario.id)],
    }


@scenarios.command("list")
def list_scenarios(json: Json = False) -> None:
    """The conversations that can be rehearsed."""
    found = _library().scenarios
    if json:
        emit([{"id": s.id, "title": s.title} for s in found])
        return
    for scenario in found:
        _entry(scenario.id, scenario.title, scenario.summary)


@scenarios.command("show")
def show_scenario(scenario_id: Annotated[str, typer.Argument(metavar="ID")], json: Json = False) -> None:
    """The brief of one scenario."""
    library = _library()
    scenario = library.scenario(scenario_id)
    if json:
        emit(public_scenario(scenario, library))
        return
    print_brief(scenario)
    cast = ", ".join(p.id for p in library.personas_for(scenario.id))
    people().print(f"Counterparts: {cast}", style="dim")


def print_brief(scenario: Scenario) -> None:
    """The brief, for people."""
    console = people()
    console.print(scenario.title, style="bold")
    for text in (scenario.situation, scenario.learner_role, f"Your goal: {scenario.goal}"):
        console.print(text)
        console.print()
    for title, items in (
        ("You both know", scenario.both_know),
        ("What to try", scenario.tips),
        ("How success is seen", [check.title for check in scenario.checks]),
    ):
        console.print(title, style="bold")
        for item in items:
            say(console, f"- {item}")


def _entry(key: str, title: str, more: str) -> None:
    """One line of a list, and what else there is to say below it."""
    console = people()
    console.print(key, style="bold cyan")
    say(console, title)
    say(console, more, style="dim")
