"""Two whole daemons over one PostgreSQL, and one mock Pexip: either serves, and one takes over from the other."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.postgres import PASSWORD, Postgres
from vmrd.daemon import store_keys
from vmrd.demo.cast import PRIVATE
from vmrd.demo.stage import Plan, stage
from vmrd.pexip.errors import BadToken
from vmrd.serve import running
from vmrd.store.postgres.store import verify
from vmrd.watcher import Watcher

pytestmark = pytest.mark.asyncio


async def _nothing(_: Watcher) -> None:
    """What a daemon that was killed, or hangs, does with its leases."""


@pytest.mark.parametrize("hangs", [False, True])
async def test_an_officer_works_at_the_other_daemon_and_it_takes_over_when_the_first_is_gone(
    postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    if hangs:
        monkeypatch.setattr(Watcher, "_drop", _nothing)
    database = postgres_server.empty()
    async with (
        stage(Plan(database=replace(database, password=None))) as built,
        running(built.players.config) as second,
    ):
        officer = replace(built.players.officers[PRIVATE.room], api=second.api)
        # The first watches the meeting; its light is lit on a panel of the second too.
        await officer.until(lambda seen: seen.secure and seen.prisoner_in)
        # A press there goes out by the first, which holds the control token.
        await officer.press("prisoner-out")
        await officer.press("unlock")
        await officer.until(lambda seen: seen.lock == "unlocked")
        await officer.press("lock")
        await officer.until(lambda seen: seen.secure)
        # What only a read of this moment allows: the first makes that read, too.
        await officer.bring_in()
        first = built.vmrd.daemon
        token = first.dispatcher.carrier.controls.tokens[officer.session]
        built.vmrd.work.cancel()
        await asyncio.gather(built.vmrd.work, return_exceptions=True)
        if hangs:
            await officer.until(lambda seen: not seen.secure)
            await built.players.crowd.clock_rate(30)  # until its leases have run out
        await officer.until(lambda seen: seen.secure and second.daemon.eyes.watched(officer.session))
        if hangs:  # and should it wake up with a command in hand, Pexip refuses that
            with pytest.raises(BadToken):
                await first.client.set_lock(token, False)
            assert (await officer.look()).secure
        assert verify(database, store_keys(built.players.config).seal) == []
