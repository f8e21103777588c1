"""A booking system or mail server that takes a callback and never answers keeps nobody else's from going out."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
import pytest

from benchmarks.samples import plan
from tests.databases import new_database
from vmrd.clock import SystemClock
from vmrd.dispatcher import Dispatcher
from vmrd.engine import Engine
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.rules import HOUR, Rules
from vmrd.metrics import Metrics
from vmrd.notify import Notifier, Target, WayIn
from vmrd.poster import Reply
from vmrd.store.base import BookingRecord, Segment, Tx
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

SOON = 60.0
MANY = 20  # more than the lane has hands
EACH = 2


@dataclass
class Systems:
    """Booking systems, of which `hang` never answer until let go."""

    hang: frozenset[str]
    got: Counter[str] = field(default_factory=Counter)
    under_way: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        system = orjson.loads(body)["bookingId"].partition(":")[0]
        self.under_way[system] += 1
        self.most[system] = max(self.most[system], self.under_way[system])
        await self._tell()
        if system in self.hang:
            await self.go.wait()
        self.under_way[system] -= 1
        self.got[system] += 1
        await self._tell()
        return Reply(204)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def until(self, count: Counter[str], system: str, enough: int) -> None:
        async with asyncio.timeout(SOON), self.changed:
            await self.changed.wait_for(lambda: count[system] >= enough)


@asynccontextmanager
async def telling(path: Path, systems: Systems) -> AsyncIterator[Engine]:
    new_database(path)
    store = connect(path, derive_keys(b"k" * 32))
    engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    notifier = Notifier(
        store,
        engine.clock,
        engine.metrics,
        systems,
        lambda system: Target(system, "https://bookings.example.org", ("whsec_c2FtcGxl",), distributor=False),
        lambda session: WayIn("link", "uri", IdProfile()),
    )
    dispatcher = Dispatcher(engine, None, notifier, "me")  # type: ignore[arg-type]
    engine.listeners.append(dispatcher.heard)
    work = asyncio.create_task(dispatcher.run())
    try:
        yield engine
    finally:
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await store.close()


async def book(engine: Engine, system: str, number: int) -> None:
    """A session far ahead, which has nothing to do but tell that it was accepted."""
    name, now = f"{system}-{number}", engine.clock.now()
    booking = f"{system}:{number}"
    record = BookingRecord(booking, system, 1, "d", "active", "MDI", (Segment("main", name),), (), 0)

    def keep(tx: Tx) -> None:
        tx.put_booking(record)

    await engine.store.write([name], keep)
    far = replace(plan(name, now), booking_id=booking, starts_at=now + 900 * HOUR, ends_at=now + 901 * HOUR)
    await engine.submit(name, far)


async def test_a_booking_system_that_hangs_holds_two_hands_and_another_is_told_meanwhile(tmp_path: Path) -> None:
    systems = Systems(frozenset({"slow"}))
    async with telling(tmp_path / "vmrd.db", systems) as engine:
        for number in range(MANY):
            await book(engine, "slow", number)
        await systems.until(systems.under_way, "slow", EACH)
        await book(engine, "quick", 1)
        await systems.until(systems.got, "quick", 1)
        assert (systems.got["slow"], systems.under_way["slow"]) == (0, EACH)
        systems.go.set()
        await systems.until(systems.got, "slow", MANY)
    assert systems.most["slow"] == EACH
    assert systems.got == {"slow": MANY, "quick": 1}


async def test_as_many_systems_as_hang_leave_the_hands_beyond_theirs(tmp_path: Path) -> None:
    systems = Systems(frozenset({"slow", "stuck", "asleep"}))
    async with telling(tmp_path / "vmrd.db", systems) as engine:
        for system in systems.hang:
            for number in range(EACH + 1):
                await book(engine, system, number)
        for system in systems.hang:
            await systems.until(systems.under_way, system, EACH)
        for number in range(3):
            await book(engine, "quick", number)
        await systems.until(systems.got, "quick", 3)
