"""Play the hand-written talks of `docs/talks/` and write them, with reactions, state and remarks, to `docs/played.md`.

python scripts/write_talks.py
"""

from __future__ import annotations

from pathlib import Path

from rehearse.domain.assessment import Rating
from rehearse.domain.library import shipped_library
from rehearse.domain.state import Ending
from rehearse.session import Rehearsal
from rehearse.workspace import shared_workspace

TALKS = (("pitch", "pitch-to-boss", "marguerite-dunne"), ("leader", "guide-hesitant-leader", "henrik-solberg"))


def written(file: str, scenario_id: str, persona_id: str) -> list[str]:
    library = shipped_library()
    rehearsal = Rehearsal.start(scenario_id, persona_id, "normal", 7, index=shared_workspace().index)
    persona = library.persona(persona_id)
    name = persona.name.split()[0]
    command = f"rehearse play --scenario {scenario_id} --persona {persona_id} --learner docs/talks/{file}.txt --seed 7"
    lines = [f"## {library.scenario(scenario_id).title}: {persona.name}, {persona.role}", "", f"`{command}`", ""]
    lines += [f"> **{name}** {rehearsal.opening}", ""]
    for words in Path(f"docs/talks/{file}.txt").read_text(encoding="utf-8").splitlines():
        if rehearsal.ended is not Ending.OPEN:
            break
        reply = rehearsal.say(words)
        lines += [
            f"> **You** {words}",
            ">",
            *(f"> **{name}** {part}" if n == 0 else f"> {part}" for n, part in enumerate(reply.text.splitlines())),
            "",
        ]
        acts = ", ".join(dict.fromkeys(s.act.value for s in reply.acts)) or "none"
        state = reply.state
        lines += [
            f"*{acts} → {reply.reaction.value}; trust {state.trust:.2f}, openness {state.openness:.2f}, patience {state.patience:.2f}*",
            "",
        ]
        for remark in reply.remarks:
            cited = remark.citation.passage
            better = f" Better: “{remark.suggestion}”" if remark.suggestion else ""
            lines += [
                f"*Coach, {remark.kind.value}:* “{remark.span.quote}” {remark.why}{better} (`{cited.idea_id}`: {cited.text})",
                "",
            ]
    debrief = rehearsal.finish()
    assert debrief.outcome is not None
    lines += [f"**{debrief.outcome.ended.value}.** {debrief.outcome.why}", ""]
    lines += ["| criterion | level | score |", "|---|---|---|"]
    for criterion_id, rating in debrief.ratings.items():
        criterion = library.criterion(criterion_id)
        if isinstance(rating, Rating):
            unsure = "" if rating.sure else " (unsure)"
            lines.append(f"| {criterion.title} | {criterion.levels[rating.level].name}{unsure} | {rating.score} |")
        else:
            lines.append(f"| {criterion.title} | not rated: {rating.reason.value.replace('_', ' ')} | |")
    lines += ["", f"What {name} thought and did not say:", ""]
    lines += [f"- turn {t.turn}: *{t.thought}*" for t in debrief.thoughts]
    return [*lines, ""]


def main() -> None:
    page = [
        "# Two talks, played",
        "",
        "Hand-written learner lines, played by the embedded engine. Made by `python scripts/write_talks.py`.",
        "",
    ]
    for talk in TALKS:
        page += written(*talk)
    Path("docs/played.md").write_text("\n".join(page), encoding="utf-8")


if __name__ == "__main__":
    main()
