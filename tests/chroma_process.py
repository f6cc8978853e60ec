"""A Chroma server of the tests' own, on a free port of the loopback, in a folder of its own, gone at the end."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearse.storage.chroma_server import ChromaServer

PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(port: int | None = None) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of an empty server, and its process; by the program that comes with chromadb."""
    port = port or free_port()
    address = f"http://127.0.0.1:{port}"
    program = Path(sys.executable).with_name("chroma")
    with tempfile.TemporaryDirectory(prefix="rehearse-chroma-") as home, (Path(home) / "log").open("wb") as log:
        command = [str(program), "run", "--path", f"{home}/data", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
        try:
            until = time.monotonic() + PATIENCE
            while not ChromaServer(address).answers():
                if process.poll() is not None or time.monotonic() > until:
                    raise AssertionError(Path(log.name).read_text(errors="replace"))
                time.sleep(0.05)
            yield address, process
        finally:
            process.kill()
            process.wait()
