"""`python -m benchmarks.panels_clients`: very many WebSocket clients that cost next to nothing each.

One loop over bare sockets: it notes when a frame was there, and answers pings. Lines of its input say what to do:

    open PORT CODE N TOKEN    connect N clients to an establishment
    stall PORT TOKEN          connect one, to all establishments, that will never read a byte
    await PORT N              answers at once, and then, once N of them have had a view, with each one's seconds
    rest                      answers at once, and again once nothing has come for a while
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass, field

from pexip_mock.cli import allow_many_connections

PATIENCE = 60.0
_TEXT, _PING, _PONG = 0x81, 0x89, 0x8A


@dataclass(slots=True)
class Panel:
    """One client of an establishment at a port, and what it was sent and has not yet taken for frames."""

    line: socket.socket
    port: int
    code: str
    buffer: bytearray = field(default_factory=bytearray)

    def read(self) -> int:
        """How many views have come."""
        views = 0
        came = self.line.recv(1 << 18)
        assert came, "a panel was hung up on"
        self.buffer += came
        while (frame := _frame(self.buffer)) is not None:
            kind, body = frame
            if kind == _TEXT:
                views += 1
            elif kind == _PING:
                self.line.send(bytes([_PONG, 0x80 | len(body), 0, 0, 0, 0]) + body)  # masked with nothing
        return views


@dataclass(slots=True)
class Clients:
    panels: dict[int, Panel] = field(default_factory=dict)
    stalled: list[socket.socket] = field(default_factory=list)
    poll: select.epoll = field(default_factory=select.epoll)

    def open(self, port: int, code: str, count: int, token: str) -> None:
        for _ in range(count):
            panel = Panel(_connect(port, code, token), port, code)
            self.panels[panel.line.fileno()] = panel
            self.poll.register(panel.line.fileno(), select.EPOLLIN)

    def arrivals(self, port: int, count: int) -> list[tuple[str, float]]:
        """Establishment and second of each client's next view. Raises TimeoutError."""
        came: dict[int, tuple[str, float]] = {}
        deadline = time.monotonic() + PATIENCE
        while len(came) < count:
            for number, _ in self.poll.poll(1.0):
                panel = self.panels[number]
                if panel.read() and panel.port == port:
                    came.setdefault(number, (panel.code, time.monotonic()))
            if time.monotonic() > deadline:
                raise TimeoutError(f"{count - len(came)} clients had no view")
        return list(came.values())

    def wait_for_input(self) -> None:
        """Read whatever comes until there is something to do: who does not answer a ping is hung up on."""
        self.poll.register(sys.stdin.fileno(), select.EPOLLIN)
        while sys.stdin.fileno() not in (ready := [number for number, _ in self.poll.poll()]):
            for number in ready:
                self.panels[number].read()
        self.poll.unregister(sys.stdin.fileno())

    def rest(self, seconds: float) -> None:
        """Read whatever comes until nothing has for so long."""
        while ready := self.poll.poll(seconds):
            for number, _ in ready:
                self.panels[number].read()


def _connect(port: int, code: str, token: str, receive: int | None = None) -> socket.socket:
    line = socket.socket()
    if receive is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    line.connect(("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    request = [
        f"GET /v1/live{f'?establishment={code}' if code else ''} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    line.sendall("\r\n".join([*request, "", ""]).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    assert head.startswith(b"HTTP/1.1 101"), head
    return line


def _frame(buffer: bytearray) -> tuple[int, bytes] | None:
    """The first whole frame of a server, taken out."""
    if len(buffer) < 4:
        return None
    start, size = 2, buffer[1]
    if size == 126:
        start, size = 4, int.from_bytes(buffer[2:4], "big")
    if len(buffer) < start + size:
        return None
    kind, body = buffer[0], bytes(buffer[start : start + size])
    del buffer[: start + size]
    return kind, body


def main() -> None:
    allow_many_connections()
    clients = Clients()
    while True:
        clients.wait_for_input()
        match sys.stdin.readline().split():
            case ["open", port, code, count, token]:
                clients.open(int(port), code, int(count), token)
                clients.rest(0.0)
                _say("open")
            case []:
                return
            case ["stall", port, token]:
                clients.stalled.append(_connect(int(port), "", token, receive=4_096))
                _say("stalled")
            case ["rest"]:
                _say("resting")
                clients.rest(0.5)
                _say("rested")
            case ["await", port, count]:
                clients.rest(0.02)
                _say("waiting")
                _say(clients.arrivals(int(port), int(count)))


def _say(told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
