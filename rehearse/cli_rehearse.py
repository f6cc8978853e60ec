"""`rehearse play` and `rehearse chat`: rehearsals in the terminal, from a file or typed."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rehearse.cli_output import JSON_HELP, emit, note, people, printable, read_input
from rehearse.errors import LearnerError, RehearseError, TranscriptError

if TYPE_CHECKING:
    from rich.console import Console

    from rehearse.domain.library import Library
    from rehearse.session import Rehearsal, Reply
    from rehearse.workspace import KeptRehearsal, Workspace

ScenarioId = Annotated[str, typer.Option("--scenario", metavar="ID", help="See: rehearse scenarios list")]
Difficulty = Annotated[str, typer.Option("--difficulty", metavar="LEVEL", help="easy, normal or hard.")]

# Play -----------------------------------------------------------------------------------------------------------------


def play(
    scenario: ScenarioId,
    persona: Annotated[str, typer.Option("--persona", metavar="ID", help="See: rehearse personas list")],
    learner: Annotated[
        Path,
        typer.Option(
            "--learner",
            metavar="FILE",
            help='One turn a line (.txt), or {"turns": [...]} (.json); - for input; or bot:skilled, bot:average and others.',
        ),
    ],
    difficulty: Difficulty = "normal",
    seed: Annotated[int, typer.Option("--seed", help="The same seed and words give the same rehearsal.")] = 0,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Play a learner's lines; nothing is stored."""
    bot = str(learner).removeprefix("bot:") if str(learner).startswith("bot:") else None
    lines = [] if bot is not None else learner_lines(learner, read_input(learner))
    from rehearse.session import Rehearsal
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    library = workspace.library
    rehearsal = Rehearsal.start(scenario, persona, difficulty, seed, library=library, index=workspace.index_to_look)
    replies: list[Reply] = []
    for text in _bot_turns(bot, rehearsal, seed) if bot is not None else (words for _, words in lines):
        replies.append(rehearsal.say(text))
        if replies[-1].ended.value != "open":
            break
    unused = max(0, len(lines) - len(replies))
    answer = _answer(rehearsal, replies, (scenario, persona, difficulty, seed), unused=unused)
    if json:
        emit(answer)
    else:
        _print_play(people(), answer, library)


def _bot_turns(kind: str, rehearsal: Rehearsal, seed: int) -> Iterator[str]:
    """What a learner bot says, turn by turn, in answer to the counterpart; without end."""
    from rehearse.domain.library import load_bot_lines
    from rehearse.errors import UnknownIdError
    from rehearse.simulation.bots import Bot, BotKind

    if kind not in list(BotKind):
        raise UnknownIdError("learner bot", kind, [k.value for k in BotKind])
    bot = Bot(BotKind(kind), load_bot_lines(), rehearsal.engine.setting, seed)
    while True:
        yield bot.speak(rehearsal.now)


def learner_lines(path: Path, text: str) -> list[tuple[str, str]]:
    """The learner's turns with their places; an error names the line that cannot be a turn."""
    found = _json_turns(path, text) if path.suffix.lower() == ".json" else _text_turns(text)
    if not found:
        raise TranscriptError(f"{path}: it holds no turns. Write one turn of the learner a line.")
    from rehearse.perception.readability import clean_turn

    for place, words in found:
        try:
            clean_turn(words)
        except LearnerError as error:
            raise type(error)(f"{path}: {place}: {error}") from None
    return found


def _text_turns(text: str) -> list[tuple[str, str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [(f"line {number}", line) for number, line in enumerate(lines, 1) if line.strip()]


def _json_turns(path: Path, text: str) -> list[tuple[str, str]]:
    try:
        parsed = jsonlib.loads(text)
    except jsonlib.JSONDecodeError as error:
        raise TranscriptError(f"{path}: line {error.lineno}: it is not valid JSON ({error.msg}).") from None
    except (RecursionError, ValueError):
        raise TranscriptError(f"{path}: the JSON cannot be read; it is nested too deeply.") from None
    turns = parsed.get("turns") if isinstance(parsed, dict) else parsed
    if not isinstance(turns, list):
        raise TranscriptError(f'{path}: it has to be a list of texts, or {{"turns": [...]}} with such a list.')
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, str):
            raise TranscriptError(f"{path}: turn {number}: it has to be a text in quotation marks.")
    return [(f"turn {number}", turn) for number, turn in enumerate(turns, 1)]


def _answer(rehearsal: Rehearsal, replies: list[Reply], cast: tuple[str, str, str, int], unused: int) -> dict[str, Any]:
    from rehearse.workspace import ENGINE_NAME

    scenario, persona, difficulty, seed = cast
    turns = [
        {
            "learner": exchange.learner,
            "acts": list(dict.fromkeys(span.act.value for span in reply.acts)),
            "act_spans": [
                {"act": span.act.value, "quote": span.quote, "start": span.start, "end": span.end} for span in reply.acts
            ],
            "counterpart": reply.text,
            "reaction": reply.reaction.value,
            "state": reply.state.to_dict(),
            "causes": [cause.to_dict() for cause in reply.causes],
        }
        for exchange, reply in zip(rehearsal.now.exchanges, replies, strict=True)
    ]
    opening = rehearsal.opening
    debrief: dict[str, Any] = rehearsal.finish().to_dict()
    outcome = debrief["outcome"]
    return {
        "scenario": scenario,
        "persona": persona,
        "difficulty": difficulty,
        "seed": seed,
        "engine": ENGINE_NAME,
        "opening": opening,
        "turns": turns,
        "unused": unused,
        "outcome": {key: outcome[key] for key in ("ended", "agreed", "checks")},
        "debrief": debrief,
    }


def _print_play(console: Console, answer: dict[str, Any], library: Library) -> None:
    from rehearse.cli_debrief import print_debrief

    name = library.persona(answer["persona"]).name
    if answer["opening"]:
        _said(console, name, answer["opening"])
    for turn in answer["turns"]:
        _said(console, "You", turn["learner"])
        console.print(f"  {', '.join(turn['acts']) or 'no acts'}", style="dim")
        _said(console, name, turn["counterpart"])
        state = turn["state"]
        moved = ", ".join(f"{key} {state[key]:.2f}" for key in ("trust", "openness", "patience"))
        console.print(f"  {turn['reaction']}; {moved}", style="dim")
    if answer["unused"]:
        lines = "1 line was" if answer["unused"] == 1 else f"{answer['unused']} lines were"
        console.print(f"The conversation had ended: {lines} not used.", style="yellow")
    print_debrief(console, answer["debrief"], library, answer["scenario"])


def _said(console: Console, name: str, words: str) -> None:
    console.print(f"{name}: ", style="bold", end="")
    console.print(printable(words))


# Chat -----------------------------------------------------------------------------------------------------------------

_COMMANDS = "/hint for a hint, /brief to read the brief again, /end to stop and look back. Ctrl-D leaves it for later."


def chat(
    scenario: ScenarioId = "pitch-to-boss",
    persona: Annotated[
        str | None, typer.Option("--persona", metavar="ID", help="Without it: the first who fits the scenario.")
    ] = None,
    difficulty: Difficulty = "normal",
    seed: Annotated[int | None, typer.Option("--seed", help="Without it, one is drawn.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Go on with a stored rehearsal; see: rehearse history list")
    ] = None,
) -> None:
    """Rehearse in the terminal; every turn is kept."""
    from rehearse.workspace import shared_workspace

    workspace = shared_workspace()
    console = people()
    if resume is None:
        kept = workspace.begin(scenario, persona or _first_fitting(workspace, scenario), difficulty, seed)
    else:
        from rehearse.cli_history import stored

        kept = workspace.resume(stored(workspace.store, resume).rehearsal_id)
    _chat(console, workspace, kept)


def _first_fitting(workspace: Workspace, scenario_id: str) -> str:
    from rehearse.errors import UnknownIdError

    fitting = workspace.library.personas_for(workspace.library.scenario(scenario_id).id)
    if not fitting:
        raise UnknownIdError(f"counterpart for {scenario_id}", "", [])
    return fitting[0].id


def _chat(console: Console, workspace: Workspace, kept: KeptRehearsal) -> None:
    from rehearse.cli_library import print_brief

    setting = kept.rehearsal.engine.setting
    name = setting.persona.name
    if not kept.rehearsal.now.exchanges:
        print_brief(setting.scenario)
        console.print()
    console.print(f"{name}, {setting.persona.role}", style="bold")
    console.print(f"Rehearsal {kept.rehearsal_id}", style="dim")
    console.print(_COMMANDS, style="dim")
    for turn in kept.rehearsal.transcript.turns:
        _said(console, "You" if turn.speaker.value == "learner" else name, turn.text)
    while kept.rehearsal.ended.value == "open":
        try:
            words = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            console.print(f"Kept for later. Go on with: rehearse chat --resume {kept.rehearsal_id}")
            return
        if words == "/end":
            kept.finish()
        elif words:
            _respond(console, workspace, kept, words)
    _look_back(console, workspace, kept)


def _respond(console: Console, workspace: Workspace, kept: KeptRehearsal, words: str) -> None:
    from rehearse.cli_library import print_brief

    if words == "/hint":
        console.print(kept.rehearsal.hint(), style="cyan")
    elif words == "/brief":
        print_brief(kept.rehearsal.engine.setting.scenario)
    elif words.startswith("/") and " " not in words:
        console.print(f"There is no {printable(words)}. {_COMMANDS}", style="yellow")
    else:
        _take_turn(console, workspace, kept, words)


def _take_turn(console: Console, workspace: Workspace, kept: KeptRehearsal, words: str) -> None:
    from rehearse.cli_debrief import print_remark

    try:
        reply = kept.say(words)
    except LearnerError as error:
        note(str(error))
        return
    except RehearseError as error:
        raise type(error)(f"{error} Go on with: rehearse chat --resume {kept.rehearsal_id}") from None
    _said(console, kept.rehearsal.engine.setting.persona.name, reply.text)
    for remark in reply.remarks:
        print_remark(console, remark.to_dict(), workspace.library)


def _look_back(console: Console, workspace: Workspace, kept: KeptRehearsal) -> None:
    from rehearse.cli_debrief import print_debrief

    debrief = kept.rehearsal.finish().to_dict()
    print_debrief(console, debrief, workspace.library, kept.rehearsal.engine.setting.scenario.id)
    console.print()
    console.print(f"Keep a copy: rehearse export {kept.rehearsal_id} --format markdown --output rehearsal.md", style="dim")
