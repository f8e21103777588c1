"""A door in front of a server on this machine: it can be shut, and its certificate can be another.

Whoever connects finds a shut door as they find a server that is down: nobody listens there.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_HOST = "127.0.0.1"
_CHUNK = 64 * 1024


class Gate:
    """`port`: where the server behind it listens. `context`: how the door itself is kept from listeners, if it is.

    `trust`: whose certificate the server behind it must show; None where that speaks no TLS.
    """

    def __init__(
        self, port: int, context: ssl.SSLContext | None = None, *, trust: ssl.SSLContext | None = None
    ) -> None:
        self._behind = port
        self._context = context
        self._trust = trust
        self._front = 0
        self._server: asyncio.Server | None = None
        self._through: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where the door is, once it was opened."""
        return f"{'https' if self._context else 'http'}://{_HOST}:{self._front}"

    @property
    def port(self) -> int:
        return self._front

    async def open(self) -> None:
        """Let people through; always at the same port."""
        self._server = await asyncio.start_server(self._pass, _HOST, self._front, ssl=self._context)
        self._front = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Let nobody through, and cut off whoever is."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.cut()

    async def cut(self) -> None:
        """Cut off whoever is through; they may come again."""
        cut = list(self._through)
        for task in cut:
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._through.add(task)
        inside: asyncio.StreamWriter | None = None
        try:
            behind, inside = await asyncio.open_connection(_HOST, self._behind, ssl=self._trust)
            ways = [asyncio.create_task(_carry(reader, inside)), asyncio.create_task(_carry(behind, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # nobody is behind the door, or it was shut: either way whoever came is sent away below
        finally:
            self._through.discard(task)
            for each in (writer, inside):
                if each is not None:
                    each.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()


class Certificates:
    """An authority of our own in this folder, a certificate of it that is good, and one whose time is over."""

    def __init__(self, folder: Path) -> None:
        now, hour = datetime.now(UTC), timedelta(hours=1)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Rehearsal CA")])
        self.trusted = folder / "ca.pem"
        self.trusted.write_bytes(self._signed(self._key, "Rehearsal CA", now - hour, now + 24 * hour, authority=True))
        self._own = ec.generate_private_key(ec.SECP256R1())
        self._good = self._kept(folder / "good.pem", now - hour, now + 24 * hour)
        self._expired = self._kept(folder / "expired.pem", now - 48 * hour, now - hour)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.renew()

    def expire(self) -> None:
        """From now on the one whose time is over is shown to whoever connects."""
        self.context.load_cert_chain(self._expired)

    def renew(self) -> None:
        """From now on the good one is."""
        self.context.load_cert_chain(self._good)

    def panel(self, days: int) -> Path:
        """A certificate for vmrd itself that lasts so many days, with its key; always in the same file."""
        now = datetime.now(UTC)
        return self._kept(self.trusted.with_name("panel.pem"), now - timedelta(hours=1), now + timedelta(days=days))

    def trust(self) -> ssl.SSLContext:
        """What whoever trusts this authority connects with."""
        return ssl.create_default_context(cafile=self.trusted)

    def _kept(self, file: Path, begins: datetime, ends: datetime) -> Path:
        private = self._own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.touch(mode=0o600)
        file.write_bytes(private + self._signed(self._own, "pexip.example.org", begins, ends, authority=False))
        return file

    def _signed(
        self, key: ec.EllipticCurvePrivateKey, name: str, begins: datetime, ends: datetime, *, authority: bool
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), critical=False)
        )
        if authority:
            builder = builder.add_extension(_MAY_SIGN, critical=True)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)


_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
