"""The panel over TLS of its own: kept by a real process, with a certificate that is replaced while connections go on.

And plain HTTP: refused off loopback, unless it comes through a proxy that is named and says the outside spoke TLS.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.configuration.house import certificate, key, pem
from vmrd.store.migrate import migrate
from vmrd.web import proxies

SOON = 60.0
_HANDED = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "vmrd", "run", "--config", sys.argv[2]])
"""
"""A vmrd that is given a socket as systemd gives it."""
PROXY, ELSEWHERE = "192.0.2.10", "192.0.2.66"


def configure(folder: Path, listen: str) -> Path:
    """A vmrd whose Pexip never answers."""
    file = folder / "vmrd.toml"
    file.write_text(
        f"""
[pexip]
management = "http://127.0.0.1:9"
nodes = ["http://127.0.0.1:9"]
password = "p"
domain = "meet.example.org"
web_join = "https://join.example.org/{{alias}}"
[store]
path = "{folder / "vmrd.db"}"
key = "{"5a" * 32}"
[listen]
port = 0
ops_port = 0
{listen}
[[establishments]]
code = "MDI"
name = "HMP Example"
"""
    )
    migrate(folder / "vmrd.db")
    return file


def put(folder: Path, name: str) -> None:
    """A new certificate with its key, where the configuration says."""
    own = key()
    (folder / "panel.pem").write_bytes(certificate(own, name=name))
    (folder / "panel.key").write_bytes(pem(own))
    (folder / "panel.key").chmod(0o600)


class Told:
    """What systemd hears, and the log as it is written."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "log.txt"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.socket.setblocking(False)

    async def next(self) -> str:
        """What it says next; not what it says of its health in between."""
        async with asyncio.timeout(SOON):
            while (said := await self._said()).startswith("STATUS="):
                pass
            return said

    async def _said(self) -> str:
        return (await asyncio.get_running_loop().sock_recv(self.socket, 4096)).decode()

    def port(self) -> int:
        """The panel's, from the line that says where it is."""
        (line,) = (line for line in self.log.read_text().splitlines() if '"ready"' in line)
        return int(line.partition("https://127.0.0.1:")[2].partition('"')[0])


@asynccontextmanager
async def process(folder: Path, file: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Told]]:
    told = Told(folder)
    environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
    with told.log.open("wb") as log:
        vmrd = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "vmrd", "run", "--config", str(file), stderr=log, env=environment
        )
    try:
        assert await told.next() == "READY=1", told.log.read_text()
        yield vmrd, told
    finally:
        told.socket.close()
        vmrd.terminate()
        await vmrd.wait()


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[str, Callable[[], Awaitable[str]]]]:
    """A kept connection: the certificate it was given, and asking over it again."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)

    async def ask() -> str:
        writer.write(b"HEAD /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(SOON):
            return (await reader.readuntil(b"\r\n\r\n")).decode()

    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    try:
        yield shown, ask
    finally:
        writer.close()


async def replace(folder: Path) -> None:
    put(folder, "first.example.org")
    listen = f'tls_certificate = "{folder / "panel.pem"}"\ntls_key = "{folder / "panel.key"}"'
    async with process(folder, configure(folder, listen)) as (vmrd, told), connection(told.port()) as (first, ask):
        assert "Strict-Transport-Security: max-age=" in await ask()
        (folder / "panel.pem").write_bytes(b"half a file")
        vmrd.send_signal(signal.SIGHUP)
        reloading = await told.next()
        assert reloading.startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert await told.next() == "READY=1"
        async with connection(told.port()) as (still, _):
            assert still == first

        put(folder, "second.example.org")
        vmrd.send_signal(signal.SIGHUP)
        assert (await told.next()).startswith("RELOADING=1")
        assert await told.next() == "READY=1"
        async with connection(told.port()) as (second, ask_second):
            assert second != first
            assert b"second.example.org" in cast(bytes, second)
            assert (await ask_second()).startswith("HTTP/1.1 ")
        assert (await ask()).startswith("HTTP/1.1 ")
    assert "listen.tls_certificate: holds no certificate" in told.log.read_text()


def test_a_replaced_certificate_is_served_to_who_comes_next_and_nobody_is_dropped(tmp_path: Path) -> None:
    asyncio.run(replace(tmp_path))


def test_a_socket_that_systemd_opened_to_the_network_is_refused_in_plain_http(tmp_path: Path) -> None:
    file = configure(tmp_path, "")

    async def ended() -> tuple[int | None, str]:
        with socket.create_server(("0.0.0.0", 0)) as given:
            vmrd = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _HANDED, str(given.fileno()), str(file)),
                pass_fds=(given.fileno(),),
                stderr=asyncio.subprocess.PIPE,
            )
            async with asyncio.timeout(SOON):
                _, said = await vmrd.communicate()
        return vmrd.returncode, said.decode()

    code, said = asyncio.run(ended())
    assert code == 3
    assert said.startswith("listen: the socket systemd gave is off loopback in plain HTTP: give tls_certificate")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("peer", "said", "status", "https"),
    [
        (PROXY, "https", 200, True),
        (PROXY, "http", 403, False),
        (PROXY, None, 403, False),
        (ELSEWHERE, "https", 403, False),
        (ELSEWHERE, None, 403, False),
        (f"::ffff:{PROXY}", "https", 200, True),
        ("127.0.0.1", None, 200, False),
        ("127.0.0.1", "https", 200, False),
        ("::1", None, 200, False),
    ],
)
def test_plain_http_is_for_this_machine_and_for_a_proxy_that_spoke_tls(
    peer: str, said: str | None, status: int, https: bool
) -> None:
    seen: list[bool] = []

    async def application(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(proxies.is_https(request))
        return web.Response()

    server = SimpleNamespace(request_handler=application)
    proxies.put_ahead(lambda: [ip_network(PROXY)], cast(Any, SimpleNamespace(server=server)))
    transport = Mock()
    transport.get_extra_info.side_effect = lambda name, default=None: {"peername": (peer, 1)}.get(name, default)
    headers = {"X-Forwarded-Proto": said} if said is not None else {}
    answer = asyncio.run(server.request_handler(make_mocked_request("GET", "/", headers=headers, transport=transport)))
    assert answer.status == status
    assert seen == ([https] if status == 200 else [])
