"""A GET that is made once and asked again and again: the same answers, errors and care as any other request."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from tests.pexip.test_http import certificate, serving
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import Answer, PexipHttp

pytestmark = pytest.mark.asyncio
PATH = "/conferences/qwkzt%40vc.example.org/participants"


async def ask(http: PexipHttp, **headers: str) -> Answer:
    return await http.ask(http.prepared(PATH, operation="participants", headers=headers))


async def test_it_carries_path_and_token_and_brings_status_headers_and_body() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        asked = f"{request.method} {request.raw_path} {request.headers['token']} {request.headers['Accept']}"
        return web.Response(status=503, text=asked, headers={"Retry-After": "9"})

    async with serving(handler) as base, PexipHttp(base) as http:
        answer = await ask(http, token="t-1")
    assert answer.status == 503
    assert answer.body == f"GET {PATH} t-1 application/json".encode()
    assert answer.headers.get("retry-after") == "9"


async def test_an_answer_in_pieces_is_put_together() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for piece in (b"a" * 300_000, b"b", b"c" * 300_000):
            await response.write(piece)
        await response.write_eof()
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        answer = await ask(http)
    assert answer.body == b"a" * 300_000 + b"b" + b"c" * 300_000


async def test_connections_are_kept_and_one_that_was_closed_meanwhile_is_no_error() -> None:
    peers: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(text="there")

    async def reset(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        if len(peers) == 2 and request.transport.get_extra_info("peername") == peers[0]:
            request.transport.abort()  # as a server that gives up a connection while the next request is on its way
        return await handler(request)

    async with serving(reset) as base, PexipHttp(base) as http:
        prepared = http.prepared(PATH, operation="participants", headers={})
        answers = [await http.ask(prepared) for _ in range(3)]
    assert [answer.body for answer in answers] == [b"there"] * 3
    assert peers[0] == peers[1] != peers[-1]


async def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with PexipHttp(f"http://127.0.0.1:{taken.getsockname()[1]}") as http:
            with pytest.raises(Unreachable) as caught:
                await ask(http)
    assert caught.value.sent is False


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_decides_before_the_token_is_sent(trusted: bool) -> None:
    server, client = certificate()
    received: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(request.headers.get("token"))
        return web.Response()

    async with serving(handler, server) as base, PexipHttp(base, verify=client if trusted else True) as http:
        if trusted:
            assert (await ask(http, token="t")).status == 200
        else:
            with pytest.raises(Unreachable) as caught:
                await ask(http, token="t")
            assert caught.value.sent is False
    assert received == (["t"] if trusted else [])


async def test_no_answer_in_time_is_none_and_the_next_is_not_taken_for_it() -> None:
    hold, first = asyncio.Event(), True

    async def handler(_request: web.Request) -> web.StreamResponse:
        nonlocal first
        if first:
            first = False
            await hold.wait()
            return web.Response(text="old")
        return web.Response(text="new")

    async with serving(handler) as base, PexipHttp(base, timeout=0.5) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
        hold.set()
        http._timeout = 30.0
        assert (await ask(http)).body == b"new"
    assert caught.value.sent is True


async def test_an_answer_that_breaks_off_is_none() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is True


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.pexip.http.MAX_BODY", 100_000)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(10_000):
            await response.write(b"x" * 100_000)
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Malformed):
            await ask(http)


async def test_what_is_no_http_is_malformed() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, PexipHttp(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as http:
        with pytest.raises(Malformed):
            await ask(http)


async def test_a_token_that_would_begin_another_header_is_never_sent() -> None:
    async with PexipHttp("http://node.example.org") as http:
        with pytest.raises(Malformed):
            http.prepared(PATH, operation="participants", headers={"token": "t\r\nHost: elsewhere"})


async def test_each_is_reported_as_any_other_request() -> None:
    told: list[tuple[str, str]] = []

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=200 if not told else 403)

    async with (
        serving(handler) as base,
        PexipHttp(base, report=lambda operation, outcome, _seconds: told.append((operation, outcome))) as http,
    ):
        await ask(http)
        await ask(http)
    assert told == [("participants", "ok"), ("participants", "refused")]
