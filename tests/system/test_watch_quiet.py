"""A meeting in which nothing happens is looked at with next to no work, and the moment something does, it is seen."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.estate import KEY, build, session_of, values
from benchmarks.estate_mock import DOMAIN, Platform
from pexip_mock.faults import How
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.server import MockServer
from vmrd.clock import SystemClock
from vmrd.config import from_values
from vmrd.engine import Answer, Applied, Engine
from vmrd.eyes import Eyes
from vmrd.holding import Controls
from vmrd.known import Known
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LockState, Where
from vmrd.metrics import Metrics
from vmrd.pexip.client import Client
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.management import Management
from vmrd.pexip.reading import Reading
from vmrd.pexip.wire import Roster
from vmrd.settings import Settings
from vmrd.store.leases import watching
from vmrd.store.opening import connect
from vmrd.store.secrets import derive_keys
from vmrd.watch import Watch

pytestmark = pytest.mark.asyncio
SESSION = session_of(0)


class Counted(Engine):
    """Counts what it is told."""

    decided: Counter[str]

    async def submit(self, session_id: str, given: Any, **how: Any) -> Answer:
        self.decided[type(given).__name__] += 1
        return await Engine.submit(self, session_id, given, **how)


@dataclass
class Looked:
    """One meeting, locked, its prisoner inside, and the watch that looks at it."""

    platform: Platform
    engine: Counted
    eyes: Eyes
    watch: Watch

    @property
    def decided(self) -> Counter[str]:
        return self.engine.decided

    @property
    def person(self) -> str:
        """A lawyer's leg."""
        leg: str = self.platform.meetings[0]["people"][0]
        return leg

    def lose(self, operation: Operation, how: How) -> None:
        """From now on: answers that are none, and events that come in an hour."""
        self.platform.server.platform.order_fault(operation, how, None, 3_600.0, 503)

    async def session(self) -> Session:
        found = await self.engine.store.read(lambda rx: rx.session(SESSION))
        assert found is not None
        return found

    async def shows(self, state: LockState) -> bool:
        return (await self.session()).lock.state is state

    async def settled(self) -> None:
        """All that a start brings is taken down: a read has been decided and changed nothing."""
        await until(self.watch.read_now)
        await until(self._known)

    async def _known(self) -> bool:
        before = self.decided["RosterSeen"]
        return await self.watch.read_now() and self.decided["RosterSeen"] == before


@pytest.fixture(autouse=True)
def _however_slow_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.known._DECIDED_WITHIN", 3_600.0)


@asynccontextmanager
async def looked_at(folder: Path) -> AsyncIterator[Looked]:
    async with MockServer(Knobs.fast().changed({"token_ttl_s": 7_200.0}), seed=1) as server:
        platform = Platform(server)
        platform.run(0)
        said: dict[str, Any] = platform.said()
        config = from_values(values(folder, said, 1))
        await build(folder, said, range(0), 0, config)
        store = connect(folder / "vmrd.db", derive_keys(bytes.fromhex(KEY)))
        engine = Counted(store, SystemClock(), Settings(config).rules, Metrics())
        engine.decided = Counter()
        lease = await store.write([], lambda tx: tx.lease(watching(SESSION), "me", engine.clock.now(), 600_000))
        assert lease is not None
        http = PexipHttp(said["management"], auth=(said["user"], said["password"]))
        async with http, Client(said["nodes"], timeout=30.0) as client:
            eyes, known = Eyes(engine.clock), Known(engine)
            engine.listeners.append(known.heard)
            watch = Watch(
                SESSION, lease, engine, client, Management(http, tag_prefix="vmrd"), Controls(), eyes, known, DOMAIN
            )
            looked = Looked(platform, engine, eyes, watch)
            watching_it = asyncio.create_task(watch.run())
            try:
                await looked.settled()
                yield looked
            finally:
                watching_it.cancel()
                await asyncio.gather(watching_it, return_exceptions=True)
                await store.close()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110  # each try is a read
            await asyncio.sleep(0.01)


async def test_reads_that_show_nothing_new_keep_the_eyes_fresh_and_are_not_decided(tmp_path: Path) -> None:
    async with looked_at(tmp_path) as looked:
        asked, decided = looked.platform.asked["node participants"], looked.decided.total()
        begun = looked.eyes._begun[SESSION]
        for _ in range(3):
            assert await looked.watch.read_now()
        assert looked.platform.asked["node participants"] >= asked + 3
        assert looked.decided.total() == decided
        assert looked.eyes._begun[SESSION] > begun


async def test_a_change_whose_event_was_lost_is_seen_by_the_next_read(tmp_path: Path) -> None:
    async with looked_at(tmp_path) as looked:
        looked.lose(Operation.EVENTS, How.DELAY)
        looked.platform.server.world.callers.leave(looked.person)
        assert await looked.watch.read_now()
        assert (await looked.session()).legs[looked.person].where is Where.LEFT
        assert not looked.decided["LegGone"]


async def test_what_a_hint_darkened_is_put_right_by_a_read_that_says_what_the_last_one_said(tmp_path: Path) -> None:
    async with looked_at(tmp_path) as looked:
        told = i.ConferenceSeen(i.Order(0, 0), i.Source.HINT, locked=False, started=True, recording=False)
        answer = await looked.engine.submit(SESSION, told)
        assert isinstance(answer, Applied)
        assert answer.session.lock.state is not LockState.LOCKED
        assert await looked.watch.read_now()
        assert (await looked.session()).lock.state is LockState.LOCKED


async def test_a_room_locked_while_it_was_being_read_is_not_shown_as_unlocked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looked_at(tmp_path) as looked:
        world, token = looked.platform.server.world, looked.watch.controls.tokens[SESSION]
        world.unlock(token.token)
        await until(lambda: looked.shows(LockState.LOCKING))
        read = Reading.now
        under_way = iter([True])

        async def slow(reading: Reading) -> Roster:
            seen = await read(reading)
            if next(under_way, False):  # Pexip has answered; before the answer is here, the lock is, and its event
                world.lock(token.token)
                await until(lambda: looked.shows(LockState.LOCKED))
            return seen

        monkeypatch.setattr(Reading, "now", slow)
        assert await looked.watch.read_now()
        assert await looked.shows(LockState.LOCKED)


@pytest.mark.parametrize("operation", [Operation.CONFERENCE_STATUS, Operation.PARTICIPANTS])
async def test_without_both_answers_the_eyes_are_not_fresher(tmp_path: Path, operation: Operation) -> None:
    async with looked_at(tmp_path) as looked:
        looked.lose(operation, How.STATUS)
        assert not await looked.watch.read_now()
        begun = looked.eyes._begun[SESSION]
        for _ in range(2):
            assert not await looked.watch.read_now()
        assert looked.eyes._begun[SESSION] == begun
