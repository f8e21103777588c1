"""A kept connection, what httpx itself may raise, and event streams. What every request keeps to: `test_either_way`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from aiohttp import web

from tests.pexip.samples import BASE, router, upstream
from tests.pexip.serving import PATH, Ask, again, get, post, serving
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import PexipHttp, RawEvent
from vmrd.pexip.refusals import of_client

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("ask", [get, again])
async def test_a_kept_connection_that_was_closed_meanwhile_is_no_error_to_who_only_asks(ask: Ask) -> None:
    peers: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peer = request.transport.get_extra_info("peername")
        if len(peers) == 2 and peer == peers[0]:
            request.transport.abort()  # as a server that gives up a connection while the next request is on its way
        peers.append(peer)
        return web.Response(text="there")

    async with serving(handler) as base, PexipHttp(base) as http:
        answers = [await ask(http) for _ in range(3)]
    assert [answer.body for answer in answers] == [b"there"] * 3
    assert peers[0] == peers[1] == peers[2] != peers[3]


@pytest.mark.parametrize(
    ("effect", "sent"),
    [
        (httpx.ConnectError("no"), False),
        (httpx.ConnectTimeout("no"), False),
        (httpx.ReadTimeout("no"), True),
        (httpx.ReadError("no"), True),
        (httpx.WriteError("no"), True),
        (httpx.RemoteProtocolError("no"), True),
    ],
)
async def test_what_httpx_raises_is_told_apart(effect: Exception, sent: bool) -> None:
    mock = router()
    mock.post(f"{BASE}{PATH}").mock(side_effect=effect)
    async with upstream(mock) as http:
        with pytest.raises(Unreachable) as caught:
            await post(http)
    assert caught.value.sent is sent


@asynccontextmanager
async def streaming(base: str, silence: float = 60.0) -> AsyncIterator[AsyncIterator[RawEvent]]:
    async with (
        PexipHttp(base) as http,
        http.stream("/events", operation="events", headers={"token": "t"}, silence=silence, refusal=of_client) as raw,
    ):
        yield raw


async def test_a_stream_yields_events_and_its_end_is_an_error() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.headers["token"] == "t"
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        await response.prepare(request)
        await response.write(b": hello\n\nevent: one\ndata: {}\n\nevent: two\r\ndata: nu")
        await response.write("ll\r\n\r\nid: 7\nevent: drei\ndata: {“}\n\n".encode())
        return response

    async with serving(handler) as base, streaming(base) as raw:
        got = [await anext(raw) for _ in range(3)]
        with pytest.raises(Unreachable):
            await anext(raw)
    assert [(event.name, event.data) for event in got] == [("one", "{}"), ("two", "null"), ("drei", "{“}")]


async def test_a_silent_stream_is_given_up() -> None:
    hold = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"event: one\ndata: {}\n\n")
        await hold.wait()
        return response

    async with serving(handler) as base, streaming(base, silence=0.5) as raw:
        assert (await anext(raw)).name == "one"
        with pytest.raises(Unreachable):
            await anext(raw)
        hold.set()


async def test_what_is_no_stream_is_malformed() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="hello", content_type="text/html")

    async with serving(handler) as base, streaming(base) as raw:
        with pytest.raises(Malformed):
            await anext(raw)


async def test_two_hundred_streams_leave_room_for_requests() -> None:
    hold = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.Response()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"event: one\ndata: {}\n\n")
        await hold.wait()
        return response

    async def follow(http: PexipHttp, opened: asyncio.Semaphore) -> None:
        async with http.stream("/e", operation="events", headers={}, silence=60, refusal=of_client) as raw:
            await anext(raw)
            opened.release()
            await hold.wait()

    async with serving(handler) as base, PexipHttp(base, timeout=60) as http, asyncio.TaskGroup() as tasks:
        opened = asyncio.Semaphore(0)
        for _ in range(200):
            tasks.create_task(follow(http, opened))
        async with asyncio.timeout(60):
            for _ in range(200):
                await opened.acquire()
        assert (await post(http)).status == 200
        hold.set()
