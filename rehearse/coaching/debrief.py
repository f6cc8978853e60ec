"""The debrief: what to keep and to change, what turned the conversation, the six ideas, the outcome, what to practise next."""

from __future__ import annotations

from collections.abc import Sequence

from rehearse.coaching.conversation import Conversation
from rehearse.coaching.ratings import level_of
from rehearse.domain.acts import HARMFUL, Act
from rehearse.domain.assessment import (
    IdeaMark,
    IdeaStatus,
    NextPractice,
    Outcome,
    Rating,
    Ratings,
    Remark,
    RemarkKind,
    Revealed,
    TurningPoint,
    Undisclosed,
)
from rehearse.domain.guidance import IdeaSigns
from rehearse.domain.idea import Citation
from rehearse.domain.library import Library
from rehearse.domain.scenario import When
from rehearse.domain.state import ConcernStatus, Ending
from rehearse.domain.transcript import EvidenceSpan
from rehearse.simulation.appraisal import Setting
from rehearse.simulation.snapshot import Snapshot

_EASED = (ConcernStatus.EASED, ConcernStatus.RESOLVED)
MOST_KEEP, MOST_CHANGE, MOST_TURNING = 3, 3, 4


def chosen_remarks(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Two or three things to keep and to change, most valuable first, each about something else."""
    keep = _distinct([r for r in remarks if r.kind is RemarkKind.KEEP], MOST_KEEP)
    change = _distinct([r for r in remarks if r.kind is RemarkKind.CHANGE], MOST_CHANGE)
    return keep + change


def _distinct(remarks: Sequence[Remark], most: int) -> tuple[Remark, ...]:
    chosen: list[Remark] = []
    for remark in sorted(remarks, key=lambda r: (-r.value, r.span.turn.number)):
        if remark.criterion_id not in {c.criterion_id for c in chosen}:
            chosen.append(remark)
    return tuple(chosen[:most])


def turning_points(conversation: Conversation) -> tuple[TurningPoint, ...]:
    """The turns that moved trust most, in order, each with the words that did it."""
    points: list[TurningPoint] = []
    for number, exchange in conversation.exchanges.items():
        before = conversation.exchanges[number - 1].state.trust if number > 1 else None
        if before is None:
            before = exchange.state.trust - sum(c.trust for c in exchange.causes)
        moved = exchange.state.trust - before
        causes = [c for c in exchange.causes if c.act is not None and c.quote and c.trust * moved > 0]
        if abs(moved) < 0.03 or not causes:
            continue
        cause = max(causes, key=lambda c: abs(c.trust))
        turn = conversation.transcript.turn(f"L{number}")
        start = turn.text.find(cause.quote)
        if start >= 0:
            points.append(TurningPoint(number, EvidenceSpan(turn, start, start + len(cause.quote)), cause.effect, moved))
    strongest = sorted(points, key=lambda p: -abs(p.trust))[:MOST_TURNING]
    return tuple(sorted(strongest, key=lambda p: p.turn))


def idea_map(conversation: Conversation, library: Library) -> tuple[IdeaMark, ...]:
    """Each idea: shown, attempted, or no opportunity, with the words and the passage."""
    return tuple(_idea_mark(conversation, library, signs) for signs in library.guidance.ideas)


def _idea_mark(conversation: Conversation, library: Library, signs: IdeaSigns) -> IdeaMark:
    attempted: IdeaMark | None = None
    for number in sorted(conversation.acts):
        spoiled = bool(conversation.act_set(number) & HARMFUL)
        for span in conversation.acts[number]:
            if span.act not in signs.acts:
                continue
            evidence = EvidenceSpan(conversation.transcript.turn(f"L{number}"), span.start, span.end)
            citation = Citation.of(library.corpus, signs.passages[span.act])
            if not spoiled and not _fell_flat(conversation, number, span.act):
                return IdeaMark(signs.idea, IdeaStatus.SHOWN, evidence, citation)
            attempted = attempted or IdeaMark(signs.idea, IdeaStatus.ATTEMPTED, evidence, citation)
    return attempted or IdeaMark(signs.idea, IdeaStatus.NO_OPPORTUNITY)


def _fell_flat(conversation: Conversation, number: int, act: Act) -> bool:
    """In a rehearsal, whether the act moved nothing."""
    if not conversation.exchanges:
        return False
    return not any(c.act is act and (c.trust > 0.004 or c.concern_id) for c in conversation.causes(number))


def outcome(conversation: Conversation) -> Outcome | None:
    """What the counterpart agreed to, and why; None for a transcript from elsewhere."""
    if conversation.setting is None or conversation.snapshot is None:
        return None
    setting, snapshot = conversation.setting, conversation.snapshot
    checks = {check.id: _holds(check.when, setting, snapshot) for check in setting.scenario.checks}
    return Outcome(snapshot.ending, checks, _why(setting, snapshot))


def _holds(when: When, setting: Setting, snapshot: Snapshot) -> bool:
    acts = {s.act for e in snapshot.exchanges for s in e.acts}
    state = snapshot.state
    facts = {f.id: f for f in setting.persona.facts_in(setting.scenario.id)}
    statuses = {c.id: state.concerns[c.id].status for c in setting.concerns}
    return bool(snapshot.exchanges) and all(
        (
            not when.any_act or bool(acts & set(when.any_act)),
            set(when.all_acts) <= acts,
            not acts & set(when.no_act),
            not when.agreed or snapshot.ending is Ending.AGREED,
            not when.concern_eased or any(s in _EASED for s in statuses.values()),
            not when.all_required_eased or all(statuses[c.id] in _EASED for c in setting.concerns if c.required),
            not when.fact_told or bool(state.disclosed),
            not when.wish_named or any(facts[f].wish for f in state.disclosed if f in facts),
            not when.event_kept or any(verdict == "kept" for _, verdict in snapshot.memory.events),
            state.trust >= when.trust_at_least,
        )
    )


def _why(setting: Setting, snapshot: Snapshot) -> str:
    name = setting.persona.name.split()[0]
    state = snapshot.state
    left = [c.about for c in setting.concerns if c.required and state.concerns[c.id].status not in _EASED]
    if snapshot.ending is Ending.AGREED:
        eased = [c.about for c in setting.concerns if state.concerns[c.id].status in _EASED]
        settled = f" What stood in the way was answered: {_listed(eased)}" if eased else ""
        return f"{name} agreed: there was enough trust, and a next step was on the table.{settled}"
    if snapshot.ending is Ending.DECLINED:
        return f"{name} ran out of patience before there was a reason to say yes." + _still(left)
    if snapshot.ending is Ending.TIME:
        return "The time was over before anything was agreed." + _still(left)
    if snapshot.ending is Ending.LEFT:
        return "You ended the conversation before anything was agreed." + _still(left)
    return "The conversation is still open." + _still(left)


def _still(left: Sequence[str]) -> str:
    return f" Still open: {_listed(left)}" if left else ""


def _listed(items: Sequence[str]) -> str:
    return " ".join(item if item.endswith(".") else f"{item}." for item in items)


def thoughts(conversation: Conversation) -> tuple[Revealed, ...]:
    """What the counterpart thought and did not say, turn by turn."""
    return tuple(Revealed(n, e.thought) for n, e in conversation.exchanges.items() if e.thought)


def undisclosed(conversation: Conversation) -> tuple[Undisclosed, ...]:
    """What never came up, with the question that would have opened it."""
    if conversation.setting is None or conversation.snapshot is None:
        return ()
    setting, state = conversation.setting, conversation.snapshot.state
    hidden = [
        Undisclosed("concern", c.about, c.would_open)
        for c in setting.concerns
        if state.concerns[c.id].status is ConcernStatus.LATENT
    ]
    hidden += [
        Undisclosed("fact", f.text, f.would_open)
        for f in setting.persona.facts_in(setting.scenario.id)
        if f.id not in state.disclosed
    ]
    return tuple(hidden)


def next_practice(
    remarks: Sequence[Remark], ratings: Ratings, per_turn: Sequence[Ratings], library: Library
) -> NextPractice | None:
    """The one skill to practise next, and the turn before which to return."""
    changes = [r for r in remarks if r.kind is RemarkKind.CHANGE]
    if changes:
        worst = max(changes, key=lambda r: r.value)
        return NextPractice(worst.criterion_id, worst.span.turn.number - 1, worst.why)
    rated = [(r.score, c) for c, r in ratings.items() if isinstance(r, Rating) and r.level < 2 and c != "dismissal"]
    if not rated:
        return None
    _, criterion_id = min(rated)
    turns = [(n, t[criterion_id]) for n, t in enumerate(per_turn, 1)]
    weakest = min(((r.score, n) for n, r in turns if isinstance(r, Rating)), default=(0, 1))
    criterion = library.criterion(criterion_id)
    level = criterion.levels[level_of(ratings, criterion_id) or 0]
    return NextPractice(criterion_id, weakest[1] - 1, f"{criterion.title}: {level.meaning}")
