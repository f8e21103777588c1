"""Real servers on loopback ports, and every way of asking them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from tempfile import NamedTemporaryFile

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from vmrd.pexip.http import Answer, PexipHttp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Ask = Callable[..., Awaitable[Answer]]
PATH = "/conferences/qwkzt%40vc.example.org/participants"
_NONE: Mapping[str, str] = {}


async def post(http: PexipHttp, path: str = PATH, headers: Mapping[str, str] = _NONE) -> Answer:
    return await http.request("POST", path, operation="test", json={"a": 1}, headers=headers)


async def get(http: PexipHttp, path: str = PATH, headers: Mapping[str, str] = _NONE) -> Answer:
    return await http.request("GET", path, operation="test", headers=headers)


async def again(http: PexipHttp, path: str = PATH, headers: Mapping[str, str] = _NONE) -> Answer:
    """As what is asked every few seconds is: the request is made once, and carried past httpx."""
    return await http.ask(http.prepared(path, operation="test", headers=headers))


either_way = pytest.mark.parametrize(
    "ask", [pytest.param(post, id="post"), pytest.param(get, id="get"), pytest.param(again, id="made-once")]
)


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


@asynccontextmanager
async def talking(talk: Talk, scheme: str = "http") -> AsyncIterator[str]:
    """Whatever else listens on a port; what it was still saying at the end is not heard."""
    connections: list[asyncio.Task[None]] = []

    async def talked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.append(task)
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(talked, "127.0.0.1", 0)
    async with server:
        yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for task in connections:
        task.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


def certificate() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's certificate, signed by itself, and a client's trust in it."""
    pem, private = self_signed("127.0.0.1")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with NamedTemporaryFile() as file:
        file.write(pem + private)
        file.flush()
        server.load_cert_chain(file.name)
    return server, ssl.create_default_context(cadata=pem.decode())


def self_signed(name: str, *, ends: timedelta = timedelta(minutes=10)) -> tuple[bytes, bytes]:
    """A certificate for this machine, signed by itself, and its key. `ends`: from now; it began a week before."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=7))
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signed.public_bytes(Encoding.PEM), private
