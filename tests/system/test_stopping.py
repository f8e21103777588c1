"""Told to stop in the very moment in which something fails, it stops: it does not begin again for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.databases import new_database
from tests.lifecycle.story import opened
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.holding import Controls
from vmrd.known import Known
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.metrics import Metrics
from vmrd.outage import Outage
from vmrd.pexip.errors import Unreachable
from vmrd.store.base import Lease, StoreError
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.watch import Watch

pytestmark = pytest.mark.asyncio
SOON = 10.0


class Work:
    """Goes on until it is told to end, and then fails."""

    def __init__(self, failure: Exception) -> None:
        self.begun = asyncio.Event()
        self._failure = failure

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fail_at_the_end())
            await asyncio.Event().wait()

    async def _fail_at_the_end(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise self._failure


async def stopped(work: Work, task: asyncio.Task[None]) -> bool:
    async with asyncio.timeout(SOON):
        await work.begun.wait()
        task.cancel()
        done, _ = await asyncio.wait([task])
    return task in done and task.cancelled()


async def test_a_daemon_told_to_stop_as_its_database_goes_away_stops() -> None:
    work = Work(StoreError("the database went away"))
    assert await stopped(work, asyncio.create_task(Outage(survived=True).through(work.run)))


async def test_a_watch_told_to_stop_as_pexip_goes_away_stops(tmp_path: Path) -> None:
    new_database(tmp_path / "vmrd.db")
    store = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
    engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    story = opened()
    await store.write(
        [story.session.id],
        lambda tx: tx.record(story.session, story.journal, (), wake_at=None, watched=True, now=0, command_ttl=1),
    )
    work = Work(Unreachable(sent=True))

    class Torn(Watch):
        async def _follow(self, session: Session) -> None:
            await work.run()

    nobody: Any = None
    lease, eyes = Lease(story.session.id, 1), Eyes(engine.clock)
    watch = Torn(story.session.id, lease, engine, nobody, nobody, Controls(), eyes, Known(engine), "example.org")
    try:
        assert await stopped(work, asyncio.create_task(watch.run()))
    finally:
        await store.close()
