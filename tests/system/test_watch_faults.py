"""A watch that dies of its own fault, or waits to begin, is said: the session goes BLIND, and the daemon goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.databases import new_database
from tests.lifecycle.story import opened
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.holding import Controls
from vmrd.known import Known
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import Lease
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.watch import Watch
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
    def make(_: Engine) -> Callable[[str, Lease], Any]:
        return lambda *_: Broken()

    assert asyncio.run(goes_blind(tmp_path / "vmrd.db", make, Rules()))


def test_an_officer_is_told_when_after_a_start_a_meetings_turn_does_not_come(tmp_path: Path) -> None:
    def make(engine: Engine) -> Callable[[str, Lease], Any]:
        def nobody_begins(session_id: str, lease: Lease) -> Watch:
            controls = Controls(begin=asyncio.Semaphore(0))
            nothing: Any = None
            return Watch(
                session_id, lease, engine, nothing, nothing, controls, Eyes(engine.clock), Known(engine), "example.org"
            )

        return nobody_begins

    assert asyncio.run(goes_blind(tmp_path / "vmrd.db", make, Rules(eyes_fresh_for=0)))


async def goes_blind(path: Path, make: Callable[[Engine], Callable[[str, Lease], Any]], rules: Rules) -> bool:
    """Whether it is said of a meeting that runs that it is blind, and the watcher goes on."""
    new_database(path)
    story = opened()
    store = connect(path, derive_keys(b"k" * 32))
    engine = Engine(store, Still(story.now), lambda _: rules, Metrics())
    told = asyncio.Event()
    engine.listeners.append(lambda applied: told.set() if applied.session.blind_since is not None else None)
    await store.write(
        ["s1"],
        lambda tx: tx.record(story.session, story.journal, (), wake_at=None, watched=True, now=0, command_ttl=1),
    )
    watching = asyncio.create_task(Watcher(engine, "me", make(engine)).run())
    try:
        async with asyncio.timeout(60):
            await told.wait()
        return not watching.done()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await store.close()
