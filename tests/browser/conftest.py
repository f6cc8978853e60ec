"""A real server on a free port, and a real browser that may speak to nobody else."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from visiting import FLAGS, PATIENCE, Server, Visit, visiting_in

# An installation within this process, for what the server of the other tests is not set up for.
sys.path.insert(0, str(Path(__file__).parent.parent / "people"))

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server of this process: to start one takes longer than most tests."""
    server = Server(tmp_path_factory.mktemp("served") / "home")
    server.home.mkdir()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(running: Server) -> Server:
    """The server, with nothing kept in it when a file of tests begins."""
    running.emptied()
    return running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file, and no longer: while Playwright is at work, nothing else of this process can begin an event loop."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("REHEARSE_TEST_REQUIRE_BROWSER") == "1":
            pytest.fail("Chromium is required (REHEARSE_TEST_REQUIRE_BROWSER=1) and not installed.")
        pytest.skip("Chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What one browser has loaded is loaded once for each file: reading in all scripts anew costs more than most tests."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", locale="en-GB")
    # One empty page stays open: with the last page the window goes, and a new window takes half a second of the processor.
    context.new_page()
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, server: Server) -> Iterator[Visit]:
    with visiting_in(context, server) as visit:
        yield visit
        elsewhere = [u for u in visit.asked if not u.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))]
        assert elsewhere == [], "the page asked another host"
        assert visit.complaints == []
