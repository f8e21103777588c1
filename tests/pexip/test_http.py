"""What is known about a request that got no answer, tried against sockets; and what must not leave the process."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

import httpx
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.pexip.samples import BASE, router, upstream
from vmrd.pexip.budget import Budget, Priority
from vmrd.pexip.errors import Malformed, Unreachable
from vmrd.pexip.http import Answer, PexipHttp, RawEvent
from vmrd.pexip.refusals import of_client

pytestmark = pytest.mark.asyncio
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate, signed by itself, and a client's trust in it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(minutes=10))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        file.write(pem + private)
        file.flush()
        server.load_cert_chain(file.name)
    return server, ssl.create_default_context(cadata=pem.decode())


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A real server on a loopback port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def ask(http: PexipHttp, path: str = "/x", **more: object) -> Answer:
    return await http.request("POST", path, operation="test", json={"a": 1}, **more)  # type: ignore[arg-type]


async def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with PexipHttp(f"http://127.0.0.1:{taken.getsockname()[1]}") as http:
            with pytest.raises(Unreachable) as caught:
                await ask(http)
    assert caught.value.sent is False


async def test_an_unknown_name_was_never_sent() -> None:
    async with PexipHttp("http://no-such-node.invalid", timeout=5) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is False


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_certificate_decides_before_anything_is_sent(trusted: bool) -> None:
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


async def test_a_connection_closed_before_the_answer_may_have_done_it() -> None:
    received: list[bytes] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        received.append(await request.read())
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(handler) as base, PexipHttp(base) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert received == [b'{"a":1}']
    assert caught.value.sent is True


async def test_an_answer_that_breaks_off_may_have_done_it() -> None:
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


async def test_no_answer_in_time_may_have_done_it() -> None:
    hold = asyncio.Event()

    async def handler(_request: web.Request) -> web.StreamResponse:
        await hold.wait()
        return web.Response()

    async with serving(handler) as base, PexipHttp(base, timeout=0.2) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
        hold.set()
    assert caught.value.sent is True


async def test_waiting_for_a_slot_is_not_sending_and_urgent_requests_have_one_kept() -> None:
    hold, arrived = asyncio.Event(), asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/slow":
            arrived.set()
            await hold.wait()
        return web.Response()

    async with serving(handler) as base, PexipHttp(base, concurrency=2, kept=1) as http:
        slow = asyncio.create_task(ask(http, "/slow"))
        await asyncio.wait_for(arrived.wait(), 5)
        with pytest.raises(Unreachable) as caught:
            await ask(http, timeout=0.1)
        urgent = await ask(http, priority=Priority.HIGH)
        hold.set()
        assert (await slow).status == 200
    assert caught.value.sent is False
    assert urgent.status == 200


async def test_without_budget_in_time_nothing_is_sent() -> None:
    mock = router()
    asked = mock.post(f"{BASE}/x").respond(200)
    budget = Budget(per_minute=500, burst=2, kept=0)
    async with upstream(mock, budget=budget) as http:
        budget.pause(60)
        with pytest.raises(Unreachable) as caught:
            await ask(http, timeout=0.05)
    assert caught.value.sent is False
    assert not asked.called


async def test_told_to_slow_down_the_budget_pauses() -> None:
    mock = router()
    mock.post(f"{BASE}/x").respond(429, headers={"Retry-After": "9"})
    budget = Budget()
    async with upstream(mock, budget=budget) as http:
        assert (await ask(http)).status == 429
    assert 8 < budget.try_take(Priority.LOW) <= 9


async def test_a_redirect_is_an_answer_and_cookies_are_not_kept() -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie"))
        response = web.Response(status=302, headers={"Location": "/accounts/login/"})
        response.set_cookie("sessionid", "s")
        return response

    async with serving(handler) as base, PexipHttp(base) as http:
        assert (await ask(http)).status == 302
        assert (await ask(http)).status == 302
    assert seen == [None, None]


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmrd.pexip.http.MAX_BODY", 100)
    mock = router()
    mock.post(f"{BASE}/x").respond(200, content=b"x" * 101)
    async with upstream(mock) as http:
        with pytest.raises(Malformed):
            await ask(http)


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
    mock.post(f"{BASE}/x").mock(side_effect=effect)
    async with upstream(mock) as http:
        with pytest.raises(Unreachable) as caught:
            await ask(http)
    assert caught.value.sent is sent


async def test_every_exchange_is_reported() -> None:
    mock = router()
    statuses = [200, 403, 429, 500]
    mock.post(f"{BASE}/x").mock(side_effect=[httpx.Response(s) for s in statuses] + [httpx.ConnectError("no")])
    seen: list[tuple[str, str]] = []
    async with upstream(mock, report=lambda operation, outcome, _seconds: seen.append((operation, outcome))) as http:
        for _ in statuses:
            await ask(http)
        with pytest.raises(Unreachable):
            await ask(http)
    assert seen == [("test", outcome) for outcome in ("ok", "refused", "busy", "failed", "unsent")]


async def test_nothing_of_a_request_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="canary-body")

    async with serving(handler) as base, PexipHttp(base) as http:
        await ask(http, "/canary-alias", headers={"token": "canary-token", "pin": "canary-pin"})
    ours = [record for record in caplog.records if not record.name.startswith("aiohttp.access")]
    assert "canary" not in " ".join(record.getMessage() for record in ours)


@asynccontextmanager
async def streaming(base: str, silence: float = 5.0) -> AsyncIterator[AsyncIterator[RawEvent]]:
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

    async with serving(handler) as base, streaming(base, silence=0.2) as raw:
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
        async with http.stream("/e", operation="events", headers={}, silence=30, refusal=of_client) as raw:
            await anext(raw)
            opened.release()
            await hold.wait()

    async with serving(handler) as base, PexipHttp(base, timeout=20) as http, asyncio.TaskGroup() as tasks:
        opened = asyncio.Semaphore(0)
        for _ in range(200):
            tasks.create_task(follow(http, opened))
        async with asyncio.timeout(20):
            for _ in range(200):
                await opened.acquire()
        assert (await ask(http)).status == 200
        hold.set()
