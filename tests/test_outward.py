"""Callbacks go out to the world and nowhere else: what may be configured, and what may be connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.settings import least
from vmrd.config import ConfigError, from_values
from vmrd.outward import fault_of, public
from vmrd.poster import Forbidden, Poster, Reply

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a01:203",
    "2002:7f00:1::",
    "2002:a01:203::1",
    "2001:0:4136:e378:8000:63bf:f5fe:fefd",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
]
PUBLIC = ["51.140.1.1", "8.8.8.8", "::ffff:51.140.1.1", "2a00:1450:4009::5", "64:ff9b::3388:101", "2002:3388:101::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_callback_goes_to(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_callback_may_go_to(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://bookings.example.org/vmrd", None),
        ("https://bookings.example.org:8443/vmrd?of=mdi", None),
        ("https://51.140.1.1/vmrd", None),
        ("http://bookings.example.org/vmrd", "https"),
        ("https://user:word@bookings.example.org/vmrd", "signed"),
        ("https://user@bookings.example.org/vmrd", "signed"),
        ("https:///vmrd", "not an address"),
        ("bookings.example.org", "not an address"),
        ("ftp://bookings.example.org/", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("https://bookings.example.org:port/", "not an address"),
        ("https://[::1/", "not an address"),
        ("https://localhost/vmrd", "private"),
        ("https://LOCALHOST./vmrd", "private"),
        ("https://vmrd.localhost/", "private"),
        ("https://printer.local/", "private"),
        ("https://metadata.google.internal/", "private"),
        ("https://127.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:10.0.0.1]/", "private"),
    ],
)
def test_a_callbacks_address_is_judged_as_it_is_written(url: str, said: str | None) -> None:
    found = fault_of(url, allow_private=False)
    assert (found is None) if said is None else (found is not None and said in found)


@pytest.mark.parametrize(
    ("url", "usable"),
    [
        ("http://127.0.0.1:8000/told", True),
        ("https://10.0.0.1/", True),
        ("https://u:p@10.0.0.1/", False),
        ("gopher://10.0.0.1/", False),
    ],
)
def test_a_closed_network_may_allow_its_own_addresses_and_no_other_nonsense(url: str, usable: bool) -> None:
    assert (fault_of(url, allow_private=True) is None) is usable


def configured(url: str, **more: object) -> Any:
    desk = {"system": "desk", "secrets": ["whsec_c2FtcGxlLXNpZ25pbmcta2V5LW9mLWEtdGVzdA=="], "callback_url": url}
    return from_values(least(senders=[desk], **more))


def test_the_configuration_refuses_a_private_target_by_its_key_and_not_by_its_address() -> None:
    with pytest.raises(ConfigError, match=r"senders\.0\.callback_url: lies in a private network") as refused:
        configured("https://192.168.7.7/told")
    assert "192.168" not in str(refused.value)
    assert configured("https://192.168.7.7/told", allow_private_callbacks=True).allow_private_callbacks
    assert not configured("https://bookings.example.org/told").allow_private_callbacks


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[tuple[int, list[str]]]:
    """A server on this machine: its port, and the paths it was asked for."""
    asked: list[str] = []

    async def take(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1], asked
    finally:
        await runner.cleanup()


async def taken(_: web.Request) -> web.Response:
    return web.Response(status=204)


@pytest.mark.asyncio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_not_posted_to_however_it_is_written(host: str) -> None:
    async with listening(taken) as (port, asked), Poster(allow_private=False) as post:
        with pytest.raises(OSError, match=r"not public|did not answer"):
            await post(f"http://{host}:{port}/told", b"{}", {})
        assert asked == []


@pytest.mark.asyncio
async def test_a_name_is_judged_by_where_it_leads_at_the_moment_of_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public name whose DNS answers with this machine: the configuration was fine, the connection is not made."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: resolve("127.0.0.1", *rest, **more))
    async with listening(taken) as (port, asked):
        url = f"http://bookings.example.org:{port}/told"
        async with Poster(allow_private=False) as post:
            with pytest.raises(Forbidden):
                await post(url, b"{}", {})
        assert asked == []
        async with Poster(allow_private=True) as post:
            assert (await post(url, b"{}", {})).status == 204
        assert asked == ["/told"]


@pytest.mark.asyncio
async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with listening(elsewhere) as (port, asked), Poster(allow_private=True) as post:
        assert await post(f"http://127.0.0.1:{port}/told", b"{}", {}) == Reply(307)
        assert asked == ["/told"]


@pytest.mark.asyncio
async def test_an_answer_without_end_is_not_read() -> None:
    ended = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65_536)
        finally:
            ended.set()

    async with listening(endless) as (port, _), Poster(allow_private=True) as post:
        assert await post(f"http://127.0.0.1:{port}/told", b"{}", {}) == Reply(200)
        async with asyncio.timeout(60):
            await ended.wait()


@pytest.mark.asyncio
async def test_a_receiver_that_never_answers_and_one_that_is_not_there_are_no_answer() -> None:
    enough = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        await enough.wait()
        return web.Response()

    async with Poster(allow_private=True, within=0.2) as post:
        async with listening(never) as (port, _):
            with pytest.raises(OSError, match="did not answer") as silent:
                await post(f"http://127.0.0.1:{port}/told", b"{}", {})
            assert silent.value.__context__ is None
            enough.set()
        with pytest.raises(OSError, match="did not answer"):
            await post(f"http://127.0.0.1:{port}/told", b"{}", {})
