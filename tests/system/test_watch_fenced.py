"""A daemon that slept through its lease: what it still reports is not kept, and it does not watch on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.story import opened
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import Lease
from vmrd.store.leases import watching
from vmrd.store.migrate import migrate
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.watcher import Watcher


@pytest.mark.asyncio
async def test_what_a_late_watcher_reports_is_not_kept_and_its_watch_ends(tmp_path: Path) -> None:
    migrate(tmp_path / "vmrd.db")
    store = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))
    engine = Engine(store, SystemClock(), lambda _: Rules(), Metrics())
    story = opened()
    name = story.session.id
    await store.write(
        [name],
        lambda tx: tx.record(story.session, story.journal, (), wake_at=None, watched=True, now=0, command_ttl=1),
    )
    asleep, woken, ended = asyncio.Event(), asyncio.Event(), list[str]()

    def make(session_id: str, lease: Lease) -> Any:
        class Late:
            async def run(self) -> None:
                asleep.set()
                await woken.wait()
                try:
                    await engine.submit(session_id, EyesLost(), under=lease)
                except Exception as refused:
                    ended.append(type(refused).__name__)
                    raise

        return Late()

    watching_on = asyncio.create_task(Watcher(engine, "late", make).run())
    async with asyncio.timeout(60):
        await asleep.wait()
        later = engine.clock.now() + 60_000
        assert await store.write([], lambda tx: tx.lease(watching(name), "successor", later, 60_000))
        woken.set()
        while not ended:
            await store.read(lambda rx: rx.watched())
    assert ended == ["Fenced"]
    assert await store.read(lambda rx: rx.facts(name)) == list(story.journal)
    assert not watching_on.done()
    watching_on.cancel()
    await asyncio.gather(watching_on, return_exceptions=True)
    await store.close()
