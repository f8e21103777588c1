"""A thin HTTP client and the readers of event streams, so that measuring costs less than what is measured."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

MARK = b"event: participant_update\n"


class Line:
    """One kept-alive connection; one request at a time."""

    def __init__(self, port: int, headers: str = "") -> None:
        self._port = port
        self._headers = headers
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", headers: str = "") -> tuple[int, bytes, bytes]:
        """Status, head and body of an answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 24)
        reader, writer = self._streams
        writer.write(_request(method, path, self._headers + headers, body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return int(head[9:12]), head, await reader.readexactly(int(length or 0))

    async def post(self, path: str, body: object = None, headers: str = "") -> Any:
        """The JSON answer to a POST that must succeed; its Location where there is no body."""
        status, head, answer = await self.ask("POST", path, json.dumps(body).encode() if body else b"", headers)
        assert status < 300, (path, head, answer)
        return json.loads(answer) if answer else head.lower().partition(b"location: ")[2].partition(b"\r\n")[0].decode()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()

    async def closed(self) -> None:
        """Close it, and wait until it is."""
        self.close()
        if self._streams is not None:
            await self._streams[1].wait_closed()


class Eyes(asyncio.Protocol):
    """One client of one event stream; knows when a participant's update was seen."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._seen: asyncio.Future[float] | None = None
        self._rest = b""
        self.last = b""

    @classmethod
    async def open(cls, port: int, path: str) -> Eyes:
        _, eyes = await asyncio.get_running_loop().create_connection(
            lambda: cls(_request("GET", path, "", b"")), "127.0.0.1", port
        )
        return eyes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        text = self._rest + data
        if MARK in text:
            self.last, self._rest = text, b""
            if self._seen is not None and not self._seen.done():
                self._seen.set_result(time.perf_counter())
        else:
            self._rest = text[-len(MARK) :]

    def next(self) -> asyncio.Future[float]:
        """When the next update is seen."""
        self._seen = asyncio.get_running_loop().create_future()
        return self._seen


class Sink:
    """A receiver of event sinks that takes everything and reads nothing."""

    async def open(self) -> str:
        """Its URL."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    def close(self) -> None:
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[int, str]]:
    """A Python process of its own, and the first line it printed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    try:
        yield child.pid, (await child.stdout.readline()).decode()
    finally:
        with suppress(ProcessLookupError):  # whoever was measured by being killed
            child.terminate()
        await child.wait()


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _request(method: str, path: str, headers: str, body: bytes) -> bytes:
    kind = "Content-Type: application/json\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: mock\r\n{headers}{kind}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
