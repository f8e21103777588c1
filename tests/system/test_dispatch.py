"""A press goes out with its own commit, never more at once than there are hands, each once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.samples import plan, sighting
from tests.databases import new_database
from vmrd.clock import SystemClock
from vmrd.dispatcher import AT_ONCE, Dispatcher
from vmrd.engine import Applied, Engine
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import Lane, SetLock
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Where
from vmrd.metrics import Metrics
from vmrd.store.base import OutboxItem
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect

pytestmark = pytest.mark.asyncio

SOON = 20.0
MANY = AT_ONCE[Lane.LOCK] * 3


class Hands:
    """A carrier that holds every lock until it is let go, and carries the rest at once."""

    def __init__(self) -> None:
        self.locks: list[str] = []
        self.at_once = self.most = 0
        self.go = asyncio.Event()
        self.first = asyncio.Event()
        self.all = asyncio.Event()

    async def carry(self, item: OutboxItem, session: Session) -> i.CommandOutcome:
        if isinstance(item.command, SetLock):
            self.locks.append(session.id)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            self.first.set()
            if len(self.locks) == MANY:
                self.all.set()
            await self.go.wait()
            self.at_once -= 1
        return i.CommandDone(item.key)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Engine, Hands]]:
    """Meetings under way, and a dispatcher whose hands are held."""
    new_database(path)
    store = connect(path, derive_keys(b"k" * 32))
    engine, hands = Engine(store, SystemClock(), lambda _: Rules(), Metrics()), Hands()
    try:
        await asyncio.gather(*(begin(engine, f"s{number}") for number in range(MANY)))
        dispatcher = Dispatcher(engine, hands, None, "me")  # type: ignore[arg-type]
        engine.listeners.append(dispatcher.heard)
        engine.taker = dispatcher.taker
        work = asyncio.create_task(dispatcher.run())
        await asyncio.sleep(0)  # the dispatcher begins
        try:
            yield engine, hands
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
    finally:
        await store.close()


async def begin(engine: Engine, name: str) -> None:
    legs = (sighting("own", Where.INSIDE, tag="tag"), sighting("guest", Where.INSIDE))
    for given in (
        plan(name, engine.clock.now()),
        i.VmrEnsured(1),
        i.AliasProbed(1, 2, 2),
        i.ControlTagged("tag"),
        i.ControlTaken("own"),
        i.Open("k.shah"),
        i.RosterSeen(i.Order(1, 0), i.Source.STREAM, legs, False, True, False),
    ):
        assert isinstance(await engine.submit(name, given), Applied)


async def test_a_lock_goes_out_with_its_own_commit(tmp_path: Path) -> None:
    async with opened(tmp_path / "vmrd.db") as (engine, hands), asyncio.timeout(SOON):
        answer = await engine.submit("s0", i.LockRoom("k.shah"))
        assert isinstance(answer, Applied)
        assert [item.command for item in answer.born] == [SetLock(True)]
        await hands.first.wait()
        assert hands.locks == ["s0"]


async def test_a_lock_goes_out_at_once_although_who_pressed_has_gone(tmp_path: Path) -> None:
    async with opened(tmp_path / "vmrd.db") as (engine, hands), asyncio.timeout(SOON):
        begun, go = threading.Event(), threading.Event()

        def lock(_: object) -> i.LockRoom:
            begun.set()
            assert go.wait(SOON)
            return i.LockRoom("k.shah")

        pressing = asyncio.create_task(engine.submit("s0", lock))
        assert await asyncio.to_thread(begun.wait, SOON)
        pressing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pressing
        go.set()
        await hands.first.wait()


async def test_more_locks_than_hands_are_each_carried_once_and_never_more_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "vmrd.db") as (engine, hands), asyncio.timeout(SOON):
        await asyncio.gather(*(engine.submit(f"s{number}", i.LockRoom("k.shah")) for number in range(MANY)))
        await hands.first.wait()
        hands.go.set()
        await hands.all.wait()
        assert sorted(hands.locks) == sorted(f"s{number}" for number in range(MANY))
        assert hands.most <= AT_ONCE[Lane.LOCK]
