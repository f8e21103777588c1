"""A network between a replica and what it depends on, which can be cut."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import StrEnum


class Cut(StrEnum):
    """`REFUSED`: connections are closed, and no new ones taken. `SWALLOWED`: what is sent arrives nowhere."""

    REFUSED = "refused"
    SWALLOWED = "swallowed"


class Pipe:
    """From a port here to a port on 127.0.0.1."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._open = asyncio.Event()
        self._open.set()
        self._cut: Cut | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._joined, host, port)

    def cut(self, how: Cut) -> None:
        self._cut = how
        self._open.clear()
        if how is Cut.REFUSED:
            self._drop()

    def mend(self) -> None:
        """What was swallowed is gone, so who waited for it must begin anew."""
        self._cut = None
        self._drop()
        self._open.set()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._open.set()
        self._drop()

    def _drop(self) -> None:
        for end in list(self._ends):
            end.transport.abort()
        self._ends.clear()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut is Cut.REFUSED:
            writer.transport.abort()
            return
        self._ends.add(writer)
        try:
            await self._open.wait()
            there_reads, there_writes = await asyncio.open_connection("127.0.0.1", self._to)
            self._ends.add(there_writes)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, there_writes))
                both.create_task(self._carry(there_reads, writer))
        except* OSError:
            pass
        finally:
            self._ends.discard(writer)
            writer.transport.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()
        self._ends.discard(sink)
