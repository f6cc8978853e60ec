"""One short hint for the next turn, when the learner asks for it: a nudge towards what stands open, never a script."""

from __future__ import annotations

from rehearse.coaching.conversation import DOOR_OPENED, Conversation
from rehearse.domain.guidance import Guidance
from rehearse.domain.state import Reaction
from rehearse.simulation.progress import missing_needs, permitted


def hint_for(conversation: Conversation, guidance: Guidance) -> str:
    """The hint that fits where the conversation stands; another wording each turn."""
    kind = _kind(conversation)
    texts = {hint.when: hint.text for hint in guidance.hints}
    pool = texts.get(kind) or texts["nothing"]
    return pool[len(conversation.exchanges) % len(pool)]


def _kind(conversation: Conversation) -> str:
    setting, snapshot = conversation.setting, conversation.snapshot
    if setting is None or snapshot is None:
        return "nothing"
    if not snapshot.exchanges:
        return "start"
    last = {m.reaction for m in snapshot.exchanges[-1].plan.moves}
    missing = missing_needs(setting, snapshot.state)
    for condition, kind in (
        (bool(last & {Reaction.BRISTLE, Reaction.IMPATIENT}), "misstep"),
        (Reaction.HINT in last, "hint"),
        (bool(last & DOOR_OPENED), "feeling"),
        (snapshot.state.on_table is not None, "concern"),
        (bool(missing), f"need_{missing[0].replace('-', '_')}" if missing else ""),
        (permitted(setting, snapshot.state), "permitted"),
    ):
        if condition:
            return kind
    return "nothing"
