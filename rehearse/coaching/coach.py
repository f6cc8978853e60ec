"""The coach: rates each turn, remarks where it helps, and writes the debrief. Pure but for the models it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rehearse.coaching import debrief as account
from rehearse.coaching.conversation import Conversation
from rehearse.coaching.hints import hint_for
from rehearse.coaching.listening import listening_details
from rehearse.coaching.ratings import rate_conversation, rate_turn
from rehearse.coaching.remarks import Remarker
from rehearse.domain.acts import ActSpan
from rehearse.domain.assessment import Debrief, Provenance, Ratings, Remark
from rehearse.domain.idea import PassageIndex
from rehearse.domain.library import Library
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.perception.acts import detect_acts
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, readability

__all__ = ["Assessment", "Coach", "Conversation"]


@dataclass(frozen=True)
class Assessment:
    """The coach's view of one learner turn: a result for every criterion, and what is worth saying."""

    ratings: Ratings
    remarks: tuple[Remark, ...]
    provenance: Provenance | None = None
    """What it was made with; None only for one that was made before this was kept."""

    def to_dict(self) -> dict[str, object]:
        """As it is stored, and as programs read it."""
        return {
            "ratings": {key: rating.to_dict() for key, rating in self.ratings.items()},
            "remarks": [remark.to_dict() for remark in self.remarks],
            "provenance": self.provenance.to_dict() if self.provenance else None,
        }


class Reviewer(Protocol):
    """A second reader of a turn, slower and finer than the coach, such as a language model."""

    def review(self, conversation: Conversation, number: int, earlier: Sequence[Remark], first: Assessment) -> Assessment:
        """The coach's view `first` of learner turn `number`, with the second reading worked in; `first` itself if that fails."""
        ...


@dataclass(frozen=True)
class Coach:
    """Works on one library with one encoder.

    `index` finds the passage that backs a remark; without it the first one that the remark names stands in.
    """

    library: Library
    encoder: Encoder
    index: PassageIndex | None = None

    def assess(self, conversation: Conversation, number: int, earlier: Sequence[Remark]) -> Assessment:
        """Rate learner turn `number` and remark on it; `earlier` are the remarks already made."""
        turn = conversation.transcript.turn(f"L{number}")
        ratings = rate_turn(turn, conversation.heard(number), conversation.acts.get(number, ()), self.library, self.encoder)
        remarker = Remarker(self.library, self.encoder, self.index)
        made_with = Provenance(self.library.rubric_version, self.encoder.name)
        return Assessment(ratings, remarker.remarks(conversation, number, ratings, earlier), made_with)

    def rate_exchange(self, context: str, text: str) -> tuple[tuple[ActSpan, ...], Ratings]:
        """Acts and ratings of a single exchange."""
        conversation = self.read(Transcript((Turn(Speaker.COUNTERPART, 0, context), Turn(Speaker.LEARNER, 1, text))))
        acts = conversation.acts[1]
        turn = conversation.transcript.turn("L1")
        return acts, rate_turn(turn, context, acts, self.library, self.encoder)

    def read(self, transcript: Transcript) -> Conversation:
        """A conversation from a transcript from elsewhere: the acts are read, nothing is known of what lay behind."""
        acts = {
            turn.number: detect_acts(turn.text, transcript.heard_before(turn.number), self.encoder, self.library.lexicon)
            if readability(turn.text) is Readability.PLAIN
            else ()
            for turn in transcript.learner_turns()
        }
        return Conversation(transcript, acts)

    def assess_all(self, conversation: Conversation) -> tuple[Assessment, ...]:
        """Each learner turn in order, as it would have been assessed live."""
        assessments: list[Assessment] = []
        remarks: list[Remark] = []
        for turn in conversation.learner_turns:
            assessment = self.assess(conversation, turn.number, remarks)
            assessments.append(assessment)
            remarks += assessment.remarks
        return tuple(assessments)

    def debrief(self, conversation: Conversation, assessments: Sequence[Assessment] | None = None) -> Debrief:
        """The account of the whole conversation; turns are assessed first if that was not done live."""
        if assessments is None:
            assessments = self.assess_all(conversation)
        per_turn = tuple(a.ratings for a in assessments)
        remarks = tuple(r for a in assessments for r in a.remarks)
        chosen = account.chosen_remarks(remarks)
        ratings = rate_conversation(conversation, per_turn)
        return Debrief(
            ratings=ratings,
            details=listening_details(conversation, self.encoder),
            ideas=account.idea_map(conversation, self.library),
            outcome=account.outcome(conversation),
            remarks=chosen,
            turning_points=account.turning_points(conversation),
            thoughts=account.thoughts(conversation),
            undisclosed=account.undisclosed(conversation),
            next_practice=account.next_practice(chosen, ratings, per_turn, self.library),
            turn_ratings=per_turn,
            made_with=tuple(a.provenance for a in assessments),
        )

    def hint(self, conversation: Conversation) -> str:
        """One short hint for the learner's next turn."""
        return hint_for(conversation, self.library.guidance)
