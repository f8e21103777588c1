"""The database clock is put forward or back: replicas find out one by one, and take nothing from each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.store.samples import put, session
from vmrd import clock as clocks
from vmrd import timekeeping
from vmrd.clock import ServerClock
from vmrd.engine import Engine
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Instant
from vmrd.metrics import Metrics
from vmrd.store.base import Store
from vmrd.watch import Watch
from vmrd.watcher import Watcher

pytestmark = pytest.mark.asyncio

NINE = 1_790_000_000_000


@dataclass(slots=True)
class Server:
    """Its clock: monotonic time, and by how many seconds it was put forward."""

    monotonic: float = 500.0
    forward: float = 0.0

    async def time(self) -> Instant:
        return NINE + int((self.monotonic + self.forward) * 1_000)


@dataclass(slots=True)
class Replica:
    server: Server
    watcher: Watcher = field(init=False)
    clock: ServerClock = field(default_factory=ServerClock)

    async def looks(self) -> None:
        await timekeeping._look(self.clock, self.server)  # type: ignore[arg-type]

    async def watches(self) -> bool:
        """Whether the meeting is its own, renewed or taken over where that is allowed."""
        return "s1" in await self.watcher._lease(["s1"])


@pytest_asyncio.fixture
async def replicas(store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Server, Replica, Replica]:
    server = Server()
    now = SimpleNamespace(monotonic=lambda: server.monotonic, time_ns=lambda: NINE * 1_000_000)
    monkeypatch.setattr(clocks, "time", now)
    monkeypatch.setattr(timekeeping, "time", now)
    await put(store, session("s1"))

    def never(session_id: str, lease: object) -> Watch:
        raise AssertionError

    made = Replica(server), Replica(server)
    for number, each in enumerate(made):
        each.watcher = Watcher(Engine(store, each.clock, lambda _: Rules(), Metrics()), f"replica{number}", never)
        await each.looks()
    return server, *made


@pytest.mark.parametrize("by", [60.0, 3_600.0])
async def test_a_database_clock_put_forward_lets_no_replica_take_a_meeting_from_one_that_lives(
    replicas: tuple[Server, Replica, Replica], by: float
) -> None:
    server, first, second = replicas
    assert await first.watches()
    server.forward = by
    with capture_logs() as logs:
        await second.looks()
    assert next((line["event"], line["seconds"]) for line in logs) == ("database_clock_stepped", by)
    assert not await second.watches()
    server.monotonic += 6  # it renews by the former time still
    assert await first.watches()
    assert not await second.watches()
    server.monotonic += 50
    await first.looks()
    assert await first.watches()
    assert not await second.watches()
    server.monotonic += 120  # the first is dead
    assert await second.watches()


async def test_a_database_clock_put_back_takes_no_meeting_from_whoever_looks_first(
    replicas: tuple[Server, Replica, Replica],
) -> None:
    server, first, second = replicas
    assert await first.watches()
    server.forward = -60.0
    await first.looks()
    assert await first.watches()
    server.monotonic += 6
    assert not await second.watches()  # which goes by the former time
    await second.looks()
    assert not await second.watches()


async def test_a_clock_that_only_drifts_is_not_said_to_have_been_moved(
    replicas: tuple[Server, Replica, Replica],
) -> None:
    server, first, _ = replicas
    server.monotonic, server.forward = server.monotonic + 60, 0.4
    with capture_logs() as logs:
        await first.looks()
    assert "database_clock_stepped" not in [line["event"] for line in logs]
    assert first.clock.doubted == 0
