"""Everybody vmrd talks to, each of whom repeats in a refusal all they were sent; and a daemon that can be broken."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from typer.testing import CliRunner

from pexip_mock.faults import How
from pexip_mock.front import Front
from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from pexip_mock.sse import Connection
from tests.adapters import upstreams
from tests.canary.canaries import CANARIES, Place
from tests.crash.house import KEY, START, TOKEN, House
from tests.mail import post_office
from tests.mail.post_office import OURS, PostOffice, certificate
from tests.web import sign_in_service
from vmrd.cli import app
from vmrd.store.base import Officer
from vmrd.store.secrets import derive_keys
from vmrd.store.sqlite import write_once

ROLES = ("officer", "supervisor", "booker", "ops", "auditor")
VALUE = {name: canary.value for name, canary in CANARIES.items()}


class World(House):
    """`found`: what left vmrd, by place. `sent`: all that went in, so that no canary is looked for that nobody sent."""

    module = "tests.canary.sabotage"

    def __init__(self, folder: Path, mock: MockServer, http: aiohttp.ClientSession) -> None:
        super().__init__(folder, mock, http, rooms=2)
        self.found: dict[Place, list[str]] = defaultdict(list)
        self.sent: list[str] = []
        self.office = PostOffice()
        self.bvls = upstreams.FakeSystem()
        self.service = sign_in_service.Service()
        self.refuses_callbacks = 3
        self.unreadable_events = 0
        self.tables = ""
        self.faults = folder / "faults"
        self.faults.mkdir()

    @property
    def config(self) -> Path:
        return self.folder / "vmrd.toml"

    def environment(self) -> dict[str, str]:
        return super().environment() | {
            "SSL_CERT_FILE": str(self.folder / "mail.pem"),
            "CANARY_FAULTS": str(self.faults),
        }

    def furnish(self, mail_port: int, callbacks: str) -> None:
        """Everything that can be configured, with a canary wherever a secret goes."""
        adapter = f"""
[adapters.bvls]
system = "desk"
base_url = "{self.bvls.url}"
token_url = "{self.bvls.url}/auth/oauth/token"
client_id = "{upstreams.CLIENT}"
client_secret = "{VALUE["adapter-client"]}"
secret = "{VALUE["adapter-secret"]}"
"""
        said = self.config.read_text().replace(
            'authority = "upstream"', f'authority = "upstream"\ncallback_url = "{callbacks}"\ndistributor = true'
        )
        self.tables = f"""
[[senders]]
system = "token"
token = "{VALUE["sender-token"]}"
[sink]
password = "{VALUE["sink-password"]}"
[policy]
password = "{VALUE["policy-password"]}"
[smtp]
host = "127.0.0.1"
port = {mail_port}
sender = "{OURS}"
user = "vmrd"
password = "{VALUE["mail-password"]}"
{adapter}"""
        top = 'log_level = "debug"\nallow_private_callbacks = true\n'
        self.config.write_text(top + said + self.tables)

    def sign_in_by_service(self) -> None:
        """From the next start on people sign in by the service."""
        oidc = sign_in_service.configured(self.service, client_secret=VALUE["service-secret"])["oidc"]
        said = "\n".join(f"{name} = {json.dumps(value)}" for name, value in oidc.items())
        self.config.write_text(f'{self.config.read_text()}\n[sign_in]\nmode = "oidc"\n[sign_in.oidc]\n{said}\n')

    async def begin(self) -> None:
        """An account of each role, one of them with a password; then the daemon."""
        hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(VALUE["officer-password"])
        keys = derive_keys(bytes.fromhex(KEY))
        for role in ROLES:
            name = "k.shah" if role == "officer" else role
            token = hashlib.sha256(self.token(role).encode()).hexdigest()
            officer = Officer(name, role, (), hashed, token)
            write_once(self.database, keys, lambda tx, officer=officer: tx.put_officer(officer))
        await self.start()

    @staticmethod
    def token(role: str) -> str:
        return TOKEN if role == "officer" else f"{TOKEN}-{role}"

    async def ask(
        self, method: str, path: str, *, role: str | None = "officer", place: Place | None = None, **how: Any
    ) -> tuple[int, str]:
        """Ask vmrd, and file the answer where it belongs: a refusal, a page, or `place`."""
        headers = {**({"Authorization": f"Bearer {self.token(role)}"} if role else {}), **how.pop("headers", {})}
        self.sent.append(f"{path} {how} {headers}")
        async with self.http.request(
            method, f"http://127.0.0.1:{self.port}{path}", headers=headers, allow_redirects=False, **how
        ) as answer:
            said = await answer.text()
            is_page = answer.content_type == "text/html"
            told = f"{said} {answer.headers.get('Location', '')}"
            filed = place if answer.status < 400 and place else Place.SCREEN if is_page else Place.VIEW
            self.found[filed if answer.status < 400 or is_page else Place.PROBLEM].append(told)
            return answer.status, said

    async def measured(self) -> None:
        self.found[Place.METRICS].append(await self.metrics())

    def broken(self, fault: str) -> contextlib.AbstractContextManager[None]:
        """A fault inside the daemon for as long as the context lasts."""

        @contextlib.contextmanager
        def ordered() -> Any:
            (self.faults / fault).write_text(VALUE["crash"])
            try:
                yield
            finally:
                (self.faults / fault).unlink()

        self.sent.append(VALUE["crash"])
        return ordered()

    async def command(self, *words: str, stdin: str = "", **environment: str) -> str:
        """All that a command of vmrd prints. It runs in this process, which has loaded vmrd already."""
        self.sent.append(f"{words} {stdin} {environment}")
        done = await asyncio.to_thread(CliRunner().invoke, app, list(words), input=stdin, env=environment)
        return f"{done.output} {done.exception!r}"

    def gather(self) -> None:
        """What only lies about at the end: logs, emails, rooms, files."""
        self.found[Place.LOG] += [log.read_text() for log in self.folder.glob("log-*.txt")]
        self.found[Place.EMAIL] += [
            mail.as_string()
            + "".join(part.get_content() for part in mail.walk() if part.get_content_maintype() == "text")
            for mail in self.office.got
        ] + self.office.recipients
        self.found[Place.VMR] += [
            repr({name: getattr(vmr, name) for name in vmr.__dataclass_fields__ if "pin" not in name})
            for vmr in self.mock.world.directory.records.values()
        ]
        self.found[Place.FILE] += [
            file.read_bytes().decode("latin-1")
            for pattern in ("vmrd.db*", "copy.db*")
            for file in self.folder.glob(pattern)
        ]
        self.found[Place.ADDRESS] += self.bvls.asked


def _content() -> bytes:
    """What people say, write and show, as a node puts it on the event stream."""
    events = (
        ("message_received", {"origin": VALUE["stranger"], "type": "text/plain", "payload": VALUE["chat"]}),
        ("live_captions", {"data": VALUE["caption"], "is_final": True}),
        ("presentation_start", {"presenter_name": VALUE["presentation"], "presenter_uri": VALUE["presentation"]}),
    )
    return b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in events)


_UNREADABLE = f'event: participant_update\ndata: ["{VALUE["sent-junk"]}"]\n\n'.encode()


def _pexip(world: World) -> AsyncExitStack:
    """Have the mock tell what it was asked, chat on its event streams, and repeat everything in its refusals."""
    serve, serve_badly, frame = Front._serve, Front._serve_badly, Connection._frame

    async def noted(self: Front, request: web.Request, handler: Any, asked: Any, names: Any) -> web.StreamResponse:
        world.found[Place.ADDRESS].append(request.path_qs)
        world.found[Place.PEXIP].append(f"{dict(request.headers)} {await request.text()}")
        return await serve(self, request, handler, asked, names)

    async def echoing(self: Front, request: web.Request, handler: Any, fault: Any, names: Any) -> web.StreamResponse:
        if fault.how is not How.STATUS:
            return await serve_badly(self, request, handler, fault, names)
        said = {"error": f"{await request.text()} {VALUE['sent-junk']}", "given": dict(request.headers)}
        return web.json_response(said, status=fault.status, reason=VALUE["sent-junk"])

    def talking(self: Connection, event: Any) -> bytes:
        told = frame(self, event) + _content()
        if world.unreadable_events > 0:
            world.unreadable_events -= 1
            told += _UNREADABLE
        return told

    stack = AsyncExitStack()
    for where, name, instead in (
        (Front, "_serve", noted),
        (Front, "_serve_badly", echoing),
        (Connection, "_frame", talking),
    ):
        stack.enter_context(patch.object(where, name, instead))
    stack.enter_context(patch.object(upstreams, "CLIENT_SECRET", VALUE["adapter-client"]))
    stack.enter_context(patch.object(post_office, "PASSWORD", VALUE["mail-password"]))
    world.sent.append(_content().decode())
    return stack


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Everybody, listening; the daemon is taken down whatever happens."""
    mock = MockServer(
        Knobs.fast(),
        seed=7,
        start=START.timestamp(),
        clock_file=folder / "clock.json",
        password=VALUE["pexip-password"],
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(mock)
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)))
        built = World(folder, mock, http)
        await stack.enter_async_context(_pexip(built))
        built.prepare()
        await _furnished(built, stack)
        try:
            yield built
        finally:
            if built.process is not None and built.process.exitcode is None:
                await built.kill()
            built.gather()


async def _furnished(built: World, stack: AsyncExitStack) -> None:
    async def told(request: web.Request) -> web.Response:
        said = f"{dict(request.headers)} {await request.text()}"
        built.found[Place.CALLBACK].append(said)
        built.found[Place.ADDRESS].append(request.path_qs)
        built.refuses_callbacks -= 1
        return web.Response(status=500 if built.refuses_callbacks >= 0 else 204, text=said + VALUE["sent-junk"])

    callbacks = web.Application()
    callbacks.router.add_post("/told", told)
    receiver = await stack.enter_async_context(TestServer(callbacks, shutdown_timeout=0.1))
    bookings = web.Application()
    bookings.router.add_post("/auth/oauth/token", built.bvls.sign_in)
    bookings.router.add_get("/{path:.*}", built.bvls.read)
    upstream = await stack.enter_async_context(TestServer(bookings, shutdown_timeout=0.1))
    built.bvls.url = str(upstream.make_url("")).rstrip("/")
    signing = await stack.enter_async_context(TestServer(built.service.app(), shutdown_timeout=0.1))
    built.service.issuer = f"http://127.0.0.1:{signing.port}/auth"
    _, trusted = certificate(built.folder)
    how = {"tls_context": trusted, "require_starttls": True, "authenticator": built.office.authenticate}
    built.office.refusals = [f"451 {VALUE['sent-junk']} not now", f"450 {VALUE['booker-address']} is busy"]
    mail_port = await stack.enter_async_context(built.office.open(**how))
    built.furnish(mail_port, str(receiver.make_url("/told")))
    url = f"http://127.0.0.1:{built.port}"
    built.mock.add_sink(f"{url}/pexip/events", "pexip", VALUE["sink-password"])
