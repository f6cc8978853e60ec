"""The composition root: settings, data files, models, index and store together. The command line and the browser stand on it.

A turn is stored before it is answered, the answer before it is shown; a rehearsal whose process was killed is taken up where it
stood, and a turn that was never answered is answered then.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING

from rehearse.acting.actor import Hear
from rehearse.casting import Casting
from rehearse.coaching.coach import Assessment, Coach, Reviewer
from rehearse.coaching.contest import Contest
from rehearse.coaching.ratings import parts, total
from rehearse.coaching.restoring import contested, load_contest, readable_assessment
from rehearse.config import Settings, load_settings
from rehearse.domain.assessment import Debrief
from rehearse.domain.idea import Hit, PassageIndex
from rehearse.domain.library import Library, load_library
from rehearse.domain.offer import OfferCard
from rehearse.domain.rubric import CLARITY_CRITERIA, EMPATHY_CRITERIA
from rehearse.domain.state import Ending
from rehearse.errors import RehearsalOverError, RehearseError
from rehearse.llm.chat import ChatModel
from rehearse.perception.embedding import shared_embedding
from rehearse.perception.encoder import Encoder, shared_encoder
from rehearse.perception.readability import clean_turn
from rehearse.session import REVIEWS_WAIT, Rehearsal, Reply
from rehearse.simulation.snapshot import Exchange
from rehearse.simulation.snapshots import dump_exchange, dump_inner, load_snapshot
from rehearse.storage.records import LOCAL_PERSON

if TYPE_CHECKING:
    from rehearse.storage.off_record import DiscreetStore
    from rehearse.storage.own_guidance import PersonalIndex
    from rehearse.storage.passages import ChromaPassageIndex
    from rehearse.storage.store import StoredRehearsal

log = logging.getLogger(__name__)

ENGINE_NAME = "embedded"


@dataclass(frozen=True)
class Workspace:
    """One person's rehearsals, and what it takes to play them."""

    given: Settings
    """The settings it was made with."""
    person_id: str = LOCAL_PERSON
    common: Workspace | None = field(default=None, repr=False)
    """The workspace whose data files, index of the ideas and database this one uses as well."""

    def for_person(self, person_id: str) -> Workspace:
        """Another person's: everything that is anybody's own is apart, everything else is shared."""
        return Workspace(self.given, person_id, self.common or self)

    @cached_property
    def casting(self) -> Casting:
        """Which model is at work; one for everybody."""
        return self.common.casting if self.common else Casting(self.given)

    @property
    def settings(self) -> Settings:
        """The settings in force: those it was made with, until somebody chose another model."""
        return self.casting.settings

    @cached_property
    def _data(self) -> Library:
        """The shipped data files and the personas in the data folder."""
        return self.common._data if self.common else load_library(own=self.settings.home)

    @cached_property
    def library(self) -> Library:
        """All data files, and the counterparts that the person made."""
        from rehearse.storage.own_cast import with_own_cast

        return with_own_cast(self._data, self.store.notebook) if self.keeps_anything else self._data

    @property
    def keeps_anything(self) -> bool:
        """Whether there is a database at all: what only looks must not make one."""
        return isinstance(self.settings.database, str) or self.settings.database_path.exists()

    @property
    def index_to_look(self) -> PassageIndex:
        """For what stores nothing: the index, or the guidance alone where nothing was ever kept."""
        return self.index if self.keeps_anything else self._ideas

    def refresh(self) -> None:
        """Look again at what the person made of their own; to be called when that has changed."""
        for made in ("library", "coach"):
            self.__dict__.pop(made, None)
        self.index.forget()

    @property
    def encoder(self) -> Encoder:
        """The shared encoder."""
        return shared_encoder()

    @cached_property
    def _ideas(self) -> ChromaPassageIndex:
        """The passages of the ideas, which are everybody's."""
        from rehearse.storage.chroma_server import ChromaServer
        from rehearse.storage.passages import open_index

        if self.common:
            return self.common._ideas
        embedding, settings = shared_embedding(), self.settings
        server = ChromaServer(settings.chroma_url, settings.chroma_secret()) if settings.chroma_url else None
        return open_index(self._data.corpus, embedding, settings.index_path, made_by=embedding.name, server=server)

    def index_problem(self) -> str:
        """What is wrong with where the passages are kept, for whoever runs it; empty where all is well."""
        return self._ideas.problem()

    @cached_property
    def index(self) -> PersonalIndex:
        """The passages of the guidance, ready to be searched, and the person's own beside them."""
        from rehearse.storage.own_guidance import PersonalIndex

        embedding = shared_embedding()
        return PersonalIndex(self._ideas, self.store.notebook, embedding, self.settings.index_path, embedding.name)

    @cached_property
    def store(self) -> DiscreetStore:
        """Where rehearsals are kept; those off the record in memory only."""
        from rehearse.storage.off_record import DiscreetStore

        return self.common.store.for_person(self.person_id) if self.common else DiscreetStore(self.settings.database)

    @cached_property
    def coach(self) -> Coach:
        """The coach, with the index behind its citations."""
        return Coach(self.library, self.encoder, self.index)

    @property
    def model(self) -> ChatModel | None:
        """The chat model at work; None for the embedded engine. `SettingsError` where it can never work."""
        return self.casting.model

    @property
    def engine_name(self) -> str:
        """Who words the counterparts, as records and the page call it."""
        return self.model.name if self.model else ENGINE_NAME

    def _rehearse(self, scenario_id: str, persona_id: str, difficulty: str, seed: int, offer: OfferCard | None) -> Rehearsal:
        """A rehearsal at its beginning, with everything that the settings give it."""
        return Rehearsal.start(
            scenario_id,
            persona_id,
            difficulty,
            seed,
            library=self.library,
            index=self.index,
            offer=offer,
            model=self.model,
            reviewer=self._reviewer(offer),
            appraise_by_model=self.settings.model_appraisal,
            told_acts=self.casting.read_acts,
        )

    def _reviewer(self, offer: OfferCard | None) -> Reviewer | None:
        if self.model is None or not self.settings.model_coach:
            return None
        from rehearse.coaching.model_reviewer import ModelReviewer

        planned = tuple(words for _, words in offer.filled()) if offer else ()
        return ModelReviewer(self.library, self.encoder, self.index, self.model, planned, self.casting.read_again)

    def warm_up(self) -> None:
        """Load what the first turn needs, so that nobody waits for it."""
        self.coach.rate_exchange("How is it going?", "What would help you most this week?")
        self.index.search("where do I start?", 1)

    def expire(self) -> int:
        """Delete the rehearsals, everybody's, that are older than the settings let them grow; how many.

        Links, invitations and logins that no longer let anybody in go as well.
        """
        from rehearse.storage.accounts import AccountStore
        from rehearse.storage.attempts import Attempts
        from rehearse.storage.shares import ShareStore

        database = self.store.database
        ShareStore(database).expire()
        AccountStore(database).sweep(timedelta(hours=self.settings.login_idle_hours))
        Attempts(database).sweep()
        if self.settings.keep_days is None:
            return 0
        return self.store.expire(datetime.now(UTC) - timedelta(days=self.settings.keep_days))

    def begin(
        self,
        scenario_id: str,
        persona_id: str,
        difficulty: str = "normal",
        seed: int | None = None,
        focus: str | None = None,
        *,
        off_record: bool = False,
    ) -> KeptRehearsal:
        """Start a rehearsal and keep it, in memory only if it is off the record; without a seed one is drawn."""
        from rehearse.storage.store import NewRehearsal

        seed = secrets.randbelow(2**31) if seed is None else seed
        offer_json = self.store.notebook.offer()
        offer = OfferCard.from_json(offer_json) or None
        rehearsal = self._rehearse(scenario_id, persona_id, difficulty, seed, offer)
        create = self.store.create_off_record if off_record else self.store.create
        rehearsal_id = create(
            NewRehearsal(
                scenario_id=scenario_id,
                persona_id=persona_id,
                difficulty=difficulty,
                seed=seed,
                engine=self.engine_name,
                opening=rehearsal.opening or "",
                focus=focus,
                offer_json=offer_json if offer else None,
            )
        )
        return KeptRehearsal(self, rehearsal_id, rehearsal, focus)

    def resume(self, rehearsal_id: str) -> KeptRehearsal:
        """Take up a stored rehearsal where it stood; a turn that was not answered yet is answered now."""
        stored = self.store.get(rehearsal_id)
        kept = KeptRehearsal(self, rehearsal_id, self._restore(stored), stored.focus, stored.parent_id, stored.parent_turn)
        pending = [t for t in stored.turns if t.answer is None]
        if pending and kept.rehearsal.ended is Ending.OPEN:
            kept.answer(pending[0].text)
        return kept

    def branch(self, rehearsal_id: str, turn: int) -> KeptRehearsal:
        """A new rehearsal that shares the first `turn` learner turns of a stored one and the state after them."""
        from rehearse.storage.store import NewRehearsal

        stored = self.store.get(rehearsal_id)
        sibling = self._restore(stored).rewind(turn)
        new_id = self.store.create(
            NewRehearsal(
                scenario_id=stored.scenario_id,
                persona_id=stored.persona_id,
                difficulty=stored.difficulty,
                seed=stored.seed,
                engine=self.engine_name,
                opening=stored.opening,
                focus=stored.focus,
                parent_id=rehearsal_id,
                parent_turn=turn,
                offer_json=stored.offer_json,
            )
        )
        kept = KeptRehearsal(self, new_id, sibling, stored.focus, rehearsal_id, turn)
        for exchange, assessment in zip(sibling.now.exchanges, sibling.assessments, strict=True):
            self.store.add_learner_turn(new_id, exchange.turn, exchange.learner)
            kept.store_answer(exchange, assessment)
        return kept

    def _restore(self, stored: StoredRehearsal) -> Rehearsal:
        """The rehearsal with every snapshot, and the coach's view of every turn, as they were."""
        offer = OfferCard.from_json(stored.offer_json) or None
        rehearsal = self._rehearse(stored.scenario_id, stored.persona_id, stored.difficulty, stored.seed, offer)
        answers = [t.answer for t in stored.turns if t.answer is not None]
        told = [answer.exchange_json for answer in answers]
        start = load_snapshot(stored.opening, [], dump_inner(rehearsal.now))
        history = [start] + [load_snapshot(stored.opening, told[: n + 1], answer.inner_json) for n, answer in enumerate(answers)]
        known = [readable_assessment(answer.assessment_json, history[-1].transcript) for answer in answers]
        return rehearsal.restored(history, Ending(stored.ending) if stored.ending else Ending.OPEN, known)


@dataclass(frozen=True)
class KeptRehearsal:
    """A rehearsal that is stored as it goes on."""

    workspace: Workspace
    rehearsal_id: str
    rehearsal: Rehearsal
    focus: str | None = None
    """The criterion that the learner wants to work on."""
    parent_id: str | None = None
    """The rehearsal that it went back to a moment of."""
    parent_turn: int | None = None
    """After which learner turn of that one it begins."""

    def __post_init__(self) -> None:
        self.rehearsal.reviews.listener = self._reviewed

    def say(self, text: str, hear: Hear | None = None, *, ask_model: bool = True) -> Reply:
        """One turn of the learner: stored, then answered, then the answer stored; `hear` is told each sentence as it comes.

        Without `ask_model` no chat model is waited for, also where there is one. Raises what `Rehearsal.say` raises, and
        `StorageError` if the turn could not be kept; nothing was said then.
        """
        if self.rehearsal.ended is not Ending.OPEN:
            raise RehearsalOverError("This conversation has ended. Look back at it, or go back to an earlier turn.")
        text = clean_turn(text)
        self.workspace.store.add_learner_turn(self.rehearsal_id, self.rehearsal.now.turn + 1, text)
        return self.answer(text, hear, ask_model=ask_model)

    def answer(self, text: str, hear: Hear | None = None, *, ask_model: bool = True) -> Reply:
        """Answer a turn that is already stored."""
        reply = self.rehearsal.say(text, hear, review=False, ask_model=ask_model)
        self.store_answer(self.rehearsal.now.exchanges[-1], self.rehearsal.assessments[-1])
        # Read again only once the answer is stored: what is found then replaces what is stored.
        if ask_model:
            self.rehearsal.review()
        if reply.ended is not Ending.OPEN:
            self.keep_debrief(self.rehearsal.finish(wait=0.0))
        return reply

    def _reviewed(self, number: int, assessment: Assessment) -> None:
        """Keep a second reading in place of the first, and the debrief with it where the talk has ended."""
        try:
            self.workspace.store.update_assessment(self.rehearsal_id, number, _assessment_json(assessment))
            if self.rehearsal.ended is not Ending.OPEN:
                self._take_over()
                self.keep_debrief(self.debrief())
        except RehearseError as error:
            log.warning("the second reading of turn %d was not kept: %s", number, error)

    def catch_up(self) -> None:
        """Have in memory what is stored of the coach's view; second readings under way are waited for a while."""
        self.rehearsal.reviews.wait(REVIEWS_WAIT)
        self._take_over()

    def _take_over(self) -> None:
        """What is stored counts: another process, or a talk that was put away meanwhile, may have read a turn again."""
        views = self.rehearsal.assessments
        for turn in self.workspace.store.get(self.rehearsal_id).turns:
            if turn.answer is not None and turn.number <= len(views):
                known = readable_assessment(turn.answer.assessment_json, self.rehearsal.transcript)
                views[turn.number - 1] = known or views[turn.number - 1]

    def contests(self) -> tuple[Contest, ...]:
        """The ratings contested in it, oldest first."""
        kept = self.workspace.store.notebook.contests(self.rehearsal_id)
        return tuple(load_contest(c.contest_json, self.rehearsal.transcript) for c in kept)

    def debrief(self) -> Debrief:
        """The debrief of a talk that has ended, from what is in memory, its ratings as they stand after contests."""
        views = self.rehearsal.assessments
        shown = contested([a.ratings for a in views], self.contests())
        standing = [replace(view, ratings=ratings) for view, ratings in zip(views, shown, strict=True)]
        return self.rehearsal.coach.debrief(self.rehearsal.conversation, standing)

    def store_answer(self, exchange: Exchange, assessment: Assessment) -> None:
        """Keep the answer to one turn, with all that is needed to return to it."""
        from rehearse.storage.store import StoredAnswer

        self.workspace.store.add_answer(
            self.rehearsal_id,
            exchange.turn,
            StoredAnswer(
                text=exchange.counterpart,
                exchange_json=dump_exchange(exchange),
                inner_json=dump_inner(self.rehearsal.history[exchange.turn]),
                assessment_json=_assessment_json(assessment),
            ),
        )

    def finish(self) -> Debrief:
        """End the conversation if it is open, and keep its debrief."""
        debrief = self.rehearsal.finish()
        self.keep_debrief(debrief)
        return debrief

    def keep_debrief(self, debrief: Debrief) -> None:
        """Keep how it ended and what the coach makes of it, in place of what was kept before."""
        self.workspace.store.end(
            self.rehearsal_id,
            self.rehearsal.ended.value,
            json.dumps(debrief.to_dict(), ensure_ascii=False),
            trust=self.rehearsal.now.state.trust,
            empathy=total(debrief.ratings, EMPATHY_CRITERIA),
            clarity=total(debrief.ratings, CLARITY_CRITERIA),
            scores_json=json.dumps(parts(debrief.ratings)),
        )


def _assessment_json(assessment: Assessment) -> str:
    return json.dumps(assessment.to_dict(), ensure_ascii=False)


@cache
def shared_workspace() -> Workspace:
    """The workspace of the settings in force, one a process."""
    return Workspace(load_settings())


def search_ideas(question: str, top: int = 3) -> list[Hit]:
    """The passages of the guidance that answer a question, best first."""
    return shared_workspace().index_to_look.search(question, top)
