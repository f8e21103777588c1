"""The port's `Store` over any SQL database: a writer's thread, and a few threads that read.

Nothing here ever blocks the event loop. Steps run in the writer's thread (`writer`), queries in a small pool that
waits for nobody who writes. Writers that outrun the database wait their turn: at most `WAITING` steps are queued.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from vmrd.lifecycle.words import Instant
from vmrd.store.base import Ear, Find, Rx, StoreError, Tx
from vmrd.store.writer import Commit, Job, Writer

T = TypeVar("T")

READERS = 3
WAITING = 2048


class Readers(Protocol):
    """Runs a query on one commit's state, in any of `at_once` threads."""

    @property
    def at_once(self) -> int: ...
    def query(self, query: Callable[[Rx], T]) -> T: ...
    def time(self) -> Instant | None:
        """The server's clock; None where there is no server."""

    def say(self, line: str) -> None:
        """Tell other replicas, where there may be any."""


class Closes(Protocol):
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _InLoop:
    """An ear whose owner lives in an event loop, for a thread to speak to."""

    loop: asyncio.AbstractEventLoop
    ear: Ear

    def heard(self, sessions: Sequence[str]) -> None:
        self._tell(self.ear.heard, sessions)

    def said(self, line: str) -> None:
        self._tell(self.ear.said, line)

    def current(self, moment: float) -> None:
        self._tell(self.ear.current, moment)

    def _tell(self, told: Callable[[T], None], what: T) -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody is left to tell
            self.loop.call_soon_threadsafe(told, what)


class SqlStore:
    """Made by a database's `connect`, used from one event loop. `opened` is closed last.

    `listening` begins to listen to other replicas, where there may be any.
    """

    def __init__(
        self,
        commit: Commit,
        readers: Readers,
        opened: ExitStack,
        listening: Callable[[Ear], Closes] | None = None,
    ) -> None:
        self._opened = opened
        self._listening = listening
        self._readers = readers
        self._closed = False
        self._slots = asyncio.Semaphore(WAITING)
        self._writer = Writer(commit, self._told)
        self._pool = ThreadPoolExecutor(readers.at_once, "store-reader")  # a thread always finds an idle connection

    @property
    def shared(self) -> bool:
        return self._listening is not None

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        await self._slots.acquire()
        if self._closed:
            self._slots.release()
            raise StoreError("the store is closed")
        job = Job(sessions, step, asyncio.get_running_loop().create_future(), told)
        self._writer.submit(job)
        await job.told
        return job.outcome()

    def _told(self, jobs: Sequence[Job[object]]) -> None:
        for job in jobs:
            self._slots.release()
            job.tell()

    async def read(self, query: Callable[[Rx], T]) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._readers.query, query)

    async def time(self) -> Instant | None:
        """What the database server's clock says; None where the database has no other clock than ours."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._readers.time)

    def listen(self, ear: Ear) -> None:
        if self._listening is not None:
            self._opened.enter_context(closing(self._listening(_InLoop(asyncio.get_running_loop(), ear))))

    async def say(self, line: str) -> None:
        if self.shared:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._readers.say, line)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.stop()
        self._pool.shutdown()
        self._opened.close()
