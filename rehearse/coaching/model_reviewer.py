"""The coach's second reader: a chat model reads a turn after the embedded coach, and code decides what becomes of it.

One call a turn. Its ratings are merged under the rule of `model_ratings`, its remarks checked by `model_remarks`; whatever fails,
the embedded coach's view stands, and says so. See `docs/model-coach.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rehearse.coaching.coach import Assessment
from rehearse.coaching.conversation import Conversation
from rehearse.coaching.model_prompt import PROMPT, TURNS_SHOWN, CoachPrompt, offered_passages
from rehearse.coaching.model_ratings import merge_ratings
from rehearse.coaching.model_remarks import RemarkCheck, chosen
from rehearse.coaching.model_reply import CoachReply
from rehearse.coaching.model_wording import Vocabulary
from rehearse.coaching.remarks import QUIET_TURNS
from rehearse.domain.assessment import Provenance, Remark, Unrated, UnratedReason
from rehearse.domain.idea import Passage, PassageIndex
from rehearse.domain.library import Library
from rehearse.errors import ModelError, ModelFailure
from rehearse.llm.chat import ChatModel, Usage
from rehearse.llm.outcome import READ, UNUSABLE, Outcome, Told, telling
from rehearse.llm.prompts import load_prompt
from rehearse.perception.encoder import Encoder
from rehearse.perception.readability import Readability, readability

MAX_TOKENS = 1_200
"""Room for an answer: nine readings with quotes and two remarks are about six hundred tokens."""


@dataclass(frozen=True)
class ModelReviewer:
    """Works on one library with one encoder and one model; `offer` is the learner's offer card, in whatever pieces.

    `told` is called once for each turn that the model was to read. Safe to use beside the counterpart's answer: it changes
    nothing and keeps nothing.
    """

    library: Library
    encoder: Encoder
    index: PassageIndex | None
    model: ChatModel
    offer: tuple[str, ...] = ()
    told: Told | None = None

    def review(self, conversation: Conversation, number: int, earlier: Sequence[Remark], first: Assessment) -> Assessment:
        """The embedded coach's view `first` of learner turn `number`, with the model's reading worked in.

        Where the model fails, or there is nothing to read, it is `first` with its provenance completed. Never raises
        `ModelError`.
        """
        if readability(conversation.transcript.turn(f"L{number}").text) is not Readability.PLAIN or _too_short(first):
            return first
        with telling(self.told) as outcome:
            return self._read(conversation, number, earlier, first, outcome)

    def _read(
        self, conversation: Conversation, number: int, earlier: Sequence[Remark], first: Assessment, outcome: Outcome
    ) -> Assessment:
        turn = conversation.transcript.turn(f"L{number}")
        offered = offered_passages(conversation, number, self.library, self.index)
        made_with = self._provenance(offered)
        try:
            reply, outcome.usage = self._ask(conversation, number, offered, earlier)
        except ModelError as error:
            outcome.became = error.failure.value
            return replace(first, provenance=replace(made_with, unavailable=f"rated by the built-in coach: {error}"))
        ratings, dropped = merge_ratings(first.ratings, reply.ratings, turn, self.library, self._by)
        check = RemarkCheck(
            conversation,
            number,
            ratings,
            offered,
            earlier,
            self.library.guidance,
            self._vocabulary,
            self.encoder,
            self.offer,
            self._by,
        )
        mine, fallen = check.admitted(reply.remarks)
        remarks = chosen(mine, first.remarks, check)
        outcome.became = UNUSABLE if dropped + fallen and not mine and ratings == first.ratings else READ
        return Assessment(ratings, remarks, replace(made_with, dropped=dict(sorted((dropped + fallen).items()))))

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self.library)

    @property
    def _by(self) -> str:
        return f"{self.model.name} {load_prompt(PROMPT).made_from}"

    def _provenance(self, offered: Sequence[Passage]) -> Provenance:
        return Provenance(
            rubric=self.library.rubric_version,
            encoder=self.encoder.name,
            prompt=load_prompt(PROMPT).made_from,
            model=self.model.name,
            settings={"max_tokens": MAX_TOKENS, "turns": TURNS_SHOWN, "passages": len(offered)},
        )

    def _ask(
        self, conversation: Conversation, number: int, offered: Sequence[Passage], earlier: Sequence[Remark]
    ) -> tuple[CoachReply, Usage]:
        recent = [r for r in earlier if number - r.span.turn.number < QUIET_TURNS]
        prompt = CoachPrompt(self.library, self.model, MAX_TOKENS).fill(conversation, number, offered, recent)
        if self.model.count(prompt.text) + MAX_TOKENS > self.model.window:
            raise ModelError(
                ModelFailure.TOO_LONG,
                f"what was said is longer than {self.model.name} can read at once. A model with a larger window can read it.",
            )
        found = self.model.structured(prompt, CoachReply, max_tokens=MAX_TOKENS)
        if not isinstance(found.answer, CoachReply):
            raise ModelError(ModelFailure.MALFORMED, f"{self.model.name} did not keep to the form that was asked for.")
        return found.answer, found.usage


def _too_short(first: Assessment) -> bool:
    """Whether there was nothing to rate at all."""
    return all(isinstance(r, Unrated) and r.reason is UnratedReason.TOO_SHORT for r in first.ratings.values())
