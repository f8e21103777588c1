"""What every request to an upstream keeps to: carried by httpx, or made once and carried past it."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket

import pytest
from aiohttp import web

from tests.pexip.serving import Ask, certificate, either_way, post, serving, talking
from vmrd.pexip import http as upstream
from vmrd.pexip.budget import Budget, Priority
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import PexipHttp

pytestmark = [pytest.mark.asyncio, either_way]


async def test_it_brings_status_headers_and_body_of_what_was_asked(ask: Ask) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        asked = f"{request.path} {request.headers['token']} {request.headers['Accept']}"
        return web.Response(status=503, text=asked, headers={"Retry-After": "9"})

    async with serving(handler) as base, PexipHttp(base) as http:
        answer = await ask(http, headers={"token": "t-1"})
    assert answer.status == 503
    assert answer.body == b"/conferences/qwkzt@vc.example.org/participants t-1 application/json"
    assert answer.headers.get("retry-after") == "9"


async def test_an_answer_in_pieces_is_put_together(ask: Ask) -> None:
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


async def test_an_answer_without_a_body_is_one(ask: Ask) -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=204)

    async with serving(handler) as base, PexipHttp(base) as http:
        answers = [await ask(http), await ask(http)]
    assert [(answer.status, answer.body) for answer in answers] == [(204, b"")] * 2


async def test_an_answer_that_was_pressed_on_the_way_is_read(ask: Ask) -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(b"there"), headers={"Content-Encoding": "gzip"})

    async with serving(handler) as base, PexipHttp(base) as http:
        assert (await ask(http)).body == b"there"


async def test_what_is_said_before_the_answer_is_not_taken_for_it(ask: Ask) -> None:
    async def hints(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere")
        await writer.drain()
        await reader.read()

    async with talking(hints) as base, PexipHttp(base) as http:
        answer = await ask(http)
    assert (answer.status, answer.body) == (200, b"there")


async def test_connections_are_kept(ask: Ask) -> None:
    peers: list[object] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response()

    async with serving(handler) as base, PexipHttp(base) as http:
        for _ in range(3):
            await ask(http)
    assert len(peers) == 3
    assert len(set(peers)) == 1


async def test_an_answer_to_nobody_is_not_taken_for_the_next(ask: Ask) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    connections = 0

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer + b"own" + (answer + b"old" if connections == 1 else b""))
        await writer.drain()
        await reader.read()

    async with talking(twice) as base, PexipHttp(base) as http:
        answers = [(await ask(http)).body for _ in range(2)]
    assert answers == [b"own", b"own"]


async def test_a_refused_connection_was_never_sent(ask: Ask) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with PexipHttp(f"http://127.0.0.1:{taken.getsockname()[1]}") as http:
            with pytest.raises(Unreachable) as caught:
                await ask(http)
    assert caught.value.sent is False


async def test_an_unknown_name_was_never_sent(ask: Ask) -> None:
    async with PexipHttp("http://no-such-node.invalid", timeout=60) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is False


async def test_where_no_connection_comes_about_in_time_nothing_was_sent(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "CONNECT_WITHIN", 0.2)

    async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()  # it never answers the greeting of TLS

    async with talking(mute, "https") as base, PexipHttp(base, timeout=60) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is False


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_decides_before_anything_is_sent(ask: Ask, trusted: bool) -> None:
    server, client = certificate()
    received: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(request.headers.get("token"))
        return web.Response()

    async with serving(handler, server) as base, PexipHttp(base, verify=client if trusted else True) as http:
        if trusted:
            assert (await ask(http, headers={"token": "t"})).status == 200
        else:
            with pytest.raises(Unreachable) as caught:
                await ask(http, headers={"token": "t"})
            assert caught.value.sent is False
    assert received == (["t"] if trusted else [])


async def test_a_connection_closed_before_the_answer_may_have_done_it_and_nothing_is_made_twice(ask: Ask) -> None:
    received: list[tuple[str, bytes]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append((request.method, await request.read()))
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is True
    assert received == ([("POST", b'{"a":1}')] if ask is post else [("GET", b"")] * 2)


async def test_an_answer_that_breaks_off_may_have_done_it(ask: Ask) -> None:
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


async def test_what_is_no_http_may_have_done_it(ask: Ask) -> None:
    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example.org ESMTP\r\n")
        await writer.drain()

    async with talking(mail) as base, PexipHttp(base) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is True


async def test_no_answer_in_time_may_have_done_it_and_the_next_is_not_taken_for_it(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            await hold.wait()
        return web.Response(text=request.path)

    async with serving(handler) as base, PexipHttp(base, timeout=60) as http:
        assert (await ask(http, "/first")).body == b"/first"  # so that the next has its connection
        monkeypatch.setattr(http, "_timeout", 0.2)
        with pytest.raises(Unreachable) as caught:
            await ask(http, "/slow")
        hold.set()
        monkeypatch.setattr(http, "_timeout", 60.0)
        assert (await ask(http, "/next")).body == b"/next"
    assert caught.value.sent is True


async def test_waiting_for_a_slot_is_not_sending_and_urgent_requests_have_one_kept(ask: Ask) -> None:
    received, hold, arrived = list[str](), asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(request.path)
        if request.path == "/slow":
            arrived.set()
            await hold.wait()
        return web.Response()

    async with serving(handler) as base, PexipHttp(base, timeout=0.1, concurrency=2, kept=1) as http:
        slow = asyncio.create_task(http.request("GET", "/slow", operation="test", timeout=60))
        await asyncio.wait_for(arrived.wait(), 60)
        with pytest.raises(Unreachable) as caught:
            await ask(http, "/waits")
        urgent = await http.request("GET", "/urgent", operation="test", timeout=60, priority=Priority.HIGH)
        hold.set()
        assert (await slow).status == 200
    assert caught.value.sent is False
    assert urgent.status == 200
    assert received == ["/slow", "/urgent"]


async def test_without_budget_in_time_nothing_is_sent(ask: Ask) -> None:
    received: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(request.path)
        return web.Response()

    budget = Budget(per_minute=500, burst=2, kept=0)
    budget.pause(600)
    async with serving(handler) as base, PexipHttp(base, timeout=0.05, budget=budget) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is False
    assert received == []


async def test_told_to_slow_down_the_budget_pauses(ask: Ask) -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, headers={"Retry-After": "900"})

    budget = Budget()
    async with serving(handler) as base, PexipHttp(base, budget=budget) as http:
        assert (await ask(http)).status == 429
    assert 600 < budget.try_take(Priority.LOW) <= 900


async def test_a_redirect_is_an_answer_and_cookies_are_not_kept(ask: Ask) -> None:
    seen: list[tuple[str, str | None]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append((request.path, request.headers.get("Cookie")))
        response = web.Response(status=302, headers={"Location": "/accounts/login/"})
        response.set_cookie("sessionid", "s")
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        assert (await ask(http, "/x")).status == 302
        assert (await ask(http, "/x")).status == 302
    assert seen == [("/x", None)] * 2


async def test_the_environment_names_no_proxy(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="there")

    async with serving(handler) as base, PexipHttp(base) as http:
        assert (await ask(http)).body == b"there"


@pytest.mark.parametrize("pieces", [1, 10_000])
async def test_an_endless_answer_is_cut_off(ask: Ask, pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MAX_BODY", 1_000)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        for _ in range(pieces):
            await response.write(b"x" * 1_001)
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Malformed):
            await ask(http)


async def test_an_answer_as_long_as_one_may_be_is_read(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "MAX_BODY", 1_000)

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 1_000)

    async with serving(handler) as base, PexipHttp(base) as http:
        assert len((await ask(http)).body) == 1_000


async def test_a_token_that_would_begin_another_header_is_never_sent(ask: Ask) -> None:
    received: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(request.path)
        return web.Response()

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Malformed):
            await ask(http, headers={"token": "t\r\nHost: elsewhere"})
    assert received == []


async def test_every_exchange_is_reported(ask: Ask) -> None:
    statuses = [200, 302, 403, 404, 429, 500, 503]
    seen: list[tuple[str, str]] = []

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=statuses[len(seen)])

    def report(operation: str, outcome: str, _seconds: float) -> None:
        seen.append((operation, outcome))

    async with serving(handler) as base, PexipHttp(base, report=report) as http:
        for _ in statuses:
            await ask(http)
    async with PexipHttp(base, report=report) as http:
        with pytest.raises(Unreachable):  # nobody is there any more
            await ask(http)
    outcomes = ("ok", "refused", "refused", "refused", "busy", "failed", "busy", "unsent")
    assert seen == [("test", outcome) for outcome in outcomes]


async def test_nothing_of_a_request_is_logged(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="canary-body")

    async with serving(handler) as base, PexipHttp(base) as http:
        await ask(http, "/canary-alias", headers={"token": "canary-token", "pin": "canary-pin"})
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]
    assert "canary" not in " ".join(record.getMessage() for record in ours)
