"""A real server on a free port, and one person at a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Frame, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 60_000
"""Milliseconds for one step in the browser: the machine may be shared."""
STARTING = 120
"""Seconds for the server to start, for the same reason."""
LEFT = "This page is being left."
"""What a page says of itself, for the tests alone, when the browser begins to leave it."""
OF_LEAVING = ("AbortError: signal is aborted without reason", "Unexpected error Connection errored out.")
"""What Gradio's own client complains of when a page is left while its stream is open. Anywhere else it counts."""


@dataclass
class Server:
    """`rehearse serve` in a process of its own, with a data folder and an address that outlive it."""

    home: Path
    port: int = 0
    settings: dict[str, str] = field(default_factory=dict)
    """Settings of the environment besides the data folder."""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {"REHEARSE_HOME": str(self.home), **self.settings}

    def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        command = [sys.executable, "-m", "rehearse", "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        log = (self.home.parent / f"serve-{self.port}.log").open("wb")
        with log:
            self.process = subprocess.Popen(
                command, env=os.environ | self.environment, stdout=log, stderr=log, cwd=self.home.parent
            )
        deadline = time.monotonic() + STARTING
        while True:
            try:
                with urllib.request.urlopen(f"{self.address}/assets-rehearse/script.js", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    said = (self.home.parent / f"serve-{self.port}.log").read_text()
                    raise RuntimeError(f"The server did not start. It said: {said or 'nothing'}") from None
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
            self.process = None

    def asked(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the interface for programs answers; a body is posted."""
        data = None if body is None else json.dumps(body).encode()
        wanted = urllib.request.Request(f"{self.address}/api/v1{path}", data, {"content-type": "application/json"})
        with urllib.request.urlopen(wanted, timeout=60) as answer:
            return json.load(answer)

    def played(
        self, *lines: str, scenario: str = "pitch-to-boss", persona: str = "marguerite-dunne", end: bool = True, **more: Any
    ) -> str:
        """The id of a talk that was had without a browser, for tests that are about what comes after it."""
        talk: str = self.asked("/rehearsals", {"scenario": scenario, "persona": persona, "seed": 7, **more})["id"]
        for number, line in enumerate(lines, 1):
            self.asked(f"/rehearsals/{talk}/turns", {"text": line, "expect_turn": number})
        if end:
            self.asked(f"/rehearsals/{talk}/finish", {})
        return talk

    def emptied(self) -> None:
        """Nothing of anybody's is kept any more."""
        with urllib.request.urlopen(f"{self.address}/do/delete-everything", data=b"", timeout=60):
            pass


@dataclass(frozen=True)
class Site:
    """A server that somebody else starts and ends."""

    address: str


@contextmanager
def serving_browser() -> Iterator[tuple[Browser, Server]]:
    """A browser, and a server with an empty data folder, for scripts; `SystemExit` says what is missing."""
    path = shutil.which("chromium")
    if path is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder) / "home")
        server.home.mkdir()
        server.start()
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            yield browser, server
            browser.close()
        finally:
            server.stop()


@dataclass
class Visit:
    """One person at the page: what they do, and what the page asked for and complained of meanwhile."""

    page: Page
    server: Server | Site
    asked: list[str]
    complaints: list[str]

    def go(self, path: str = "/") -> None:
        self.page.goto(f"{self.server.address}{path}")

    def begin(self, scenario: str = "pitch-to-boss", persona: str | None = None) -> str:
        """From the first screen to talking; the id of the talk."""
        page = self.page
        self.go()
        if scenario != "pitch-to-boss":
            page.locator(f"input[name=scenario][value={scenario}]").check()
        if persona:
            page.locator(f"input[name=persona][value={persona}]").check()
        page.get_by_role("button", name="Begin").click()
        self.wait_for_turn(0)
        return page.url.split("rehearsal=")[1]

    def wait_for_turn(self, number: int) -> None:
        self.page.wait_for_selector(f"#talk ol.talk[data-turns='{number}']")

    def fits(self) -> bool:
        """Whether the page needs no sideways scrolling."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))

    def say(self, words: str, number: int) -> None:
        """Type one turn and wait until it is answered."""
        self.page.get_by_label("Your words").fill(words)
        self.page.keyboard.press("Enter")
        self.wait_for_turn(number)

    def look_back(self, guess: int = 60) -> None:
        """End the talk if it is open, guess, and wait for the debrief."""
        page = self.page
        if page.locator(".over a").count():
            page.locator(".over a").click()
        else:
            page.get_by_role("button", name="End the talk").click()
        page.get_by_role("spinbutton").fill(str(guess))
        page.get_by_role("button", name="Show me").click()
        page.wait_for_selector(".lookback")


def listening(page: Page, complaints: list[str]) -> None:
    """Note what a page complains of; of what only leaving it brings about, nothing while it is being left."""
    leaving = False

    def complain(words: str) -> None:
        if not (leaving and words.splitlines()[0].strip() in OF_LEAVING):
            complaints.append(words)

    def said(message: ConsoleMessage) -> None:
        nonlocal leaving
        if message.text == LEFT:
            leaving = True
        elif message.type == "error":
            complain(message.text)

    def arrived(frame: Frame) -> None:
        nonlocal leaving
        if frame == page.main_frame:
            leaving = False

    # Both come in the order in which they happened: the page's own word, what it complains of, the arrival elsewhere.
    page.add_init_script(f"addEventListener('beforeunload', () => console.debug({json.dumps(LEFT)}))")
    page.on("console", said)
    page.on("pageerror", lambda error: complain(str(error)))
    page.on("framenavigated", arrived)


@contextmanager
def visiting(
    browser: Browser, server: Server | Site, width: int = 1280, height: int = 900, scheme: str = "light", locale: str = "en-GB"
) -> Iterator[Visit]:
    """One person in a browser that knows nothing yet."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=locale,
    )
    try:
        with visiting_in(context, server) as visit:
            yield visit
    finally:
        context.close()


@contextmanager
def visiting_in(context: BrowserContext, server: Server | Site) -> Iterator[Visit]:
    """One person in a window of their own; what the browser keeps in its storage is gone afterwards, what it has loaded is not."""
    context.set_default_timeout(PATIENCE)
    open_before = context.pages
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    listening(page, complaints)
    try:
        yield Visit(page, server, asked, complaints)
    finally:
        context.set_offline(False)
        if page.url.startswith(server.address):
            page.evaluate("localStorage.clear()")
        for window in context.pages:
            if window not in open_before:
                window.close()
        context.clear_cookies()
