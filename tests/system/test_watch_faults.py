"""A watch that dies of a fault of its own is said: the session goes BLIND, and the daemon goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.databases import new_database
from tests.lifecycle.story import opened
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import Lease
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.watcher import Watcher


class Still(SystemClock):
    """A clock that stands at one instant of the story."""

    def __init__(self, at: int) -> None:
        self._at = at

    def now(self) -> int:
        return self._at


class Broken:
    """A watch with a fault."""

    async def run(self) -> None:
        raise LookupError("canary")


def test_an_officer_is_told_when_a_meetings_watch_keeps_failing(tmp_path: Path) -> None:
    path = tmp_path / "vmrd.db"
    new_database(path)
    story = opened()

    async def run() -> bool:
        store = connect(path, derive_keys(b"k" * 32))
        engine = Engine(store, Still(story.now), lambda _: Rules(), Metrics())
        told = asyncio.Event()
        engine.listeners.append(lambda applied: told.set() if applied.session.blind_since is not None else None)
        await store.write(
            ["s1"],
            lambda tx: tx.record(story.session, story.journal, (), wake_at=None, watched=True, now=0, command_ttl=1),
        )

        def make(_: str, __: Lease) -> Any:
            return Broken()

        watching = asyncio.create_task(Watcher(engine, "me", make).run())
        try:
            async with asyncio.timeout(60):
                await told.wait()
            return not watching.done()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await store.close()

    assert asyncio.run(run())
