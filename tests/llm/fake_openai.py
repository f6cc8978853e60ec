"""An endpoint on the loopback that speaks OpenAI's protocol and behaves as a script says, well or badly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback import listening

KEY = "sk-canary-4f1d9a"
"""The key that tests give, and look for where it must not be."""

Behaviour = Callable[["Call"], None]

USAGE = {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105, "prompt_tokens_details": {"cached_tokens": 80}}


@dataclass
class Call:
    """One request, and the ways to answer it."""

    handler: BaseHTTPRequestHandler
    body: dict[str, Any]
    over: threading.Event
    """Set when the test is over, so that nothing hangs longer than it must."""

    def send(self, status: int, value: object, **headers: str) -> None:
        data = json.dumps(value).encode()
        self.handler.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.handler.send_header(name.replace("_", "-"), text)
        self.handler.end_headers()
        self.handler.wfile.write(data)

    def begin(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()

    def raw(self, text: str) -> None:
        data = text.encode()
        self.handler.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.handler.wfile.flush()

    def event(self, value: object) -> None:
        self.raw(f"data: {json.dumps(value)}\n\n")

    def delta(self, finish: str | None = None, **delta: Any) -> None:
        self.event(
            {
                "id": "1",
                "object": "chat.completion.chunk",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
            }
        )

    def end(self) -> None:
        self.raw("data: [DONE]\n\n")
        self.handler.wfile.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        self.handler.connection.shutdown(socket.SHUT_RDWR)
        self.handler.close_connection = True


@dataclass
class FakeOpenAI:
    """What was asked, and what will be answered; the last behaviour stays."""

    url: str
    script: list[Behaviour] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def will(self, *behaviours: Behaviour) -> None:
        self.script[:] = behaviours


@contextmanager
def fake_openai() -> Iterator[FakeOpenAI]:
    over = threading.Event()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                fake.requests.append(body)
                fake.keys.append(self.headers.get("Authorization"))
                behaviour = fake.script.pop(0) if len(fake.script) > 1 else fake.script[0]
            try:
                behaviour(Call(self, body, over))
            except OSError:
                # The other side had enough.
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with listening(Handler) as address:
        fake = FakeOpenAI(f"{address}/v1")
        try:
            yield fake
        finally:
            over.set()


# Behaviours -----------------------------------------------------------------------------------------------------------


def says(text: str, finish: str | None = "stop", pieces: Sequence[str] = ()) -> Behaviour:
    """A proper answer, in words or whatever it was asked for."""

    def behave(call: Call) -> None:
        if not call.body.get("stream"):
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            call.send(
                200,
                {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE},
            )
            return
        call.begin()
        call.delta(role="assistant", content="")
        for piece in pieces or text.split(" "):
            call.delta(content=piece if pieces else f"{piece} ")
        if finish is not None:
            call.delta(finish)
        usage = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": USAGE}
        call.event(usage)
        call.end()

    return behave


def fails(status: int, message: str = "no", code: str | None = None, **headers: str) -> Behaviour:
    return lambda call: call.send(status, {"error": {"message": message, "type": "x", "code": code}}, **headers)


def hangs(call: Call) -> None:
    call.over.wait(20)


def pings(call: Call) -> None:
    """Signs of life and no words."""
    call.begin()
    while not call.over.wait(0.05):
        call.raw(": ping\n\n")


def stalls(call: Call) -> None:
    """A few words, then nothing more."""
    call.begin()
    call.delta(content="Well, ")
    call.over.wait(20)


def listens(noticed: threading.Event) -> Behaviour:
    """A few words, then nothing more, but it notices when the other side hangs up."""

    def behave(call: Call) -> None:
        call.begin()
        call.delta(content="Well, ")
        line = call.handler.connection
        line.settimeout(0.05)
        while not call.over.is_set():
            try:
                if not line.recv(1):
                    noticed.set()
                    break
            except TimeoutError:
                continue
        call.handler.close_connection = True

    return behave


def trickles(call: Call) -> None:
    """A word now and then, for ever."""
    call.begin()
    while not call.over.wait(0.05):
        call.delta(content="and ")


def hangs_up(call: Call) -> None:
    call.hang_up()


def cuts(call: Call) -> None:
    """A few words, and the connection breaks."""
    call.begin()
    call.delta(content="I would ")
    call.delta(content="say ")
    call.hang_up()


def refuses(call: Call) -> None:
    """As OpenAI marks a refusal."""
    if call.body.get("stream"):
        call.begin()
        call.delta(role="assistant", refusal="I can't")
        call.delta("stop")
        call.end()
        return
    message = {"role": "assistant", "content": None, "refusal": "I can't help with that."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    call.send(200, {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE})


def knows_no(kind: str, otherwise: Behaviour) -> Behaviour:
    """An endpoint that does not take that kind of form."""

    def behave(call: Call) -> None:
        if (call.body.get("response_format") or {}).get("type") == kind:
            call.send(400, {"error": {"message": f"response_format {kind} is not supported", "type": "invalid_request_error"}})
        else:
            otherwise(call)

    return behave
