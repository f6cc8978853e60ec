"""Many people at once, through the same code as `scripts/load.py`: nobody gets an error, and with a slow model nobody starves."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hosted
import pytest

from rehearse.app.desk import shared_talks
from rehearse.app.hardening import Hardened
from rehearse.workspace import Workspace

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests" / "llm")]
import load  # noqa: E402
from fake_openai import fake_openai  # noqa: E402
from load_people import Manner, people_at_once  # noqa: E402

Tokens = list[tuple[str, str]]


def people(workspace: Workspace, count: int) -> Tokens:
    accounts = hosted.accounts_of(workspace)
    found = [accounts.store.add(f"One of many {number}", "no password fits", host=False) for number in range(count)]
    return [(accounts.let_in(person), accounts.token_for_program(person)) for person in found]


def test_twenty_people_rehearse_at_once(common: Workspace, address: str) -> None:
    tokens = people(common, 20)
    seen: list[int] = []
    manner = Manner(think=(0.01, 0.05), turns=2, talks=1)
    account = asyncio.run(people_at_once(address, tokens, 0.5, 60.0, manner, lambda: seen.append(len(shared_talks()))))
    assert account.errors == []
    assert account.busy == 0
    assert Counter(waited.person for waited in account.turns) == dict.fromkeys(range(20), 2)
    assert Counter(waited.way for waited in account.turns) == {"page": 20, "interface": 20}
    assert len(account.looked_back) == 20
    assert seen


@pytest.fixture
def slow_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Tokens]]:
    """An installation whose model needs half a second and answers two at a time; its address and its people."""
    with fake_openai() as fake:
        fake.will(load.slowly(0.5, 2))
        monkeypatch.setenv("OPENAI_BASE_URL", fake.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
        workspace = hosted.installed(tmp_path, auth="accounts", model="openai:slow", model_timeout=2.0, model_coach=False)
        tokens = people(workspace, 10)
        with hosted.served(Hardened(hosted.application(workspace), local_only=True)) as base:
            yield base, tokens
        workspace.store.close()


def test_with_a_slow_model_nobody_starves(slow_model: tuple[str, Tokens]) -> None:
    base, tokens = slow_model

    async def everybody() -> tuple[load.Account, tuple[int, int], int]:
        crowd = people_at_once(base, tokens[:8], 0.5, 60.0, Manner(think=(0.01, 0.05), turns=1, talks=1))
        return await asyncio.gather(crowd, load.pushy(base, tokens[8][1], 9), load.leavers(base, tokens[9][1], 3, 0.1))

    account, pushed, begun = asyncio.run(everybody())
    assert account.errors == []
    assert Counter(waited.person for waited in account.turns) == dict.fromkeys(range(8), 1)
    assert pushed == (5, 4), "one in work and four that wait"
    assert begun == 0, "whoever hung up while it waited has not said it"
