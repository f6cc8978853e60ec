"""What the coach once concluded, read back from what was stored. Nothing is rated again, and no quote can become another.

Spans are made afresh in the transcript that was stored beside them, so one that no longer fits raises `GroundingError`. A
citation keeps the text that was cited then, also where the corpus has moved on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rehearse.coaching.coach import Assessment
from rehearse.coaching.contest import Contest, Verdict
from rehearse.domain.assessment import (
    EMBEDDED,
    Provenance,
    Rating,
    Ratings,
    Remark,
    RemarkKind,
    SecondReading,
    Unrated,
    UnratedReason,
)
from rehearse.domain.idea import Citation, Passage
from rehearse.domain.own_guidance import OwnPassage
from rehearse.domain.rubric import CRITERION_IDS
from rehearse.domain.transcript import EvidenceSpan, Transcript
from rehearse.errors import RehearseError

Raw = Mapping[str, Any]

log = logging.getLogger(__name__)


def load_assessment(written: str, transcript: Transcript) -> Assessment:
    """One turn's ratings and remarks, as `Assessment.to_dict` wrote them."""
    raw = json.loads(written)
    made_with = raw.get("provenance")
    return Assessment(
        ratings={criterion_id: _rating(criterion_id, told, transcript) for criterion_id, told in raw["ratings"].items()},
        remarks=tuple(_remark(told, transcript) for told in raw["remarks"]),
        provenance=Provenance(**made_with) if made_with else None,
    )


def readable_assessment(written: str, transcript: Transcript) -> Assessment | None:
    """The same; None where it cannot be read, or was made with other criteria, so that it has to be made again."""
    try:
        assessment = load_assessment(written, transcript)
    except (ValueError, KeyError, TypeError, AttributeError, RehearseError) as error:
        log.warning("an assessment that was stored cannot be read (%s), so it is made again", type(error).__name__)
        return None
    return assessment if set(assessment.ratings) == set(CRITERION_IDS) else None


def load_contest(written: str, transcript: Transcript) -> Contest:
    """A contested rating with both views, as `Contest.to_dict` wrote it."""
    raw = json.loads(written)
    criterion_id = raw["criterion"]
    return Contest(
        turn=raw["turn"],
        criterion_id=criterion_id,
        reason=raw["reason"],
        pointed=tuple(_span(told, transcript) for told in raw["pointed"]),
        first=_rating(criterion_id, raw["first"], transcript),
        second=_rating(criterion_id, raw["second"], transcript) if raw["second"] else None,
        verdict=Verdict(raw["verdict"]),
        why=raw["why"],
    )


def load_overall(ratings: Raw, transcript: Transcript) -> Ratings:
    """The ratings of a whole conversation, as `Debrief.to_dict` wrote them."""
    return {criterion_id: _rating(criterion_id, told, transcript) for criterion_id, told in ratings.items()}


def contested(ratings: Sequence[Ratings], contests: Sequence[Contest]) -> tuple[Ratings, ...]:
    """The ratings of each turn as they are shown after contests: the last verdict counts; what was given is not changed."""
    shown = [dict(turn) for turn in ratings]
    for contest in contests:
        if contest.turn <= len(shown):
            shown[contest.turn - 1][contest.criterion_id] = contest.shown
    return tuple(shown)


def _rating(criterion_id: str, raw: Raw, transcript: Transcript) -> Rating | Unrated:
    if raw["level"] is None:
        return Unrated(criterion_id, UnratedReason(raw["unrated"]))
    second = raw.get("second")
    return Rating(
        criterion_id,
        raw["level"],
        raw["score"],
        evidence=tuple(_span(told, transcript) for told in raw["evidence"]),
        citations=tuple(_citation(told) for told in raw["citations"]),
        sure=raw["sure"],
        by=raw.get("by", EMBEDDED),
        second=_second(second, transcript) if second else None,
    )


def _second(raw: Raw, transcript: Transcript) -> SecondReading:
    return SecondReading(raw["level"], raw["by"], _span(raw["quote"], transcript) if raw["quote"] else None)


def _remark(raw: Raw, transcript: Transcript) -> Remark:
    turn = transcript.turn(f"L{raw['turn']}")
    return Remark(
        kind=RemarkKind(raw["kind"]),
        criterion_id=raw["about"],
        skill=raw.get("skill", ""),
        span=EvidenceSpan(turn, raw["start"], raw["end"]),
        citation=_citation(raw["citation"]),
        why=raw["why"],
        suggestion=raw["suggestion"],
        value=raw.get("value", 0.0),
        by=raw.get("by", EMBEDDED),
        own=_own(raw["own"]) if raw.get("own") else None,
        own_removed=raw.get("own_removed", False),
    )


def _own(raw: Raw) -> OwnPassage:
    return OwnPassage(raw["document_id"], raw["document"], raw["heading"], raw["text"])


def _span(raw: Raw, transcript: Transcript) -> EvidenceSpan:
    return EvidenceSpan(transcript.turn(raw["turn_id"]), raw["start"], raw["end"])


def _citation(raw: Raw) -> Citation:
    return Citation(Passage(raw["idea"], raw["passage"], raw["text"]))
