"""A command is looked at once more right before it goes to Pexip: it must be wanted still, and still be ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.system.test_dispatch import SOON, opened
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import SetLock
from vmrd.lifecycle.session import Session
from vmrd.pexip.last_look import last_look
from vmrd.store.base import OutboxItem

pytestmark = pytest.mark.asyncio


class Pexip:
    """A carrier whose call waits until `go`, and looks before it is sent."""

    def __init__(self) -> None:
        self.waits, self.go, self.judged, self.sent_one = (asyncio.Event() for _ in range(4))
        self.sent: list[str] = []

    async def carry(self, item: OutboxItem, session: Session) -> i.CommandOutcome:
        if not isinstance(item.command, SetLock):
            return i.CommandDone(item.key)
        self.waits.set()
        await self.go.wait()
        try:
            last_look()
        finally:
            self.judged.set()
        self.sent.append(session.id)
        self.sent_one.set()
        return i.CommandDone(item.key)


@pytest.mark.parametrize("gone", [True, False])
async def test_a_lock_is_not_sent_where_another_replica_watches_the_meeting_by_now(tmp_path: Path, gone: bool) -> None:
    pexip = Pexip()
    async with opened(tmp_path / "vmrd.db", pexip) as (engine, dispatcher), asyncio.timeout(SOON):
        await engine.submit("s0", i.LockRoom("k.shah"))
        await pexip.waits.wait()
        dispatcher.elsewhere = lambda session_id: gone
        pexip.go.set()
        await pexip.judged.wait()
        assert pexip.sent == ([] if gone else ["s0"])


async def test_a_lock_is_not_sent_by_whoever_hung_until_others_may_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pexip = Pexip()
    async with opened(tmp_path / "vmrd.db", pexip) as (engine, _), asyncio.timeout(SOON):
        await engine.submit("s0", i.LockRoom("k.shah"))
        await pexip.waits.wait()
        monkeypatch.setattr("vmrd.dispatcher._LEASE", -1)  # it has run out
        pexip.go.set()
        await pexip.judged.wait()
        assert pexip.sent == []


async def test_a_lock_withheld_while_nobody_had_the_meeting_goes_out_when_it_is_ours(tmp_path: Path) -> None:
    """It did not fail, so nobody waits for it to be asked for again."""
    pexip, elsewhere = Pexip(), True
    async with opened(tmp_path / "vmrd.db", pexip) as (engine, dispatcher), asyncio.timeout(SOON):
        dispatcher.elsewhere = lambda session_id: elsewhere
        pexip.go.set()
        await engine.submit("s0", i.LockRoom("k.shah"))
        await pexip.judged.wait()
        asked = await engine.store.read(lambda rx: rx.facts("s0"))
        elsewhere = False
        await pexip.sent_one.wait()
        assert pexip.sent == ["s0"]
        assert await engine.store.read(lambda rx: rx.facts("s0")) == asked
