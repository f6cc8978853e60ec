"""Kill -9 in the middle of rehearsals, and look what is left: `python scripts/kill_nine.py [--kills N] [--database URL]`.

A child process plays rehearsals through the workspace and acknowledges each turn once it was answered. It is killed at a random
moment, again and again; each new child takes up an open rehearsal or begins one. Then every acknowledged turn must be there, once
and with the answer that was acknowledged, and every open rehearsal must go on. The exit code is 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rehearse.config import load_settings
from rehearse.domain.library import shipped_library
from rehearse.domain.state import Ending
from rehearse.workspace import KeptRehearsal, Workspace

LINES = (
    "Thanks for making the time.",
    "I learned a lot from how you ran the spring review.",
    "I would like to show you how I read the customers' forum each morning.",
    "What would you need to see before you said yes?",
    "Half an hour every second Wednesday, for six weeks.",
    "It stays between the two of us.",
    "How would you handle a supplier who does not call back?",
    "I can see that this is a busy month.",
)
"""What the learner says, each time with a number, so that no two turns are the same."""
CAST = (("pitch-to-boss", "marguerite-dunne"), ("guide-hesitant-leader", "henrik-solberg"))
LONGEST = 0.6
"""Seconds after its first acknowledgement within which a child is killed."""
MOST_TURNS = 30
START_SECONDS = 60


@dataclass
class Account:
    """What was acknowledged, and what is wrong with what is kept."""

    kills: int = 0
    acknowledged: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """Rehearsal and turn: the learner's words and the answer."""
    unanswered: int = 0
    """Turns that were kept and not yet answered when the process died; they are answered when the rehearsal is taken up."""
    resumed: int = 0
    problems: list[str] = field(default_factory=list)


def workspace_of(home: Path, database: str | None) -> Workspace:
    """A workspace whose data files are read. The index of the guidance is left out: it takes seconds, and none of it is stored."""
    workspace = Workspace(load_settings(home=home, database_url=database))
    vars(workspace)["index"] = None
    assert workspace.library.personas
    return workspace


# The child ------------------------------------------------------------------------------------------------------------


def play(workspace: Workspace, seed: int) -> None:
    """Play rehearsals until killed."""
    chance = random.Random(seed)
    count = 0
    kept = _taken_up(workspace, chance)
    while True:
        if kept is None or kept.rehearsal.ended is not Ending.OPEN or kept.rehearsal.now.turn >= MOST_TURNS:
            kept = workspace.begin(*chance.choice(CAST), difficulty="easy", seed=chance.randrange(2**31))
        count += 1
        said = f"{chance.choice(LINES)} That is point {seed} of {count}."
        reply = kept.say(said)
        # One write of a short line: whoever reads it sees all of it or nothing.
        line = json.dumps([kept.rehearsal_id, kept.rehearsal.now.turn, said, reply.text]) + "\n"
        os.write(sys.stdout.fileno(), line.encode())


def _taken_up(workspace: Workspace, chance: random.Random) -> KeptRehearsal | None:
    still_open = [s.rehearsal_id for s in workspace.store.list(limit=20) if s.ending is None]
    return workspace.resume(chance.choice(still_open)) if still_open and chance.random() < 0.7 else None


# The parent -----------------------------------------------------------------------------------------------------------


def kill_often(home: Path, database: str | None, kills: int, seed: int) -> Account:
    """Start and kill children, then look at what they left behind."""
    account, chance = Account(), random.Random(seed)
    with _nursery(home, database) as nursery:
        for number in range(kills):
            _kill_one(nursery, account, number + 1, chance.uniform(0.0, LONGEST))
    _look(workspace_of(home, database), account)
    return account


@contextmanager
def _nursery(home: Path, database: str | None) -> Iterator[subprocess.Popen[str]]:
    """A process that has imported all and forks a child for each line it reads, so that time goes into turns, not imports."""
    command = [sys.executable, __file__, "--nursery", "--home", str(home)] + (["--database", database] if database else [])
    nursery = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield nursery
    finally:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.close()
        nursery.wait(timeout=START_SECONDS)
        nursery.stdout.close()


def raise_children(home: Path, database: str | None) -> None:
    """Fork a child for each line of standard input: its seed, and the path of the pipe that it acknowledges to."""
    # Read once, before the first fork; what has threads or connections is opened by each child for itself.
    for module in ("onnxruntime", "tokenizers", "py3langid", "rehearse.storage.store", "rehearse.storage.postgres"):
        importlib.import_module(module)
    shipped_library()
    for line in sys.stdin:
        seed, pipe = line.split(maxsplit=1)
        child = os.fork()
        if child == 0:
            os.dup2(os.open(pipe.strip(), os.O_WRONLY), sys.stdout.fileno())
            play(workspace_of(home, database), int(seed))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("gone", flush=True)


def _kill_one(nursery: subprocess.Popen[str], account: Account, seed: int, after: float) -> None:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder) / "acknowledged"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        nursery.stdin.write(f"{seed} {pipe}\n")
        nursery.stdin.flush()
        child = int(nursery.stdout.readline())
        # Not while it is still loading: the first turn must have been answered.
        ready, _, _ = select.select([reader], [], [], START_SECONDS)
        if not ready:
            account.problems.append(f"child {seed} answered nothing within {START_SECONDS} s")
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
        assert nursery.stdout.readline().strip() == "gone"
        account.kills += 1
        os.set_blocking(reader, True)
        with os.fdopen(reader, "rb") as acknowledged:
            for line in acknowledged:
                rehearsal_id, number, said, answer = json.loads(line)
                if account.acknowledged.setdefault((rehearsal_id, number), (said, answer)) != (said, answer):
                    account.problems.append(f"turn {number} of {rehearsal_id} was acknowledged twice, differently")


def _look(workspace: Workspace, account: Account) -> None:
    kept = {summary.rehearsal_id: workspace.store.get(summary.rehearsal_id) for summary in workspace.store.list(limit=100_000)}
    turns = {(key, turn.number): turn for key, stored in kept.items() for turn in stored.turns}
    for (key, number), (said, answer) in account.acknowledged.items():
        turn = turns.get((key, number))
        if turn is None or turn.answer is None:
            account.problems.append(f"turn {number} of {key} was acknowledged and is lost")
        elif (turn.text, turn.answer.text) != (said, answer):
            account.problems.append(f"turn {number} of {key} is not what was acknowledged")
    for key, stored in kept.items():
        said_once = [turn.text for turn in stored.turns]
        if len(set(said_once)) != len(said_once):
            account.problems.append(f"a turn of {key} is doubled")
        if [turn.number for turn in stored.turns] != list(range(1, len(stored.turns) + 1)):
            account.problems.append(f"the turns of {key} have a gap")
        if any(turn.answer is None for turn in stored.turns[:-1]):
            account.problems.append(f"{key} went on past a turn that was never answered")
        account.unanswered += bool(stored.turns) and stored.turns[-1].answer is None
        _go_on(workspace, key, len(stored.turns), account)
    workspace.store.close()


def _go_on(workspace: Workspace, rehearsal_id: str, turns: int, account: Account) -> None:
    try:
        kept = workspace.resume(rehearsal_id)
        if kept.rehearsal.now.turn != turns:
            account.problems.append(f"{rehearsal_id} was taken up at turn {kept.rehearsal.now.turn}, not {turns}")
        if kept.rehearsal.ended is Ending.OPEN:
            kept.say("And one thing more: thank you.")
            turns += 1
        stored = workspace.store.get(rehearsal_id)
        if len(stored.turns) != turns or any(turn.answer is None for turn in stored.turns):
            account.problems.append(f"{rehearsal_id} did not go on as it should")
        account.resumed += 1
    except Exception as error:
        # Whatever it is, it is what this program looks for.
        account.problems.append(f"{rehearsal_id} cannot be taken up: {type(error).__name__}: {error}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database", help="An empty database's address; without one, an SQLite file in a temporary folder.")
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--nursery", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.nursery:
        raise_children(arguments.home, arguments.database)
        return
    with tempfile.TemporaryDirectory() as folder:
        account = kill_often(arguments.home or Path(folder), arguments.database, arguments.kills, arguments.seed)
    print(
        f"{account.kills} kills, {len(account.acknowledged)} acknowledged turns, {account.unanswered} turns unanswered at the end, "
        f"{account.resumed} rehearsals taken up again, {len(account.problems)} problems"
    )
    for problem in account.problems:
        print(f"  {problem}")
    sys.exit(bool(account.problems))


if __name__ == "__main__":
    main()
