"""Conversations and single exchanges from elsewhere, rated. Nothing of them is kept."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request

from rehearse.app.api.asked import Pairs, Transcript
from rehearse.app.api.people import MyDesk
from rehearse.app.api.talks import awaited
from rehearse.app.api.told import ActTold, DebriefTold, PairRating, PairRatings, Scored
from rehearse.app.desk import Desk
from rehearse.coaching.imported import Format, Imported, format_of, read_transcript
from rehearse.domain.transcript import Speaker
from rehearse.errors import TranscriptError
from rehearse.session import rate_exchange
from rehearse.workspace import Workspace

MOST_TURNS = 300
"""Turns of the learner in one transcript; each takes a moment to rate."""

router = APIRouter(tags=["From elsewhere"])


@router.post("/score")
async def score(request: Request, desk: MyDesk, transcript: Transcript) -> Scored:
    """Rate a conversation that was held elsewhere; nothing of it is kept."""
    return await rated(request, desk, transcript)


async def rated(request: Request | None, desk: Desk, transcript: Transcript) -> Scored:
    """A conversation from elsewhere, rated, whoever asks for it."""
    return await awaited(request, desk.do(lambda: _scored(desk.workspace, transcript)))


def _read(transcript: Transcript) -> Imported:
    if transcript.turns is not None:
        told = json.dumps([{"speaker": turn.speaker, "text": turn.text} for turn in transcript.turns])
        return read_transcript(told, Format.JSON, transcript.learner)
    text = transcript.text or ""
    return read_transcript(text, transcript.format or format_of("", text), transcript.learner)


def _scored(workspace: Workspace, transcript: Transcript) -> Scored:
    imported = _read(transcript)
    turns = len(imported.transcript.learner_turns())
    if turns > MOST_TURNS:
        raise TranscriptError(
            f"The learner speaks {turns} times; up to {MOST_TURNS} turns are rated. Rate longer ones with: rehearse score FILE"
        )
    debrief = workspace.coach.debrief(workspace.coach.read(imported.transcript))
    return Scored(
        learner=imported.names.get(Speaker.LEARNER, ""),
        counterpart=imported.names.get(Speaker.COUNTERPART, ""),
        turns=turns,
        debrief=DebriefTold.model_validate(debrief.to_dict()),
    )


@router.post("/pairs")
async def pairs(request: Request, desk: MyDesk, asked: Pairs) -> PairRatings:
    """Rate single exchanges: what the other said, what the learner answered; nothing of them is kept."""
    return await awaited(request, desk.do(lambda: _rated(asked)))


def _rated(asked: Pairs) -> PairRatings:
    found = []
    for pair in asked.pairs:
        rating = rate_exchange(pair.context, pair.text)
        acts = [ActTold(act=s.act.value, quote=s.quote, start=s.start, end=s.end) for s in rating.acts]
        found.append(PairRating(id=pair.id, acts=acts, ratings=rating.ratings, scores=rating.scores))
    return PairRatings(pairs=found)
