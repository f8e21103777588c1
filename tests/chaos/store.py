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

from tests.chaos.listener import Listener
from tests.chaos.loop import HOST, VirtualLoop
from tests.chaos.net import machine
from vmrd.lifecycle.words import Instant
from vmrd.store import outbox
from vmrd.store.base import Ear, Find, Rx, StoreError, Tx
from vmrd.store.chain import coverage
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

    `refuses`: whether the next group is refused. `late_times`: by how many seconds the next answer to what time it is
    comes late to a machine, the clock being read at the last moment. `stalls`, `away`: until when a machine gets no
    answer, or none but that the database is not there. `only_reads`: until when nothing can be written. `replicas`:
    whether several daemons may have it open; `clock` is then the server's. `pokes`: whether one hears of another's
    commit.
    """

    path: Path
    keys: StoreKeys
    loop: VirtualLoop
    lag: Callable[[], float] = lambda: 0.002
    refuses: Callable[[], bool] = lambda: False
    pokes: Callable[[], bool] = lambda: True
    committed: Callable[[str], None] = lambda host: None
    replicas: bool = False
    clock: Callable[[str], Instant] = lambda host: 0
    late_times: dict[str, float] = field(default_factory=dict)
    stalls: dict[str, float] = field(default_factory=dict)
    away: dict[str, float] = field(default_factory=dict)
    only_reads: float = 0.0
    seals: int = 0
    stores: list[Inline] = field(default_factory=list)

    def stall(self, machines: Sequence[str], seconds: float) -> None:
        """These machines get no answer for so long."""
        _until(self.stalls, machines, self.loop.time() + seconds)

    def go_away(self, machines: Sequence[str], seconds: float) -> None:
        """Whatever these machines ask is refused for so long."""
        _until(self.away, machines, self.loop.time() + seconds)

    def become_read_only(self, seconds: float) -> None:
        self.only_reads = max(self.only_reads, self.loop.time() + seconds)

    def stalled_until(self, host: str) -> float:
        return self.stalls.get(machine(host), 0.0)

    def answers(self, host: str) -> None:
        """Raises `StoreError` where the database is away for this host."""
        if self.away.get(machine(host), 0.0) > self.loop.time():
            raise StoreError("the database is not there: a fault of the campaign")

    def reached(self, host: str) -> bool:
        """Whether this host gets answers."""
        return max(self.stalled_until(host), self.away.get(machine(host), 0.0)) <= self.loop.time()

    def open(self) -> Inline:
        """As `vmrd.store.opening.connect` does, save that a dead daemon's lock needs no kernel to be let go."""
        self.answers(HOST.get())
        if self.only_reads > self.loop.time():
            raise StoreError("the database can only be read: a fault of the campaign")
        store = Inline(self)
        self.stores.append(store)
        return store


def _until(those: dict[str, float], machines: Sequence[str], moment: float) -> None:
    for name in machines:
        those[name] = max(those.get(name, 0.0), moment)


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
        self._listener: Listener | None = None
        self._closed = False

    @property
    def shared(self) -> bool:
        return self._disk.replicas

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
        await self._answered()
        return self.look(query)

    async def _answered(self) -> None:
        """The database comes to answer a question."""
        while (until := self._disk.stalled_until(self.host)) > self._disk.loop.time():  # noqa: ASYNC110  # as in `net`
            await asyncio.sleep(until - self._disk.loop.time())
        if self._closed:
            raise StoreError("the store is closed")
        self._disk.answers(self.host)

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

    def control_token(self, session: str) -> bytes | None:
        """As it is stored, encrypted anew each time."""
        newest = "SELECT sealed FROM secret WHERE session_id = ? AND name LIKE 'control-%' ORDER BY name DESC LIMIT 1"
        row = self._reader.execute(newest, (session,)).fetchone()
        return bytes(row[0]) if row is not None else None

    async def time(self) -> Instant | None:
        if not self._disk.replicas:
            return None
        if self._listener is not None:  # not while it starts: the other may be dead
            await asyncio.sleep(self._disk.late_times.pop(machine(self.host), 0.0))
        await self._answered()
        return self._disk.clock(self.host)

    def listen(self, ear: Ear) -> None:
        disk, host = self._disk, self.host
        if disk.replicas:
            self._listener = Listener(disk.loop, host, ear, self._head, lambda: disk.reached(host), disk.lag)
            self._listener.begin()

    async def say(self, line: str) -> None:
        await self._answered()
        for other in self._disk.stores:
            if other is not self and other._listener is not None and self._disk.pokes():
                other._listener.said(line)

    async def _head(self) -> int:
        await self._answered()
        return self._seals()

    def _seals(self) -> int:
        (seals,) = self._connection.execute("SELECT seals FROM seal_head").fetchone()
        return int(seals)

    async def close(self) -> None:
        self._closed = True
        self.let_go()

    def let_go(self) -> None:
        """Close the files; what was not committed is lost."""
        if self._listener is not None:
            self._listener.close()
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
        if self._closed or disk.only_reads > loop.time() or not disk.reached(self.host) or disk.refuses():
            for job in jobs:
                job.fail(StoreError("the database refused: a fault of the campaign"))
        elif jobs:
            self._groups.commit(jobs)
            self._poke()
            disk.committed(self.host)
        loop.call_later(disk.lag(), self._tell, jobs)

    def _poke(self) -> None:
        """Every replica hears of a commit that changed a session, if it is not lost on the way."""
        disk, number = self._disk, self._seals()
        if number == disk.seals:
            return
        disk.seals = number
        (covers,) = self._connection.execute("SELECT covers FROM seal WHERE number = ?", (number,)).fetchone()
        sessions = tuple(coverage(covers.encode()))
        for other in disk.stores:
            if other._listener is not None and disk.pokes():
                other._listener.poked(number, sessions, ours=other is self)

    def _tell(self, jobs: list[Job[object]]) -> None:
        for job in jobs:
            job.tell()
