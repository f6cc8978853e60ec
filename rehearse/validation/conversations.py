"""Whole conversations with the listener's habits rated from 1 to 5: one JSON object a line, `{"id", "turns", "details"}`."""

from __future__ import annotations

from collections.abc import Sequence

from rehearse.coaching.conversation import Conversation
from rehearse.coaching.listening import listening_details
from rehearse.domain.library import shipped_root
from rehearse.domain.rated import RatedConversation, load_conversations
from rehearse.domain.rubric import DETAIL_IDS
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.perception.encoder import Encoder
from rehearse.perception.segments import words
from rehearse.validation.questions import Answer, Kind, Question, Reader, Source
from rehearse.validation.readings import Judgement, Pair


def transcript_of(conversation: RatedConversation) -> Transcript:
    """The conversation as the coach sees it: the learner's turns counted from 1, each answered by the next of the other's."""
    turns: list[Turn] = []
    number = 0
    for spoken in conversation.turns:
        number += spoken.speaker is Speaker.LEARNER
        turns.append(Turn(spoken.speaker, number, spoken.text))
    return Transcript(tuple(turns))


def conversation_source(rows: Sequence[RatedConversation]) -> Source | None:
    """One source of all conversations that nothing was fitted on; None where there is none."""
    fitted = {c.id for c in load_conversations(shipped_root() / "corpus" / "rated" / "conversations") if not c.held_out}
    fresh = [row for row in rows if row.id not in fitted]
    if not fresh:
        return None
    left_out = len(rows) - len(fresh)
    pairs = tuple(
        Pair("", " ".join(t.text for t in row.turns if t.speaker is Speaker.LEARNER), row.turns[0].text.lower()) for row in fresh
    )
    questions = tuple(
        Question(
            f"{habit}, whole conversation",
            Kind.SCALE,
            f"{habit} in the details of the debrief",
            _detail(habit),
            tuple(float(getattr(row.details, habit)) for row in fresh),
        )
        for habit in DETAIL_IDS
    )
    note = f"{left_out} conversations of the part that is open to fitting are left out." if left_out else ""
    return Source(
        "Whole conversations, habits of the listener",
        pairs,
        questions,
        may_fit=False,
        acts=False,
        note=note,
        judge=lambda encoder: [_judge(row, encoder) for row in fresh],
    )


def _detail(habit: str) -> Reader:
    return lambda judgement: Answer(None, judgement.expected[habit])


def _judge(row: RatedConversation, encoder: Encoder) -> Judgement:
    """The details of the debrief, in the place of the levels of a pair."""
    details = listening_details(Conversation(transcript_of(row), {}), encoder)
    return Judgement(
        words=sum(len(words(t.text)) for t in row.turns if t.speaker is Speaker.LEARNER),
        levels={},
        expected={habit: value for habit, value in details.items() if value is not None},
        sure={},
        acts=frozenset(),
        act_probabilities={},
    )
