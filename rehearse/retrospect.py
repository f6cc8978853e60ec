"""What is made of rehearsals once they are over: ratings contested, progress, the card and the agreement to take along.

Everything here works on one person's workspace; what is found is stored where it belongs and never rated twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rehearse.coaching.agreement import Agreement, draft_agreement
from rehearse.coaching.carry import CarryCard, carry_card
from rehearse.coaching.contest import Contest, contest
from rehearse.coaching.progress import OVERALL, Progress, ScoredRehearsal, playbook, progress
from rehearse.coaching.restoring import contested, load_assessment, load_contest, load_overall
from rehearse.domain.assessment import Debrief, Ratings
from rehearse.domain.carry_texts import shipped_carry_texts
from rehearse.domain.check_in import CheckIn
from rehearse.domain.state import Ending
from rehearse.domain.transcript import Speaker, Transcript, Turn
from rehearse.errors import LearnerError, UnknownIdError
from rehearse.storage.store import RehearsalSummary, StoredRehearsal
from rehearse.workspace import KeptRehearsal, Workspace

AGREEMENT_SCENARIO = "agree-expectations"
MOST_REHEARSALS = 300
"""How far back progress looks."""
MOST_FAMILY = 1_000
"""Among how many rehearsals branches of one are looked for."""
MOST_REASON = 4_000
"""Characters of a reason; more is an essay."""


def transcript_of(stored: StoredRehearsal) -> Transcript:
    """The words that were stored."""
    turns = [Turn(Speaker.COUNTERPART, 0, stored.opening)] if stored.opening else []
    for turn in stored.turns:
        turns.append(Turn(Speaker.LEARNER, turn.number, turn.text))
        if turn.answer is not None:
            turns.append(Turn(Speaker.COUNTERPART, turn.number, turn.answer.text))
    return Transcript(tuple(turns))


# Contested ratings ----------------------------------------------------------------------------------------------------


def contests_of(workspace: Workspace, rehearsal_id: str, transcript: Transcript) -> tuple[Contest, ...]:
    """The ratings contested in a rehearsal, oldest first."""
    return tuple(load_contest(c.contest_json, transcript) for c in workspace.store.notebook.contests(rehearsal_id))


def debrief_of(kept: KeptRehearsal) -> Debrief:
    """The debrief of an ended rehearsal: second readings included, ratings as they stand after contests."""
    kept.catch_up()
    return kept.debrief()


def ratings_at(kept: KeptRehearsal, turn: int) -> Ratings:
    """The ratings of one learner turn as they stand after contests."""
    return contested([a.ratings for a in kept.rehearsal.assessments], kept.contests())[turn - 1]


def contest_rating(kept: KeptRehearsal, turn: int, criterion_id: str, reason: str) -> Contest:
    """Have the coach look again at a rating; both views are kept, and the debrief follows the verdict.

    `LearnerError` for a rehearsal that is still open or a reason that says nothing; `UnknownIdError` for a turn or criterion.
    """
    workspace, rehearsal = kept.workspace, kept.rehearsal
    if rehearsal.ended is Ending.OPEN:
        raise LearnerError(
            "This talk is not finished, so nothing was changed. Ratings can be contested when you look back at it."
        )
    reason = reason.replace("\r\n", "\n").strip()
    if not reason:
        raise LearnerError("You did not say why, so nothing was changed. Say it in a sentence, and quote the words you mean.")
    if len(reason) > MOST_REASON:
        raise LearnerError(f"Your reason has more than {MOST_REASON:,} characters, so nothing was changed. Say it shorter.")
    turns = rehearsal.now.turn
    if not 1 <= turn <= turns:
        raise UnknownIdError("turn", str(turn), [str(n) for n in range(1, turns + 1)])
    criterion_id = workspace.library.criterion(criterion_id).id
    kept.catch_up()
    standing = ratings_at(kept, turn)
    found = contest(rehearsal.conversation, turn, criterion_id, reason, standing, rehearsal.coach.encoder, workspace.library)
    written = json.dumps(found.to_dict(), ensure_ascii=False)
    workspace.store.notebook.add_contest(kept.rehearsal_id, turn, criterion_id, reason, written)
    kept.keep_debrief(kept.debrief())
    return found


# Things to carry ------------------------------------------------------------------------------------------------------


def card_of(kept: KeptRehearsal) -> CarryCard:
    """The card for the real conversation, after an ended rehearsal."""
    return carry_card(kept.rehearsal.conversation, debrief_of(kept), kept.workspace.library, shipped_carry_texts())


def has_agreement(scenario_id: str) -> bool:
    """Whether a scenario ends on a paper of its own."""
    return scenario_id == AGREEMENT_SCENARIO


def agreement_of(kept: KeptRehearsal) -> Agreement:
    """The draft agreement; `LearnerError` where the scenario has none."""
    if not has_agreement(kept.rehearsal.engine.setting.scenario.id):
        raise LearnerError(f"Only a talk to agree on expectations ({AGREEMENT_SCENARIO}) has a draft agreement.")
    return draft_agreement(kept.rehearsal.conversation, kept.workspace.library, shipped_carry_texts())


# Progress -------------------------------------------------------------------------------------------------------------


def scored(stored: StoredRehearsal, contests: Sequence[Contest], transcript: Transcript) -> ScoredRehearsal | None:
    """A stored rehearsal as progress sees it; None where nothing was rated."""
    answers = [t.answer for t in stored.turns if t.answer is not None]
    if not answers or not stored.debrief_json:
        return None
    assessments = [load_assessment(answer.assessment_json, transcript) for answer in answers]
    return ScoredRehearsal(
        key=stored.rehearsal_id,
        scenario_id=stored.scenario_id,
        ratings=load_overall(json.loads(stored.debrief_json)["ratings"], transcript),
        turn_ratings=contested([a.ratings for a in assessments], contests),
        remarks=tuple(remark for a in assessments for remark in a.remarks),
        guesses={} if stored.guess is None else {OVERALL: stored.guess},
    )


@dataclass(frozen=True)
class Past:
    """A person's ended rehearsals, oldest first, and what became of them."""

    workspace: Workspace
    scenario_id: str | None = None
    """Only rehearsals of this scenario."""

    @cached_property
    def rehearsals(self) -> dict[str, StoredRehearsal]:
        """By id, in the order in which they began."""
        recent = self.workspace.store.recent(MOST_REHEARSALS)
        return {s.rehearsal_id: s for s in recent if self.scenario_id in (None, s.scenario_id)}

    @cached_property
    def scored(self) -> tuple[ScoredRehearsal, ...]:
        """Those in which something was rated."""
        found = []
        for rehearsal_id, stored in self.rehearsals.items():
            transcript = transcript_of(stored)
            found.append(scored(stored, contests_of(self.workspace, rehearsal_id, transcript), transcript))
        return tuple(s for s in found if s is not None)

    @cached_property
    def progress(self) -> Progress:
        """Series and guesses of whole talks; the playbook of all.

        A talk that went back to an earlier moment shares its first words with another: counted twice, they would pass for two.
        """
        whole = [s for s in self.scored if self.rehearsals[s.key].parent_id is None]
        return replace(progress(whole), playbook=playbook(self.scored))

    @property
    def check_ins(self) -> list[tuple[StoredRehearsal, CheckIn]]:
        """How the real talks went, newest first."""
        told = [(s, CheckIn.from_json(s.check_in_json)) for s in self.rehearsals.values() if s.check_in_json]
        return sorted(told, key=lambda pair: pair[1].held_on, reverse=True)


def compared(one: ScoredRehearsal, other: ScoredRehearsal) -> Progress:
    """Two attempts, the later against the earlier, with the noise that a change has to exceed."""
    return progress((one, other))


# Branches -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Branch:
    """A rehearsal and those that went back to one of its moments."""

    summary: RehearsalSummary
    branches: tuple[Branch, ...]

    @property
    def size(self) -> int:
        """How many rehearsals it holds, itself included."""
        return 1 + sum(branch.size for branch in self.branches)


def forest(summaries: Sequence[RehearsalSummary]) -> tuple[Branch, ...]:
    """Rehearsals as trees, in the given order; one whose parent is not among them stands on its own."""
    there = {s.rehearsal_id for s in summaries}
    children: dict[str | None, list[RehearsalSummary]] = {}
    for summary in summaries:
        children.setdefault(summary.parent_id if summary.parent_id in there else None, []).append(summary)

    def grown(summary: RehearsalSummary) -> Branch:
        # Branches in the order of the moment they went back to, then as they were tried.
        below = sorted(children.get(summary.rehearsal_id, []), key=lambda s: (s.parent_turn or 0, s.started_at))
        return Branch(summary, tuple(grown(s) for s in below))

    return tuple(grown(s) for s in children.get(None, []))


def family(workspace: Workspace, stored: StoredRehearsal) -> Branch | None:
    """The tree that a rehearsal belongs to; None where it has no branches and is none."""

    def holds(branch: Branch) -> bool:
        return branch.summary.rehearsal_id == stored.rehearsal_id or any(holds(b) for b in branch.branches)

    trees = forest(workspace.store.list(scenario_id=stored.scenario_id, limit=MOST_FAMILY))
    return next((tree for tree in trees if tree.size > 1 and holds(tree)), None)
