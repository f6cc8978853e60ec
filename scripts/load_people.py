"""People who rehearse at the same time, over HTTP: some as a program does, some as the page in a browser does.

`scripts/load.py` and its test send them. A person begins a talk, thinks, says something, hears the answer, and after some turns looks
back and begins again, until the time is over.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

LINES = (
    "Thanks for making the time, I know what this week is like for you.",
    "I learned a lot from how you ran the spring review, and I would like to give something back.",
    "I'd like to show you how I read the customers' forum every morning.",
    "What would you need to see before you said yes?",
    "It would be half an hour every second Wednesday at ten, for six weeks, and I'd prepare it in my own time.",
    "What you tell me stays between the two of us.",
    "It sounds as if the last programme left you with the apologising. What would have made it fair?",
    "How would you handle a supplier who does not call back?",
    "We look at the late parcels after three weeks, and if they have not moved, we stop.",
    "I may well be wrong about some of this, so tell me where it does not fit.",
)
CAST = (
    ("pitch-to-boss", "marguerite-dunne"),
    ("pitch-to-boss", "priya-raman"),
    ("guide-hesitant-leader", "henrik-solberg"),
    ("guide-hesitant-leader", "ruth-abelson"),
)
LONGEST_WAIT = 180.0
"""Seconds after which an answer counts as an error."""
KEPT_OPEN = 4.0
"""Seconds that an idle connection is kept for: less than the server keeps it, so that neither closes what the other is using."""


def connected(base: str, **more: Any) -> aiohttp.ClientSession:
    """Connections and cookies of one person."""
    open_ = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_OPEN)
    # The cookie of an address that is a number is kept only if that is asked for.
    jar = aiohttp.CookieJar(unsafe=True)
    patience = aiohttp.ClientTimeout(total=LONGEST_WAIT)
    return aiohttp.ClientSession(base, connector=open_, cookie_jar=jar, timeout=patience, **more)


class RefusedError(Exception):
    """The server answered with something else than what a person needs."""


class BusyError(RefusedError):
    """The server said in words that too much waits."""


@dataclass(frozen=True)
class Waited:
    """One turn: how long a person waited for it."""

    person: int
    way: str
    at: float
    """Seconds after the beginning."""
    seconds: float


@dataclass
class Account:
    """What became of everybody's requests."""

    turns: list[Waited] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    """Seconds that the beginning of a talk took."""
    looked_back: list[float] = field(default_factory=list)
    """Seconds from the end of a talk to its debrief."""
    errors: list[str] = field(default_factory=list)
    busy: int = 0
    """Turns that were refused in words because too much waited."""
    left: int = 0
    """Turns that somebody did not wait for."""


@dataclass(frozen=True)
class Manner:
    """How people rehearse."""

    think: tuple[float, float] = (10.0, 20.0)
    """Seconds between an answer and the next words, drawn evenly."""
    turns: int = 8
    talks: int = 1_000_000
    """After so many talks somebody goes home."""
    leaving: float = 0.0
    """The share of turns whose person hangs up before the answer and comes back later."""
    leaves_after: tuple[float, float] = (0.5, 3.0)


class Program:
    """Speaks the HTTP interface."""

    way = "interface"

    def __init__(self, base: str, token: str) -> None:
        self.client = connected(base, headers={"authorization": f"Bearer {token}"})
        self.talk = ""

    async def begin(self, scenario: str, persona: str, seed: int) -> None:
        told = await self._post("/rehearsals", {"scenario": scenario, "persona": persona, "seed": seed})
        self.talk = str(told["id"])

    async def say(self, words: str, number: int) -> bool:
        """Whether the talk goes on."""
        told = await self._post(f"/rehearsals/{self.talk}/turns", {"text": words, "expect_turn": number})
        if not told["turn"]["counterpart"]:
            raise RefusedError(f"turn {number} has no answer")
        return bool(told["ended"] == "open")

    async def look_back(self) -> None:
        told = await self._post(f"/rehearsals/{self.talk}/finish", {})
        if "ratings" not in told["debrief"]:
            raise RefusedError("the debrief has no ratings")

    async def _post(self, path: str, body: dict[str, object]) -> dict:  # type: ignore[type-arg]
        async with self.client.post(f"/api/v1{path}", json=body) as answer:
            words = await answer.text()
        if answer.status == 503:
            raise BusyError(words[:200])
        if answer.status not in (200, 201):
            raise RefusedError(f"{path.rsplit('/', maxsplit=1)[-1]}: {answer.status} {words[:200]}")
        return json.loads(words)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Events:
    """The numbers of the pages' events, as the configuration of the page tells them."""

    stage: int
    send: int
    lookback: int

    @classmethod
    def of(cls, config: dict) -> Events:  # type: ignore[type-arg]
        found = config["dependencies"]
        pages = {page: set(told["dependencies"]) for page, told in config["page"].items()}
        return cls(
            stage=next(d["id"] for d in found if d["id"] in pages["stage"] and not d["inputs"]),
            send=next(d["id"] for d in found if d["id"] in pages["stage"] and len(d["inputs"]) == 3),
            lookback=next(d["id"] for d in found if d["id"] in pages["lookback"] and not d["inputs"]),
        )


class Browser:
    """Asks what the page's script asks: forms, the page, its heartbeat, and Gradio's queue with the stream of its answers."""

    way = "page"

    def __init__(self, base: str, token: str, number: int) -> None:
        headers = {"origin": base, "sec-fetch-site": "same-origin"}
        self.client = connected(base, cookies={"rehearse": token}, headers=headers)
        self.number, self.opened, self.talk, self.session = number, 0, "", ""
        self.events: Events | None = None
        self.beating: asyncio.Task[None] | None = None

    async def begin(self, scenario: str, persona: str, seed: int) -> None:
        del seed
        if self.events is None:
            self.events = Events.of(json.loads(await self._get("/config")))
        form = {"scenario": scenario, "persona": persona, "difficulty": "normal"}
        self.talk = parse_qs(urlsplit(await self._do("begin", form)).query).get("rehearsal", [""])[0]
        if not self.talk:
            raise RefusedError("begin: led to no talk")
        await self._open("stage", self.events.stage)

    async def say(self, words: str, number: int) -> bool:
        """Whether the talk goes on."""
        assert self.events is not None
        told = await self._event(self.events.send, [None, words, number - 1])
        values = told["output"]["data"]
        if "Very many people" in str(values[5]) or "Several of your turns" in str(values[5]):
            raise BusyError(str(values[5])[:200])
        if values[0] != number:
            raise RefusedError(f"turn {number} was not answered: {values[5]}"[:300])
        return bool(values[2].get("visible", True))

    async def look_back(self) -> None:
        assert self.events is not None
        await self._do("end", {"rehearsal": self.talk})
        await self._open("lookback", self.events.lookback)

    async def _open(self, page: str, load: int) -> None:
        """Go to a page: its frame, its heartbeat, and what fills it."""
        await self.close_page()
        self.opened += 1
        self.session = f"load{self.number:04d}x{self.opened:04d}"
        await self._get(f"/{page}?rehearsal={self.talk}")
        self.beating = asyncio.create_task(self._heartbeat(self.session))
        await self._event(load, [])

    async def close_page(self) -> None:
        """Leave the page, as closing its window does."""
        if self.beating is not None:
            self.beating.cancel()
            await asyncio.gather(self.beating, return_exceptions=True)
            self.beating = None

    async def _heartbeat(self, session: str) -> None:
        forever = aiohttp.ClientTimeout(total=None)
        async with self.client.get(f"/gradio_api/heartbeat/{session}", timeout=forever) as stream:
            async for _ in stream.content.iter_any():
                pass

    async def _event(self, number: int, data: list[object]) -> dict:  # type: ignore[type-arg]
        """Run one event to its end, and give what it ended with."""
        body = {"fn_index": number, "session_hash": self.session, "data": data, "event_data": None, "trigger_id": None}
        async with self.client.post(f"/gradio_api/queue/join?rehearsal={self.talk}", json=body) as joined:
            if joined.status != 200:
                raise RefusedError(f"join: {joined.status} {(await joined.text())[:200]}")
            await joined.read()
        async with self.client.get("/gradio_api/queue/data", params={"session_hash": self.session}) as stream:
            async for line in _lines(stream.content):
                told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
                if told.get("msg") == "process_completed":
                    if not told.get("success"):
                        raise RefusedError(f"event {number}: {str(told)[:300]}")
                    return told  # type: ignore[no-any-return]
        raise RefusedError(f"event {number}: the stream ended before the answer")

    async def _do(self, what: str, form: dict[str, str]) -> str:
        """Send a form, and give where it leads."""
        async with self.client.post(f"/do/{what}", data=form, allow_redirects=False) as answer:
            if answer.status != 303:
                raise RefusedError(f"{what}: {answer.status} {(await answer.text())[:200]}")
            return answer.headers["location"]

    async def _get(self, path: str) -> bytes:
        async with self.client.get(path) as answer:
            if answer.status != 200:
                raise RefusedError(f"{path.partition('?')[0]}: {answer.status}")
            return await answer.read()


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The lines of a stream, of any length."""
    rest = b""
    async for some in stream.iter_any():
        *whole, rest = (rest + some).split(b"\n")
        for line in whole:
            yield line


@dataclass
class Person:
    """One person at it until a moment."""

    number: int
    by: Program | Browser
    account: Account
    manner: Manner
    start: float
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.number)

    async def rehearse(self, until: float) -> None:
        """Talk after talk; whatever goes wrong is written down and the person begins anew."""
        # Nobody arrives together.
        await asyncio.sleep(self.chance.uniform(0, min(self.manner.think[1], max(0.0, until - time.monotonic()) / 2)))
        for _ in range(self.manner.talks):
            if time.monotonic() >= until:
                break
            try:
                await self._talk(until)
            except (RefusedError, aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
                self.account.errors.append(f"{self.by.way}: {type(error).__name__}: {error}"[:300])
                await asyncio.sleep(1)
        if isinstance(self.by, Browser):
            await self.by.close_page()
        await self.by.client.close()

    async def _talk(self, until: float) -> None:
        began = time.monotonic()
        await self.by.begin(*self.chance.choice(CAST), seed=self.chance.randrange(2**31))
        self.account.begun.append(time.monotonic() - began)
        number = 1
        while number <= self.manner.turns:
            await asyncio.sleep(self.chance.uniform(*self.manner.think))
            if time.monotonic() >= until:
                return
            words = f"{self.chance.choice(LINES)} That is point {number} of mine."
            try:
                if self.chance.random() < self.manner.leaving:
                    if not await self._left(words, number):
                        return
                elif not await self._said(words, number):
                    break
            except BusyError:
                self.account.busy += 1
                continue
            number += 1
        ended = time.monotonic()
        await self.by.look_back()
        self.account.looked_back.append(time.monotonic() - ended)

    async def _said(self, words: str, number: int) -> bool:
        sent = time.monotonic()
        goes_on = await self.by.say(words, number)
        now = time.monotonic()
        self.account.turns.append(Waited(self.number, self.by.way, sent - self.start, now - sent))
        return goes_on

    async def _left(self, words: str, number: int) -> bool:
        """Say something and hang up; whether the answer was quicker. Whoever left comes back with another talk."""
        try:
            await asyncio.wait_for(self._said(words, number), self.chance.uniform(*self.manner.leaves_after))
        except TimeoutError:
            self.account.left += 1
            if isinstance(self.by, Browser):
                await self.by.close_page()
            return False
        return True


async def people_at_once(
    base: str,
    tokens: list[tuple[str, str]],
    by_page: float,
    seconds: float,
    manner: Manner,
    watch: Callable[[], None] | None = None,
) -> Account:
    """As many people as there are tokens (a browser's and a program's of each), the share `by_page` of them over the page.

    `watch` is called every few seconds while they are at it.
    """
    account, start = Account(), time.monotonic()
    until = start + seconds
    people = []
    for number, (browser, program) in enumerate(tokens):
        over_page = int((number + 1) * by_page) > int(number * by_page)
        by = Browser(base, browser, number) if over_page else Program(base, program)
        people.append(asyncio.create_task(Person(number, by, account, manner, start).rehearse(until)))
    watching = asyncio.create_task(_watch(watch)) if watch else None
    try:
        # Whoever still waits for an answer gets it; nothing goes on for ever.
        done, late = await asyncio.wait(people, timeout=seconds + LONGEST_WAIT + 30)
        for task in late:
            task.cancel()
            account.errors.append("somebody was still waiting long after the end")
        account.errors += [f"a person stopped: {task.exception()!r}" for task in done if task.exception()]
    finally:
        if watching is not None:
            watching.cancel()
    return account


async def _watch(watch: Callable[[], None]) -> None:
    while True:
        watch()
        await asyncio.sleep(5)
