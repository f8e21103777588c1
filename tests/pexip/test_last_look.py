"""A command that became too late, or another's, while it waited never reaches Pexip."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from tests.pexip.serving import Ask, either_way, serving
from vmrd.pexip.errors import PexipError
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.last_look import Withheld, looking

pytestmark = [pytest.mark.asyncio, either_way]


class Late:
    """May go until `late` is set."""

    def __init__(self) -> None:
        self.late = False

    def __call__(self) -> None:
        if self.late:
            raise Withheld(expired=True)


async def test_a_command_that_becomes_too_late_while_it_waits_for_its_turn_is_never_sent(ask: Ask) -> None:
    asked, arrived, go, look = list[str](), asyncio.Event(), asyncio.Event(), Late()

    async def slow(request: web.Request) -> web.Response:
        asked.append(request.path)
        arrived.set()
        await go.wait()
        return web.Response()

    async with serving(slow) as url, PexipHttp(url, concurrency=2, kept=1) as http:
        first = asyncio.create_task(ask(http, "/first"))
        await arrived.wait()
        with looking(look):
            second = asyncio.create_task(ask(http, "/second"))
        await asyncio.sleep(0)
        look.late = True
        go.set()
        assert (await first).status == 200
        with pytest.raises(Withheld):
            await second
        assert asked == ["/first"]


async def test_a_command_that_becomes_too_late_while_a_connection_is_made_is_never_sent(
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, told, look = list[str](), list[str](), Late()

    async def here(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    connect: Callable[..., Awaitable[object]] = aiohttp.TCPConnector.connect

    async def slowly(*given: object) -> object:
        connection = await connect(*given)
        look.late = True
        return connection

    monkeypatch.setattr(aiohttp.TCPConnector, "connect", slowly)

    def report(_operation: str, outcome: str, _seconds: float) -> None:
        told.append(outcome)

    async with serving(here) as url, PexipHttp(url, report=report) as http:
        with looking(look), pytest.raises(PexipError, match="too late"):
            await ask(http)
        look.late = False
        monkeypatch.undo()
        assert (await ask(http, "/next")).status == 200
    assert asked == ["/next"]
    assert told == ["unsent", "ok"]
