"""The real SQLite store, its statements, groups and chains, carried out in the virtual loop instead of in threads.

A group of steps waits as long as the disk takes, is committed, and its callers hear of it a little later: a daemon
killed in between has written what nobody was told. Now and then the database stalls or refuses a group. Several daemons
may open one file, as replicas share one PostgreSQL: the statements are the same, and so is all that keeps them apart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.chaos.loop import HOST, VirtualLoop, of_host
from tests.chaos.net import machine
from vmrd.lifecycle.words import Instant
from vmrd.store import outbox
from vmrd.store.base import Ear, Find, Rx, StoreError, Tx
from vmrd.store.codec import Decoded
from vmrd.store.connection import for_reading, for_writing
from vmrd.store.group import SqliteGroups
from vmrd.store.leases import watching
from vmrd.store.rx import SqlRx
from vmrd.store.sealing import begin_head, require_head
from vmrd.store.secrets import SecretBox, StoreKeys
from vmrd.store.writer import Job

T = TypeVar("T")


@dataclass(slots=True)
class Disk:
    """One database and how it behaves now. `committed` is called with the host after each commit.

    `refuses`: whether the next group is refused. `stalls`: until when a machine gets no answer. `replicas`: whether
    several daemons may have it open; `clock` is then the server's. `poke`: whether one hears of another's commit.
    """

    path: Path
    keys: StoreKeys
    loop: VirtualLoop
    lag: Callable[[], float] = lambda: 0.002
    refuses: Callable[[], bool] = lambda: False
    poke: Callable[[], bool] = lambda: True
    committed: Callable[[str], None] = lambda host: None
    replicas: bool = False
    clock: Callable[[str], Instant] = lambda host: 0
    stalls: dict[str, float] = field(default_factory=dict)
    rows: int = 0
    stores: list[Inline] = field(default_factory=list)

    def stall(self, machines: Sequence[str], seconds: float) -> None:
        """These machines get no answer for so long."""
        for name in machines:
            self.stalls[name] = max(self.stalls.get(name, 0.0), self.loop.time() + seconds)

    def stalled_until(self, host: str) -> float:
        return self.stalls.get(machine(host), 0.0)

    def open(self) -> Inline:
        """As `vmrd.store.opening.connect` does, save that a dead daemon's lock needs no kernel to be let go."""
        store = Inline(self)
        self.stores.append(store)
        return store


class Inline:
    """The port's `Store` for the daemon of one host."""

    def __init__(self, disk: Disk) -> None:
        self._disk, self.host = disk, HOST.get()
        self._connection = for_writing(disk.path)
        self._connection.execute("PRAGMA synchronous = OFF")  # what is killed is a process, never the machine
        self._reader = for_reading(disk.path)
        self._decoded, self._box = Decoded(), SecretBox(disk.keys)
        begin_head(self._connection, disk.keys.seal)
        require_head(self._connection, disk.keys.seal)
        if not disk.replicas:
            outbox.forget_leases(self._connection)
            self._connection.execute("DELETE FROM lease")
        self._groups = SqliteGroups(self._connection, disk.keys, self._decoded)
        self._waiting: list[Job[object]] = []
        self._ear: Ear | None = None
        self._closed = False

    async def write(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        loop = self._disk.loop
        job: Job[T] = Job(sessions, step, loop.create_future(), told)
        self._waiting.append(job)  # type: ignore[arg-type]
        if len(self._waiting) == 1:
            loop.call_later(self._disk.lag(), self._commit)
        await job.told
        return job.outcome()

    async def read(self, query: Callable[[Rx], T]) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        while (until := self._disk.stalled_until(self.host)) > self._disk.loop.time():  # noqa: ASYNC110  # as in `net`
            await asyncio.sleep(until - self._disk.loop.time())
        return self.look(query)

    def look(self, query: Callable[[Rx], T]) -> T:
        """The same at once, for the judge."""
        self._reader.execute("BEGIN")
        try:
            return query(SqlRx(self._reader, self._box, self._decoded))
        finally:
            self._reader.execute("ROLLBACK")

    def waits(self) -> bool:
        """Whether a command may be carried out now, and nobody has it in hand."""
        now = self._disk.clock(self.host)
        found = self._reader.execute("SELECT 1 FROM outbox_lane WHERE ready_at <= ? LIMIT 1", (now,)).fetchone()
        return found is not None

    def holder(self, session: str) -> tuple[str, Instant] | None:
        """Who has the lease of a session's meeting, and until when."""
        row = self._reader.execute("SELECT owner, until FROM lease WHERE name = ?", (watching(session),)).fetchone()
        return (row[0], row[1]) if row is not None else None

    async def time(self) -> Instant | None:
        return self._disk.clock(self.host) if self._disk.replicas else None

    def listen(self, ear: Ear) -> None:
        self._ear = ear

    async def say(self, line: str) -> None:
        loop, disk = self._disk.loop, self._disk
        for other in disk.stores:
            if other is not self and other._ear is not None and disk.poke():
                loop.call_later(disk.lag(), other._ear.said, line, context=of_host(other.host))

    async def close(self) -> None:
        self._closed = True
        self.let_go()

    def let_go(self) -> None:
        """Close the files; what was not committed is lost."""
        if self in self._disk.stores:
            self._disk.stores.remove(self)
            with closing(self._connection), closing(self._reader):
                self._closed = True

    def _commit(self) -> None:
        loop, disk = self._disk.loop, self._disk
        if (until := disk.stalled_until(self.host)) > loop.time():
            loop.call_at(until, self._commit)
            return
        jobs = [job for job in self._waiting if not job.told.cancelled()]
        self._waiting = []
        if self._closed or disk.refuses():
            for job in jobs:
                job.fail(StoreError("the database refused: a fault of the campaign"))
        elif jobs:
            self._groups.commit(jobs)
            self._poke()
            disk.committed(self.host)
        loop.call_later(disk.lag(), self._tell, jobs)

    def _poke(self) -> None:
        """Replicas hear of a commit that changed a session, if it is not lost on the way."""
        disk = self._disk
        (rows,) = self._connection.execute("SELECT rows FROM seal_head").fetchone()
        if rows == disk.rows:
            return
        disk.rows = rows
        for other in disk.stores:
            if other is not self and other._ear is not None and disk.poke():
                disk.loop.call_later(disk.lag(), other._ear.heard, (), context=of_host(other.host))

    def _tell(self, jobs: list[Job[object]]) -> None:
        for job in jobs:
            job.tell()
