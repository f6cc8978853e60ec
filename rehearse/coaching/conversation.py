"""What the coach looks at: the words, what they did, and, in a rehearsal, what lay behind the answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from rehearse.domain.acts import Act, ActSpan
from rehearse.domain.offer import OfferCard
from rehearse.domain.state import Cause, Reaction
from rehearse.domain.transcript import Transcript, Turn
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.snapshot import Exchange, Snapshot

FEELING_SHOWN = frozenset(
    {
        Reaction.DISCLOSE,
        Reaction.HINT,
        Reaction.VOICE_CONCERN,
        Reaction.PRESS_CONCERN,
        Reaction.BRISTLE,
        Reaction.SOFTEN,
    }
)
DOOR_OPENED = frozenset({Reaction.DISCLOSE, Reaction.HINT, Reaction.SOFTEN})


@dataclass(frozen=True)
class Conversation:
    """A conversation as far as it has come; `setting` and `snapshot` are None for a transcript from elsewhere."""

    transcript: Transcript
    acts: dict[int, tuple[ActSpan, ...]]
    """The acts of each learner turn, by its number."""
    setting: Setting | None = None
    snapshot: Snapshot | None = None
    offer: OfferCard | None = None
    """What the learner had planned to say; None where they wrote nothing down."""

    @cached_property
    def exchanges(self) -> dict[int, Exchange]:
        """The rehearsed exchanges by turn number; empty for a transcript from elsewhere."""
        return {e.turn: e for e in self.snapshot.exchanges} if self.snapshot else {}

    @property
    def learner_turns(self) -> tuple[Turn, ...]:
        """The learner's turns."""
        return self.transcript.learner_turns()

    @property
    def counterpart_name(self) -> str:
        """How a remark calls the other person."""
        return self.setting.persona.name.split()[0] if self.setting else "the other person"

    def act_set(self, number: int) -> frozenset[Act]:
        """The acts of one learner turn."""
        return frozenset(s.act for s in self.acts.get(number, ()))

    def acts_before(self, number: int) -> frozenset[Act]:
        """The acts of all turns before one."""
        return frozenset(s.act for n, spans in self.acts.items() if n < number for s in spans)

    def heard(self, number: int) -> str:
        """What the counterpart had said when the learner took turn `number`."""
        return self.transcript.heard_before(number)

    def reactions_before(self, number: int) -> frozenset[Reaction]:
        """What the counterpart did in the answer that turn `number` answers."""
        exchange = self.exchanges.get(number - 1)
        return frozenset(m.reaction for m in exchange.plan.moves) if exchange else frozenset()

    def causes(self, number: int) -> tuple[Cause, ...]:
        """Why the state moved in one turn."""
        exchange = self.exchanges.get(number)
        return exchange.causes if exchange else ()
