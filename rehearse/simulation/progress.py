"""State changes that follow from what the counterpart itself does: raising a concern, telling a fact, a test stood."""

from __future__ import annotations

from dataclasses import replace

from rehearse.domain.acts import ActSpan
from rehearse.domain.persona import Concern, Difficulty, Disclosure, Fact, Habit
from rehearse.domain.state import Cause, ConcernState, ConcernStatus, State
from rehearse.simulation.appraisal import EASED, RESOLVED, Setting

_UNDONE = (ConcernStatus.LATENT, ConcernStatus.VOICED)


def voice(state: State, concern_id: str, turn: int) -> State:
    """Put a concern on the table; one that was pre-empted counts as eased at once."""
    now = state.concerns[concern_id]
    if now.status is not ConcernStatus.LATENT:
        return replace(state, on_table=concern_id if now.status is ConcernStatus.VOICED else state.on_table)
    concerns = dict(state.concerns)
    concerns[concern_id] = ConcernState(ConcernStatus.VOICED, now.ease, turn)
    return replace(state, concerns=concerns, on_table=concern_id)


def pre_empted(state: State, concern: Concern) -> bool:
    """Whether a concern was answered before it was raised."""
    now = state.concerns[concern.id]
    return now.status is ConcernStatus.LATENT and now.ease >= EASED


def settle(state: State, concern_id: str, turn: int) -> State:
    """Mark a pre-empted concern as raised and eased in one go."""
    now = state.concerns[concern_id]
    concerns = dict(state.concerns)
    status = ConcernStatus.RESOLVED if now.ease >= RESOLVED else ConcernStatus.EASED
    concerns[concern_id] = ConcernState(status, now.ease, turn)
    return replace(state, concerns=concerns)


def disclose(state: State, fact: Fact) -> State:
    """Tell a fact; telling it opens the counterpart a little."""
    return replace(state, disclosed=state.disclosed | {fact.id}, openness=min(1.0, state.openness + 0.03))


def tellable(setting: Setting, state: State, fact: Fact) -> bool:
    """Whether a fact's gate is open: the rule that the canary and leak tests hold the engine to."""
    if fact.disclosure is Disclosure.IF_TRUSTED:
        return state.trust >= fact_threshold(setting, fact)
    return True


def fact_threshold(setting: Setting, fact: Fact) -> float:
    """The trust from which a fact may be told; harder counterparts keep it longer, none tells it earlier than its file says."""
    extra = setting.tuning.difficulty[setting.difficulty].threshold if setting.difficulty is Difficulty.HARD else 0.0
    return fact.threshold + max(0.0, extra)


def stand_test(setting: Setting, state: State, turn: int, *, kept: bool, span: ActSpan | None, words: str) -> tuple[State, Cause]:
    """The scripted test of confidentiality: kept it earns, broken it costs most of what was earned."""
    tuning = setting.tuning
    if kept:
        trust = tuning.kept_confidence * (1.0 - state.trust)
        cause = Cause(turn, span.act if span else None, span.quote if span else words, "saw the confidence kept", trust=trust)
    else:
        trust = -tuning.broken_confidence * state.trust
        cause = Cause(turn, span.act if span else None, span.quote if span else words, "heard the confidence broken", trust=trust)
    return replace(state, trust=min(1.0, max(0.0, state.trust + trust))), cause


def open_concerns(setting: Setting, state: State) -> tuple[Concern, ...]:
    """Required concerns that are not eased, in the order of the file."""
    return tuple(c for c in setting.concerns if c.required and state.concerns[c.id].status in _UNDONE)


def missing_needs(setting: Setting, state: State) -> tuple[str, ...]:
    """The scenario's needs that are not on the table, in order."""
    return tuple(n.id for n in setting.scenario.needs if n.id not in state.met)


def permitted(setting: Setting, state: State) -> bool:
    """Whether the state permits a concession: trust, openness, and no required concern left open."""
    level = setting.tuning.difficulty[setting.difficulty]
    return (
        state.trust >= setting.scenario.trust + level.threshold
        and state.openness >= setting.scenario.openness + level.threshold
        and not open_concerns(setting, state)
        and state.patience > 0.0
    )


def habit_of(setting: Setting) -> Habit:
    """This persona's way of not quite saying yes or no in this scenario."""
    return setting.persona.habit.get(setting.scenario.id, Habit.PLAIN)
