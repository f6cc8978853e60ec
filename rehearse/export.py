"""A stored rehearsal as Markdown for people and as JSON for programs; `export_pdf` sets the same on paper.

People's words are escaped, so that nothing in them renders: no link, no picture, no HTML. What lay behind the answers (thoughts,
state, reactions) is in an export only when the rehearsal has ended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rehearse.domain.assessment import Rating, Unrated
from rehearse.domain.check_in import CheckIn
from rehearse.domain.library import Library
from rehearse.errors import UnknownIdError

if TYPE_CHECKING:
    from rehearse.coaching.contest import Contest
    from rehearse.storage.store import StoredRehearsal

UNRATED = {
    "no_opportunity": "there was no opportunity",
    "too_short": "too short to tell",
    "coach_unavailable": "the coach was not available",
}
DETAILS = {
    "validating_emotions": ("Validating emotions", True),
    "encouraging_elaboration": ("Encouraging them to say more", True),
    "demonstrating_understanding": ("Demonstrating understanding", True),
    "advice_giving": ("Giving advice unasked", False),
    "self_oriented": ("Turning to yourself", False),
    "dismissing_emotions": ("Dismissing emotions", False),
}
"""How each listening detail is called, and whether high is better."""
STILL_OPEN = "The conversation is still open."
IDEA_STATUS = {"shown": "shown", "attempted": "attempted", "no_opportunity": "no opportunity"}


# What a debrief says, ready to be shown -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One criterion in words; `score` is None where it was not rated, and `level` says why."""

    title: str
    level: str
    score: int | None
    meaning: str
    sure: bool


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """The criteria of one rubric, and the mean of those that were rated."""

    title: str
    rows: tuple[ScoreRow, ...]
    total: int | None


def score_groups(ratings: Mapping[str, Any], library: Library) -> tuple[ScoreGroup, ...]:
    """The scorecard of a debrief's `ratings`, a group for each rubric."""
    groups = []
    for rubric in library.rubrics:
        rows = []
        for criterion in rubric.criteria:
            rating = ratings[criterion.id]
            if rating["level"] is None:
                reason = UNRATED.get(rating["unrated"], rating["unrated"])
                rows.append(ScoreRow(criterion.title, f"not rated: {reason}", None, "", sure=True))
            else:
                level = criterion.levels[rating["level"]]
                rows.append(ScoreRow(criterion.title, level.name, rating["score"], level.meaning, rating["sure"]))
        scores = [row.score for row in rows if row.score is not None]
        groups.append(ScoreGroup(rubric.title, tuple(rows), round(sum(scores) / len(scores)) if scores else None))
    return tuple(groups)


def detail_rows(details: Mapping[str, float | None]) -> Iterator[tuple[str, str]]:
    """The listening details in words: name, and value with its direction."""
    for key, (title, high_is_better) in DETAILS.items():
        value = details.get(key)
        better = "" if high_is_better else ", lower is better"
        yield title, "not rated" if value is None else f"{value:.1f} of 5{better}"


def idea_title(library: Library, idea_id: str) -> str:
    """An idea's title, or its id if the corpus has changed since."""
    try:
        return library.corpus.idea(idea_id).title
    except UnknownIdError:
        return idea_id


def persona_title(library: Library, persona_id: str) -> tuple[str, str]:
    """A persona's name and role, or the id if the file is gone."""
    try:
        persona = library.persona(persona_id)
    except UnknownIdError:
        return persona_id, ""
    return persona.name, persona.role


def check_titles(library: Library, scenario_id: str) -> dict[str, str]:
    """The success checks of a scenario in words."""
    try:
        return {check.id: check.title for check in library.scenario(scenario_id).checks}
    except UnknownIdError:
        return {}


def scenario_title(library: Library, scenario_id: str) -> str:
    """A scenario's title, or its id if the file is gone."""
    try:
        return library.scenario(scenario_id).title
    except UnknownIdError:
        return scenario_id


def rating_words(rating: Rating | Unrated, library: Library) -> str:
    """A rating in words, or that there is none."""
    if isinstance(rating, Unrated):
        return f"not rated: {UNRATED[rating.reason.value]}"
    name = library.criterion(rating.criterion_id).levels[rating.level].name
    return f"{name}, {rating.score} of 100{'' if rating.sure else ' (unsure)'}"


def contest_lines(contests: Sequence[Contest], library: Library) -> Iterator[tuple[str, str]]:
    """Each contested rating with both views: (who, words); a heading has nobody."""
    if contests:
        yield "", "Ratings you saw differently"
    for contest in contests:
        title = library.criterion(contest.criterion_id).title
        yield f"{title}, turn {contest.turn}, first", rating_words(contest.first, library)
        yield "You", contest.reason
        yield "The coach", contest.why
        yield f"{title}, turn {contest.turn}, since", rating_words(contest.shown, library)


def check_in_lines(told: CheckIn) -> Iterator[tuple[str, str]]:
    """How the real talk went: (question, answer), what was left empty left out."""
    yield "When", told.held_on.isoformat()
    for label, words in (("How it went", told.went), ("What they agreed to", told.agreed), ("Which line worked", told.line)):
        if words:
            yield label, words


# JSON -----------------------------------------------------------------------------------------------------------------


def to_dict(stored: StoredRehearsal, contests: Sequence[Contest] = ()) -> dict[str, object]:
    """A stored rehearsal as programs read it; `rehearse score` can read it back."""
    ended = bool(stored.ending)
    turns = []
    for turn in stored.turns:
        answer = turn.answer
        shown: dict[str, object] = {"learner": turn.text, "counterpart": answer.text if answer else ""}
        if answer is not None:
            shown |= _behind(json.loads(answer.exchange_json), ended=ended)
        turns.append(shown)
    return {
        "id": stored.rehearsal_id,
        "scenario": stored.scenario_id,
        "persona": stored.persona_id,
        "difficulty": stored.difficulty,
        "seed": stored.seed,
        "engine": stored.engine,
        "focus": stored.focus,
        "started": stored.started_at.isoformat(timespec="seconds"),
        "ended": stored.ending or "open",
        "opening": stored.opening,
        "turns": turns,
        "debrief": json.loads(stored.debrief_json) if ended and stored.debrief_json else None,
        "contests": [contest.to_dict() for contest in contests] if ended else [],
        "check_in": json.loads(stored.check_in_json) if stored.check_in_json else None,
    }


def _behind(exchange: Mapping[str, Any], *, ended: bool) -> dict[str, object]:
    """The learner's acts; after the end also what the counterpart did and why."""
    found: dict[str, object] = {
        "acts": list(dict.fromkeys(span["act"] for span in exchange["acts"])),
        "act_spans": [{key: span[key] for key in ("act", "quote", "start", "end")} for span in exchange["acts"]],
    }
    if ended:
        state = exchange["state"]
        found["reaction"] = exchange["plan"]["moves"][0]["reaction"]
        found["state"] = {
            **{key: round(state[key], 3) for key in ("trust", "openness", "patience")},
            "concerns": {key: value["status"] for key, value in state["concerns"].items()},
        }
        found["causes"] = [{"act": c["act"] or "none", "quote": c["quote"], "effect": c["effect"]} for c in exchange["causes"]]
    return found


# Markdown -------------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>&~|$#])")
_LINE_START = re.compile(r"^\s*(?:([-+=])|(\d{1,9})([.)]))", re.MULTILINE)
_LINK = re.compile(r":(?=//|[\w+-]+:)|(?<=www)\.", re.IGNORECASE)


def escaped(text: str) -> str:
    """Words as Markdown that shows exactly them: nothing in them renders."""
    text = _LINK.sub(lambda m: f"\\{m.group()}", _SPECIAL.sub(r"\\\1", text))
    text = _LINE_START.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", text)
    return "\n".join(line.strip() for line in text.split("\n"))


def _line(text: str) -> str:
    """Escaped words on one line."""
    return escaped(" ".join(text.split()))


def _block(text: str, prefix: str = "") -> str:
    """Escaped words with their line breaks kept."""
    lines = [line for line in escaped(text).split("\n") if line]
    return "\\\n".join(f"{prefix if number else ''}{line}" for number, line in enumerate(lines))


def to_markdown(stored: StoredRehearsal, library: Library, contests: Sequence[Contest] = ()) -> str:
    """A readable transcript with its scores; without scores while the rehearsal is still open."""
    name, role = persona_title(library, stored.persona_id)
    ended = bool(stored.ending)
    debrief = json.loads(stored.debrief_json) if ended and stored.debrief_json else None
    parts = [
        f"# {_line(scenario_title(library, stored.scenario_id))}",
        _bullets(
            [
                f"Counterpart: {_line(name)}" + (f", {_line(role)}" if role else ""),
                f"Difficulty: {_line(stored.difficulty)}",
                f"Seed: {stored.seed}",
                f"Date: {stored.started_at:%Y-%m-%d}",
                f"Rehearsal: {_line(stored.rehearsal_id)}",
            ]
        ),
    ]
    if debrief:
        parts += list(_debrief_parts(debrief, stored.scenario_id, library))
        parts += [f"{'## ' if not who else f'**{who}:** '}{_line(words)}" for who, words in contest_lines(contests, library)]
    elif not ended:
        parts.append(STILL_OPEN)
    if stored.check_in_json:
        parts.append("## How the real talk went")
        parts += [f"**{label}:** {_block(words)}" for label, words in check_in_lines(CheckIn.from_json(stored.check_in_json))]
    parts.append("## Transcript")
    parts += list(_transcript_parts(stored, name))
    return "\n\n".join(parts) + "\n"


def _transcript_parts(stored: StoredRehearsal, name: str) -> Iterator[str]:
    if stored.opening:
        yield f"**{_line(name)}:** {_block(stored.opening)}"
    for number, turn in enumerate(stored.turns, 1):
        yield f"### Turn {number}"
        yield f"**Learner:** {_block(turn.text)}"
        if turn.answer is not None:
            yield f"**{_line(name)}:** {_block(turn.answer.text)}"


def _debrief_parts(debrief: Mapping[str, Any], scenario_id: str, library: Library) -> Iterator[str]:
    if debrief["outcome"]:
        yield "## Outcome"
        yield _line(debrief["outcome"]["why"])
        titles = check_titles(library, scenario_id)
        checks = debrief["outcome"]["checks"]
        yield _bullets(f"{'Yes' if held else 'No'}: {_line(titles.get(key, key))}" for key, held in checks.items())
    yield "## Ratings"
    for group in score_groups(debrief["ratings"], library):
        yield f"### {_line(group.title)}"
        yield _table(group)
    yield "### Listening"
    yield _bullets(f"{title}: {value}" for title, value in detail_rows(debrief["details"]))
    if debrief["remarks"]:
        yield "## Remarks"
        yield from (_remark(remark, library) for remark in debrief["remarks"])
    if debrief["turning_points"]:
        yield "## Turning points"
        yield _bullets(f"Turn {p['turn']}, “{_line(p['quote'])}”: {_line(p['effect'])}" for p in debrief["turning_points"])
    yield "## The six ideas"
    yield _bullets(_idea(mark, library) for mark in debrief["ideas"])
    yield from _revealed(debrief)


def _table(group: ScoreGroup) -> str:
    lines = ["| Criterion | Level | Score | What it means |", "|---|---|---|---|"]
    for row in group.rows:
        score = "–" if row.score is None else str(row.score)
        level = row.level if row.sure else f"{row.level} (unsure)"
        lines.append(f"| {_line(row.title)} | {_line(level)} | {score} | {_line(row.meaning)} |")
    if group.total is not None:
        lines.append(f"| Together | | {group.total} | The mean of what could be rated |")
    return "\n".join(lines)


def _remark(remark: Mapping[str, Any], library: Library) -> str:
    cited = remark["citation"]
    lines = [
        f"**{remark['kind'].capitalize()}**, turn {remark['turn']}: “{_line(remark['quote'])}”",
        _line(remark["why"]),
        f"> {_line(cited['text'])}\n> ({_line(idea_title(library, cited['idea']))}, {_line(cited['passage'])})",
    ]
    if remark["suggestion"]:
        lines.append(f"You could say: “{_line(remark['suggestion'])}”")
    return "\n\n".join(lines)


def _idea(mark: Mapping[str, Any], library: Library) -> str:
    text = f"{_line(idea_title(library, mark['idea']))}: {IDEA_STATUS.get(mark['status'], mark['status'])}"
    return f"{text} (turn {mark['turn']}, “{_line(mark['quote'])}”)" if mark["quote"] else text


def _revealed(debrief: Mapping[str, Any]) -> Iterator[str]:
    if debrief["thoughts"]:
        yield "## What they thought and did not say"
        yield _bullets(f"Turn {t['turn']}: {_line(t['thought'])}" for t in debrief["thoughts"])
    if debrief["undisclosed"]:
        yield "## What never came up"
        yield _bullets(f"{_line(u['text'])} You could have asked: {_line(u['would_open'])}" for u in debrief["undisclosed"])
    if debrief["next_practice"]:
        yield "## Next time"
        # `turn` is how many turns are kept: the next one is taken again.
        yield f"Take turn {debrief['next_practice']['turn'] + 1} again: {_line(debrief['next_practice']['why'])}"


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
