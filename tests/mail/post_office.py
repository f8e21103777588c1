"""A mail server that keeps what it is given, and refuses as it is told to; and a house whose bookings write letters."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from icalendar import Calendar, Component

from tests.web.house import MINUTE, START, House, event, house, until
from vmrd.carry import Carrier
from vmrd.daemon import postman_of
from vmrd.dispatcher import Dispatcher
from vmrd.holding import Controls
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.session import Session as VideoSession
from vmrd.notify import Notifier, Target, WayIn
from vmrd.poster import Reply
from vmrd.store.delivery import Delivery, DeliveryState

CLERK = "canary.clerk@courts.example.gov.uk"
OURS = "video-links@vmrd.example.org"
PASSWORD = "canary-mail-password"
DAY = 24 * 60 * MINUTE
MAIN = {
    "key": "main",
    "slots": [{"date": "2026-11-05", "start": "10:00", "end": "10:30"}],
    "prisonRoom": {"locationKey": "MDI-VCC-1"},
    "attendeeRefs": ["p1", "p2"],
}


@dataclass
class PostOffice:
    """`refusals`: what the next recipients are answered, one each; then everything is taken."""

    refusals: list[str] = field(default_factory=list)
    got: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    came: int = 0
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _options: Any) -> str:
        self.came += 1
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(to)
        self.recipients.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.got.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, how: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.signed_in.append(given.password.decode())
        return AuthResult(success=given.password.decode() == PASSWORD, handled=False)

    @asynccontextmanager
    async def open(self, port: int = 0, **how: Any) -> AsyncIterator[int]:
        """Listen; on which port."""
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, hostname="mail.example.org", **how), "127.0.0.1", port
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()

    async def mails(self, count: int) -> list[EmailMessage]:
        """All that came, once there are so many."""

        async def enough() -> list[EmailMessage] | None:
            return self.got if len(self.got) >= count else None

        return await until(enough)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """One for this machine that nobody has vouched for, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    own = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "mail.key").write_bytes(own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, folder / "mail.key")
    return path, context


def smtp(port: int, **changes: object) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": port, "tls": "none", "sender": OURS, **changes}


@dataclass
class Bureau:
    """A house three days before the sample booking, with a dispatcher that runs. `told`: events of callbacks."""

    home: House
    told: list[bytes] = field(default_factory=list)
    messages: int = 0

    async def send(self, version: int, **changes: object) -> str:
        """The sample booking with one segment and this version is sent and taken; its session."""
        self.messages += 1
        booked_by = {"name": "Canary Clerk", "email": CLERK}
        usual: dict[str, object] = {"version": version, "segments": [MAIN], "bookedBy": booked_by}
        answer = await self.home.deliver(event(**{**usual, **changes}), f"mail-{self.messages}")
        assert answer.status == 202, await answer.text()
        session: str = (await answer.json())["sessionIds"][0]["sessionId"]
        return session

    async def cancel(self, version: int) -> None:
        await self.send(version, eventType="booking.cancelled", status="cancelled")

    async def deliveries(self) -> list[Delivery]:
        """Of emails, the newest first."""
        found = await self.home.store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 99))
        return [each for each in found if each.target == "email"]

    async def known(self, *states: DeliveryState) -> list[Delivery]:
        """The emails' deliveries once they are in these states, the newest first."""

        async def look() -> list[Delivery] | None:
            found = await self.deliveries()
            return found if [each.state for each in found] == list(states) else None

        return await until(look)

    async def tried(self, times: int) -> Delivery:
        """The newest email's delivery, once it was tried so often."""

        async def look() -> Delivery | None:
            found = await self.deliveries()
            return found[0] if found and found[0].attempts == times else None

        return await until(look)

    async def idle(self) -> None:
        """Until the outbox is empty."""

        async def empty() -> bool | None:
            depth = await self.home.store.read(lambda rx: rx.outbox_depth())
            return not any(depth.values()) or None

        await until(empty)

    async def secrets(self, session: str) -> frozenset[str]:
        return await self.home.store.read(lambda rx: rx.secret_names(session))


@asynccontextmanager
async def bureau(folder: Path, **changes: object) -> AsyncIterator[Bureau]:
    """`changes`: to the configuration."""
    async with house(folder, **changes) as home:
        home.clock.at = START - 3 * DAY
        made = Bureau(home)

        async def post(_url: str, body: bytes, _headers: object) -> Reply:
            made.told.append(body)
            return Reply(204)

        def way_in(session: VideoSession) -> WayIn:
            link = f"https://join.example.org/{session.alias}"
            return WayIn(link, f"{session.alias}@meet.example.org", IdProfile())

        engine = home.engine
        target = Target("bvls", "https://bookings.example.org", ("whsec_c2FtcGxl",), distributor=False)
        notifier = Notifier(home.store, home.clock, engine.metrics, post, lambda _: target, way_in)
        carrier = Carrier(home.store, None, None, Controls(), "meet.example.org", None)  # type: ignore[arg-type]
        postman = postman_of(home.deps.settings, engine, way_in)
        dispatcher = Dispatcher(engine, carrier, notifier, "me", postman)
        engine.listeners.append(dispatcher.heard)
        running = asyncio.create_task(dispatcher.run())
        try:
            yield made
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def text_of(mail: EmailMessage) -> str:
    found = mail.get_body(("plain",))
    assert found is not None
    return str(found.get_content())


def page_of(mail: EmailMessage) -> str:
    found = mail.get_body(("html",))
    assert found is not None
    return str(found.get_content())


def entry_of(mail: EmailMessage) -> tuple[Calendar, Component]:
    """The calendar that comes with it, and its one entry."""
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    calendar = Calendar.from_ical(attached.get_content())
    assert isinstance(calendar, Calendar)
    assert attached.get_param("method") == calendar["METHOD"]
    (entry,) = calendar.walk("VEVENT")
    return calendar, entry
