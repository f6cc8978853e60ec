"""What there is to rehearse and to read: scenarios, counterparts, ideas. Public sides only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from rehearse.app.api.people import MyDesk
from rehearse.app.api.told import CheckTold, HitTold, IdeaTold, PassageTold, PersonaTold, ScenarioTold
from rehearse.domain.library import Library
from rehearse.domain.persona import Persona
from rehearse.domain.scenario import Scenario

router = APIRouter(tags=["What there is"])


def scenario_told(scenario: Scenario, library: Library) -> ScenarioTold:
    """The brief of a scenario."""
    return ScenarioTold(
        id=scenario.id,
        title=scenario.title,
        summary=scenario.summary,
        situation=scenario.situation,
        learner_role=scenario.learner_role,
        goal=scenario.goal,
        both_know=list(scenario.both_know),
        tips=list(scenario.tips),
        ideas=list(scenario.ideas),
        checks=[CheckTold(id=check.id, title=check.title) for check in scenario.checks],
        personas=[persona.id for persona in library.personas_for(scenario.id)],
    )


def persona_told(persona: Persona) -> PersonaTold:
    """The public side of a persona."""
    return PersonaTold(
        id=persona.id,
        name=persona.name,
        pronoun=persona.pronoun,
        role=persona.role,
        bio=persona.bio,
        manner=persona.manner,
        sample=persona.sample,
        scenarios=list(persona.scenarios),
    )


@router.get("/scenarios")
def scenarios(desk: MyDesk) -> list[ScenarioTold]:
    """The conversations that can be rehearsed, each with its brief."""
    library = desk.workspace.library
    return [scenario_told(scenario, library) for scenario in library.scenarios]


@router.get("/personas")
def personas(desk: MyDesk) -> list[PersonaTold]:
    """Who can play the counterpart, your own counterparts among them."""
    return [persona_told(persona) for persona in desk.workspace.library.personas]


@router.get("/ideas")
def ideas(desk: MyDesk) -> list[IdeaTold]:
    """The six ideas with all their passages."""
    return [
        IdeaTold(
            id=idea.idea_id,
            title=idea.title,
            source=idea.source,
            summary=idea.summary,
            introduction=idea.introduction,
            passages=[PassageTold(passage=p.passage_id, text=p.text) for p in idea.passages],
        )
        for idea in desk.workspace.library.corpus.ideas
    ]


@router.get("/ideas/search")
def search(
    desk: MyDesk,
    q: Annotated[str, Query(max_length=1_000, description="A question, or a few words.", examples=["How often should we meet?"])],
    top: Annotated[int, Query(ge=1, le=50, description="How many passages.")] = 3,
) -> list[HitTold]:
    """The passages that answer a question, best first; none for a question without words."""
    return [
        HitTold(idea=hit.idea_id, passage=hit.passage_id, text=hit.text, score=round(hit.score, 4))
        for hit in desk.workspace.index.search(q, top)
    ]
