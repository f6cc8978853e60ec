"""A sample talk for an empty history: played in memory by the real engine and coach, never stored."""

from __future__ import annotations

from functools import lru_cache

from rehearse.domain.state import Ending
from rehearse.errors import RehearseError
from rehearse.session import Rehearsal
from rehearse.workspace import Workspace

SAMPLE_ID = "sample"
SCENARIO_ID, PERSONA_ID, SEED = "pitch-to-boss", "marguerite-dunne", 7
LINES = (
    "Thank you for showing me how you plan the peak week. I learned more in that hour than in my first month.",
    "I think younger people should mentor the leadership on digital stuff.",
    "Fair. I'd show you how I read the drivers' forum: complaints turn up there about ten days before they reach our desk.",
    "Half an hour every second Wednesday at ten, when the docks are quiet. I'd prepare it in my own time.",
    "It sounds as if the last programme left you to do the apologising. What would have made it fair for the depots?",
    "I hadn't thought of that. Then you would see a half-page plan before anyone else does, and the depots hear it from you.",
    "We look at the late parcels on your Monday sheet after three weeks. If they have not moved, we stop.",
    "Could we do the first one on Wednesday the 14th at ten? I'd bring the half page on Friday.",
)


@lru_cache(maxsize=1)
def sample_rehearsal(workspace: Workspace) -> Rehearsal:
    """The sample talk; another persona stands in where the shipped one is not there."""
    library = workspace.library
    try:
        persona_id = library.persona(PERSONA_ID).id
    except RehearseError:
        persona_id = library.personas_for(SCENARIO_ID)[0].id
    rehearsal = Rehearsal.start(SCENARIO_ID, persona_id, "normal", SEED, library=library, index=workspace.index)
    for line in LINES:
        if rehearsal.ended is Ending.OPEN:
            rehearsal.say(line)
    return rehearsal
