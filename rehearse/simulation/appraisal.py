"""How a turn of the learner moves the counterpart: the documented rule over dialogue acts and what they respond to.

Pure: state and track in, state, track and causes out. Formulas are in `docs/dynamics.md`, numbers in `corpus/dynamics.yaml`.
Nothing but this module and `progress` makes a new state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rehearse.domain.acts import HARMFUL, Act, ActSpan
from rehearse.domain.persona import Concern, Difficulty, Persona, Trigger
from rehearse.domain.scenario import Scenario
from rehearse.domain.state import Cause, ConcernState, ConcernStatus, State
from rehearse.domain.tuning import Tuning
from rehearse.perception.segments import words
from rehearse.simulation.effects import EFFECTS

EASED, RESOLVED = 0.5, 0.99
_EMPATHIC = frozenset({Act.ACKNOWLEDGE_FEELING, Act.REFLECT, Act.NORMALISE})
_SIMILAR = 0.75


@dataclass(frozen=True)
class Track:
    """What the rule must remember beside the state: what was said how often, missteps, repairs."""

    uses: Mapping[Act, int] = field(default_factory=dict)
    eases: Mapping[str, int] = field(default_factory=dict)
    """How often an act was spent on a concern, by `concern-id/act`."""
    said: tuple[frozenset[str], ...] = ()
    """The word sets of the learner's turns so far."""
    lost: float = 0.0
    """Trust lost in the last misstep and not yet repaired."""
    lost_at: int = 0
    repairs: int = 0
    empty_streak: int = 0
    heard: bool = False
    """Whether the counterpart has shown something to feel with."""


@dataclass(frozen=True)
class Appraisal:
    """What a turn did: the new state and track, the causes, and what the director needs to know about it."""

    state: State
    track: Track
    causes: tuple[Cause, ...]
    acts: frozenset[Act]
    harm: Act | None = None
    trigger: Trigger | None = None
    repeated: bool = False
    repaired: bool = False
    flattery: bool = False
    empty: bool = False
    progressed: tuple[tuple[str, ConcernStatus], ...] = ()
    """Concerns whose status rose in this turn."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Who talks to whom about what, and how hard: fixed for a rehearsal."""

    persona: Persona
    scenario: Scenario
    difficulty: Difficulty
    tuning: Tuning

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """The concerns in force."""
        return self.persona.concerns_in(self.scenario.id, self.difficulty)


def initial_state(setting: Setting) -> State:
    """Where trust, openness and patience stand before a word is said."""
    mood = setting.persona.temperament
    level = setting.tuning.difficulty[setting.difficulty]
    return State(
        trust=_unit(0.24 + 0.16 * mood.warmth - 0.1 * mood.scepticism + level.start),
        openness=_unit(0.3 + 0.1 * mood.warmth - 0.1 * mood.scepticism + level.start),
        patience=_unit(0.6 + 0.35 * mood.patience),
        concerns={c.id: ConcernState() for c in setting.concerns},
    )


def appraise(setting: Setting, state: State, track: Track, turn: int, text: str, spans: tuple[ActSpan, ...]) -> Appraisal:
    """Move the state by one turn of the learner."""
    said = frozenset(words(text))
    acts = frozenset(s.act for s in spans)
    level = setting.tuning.difficulty[setting.difficulty]
    if Act.BREAK_ROLE in acts:
        return _machine_words(setting, state, track, turn, spans, said)

    harm = _worst(setting, acts)
    trigger = _triggered(setting.persona, acts, text)
    repeated = any(_similar(said, before) for before in track.said)
    helpful = () if repeated else tuple(s for s in _first_of_each(spans) if s.act not in HARMFUL)
    flattery = {s.act for s in helpful} == {Act.APPRECIATE} and track.uses.get(Act.APPRECIATE, 0) > 0
    ledger = _Ledger(setting, state, turn)

    repaired = harm is None and not repeated and _repair(setting, track, turn, spans, ledger)
    for span in helpful:
        ledger.help(span, track, spoiled=harm is not None or trigger is not None, flattery=flattery)
    for span in _first_of_each(spans):
        if span.act in HARMFUL:
            ledger.harm(span)
    if trigger is not None:
        ledger.trigger(trigger, spans, text)

    eases = dict(track.eases)
    progressed: list[tuple[str, ConcernStatus]] = []
    if harm is None and trigger is None:
        for concern in setting.concerns:
            status = ledger.ease(concern, text, helpful, eases)
            if status is not None:
                progressed.append((concern.id, status))
    elif state.on_table:
        ledger.sharpen(state.on_table)

    empty = repeated or (not helpful and harm is None and trigger is None)
    cost = level.turn_cost * (1.4 - 0.8 * setting.persona.temperament.patience)
    if empty:
        cost += level.empty_cost * (1.0 + 0.25 * min(track.empty_streak, 4))
    ledger.patience(-cost, "said nothing new" if repeated else "gave nothing to answer" if empty else "", text)

    met = state.met | {n.id for n in setting.scenario.needs if {s.act for s in helpful} & set(n.acts)}
    lost = max(0.0, -ledger.trust_moved) if harm is not None or trigger is not None else (0.0 if repaired else track.lost)
    return Appraisal(
        state=replace(ledger.state(), met=met),
        track=Track(
            uses=_counted(track.uses, (s.act for s in helpful)),
            eases=eases,
            said=(*track.said, said),
            lost=lost,
            lost_at=turn if harm is not None or trigger is not None else track.lost_at,
            repairs=track.repairs + repaired,
            empty_streak=track.empty_streak + 1 if empty else 0,
            heard=track.heard,
        ),
        causes=tuple(ledger.causes),
        acts=acts,
        harm=harm,
        trigger=trigger,
        repeated=repeated,
        repaired=repaired,
        flattery=flattery,
        empty=empty,
        progressed=tuple(progressed),
    )


def _repair(setting: Setting, track: Track, turn: int, spans: tuple[ActSpan, ...], ledger: _Ledger) -> bool:
    """Owning a recent misstep brings back a share of what it cost, once or twice."""
    span = next((s for s in spans if s.act is Act.SHOW_HUMILITY), None)
    share = setting.tuning.repair[track.repairs] if track.repairs < len(setting.tuning.repair) else 0.0
    if span is None or not share or track.lost <= 0 or turn - track.lost_at > 2:
        return False
    ledger.move(span, trust=share * track.lost, openness=0.5 * share * track.lost, effect="owned a misstep")
    return True


def unreadable(setting: Setting, state: State, track: Track, turn: int, text: str) -> Appraisal:
    """A turn that cannot be understood costs patience and moves nothing else."""
    ledger = _Ledger(setting, state, turn)
    cost = setting.tuning.difficulty[setting.difficulty].empty_cost * (1.0 + 0.25 * min(track.empty_streak, 4))
    ledger.patience(-cost, "could not be understood", text)
    return Appraisal(
        state=ledger.state(),
        track=replace(track, said=(*track.said, frozenset(words(text))), empty_streak=track.empty_streak + 1),
        causes=tuple(ledger.causes),
        acts=frozenset(),
        empty=True,
    )


def _machine_words(
    setting: Setting, state: State, track: Track, turn: int, spans: tuple[ActSpan, ...], said: frozenset[str]
) -> Appraisal:
    """Words meant for a machine, or off the subject: only patience hears them."""
    ledger = _Ledger(setting, state, turn)
    span = next(s for s in spans if s.act is Act.BREAK_ROLE)
    cost = setting.tuning.acts[Act.BREAK_ROLE].patience * setting.tuning.difficulty[setting.difficulty].loss
    ledger.move(span, patience=cost, effect="left the conversation")
    return Appraisal(
        state=ledger.state(),
        track=replace(track, said=(*track.said, said), empty_streak=track.empty_streak + 1),
        causes=tuple(ledger.causes),
        acts=frozenset({Act.BREAK_ROLE}),
        harm=Act.BREAK_ROLE,
        empty=True,
    )


def relevance(text: str, concern: Concern) -> int:
    """How many of a concern's topics the words touch; a topic counts where a word begins with it."""
    spoken = words(text)
    joined = " " + " ".join(spoken)
    return sum(f" {topic.lower()}" in joined for topic in concern.topics)


def _worst(setting: Setting, acts: frozenset[Act]) -> Act | None:
    harmful = [a for a in acts if a in HARMFUL]
    return min(harmful, key=lambda a: (setting.tuning.acts[a].trust, a.value)) if harmful else None


def _triggered(persona: Persona, acts: frozenset[Act], text: str) -> Trigger | None:
    lowered = " " + " ".join(words(text)) + " "
    for trigger in persona.triggers:
        if acts & set(trigger.acts) or any(f" {' '.join(words(w))} " in lowered for w in trigger.words):
            return trigger
    return None


def _similar(one: frozenset[str], other: frozenset[str]) -> bool:
    if len(one) < 3:
        return bool(one) and one == other
    return len(one & other) / len(one | other) >= _SIMILAR


def _first_of_each(spans: tuple[ActSpan, ...]) -> tuple[ActSpan, ...]:
    seen: dict[Act, ActSpan] = {}
    for span in spans:
        seen.setdefault(span.act, span)
    return tuple(seen.values())


def _counted(uses: Mapping[Act, int], acts: Iterable[Act]) -> dict[Act, int]:
    counted = dict(uses)
    for act in acts:
        counted[act] = counted.get(act, 0) + 1
    return counted


def _unit(value: float) -> float:
    return min(1.0, max(0.0, value))


def _at(weights: tuple[float, ...], times: int) -> float:
    return weights[min(times, len(weights) - 1)]


class _Ledger:
    """Collects changes with their causes during one appraisal."""

    def __init__(self, setting: Setting, state: State, turn: int) -> None:
        self.setting = setting
        self.before = state
        self.turn = turn
        self.trust, self.openness, self.patience_now = state.trust, state.openness, state.patience
        self.concerns = dict(state.concerns)
        self.on_table = state.on_table
        self.causes: list[Cause] = []
        self.level = setting.tuning.difficulty[setting.difficulty]

    @property
    def trust_moved(self) -> float:
        return self.trust - self.before.trust

    def state(self) -> State:
        return replace(
            self.before,
            trust=_unit(self.trust),
            openness=_unit(self.openness),
            patience=_unit(self.patience_now),
            concerns=self.concerns,
            on_table=self.on_table,
        )

    def move(
        self, span: ActSpan | None, *, effect: str, trust: float = 0.0, openness: float = 0.0, patience: float = 0.0,
        concern_id: str | None = None,
    ) -> None:  # fmt: skip
        self.trust += trust
        self.openness += openness
        self.patience_now += patience
        if span is not None:
            self.causes.append(Cause(self.turn, span.act, span.quote, effect, trust, openness, patience, concern_id))

    def help(self, span: ActSpan, track: Track, *, spoiled: bool, flattery: bool) -> None:
        tuning, mood = self.setting.tuning, self.setting.persona.temperament
        effect = tuning.acts[span.act]
        weight = _at(tuning.novelty, track.uses.get(span.act, 0)) * self.level.gain * (1.25 - 0.5 * mood.scepticism)
        if spoiled:
            weight *= tuning.spoiled
        if flattery:
            weight = 0.0
        if span.act in _EMPATHIC and not (track.heard or self.before.on_table):
            weight *= tuning.premature
        if span.act is Act.ANSWER_CONCERN and not self.before.on_table:
            weight *= tuning.premature
        # The higher it stands, the less one more good turn adds.
        trust = effect.trust * weight * (1.0 - self.before.trust) * 1.5
        openness = effect.openness * weight * (1.0 - self.before.openness) * 1.5
        word = "nothing: praise with nothing behind it" if flattery else EFFECTS[span.act]
        self.move(span, effect=word, trust=trust, openness=openness, patience=effect.patience * weight)

    def harm(self, span: ActSpan) -> None:
        effect = self.setting.tuning.acts[span.act]
        factor = self.level.loss
        self.move(
            span,
            effect=EFFECTS[span.act],
            trust=effect.trust * factor,
            openness=effect.openness * factor,
            patience=effect.patience * factor,
        )

    def trigger(self, trigger: Trigger, spans: tuple[ActSpan, ...], text: str) -> None:
        span = next((s for s in spans if s.act in trigger.acts), None)
        trust, patience = trigger.trust * self.level.loss, trigger.patience * self.level.loss
        self.trust += trust
        self.patience_now += patience
        quote = span.quote if span else _words_of(trigger, text)
        self.causes.append(Cause(self.turn, span.act if span else None, quote, "touched a sore point", trust, 0.0, patience))

    def patience(self, change: float, effect: str, text: str) -> None:
        self.patience_now += change
        if effect:
            self.causes.append(Cause(self.turn, None, text[:80].strip(), effect, patience=change))

    def sharpen(self, concern_id: str) -> None:
        now = self.concerns[concern_id]
        self.concerns[concern_id] = replace(now, ease=max(0.0, now.ease - self.setting.tuning.sharpen))

    def ease(self, concern: Concern, text: str, helpful: tuple[ActSpan, ...], eases: dict[str, int]) -> ConcernStatus | None:
        """Ease one concern by what was said; the new status if it rose."""
        now = self.concerns[concern.id]
        if now.status is ConcernStatus.RESOLVED:
            return None
        tuning, hits = self.setting.tuning, relevance(text, concern)
        if self.before.on_table == concern.id:
            fit = tuning.on_topic if hits else tuning.on_table
        elif hits:
            fit = tuning.elsewhere
        else:
            return None
        total, best = 0.0, None
        for span in helpful:
            weight = concern.eased_by.get(span.act, 0.0)
            if not weight:
                continue
            key = f"{concern.id}/{span.act.value}"
            gain = weight * _at(tuning.ease_novelty, eases.get(key, 0)) * fit * self.level.ease
            eases[key] = eases.get(key, 0) + 1
            total += gain
            if best is None or gain > best[0]:
                best = (gain, span)
        if best is None or total < 0.02:
            return None
        ease = min(1.0, now.ease + min(total, tuning.ease_cap))
        status: ConcernStatus = now.status
        if ease >= RESOLVED and now.status is not ConcernStatus.LATENT:
            status = ConcernStatus.RESOLVED
        elif ease >= EASED and now.status is ConcernStatus.VOICED:
            status = ConcernStatus.EASED
        self.concerns[concern.id] = ConcernState(status, ease, now.voiced_at)
        rose = status is not now.status
        self.move(best[1], effect="spoke to a worry", concern_id=concern.id)
        if rose and self.on_table == concern.id:
            self.on_table = None
        return status if rose else None


def _words_of(trigger: Trigger, text: str) -> str:
    lowered = text.lower()
    for word in trigger.words:
        place = lowered.find(word.lower())
        if place >= 0:
            return text[place : place + len(word)]
    return text[:60].strip()
