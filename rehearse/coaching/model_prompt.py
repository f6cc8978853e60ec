"""What a model is shown of one turn: the rubrics first, which never change, and last what was said and what may be cited.

Only what was said aloud goes in, with the scenario's title and the shipped rubrics: nothing that the counterpart has not told.
Words of people, and passages, which may be somebody's own documents, are fenced as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rehearse.coaching.conversation import Conversation
from rehearse.domain.assessment import Remark
from rehearse.domain.idea import Passage, PassageIndex
from rehearse.domain.library import Library
from rehearse.domain.transcript import Speaker, Turn
from rehearse.errors import GroundingError
from rehearse.llm.chat import ChatModel, Prompt
from rehearse.llm.prompts import fenced, load_prompt

PROMPT = "coach"
TURNS_SHOWN = 10
"""How many turns before the answer are shown at most; fewer where the model's window is small."""
FOUND_FOR_ANSWER, FOUND_FOR_HEARD = 5, 3
"""How many passages retrieval adds, for the answer and for what it answers."""
_WHO = {Speaker.LEARNER: "the person practising", Speaker.COUNTERPART: "the other person"}


def offered_passages(
    conversation: Conversation, number: int, library: Library, index: PassageIndex | None
) -> tuple[Passage, ...]:
    """The passages that a remark on a turn may cite: those that retrieval finds for it, then the first of each criterion."""
    turn = conversation.transcript.turn(f"L{number}")
    ids: list[str] = []
    if index is not None:
        ids += [hit.passage_id for hit in index.search(turn.text, FOUND_FOR_ANSWER)]
        ids += [hit.passage_id for hit in index.search(conversation.heard(number), FOUND_FOR_HEARD)]
    ids += [criterion.passages[0] for rubric in library.rubrics for criterion in rubric.criteria]
    found: list[Passage] = []
    for passage_id in dict.fromkeys(ids):
        try:
            found.append(library.corpus.passage(passage_id))
        except GroundingError:
            # An index may know documents that this library does not hold: what cannot be cited is not offered.
            continue
    return tuple(found)


@dataclass(frozen=True)
class CoachPrompt:
    """Makes the prompt for one turn and one model."""

    library: Library
    model: ChatModel
    max_tokens: int

    def fill(self, conversation: Conversation, number: int, offered: Sequence[Passage], recent: Sequence[Remark]) -> Prompt:
        """The prompt with as many of the last turns as the model's window holds; the turn that is answered always among them."""
        before = _before(conversation, number)[-TURNS_SHOWN:]
        prompt = self._filled(conversation, number, before, offered, recent)
        while len(before) > 1 and self.model.count(prompt.text) + self.max_tokens > self.model.window:
            before = before[len(before) // 2 :]
            prompt = self._filled(conversation, number, before, offered, recent)
        return prompt

    def _filled(
        self,
        conversation: Conversation,
        number: int,
        before: Sequence[Turn],
        offered: Sequence[Passage],
        recent: Sequence[Remark],
    ) -> Prompt:
        setting = conversation.setting
        return load_prompt(PROMPT).fill(
            rubrics=self.library.rubrics,
            scene=setting.scenario.title if setting else "a conversation at work, brought along from elsewhere",
            talk=[{"who": _WHO[turn.speaker], "words": fenced(turn.text)} for turn in before],
            answer=fenced(conversation.transcript.turn(f"L{number}").text),
            passages=[{"id": p.passage_id, "words": fenced(p.text)} for p in offered],
            made=[f"{r.kind.value} {r.criterion_id}, on {fenced(r.span.quote)}" for r in recent],
        )


def _before(conversation: Conversation, number: int) -> tuple[Turn, ...]:
    """What was said before a learner's turn, in order."""
    before: list[Turn] = []
    for turn in conversation.transcript.turns:
        if turn.speaker is Speaker.LEARNER and turn.number >= number:
            break
        before.append(turn)
    return tuple(before)
