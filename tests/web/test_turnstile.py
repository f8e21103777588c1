"""Booking events wait their turn, nobody else does, and a sender that has to come again is told so."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.web.house import EVENT, House, event
from tests.web.test_booking_events import how_many
from tests.web.test_policy import NOT_FOUND, PHONE, SERVICE, alias_of, answered
from vmrd.web import turnstile
from vmrd.web.turnstile import AT_ONCE, Turnstile

FOREIGN_KEY = "whsec_" + base64.b64encode(b"a key that is nobody's we know").decode()
pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def taken_up(turns: Turnstile) -> AsyncIterator[None]:
    """As many events inside as there may be."""
    async with AsyncExitStack() as inside:
        for _ in range(AT_ONCE):
            await inside.enter_async_context(turns.turn())
        yield


async def test_while_bookings_wait_pexip_and_officers_are_answered(home: House) -> None:
    session = (await home.booked())["main"]
    before = await how_many(home)
    async with taken_up(home.deps.turnstile):
        waits = asyncio.create_task(home.deliver(event(version=99_000_000_000_000), message="msg-later"))
        assert await answered(home, SERVICE, await alias_of(home, session), **PHONE) == NOT_FOUND
        assert (await home.press(session, "expect", {"name": "Ada Guest"})).status == 202
        assert not waits.done()
    assert (await waits).status == 202
    assert await how_many(home) == before


async def test_a_stranger_waits_for_no_turn(home: House) -> None:
    async with taken_up(home.deps.turnstile):
        assert (await home.deliver(EVENT, key=FOREIGN_KEY)).status == 401


async def test_bookings_are_taken_in_the_order_in_which_they_came() -> None:
    turns, came = Turnstile(), list[int]()

    async def one(number: int) -> None:
        async with turns.turn():
            came.append(number)

    async with taken_up(turns):
        waiting = [asyncio.create_task(one(number)) for number in range(3 * AT_ONCE)]
        await asyncio.sleep(0)
        assert came == []
    await asyncio.gather(*waiting)
    assert came == list(range(3 * AT_ONCE))


async def test_where_too_many_wait_a_sender_is_told_when_to_come_again_and_is_taken_then(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turnstile, "WAITING", 0)
    async with taken_up(home.deps.turnstile):
        refused = await home.deliver(EVENT)
        told = await refused.json()
        assert (refused.status, refused.headers["Retry-After"], told["type"]) == (503, "5", "/problems/busy")
        assert await how_many(home) == 0
    assert (await home.deliver(EVENT)).status == 202
    assert 'vmrd_booking_events_total{answer="busy"} 1.0' in await (await home.ops.get("/metrics")).text()
