"""A rehearsal in a process, and the newcomer's main path: start, say, rewind, finish. Nothing is stored here.

`rehearse.workspace` keeps the same rehearsals in the data folder, so that none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearse.coaching.coach import Assessment, Coach, Conversation
from rehearse.domain.acts import ActSpan
from rehearse.domain.assessment import Debrief, Rating, Ratings, Remark
from rehearse.domain.idea import PassageIndex
from rehearse.domain.library import Library, shipped_library
from rehearse.domain.offer import OfferCard
from rehearse.domain.persona import Difficulty
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.state import Cause, Ending, Reaction, State
from rehearse.domain.transcript import Speaker, Transcript
from rehearse.errors import UnknownIdError
from rehearse.perception.encoder import shared_encoder
from rehearse.simulation.engine import Engine
from rehearse.simulation.snapshot import Snapshot


@dataclass(frozen=True)
class Reply:
    """The counterpart's answer to one turn, what moved and why, and the coach's view of the turn."""

    text: str
    reaction: Reaction
    state: State
    causes: tuple[Cause, ...]
    acts: tuple[ActSpan, ...]
    rating: Ratings
    remarks: tuple[Remark, ...]
    ended: Ending


@dataclass(frozen=True)
class Rehearsal:
    """One rehearsal, held in memory; `say` moves it on, `rewind` gives a sibling, nothing is stored."""

    engine: Engine
    coach: Coach
    history: list[Snapshot]
    """The snapshot after each learner turn, from the start on; the last is now."""
    assessments: list[Assessment]
    offer: OfferCard | None = None
    """What the learner had planned; it changes nothing but what the coach says."""

    @classmethod
    def start(
        cls,
        scenario_id: str,
        persona_id: str,
        difficulty: str = "normal",
        seed: int = 0,
        *,
        library: Library | None = None,
        index: PassageIndex | None = None,
        offer: OfferCard | None = None,
    ) -> Rehearsal:
        """Begin a rehearsal with the embedded engine; `UnknownIdError` for an id or difficulty that is not there."""
        library = library or shipped_library()
        if difficulty not in list(Difficulty):
            raise UnknownIdError("difficulty", difficulty, [d.value for d in Difficulty])
        engine = Engine.cast(library, shared_encoder(), scenario_id, persona_id, Difficulty(difficulty), seed)
        return cls(engine, Coach(library, shared_encoder(), index), [engine.start()], [], offer)

    @property
    def now(self) -> Snapshot:
        """Where the rehearsal stands."""
        return self.history[-1]

    @property
    def opening(self) -> str | None:
        """The counterpart's first words, or None where the learner begins."""
        first = self.now.transcript.turns[0] if self.now.transcript.turns else None
        return first.text if first and first.speaker is Speaker.COUNTERPART else None

    @property
    def transcript(self) -> Transcript:
        """Who said what so far."""
        return self.now.transcript

    @property
    def ended(self) -> Ending:
        """How it ended, or `open`."""
        return self.now.ending

    def say(self, text: str) -> Reply:
        """One turn of the learner and its answer.

        Raises `EmptyTurnError`, `TurnTooLongError` or `RehearsalOverError`; nothing has changed then.
        """
        after = self.engine.respond(self.now, text)
        exchange = after.exchanges[-1]
        assessment = self.coach.assess(self._conversation(after), exchange.turn, self.remarks)
        self.history.append(after)
        self.assessments.append(assessment)
        return Reply(
            text=exchange.counterpart,
            reaction=exchange.plan.reaction,
            state=exchange.state,
            causes=exchange.causes,
            acts=exchange.acts,
            rating=assessment.ratings,
            remarks=assessment.remarks,
            ended=after.ending,
        )

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Every remark so far, in order."""
        return tuple(remark for assessment in self.assessments for remark in assessment.remarks)

    def rewind(self, turn: int) -> Rehearsal:
        """A sibling that shares the first `turn` learner turns and the state after them; this one stays as it is."""
        if not 0 <= turn < len(self.history):
            raise UnknownIdError("turn", str(turn), [str(n) for n in range(len(self.history))])
        return replace(self, history=self.history[: turn + 1], assessments=self.assessments[:turn])

    def restored(self, history: list[Snapshot], ending: Ending) -> Rehearsal:
        """The same cast with an earlier history; the coach takes its view of each turn again from the same words."""
        if ending is not Ending.OPEN and history[-1].ending is Ending.OPEN:
            history = [*history[:-1], replace(history[-1], ending=ending)]
        sibling = replace(self, history=history, assessments=[])
        for snapshot in history[1:]:
            sibling.assessments.append(self.coach.assess(sibling._conversation(snapshot), snapshot.turn, sibling.remarks))
        return sibling

    @property
    def conversation(self) -> Conversation:
        """What the coach looks at, as far as it has come."""
        return self._conversation(self.now)

    def leave(self) -> None:
        """End the conversation from the learner's side."""
        self.history[-1] = self.engine.leave(self.now)

    def hint(self) -> str:
        """One short hint for the learner's next turn, on request."""
        return self.coach.hint(self._conversation(self.now))

    def finish(self) -> Debrief:
        """The debrief; ends the conversation if it is still open."""
        self.leave()
        return self.coach.debrief(self._conversation(self.now), tuple(self.assessments))

    def _conversation(self, snapshot: Snapshot) -> Conversation:
        return Conversation(
            transcript=snapshot.transcript,
            acts={exchange.turn: exchange.acts for exchange in snapshot.exchanges},
            setting=self.engine.setting,
            snapshot=snapshot,
            offer=self.offer,
        )


@dataclass(frozen=True)
class ExchangeRating:
    """The coach's reading of a single exchange."""

    acts: tuple[ActSpan, ...]
    ratings: dict[str, int | None]
    scores: dict[str, int | None]

    def to_dict(self) -> dict[str, object]:
        """As `rehearse score --pairs` prints it, but for the id."""
        return {
            "acts": [{"act": s.act.value, "quote": s.quote, "start": s.start, "end": s.end} for s in self.acts],
            "ratings": dict(self.ratings),
            "scores": dict(self.scores),
        }


def rate_exchange(context: str, text: str) -> ExchangeRating:
    """Acts, levels and scores of one answer in the light of what it answers; None where a criterion cannot be rated."""
    coach = Coach(shipped_library(), shared_encoder(), None)
    acts, ratings = coach.rate_exchange(context, text)
    rated = {key: value for key, value in ratings.items() if isinstance(value, Rating)}
    return ExchangeRating(
        acts=acts,
        ratings={c: rated[c].level if c in rated else None for c in CRITERION_IDS},
        scores={c: rated[c].score if c in rated else None for c in CRITERION_IDS},
    )
