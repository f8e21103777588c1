"""The store of one machine: SQLite, one writer thread, a few readers.

Nothing here ever blocks the event loop: steps run in the writer's thread (`writer`), queries in a small pool, each on a
read-only connection of its own that sees the last commit and waits for nobody. Writers that outrun the disk wait their
turn: at most `WAITING` steps are queued.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import structlog

from vmrd.store import outbox
from vmrd.store.base import Find, Rx, StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import Alone, for_reading, for_writing, refusal
from vmrd.store.migrate import SchemaStatus, require_current
from vmrd.store.rx import SqliteRx
from vmrd.store.sealing import begin_head, require_head, seal_growth
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.tx import SqliteTx
from vmrd.store.writer import Job, Writer

log = structlog.get_logger(__name__)

T = TypeVar("T")

READERS = 3
WAITING = 2048


def connect(path: Path, keys: StoreKeys) -> SqliteStore:
    """Open the database for the one daemon that may use it.

    Raises `StoreError` while another has it open, where the schema is none this release can work with, and where the
    journal was sealed with another key.
    """
    with ExitStack() as opened:
        opened.enter_context(closing(Alone(path)))
        if require_current(path) is SchemaStatus.ONE_AHEAD:
            log.warning("schema_is_one_step_ahead")
        connection = opened.enter_context(closing(for_writing(path)))
        with _refusals():
            begin_head(connection, keys.seal)
            require_head(connection, keys.seal)
            outbox.forget_leases(connection)
            connection.execute("DELETE FROM lease")
        readers = [opened.enter_context(closing(for_reading(path))) for _ in range(READERS)]
        return SqliteStore(connection, readers, keys, opened.pop_all())


def write_once(path: Path, keys: StoreKeys, step: Callable[[Tx], T]) -> T:
    """One step from the command line, such as adding an officer, whether or not a daemon runs; blocks.

    Raises what the step raises, and `StoreError` as `connect` does, save for a running daemon.
    """
    require_current(path)
    with closing(for_writing(path)) as connection:
        with _refusals():
            begin_head(connection, keys.seal)
            with connection:  # commits, or rolls back what raised
                connection.execute("BEGIN IMMEDIATE")
                tx = SqliteTx(connection, SecretBox(keys), Decoded())
                result = step(tx)
                seal_growth(connection, keys.seal, tx.growth)
        return result


@contextmanager
def open_for_reading(path: Path, keys: StoreKeys) -> Iterator[SqliteRx]:
    """One consistent look at the database from the command line, whether or not a daemon runs.

    Raises `StoreError` where the schema is not this release's, and for what the database refuses meanwhile.
    """
    require_current(path)
    with closing(for_reading(path)) as connection, _snapshot(connection):
        yield SqliteRx(connection, SecretBox(keys), Decoded())


class SqliteStore:
    """The port's `Store`; made by `connect`, used from one event loop."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        readers: Sequence[sqlite3.Connection],
        keys: StoreKeys,
        opened: ExitStack,
    ) -> None:
        self._opened = opened
        self._box = SecretBox(keys)
        self._decoded = Decoded()
        self._closed = False
        self._slots = asyncio.Semaphore(WAITING)
        self._writer = Writer(connection, keys, self._decoded, self._told)
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._pool = ThreadPoolExecutor(len(readers), "store-reader")  # a thread always finds an idle connection

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        """`sessions` need no lock of their own here: the one writer runs steps one after the other."""
        await self._slots.acquire()
        if self._closed:
            self._slots.release()
            raise StoreError("the store is closed")
        job = Job(step, asyncio.get_running_loop().create_future(), told)
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
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._query, query)

    def _query(self, query: Callable[[Rx], T]) -> T:
        connection = self._idle.get_nowait()
        try:
            with _snapshot(connection):
                return query(SqliteRx(connection, self._box, self._decoded))
        finally:
            self._idle.put(connection)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.stop()
        self._pool.shutdown()
        self._opened.close()  # the last connection folds the WAL into the file


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything read inside is of one commit."""
    with _refusals():
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise refusal(error) from error
