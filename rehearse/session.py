"""A rehearsal in a process, and the newcomer's main path: start, say, rewind, finish. Nothing is stored here.

With a chat model the counterpart is worded by it, inside the same plan; without one the embedded engine speaks.
`rehearse.workspace` keeps the same rehearsals in the data folder, so that none is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from rehearse.acting.actor import Hear, ModelActor
from rehearse.acting.appraiser import ModelAppraiser
from rehearse.coaching.coach import Assessment, Coach, Conversation, Reviewer
from rehearse.coaching.reviews import Reviews
from rehearse.domain.acts import ActSpan
from rehearse.domain.assessment import Debrief, Rating, Ratings, Remark
from rehearse.domain.idea import PassageIndex
from rehearse.domain.library import Library, shipped_library
from rehearse.domain.offer import OfferCard
from rehearse.domain.persona import Difficulty
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.state import Cause, Ending, Reaction, State
from rehearse.domain.transcript import Speaker, Transcript
from rehearse.errors import ModelFailure, UnknownIdError
from rehearse.llm.chat import ChatModel
from rehearse.llm.outcome import Told
from rehearse.perception.encoder import shared_encoder
from rehearse.simulation.engine import Engine, Prepared
from rehearse.simulation.snapshot import Snapshot

REVIEWS_WAIT = 20.0
"""Seconds that the end of a rehearsal waits for second readings; those that take longer are left out."""


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
    notice: str | None = None
    """A sentence for the person, where a chat model failed and the built-in counterpart answered."""


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
    actor: ModelActor | None = None
    """Who words the answers; None for the embedded engine."""
    appraiser: ModelAppraiser | None = None
    """A second reader of the learner's acts."""
    reviews: Reviews = field(default_factory=Reviews)
    """Second readings of turns that are under way."""

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
        model: ChatModel | None = None,
        reviewer: Reviewer | None = None,
        appraise_by_model: bool = False,
        told_acts: Told | None = None,
    ) -> Rehearsal:
        """Begin a rehearsal; `UnknownIdError` for an id or difficulty that is not there.

        `model` words the counterpart's answers, and reads the learner's acts as well if `appraise_by_model`; `reviewer` reads
        each turn once more, beside the coach. `told_acts` is told what became of each of the model's readings of acts.
        """
        library = library or shipped_library()
        if difficulty not in list(Difficulty):
            raise UnknownIdError("difficulty", difficulty, [d.value for d in Difficulty])
        engine = Engine.cast(library, shared_encoder(), scenario_id, persona_id, Difficulty(difficulty), seed)
        return cls(
            engine,
            Coach(library, shared_encoder(), index),
            [engine.start()],
            [],
            offer,
            actor=ModelActor(model, library, shared_encoder()) if model else None,
            appraiser=ModelAppraiser(model, library, shared_encoder(), told_acts) if model and appraise_by_model else None,
            reviews=Reviews(reviewer),
        )

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

    def say(self, text: str, hear: Hear | None = None, *, review: bool = True, ask_model: bool = True) -> Reply:
        """One turn of the learner and its answer; `hear` is told each sentence of it as soon as it may be heard.

        Raises `EmptyTurnError`, `TurnTooLongError` or `RehearsalOverError`; nothing has changed then. Where a chat model fails
        the embedded engine answers, and the reply has a notice; without `ask_model` it does so because the model is overrun.
        `review` begins the second reading of the turn, if there is one.
        """
        prepared, answer = self._prepare(text, ask_model=ask_model), None
        if self.actor is not None:
            if ask_model:
                answer = self.actor.answer(self.engine.setting, prepared, hear)
            else:
                answer = self.actor.unasked(self.engine.setting, prepared, ModelFailure.CROWDED, hear)
            after = self.engine.settle(prepared, answer.words, answer.voice)
        else:
            after = self.engine.settle(prepared)
        exchange = after.exchanges[-1]
        assessment = self.coach.assess(self._conversation(after), exchange.turn, self.remarks)
        self.history.append(after)
        self.assessments.append(assessment)
        if review:
            self.review()
        return Reply(
            text=exchange.counterpart,
            reaction=exchange.plan.reaction,
            state=exchange.state,
            causes=exchange.causes,
            acts=exchange.acts,
            rating=assessment.ratings,
            remarks=assessment.remarks,
            ended=after.ending,
            notice=answer.notice if answer else None,
        )

    def _prepare(self, text: str, *, ask_model: bool) -> Prepared:
        if self.appraiser is None or not ask_model:
            return self.engine.prepare(self.now, text)
        said = self.engine.accept(self.now, text)
        return self.engine.prepare(self.now, said, self.appraiser.acts(said, self.now.memory.asked_about))

    def review(self) -> None:
        """Have the last turn read a second time in the background, after it was answered; its assessment is replaced then."""
        number, conversation = self.now.turn, self._conversation(self.now)

        def earlier() -> tuple[Remark, ...]:
            return tuple(remark for assessment in self.assessments[: number - 1] for remark in assessment.remarks)

        if number:
            self.reviews.begin(conversation, number, earlier, self.assessments)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """Every remark so far, in order."""
        return tuple(remark for assessment in self.assessments for remark in assessment.remarks)

    def rewind(self, turn: int) -> Rehearsal:
        """A sibling that shares the first `turn` learner turns and the state after them; this one stays as it is."""
        if not 0 <= turn < len(self.history):
            raise UnknownIdError("turn", str(turn), [str(n) for n in range(len(self.history))])
        return replace(
            self, history=self.history[: turn + 1], assessments=self.assessments[:turn], reviews=Reviews(self.reviews.reviewer)
        )

    def restored(self, history: list[Snapshot], ending: Ending, known: Sequence[Assessment | None] = ()) -> Rehearsal:
        """The same cast with an earlier history and the coach's view of each turn as it is known.

        Where none is known, the coach takes its view again from the same words.
        """
        if ending is not Ending.OPEN and history[-1].ending is Ending.OPEN:
            history = [*history[:-1], replace(history[-1], ending=ending)]
        sibling = replace(self, history=history, assessments=[], reviews=Reviews(self.reviews.reviewer))
        for snapshot, view in zip_longest(history[1:], known):
            seen = view or self.coach.assess(sibling._conversation(snapshot), snapshot.turn, sibling.remarks)
            sibling.assessments.append(seen)
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

    def finish(self, wait: float = REVIEWS_WAIT) -> Debrief:
        """The debrief; ends the conversation if it is still open. Second readings that are under way are waited for that long."""
        self.leave()
        self.reviews.wait(wait)
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
