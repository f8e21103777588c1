"""After a start every meeting is looked at anew: first where a prisoner is inside, then where a meeting runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.databases import new_database
from tests.lifecycle import story
from tests.lifecycle.story import Story
from vmrd.clock import SystemClock
from vmrd.engine import Engine
from vmrd.lifecycle.rules import Rules
from vmrd.metrics import Metrics
from vmrd.store.base import Lease, Tx
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import connect
from vmrd.watcher import Watcher

MEETINGS = {"a": story.arrived, "b": story.opened, "c": story.private, "d": story.arrived, "e": story.private}


class Endless:
    streaming = False

    async def run(self) -> None:
        await asyncio.Event().wait()


def kept(name: str, told: Story) -> Callable[[Tx], object]:
    """What puts a story's session into the store, under another name."""
    planned = replace(told.journal[0], session=name, alias=f"alias-{name}")
    session = replace(told.session, id=name, alias=planned.alias)
    facts = (planned, *told.journal[1:])
    return lambda tx: tx.record(session, facts, (), wake_at=None, watched=True, now=0, command_ttl=1)


@pytest.mark.asyncio
async def test_where_a_prisoner_is_comes_first(tmp_path: Path) -> None:
    new_database(tmp_path / "vmrd.db")
    store = connect(tmp_path / "vmrd.db", derive_keys(b"k" * 32))

    for name, stage in MEETINGS.items():
        await store.write([name], kept(name, stage()))
    begun: list[str] = []
    all_begun = asyncio.Event()

    def make(name: str, _lease: Lease) -> Any:
        begun.append(name)
        if len(begun) == len(MEETINGS):
            all_begun.set()
        return Endless()

    watching = asyncio.create_task(
        Watcher(Engine(store, SystemClock(), lambda _: Rules(), Metrics()), "me", make).run()
    )
    async with asyncio.timeout(60):
        await all_begun.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await store.close()
    assert [sorted(begun[:2]), begun[2], sorted(begun[3:])] == [["c", "e"], "b", ["a", "d"]]
