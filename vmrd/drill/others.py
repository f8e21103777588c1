"""Everybody else vmrd talks to, behind doors that can be shut: a mail server, a sign-in service, a booking system.

They know just enough to be asked: mail is taken, the sign-in service says where it is, no booking is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from vmrd.drill.gate import Gate


@dataclass(slots=True)
class Others:
    """`taken`: the emails that were taken, by what `Message-ID` they bear."""

    mail: Gate
    service: Gate
    taken: list[str] = field(default_factory=list)


@asynccontextmanager
async def others() -> AsyncIterator[Others]:
    """All of them, their doors open."""
    taken: list[str] = []
    post = await asyncio.start_server(lambda reader, writer: _take_mail(reader, writer, taken), "127.0.0.1", 0)
    runner = web.AppRunner(web.Application(), access_log=None)
    doors: list[Gate] = []
    try:
        mail = Gate(post.sockets[0].getsockname()[1])
        doors.append(mail)
        await mail.open()
        app = runner.app
        app.router.add_get("/.well-known/openid-configuration", lambda request: _document(request, service))
        app.router.add_post("/token", _token)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        service = Gate(runner.addresses[0][1])
        doors.append(service)
        await service.open()
        yield Others(mail, service, taken)
    finally:
        for door in doors:
            await door.shut()
        await runner.cleanup()
        post.close()


async def _document(_request: web.Request, service: Gate) -> web.Response:
    """Where the sign-in service is (OpenID Connect Discovery 1.0)."""
    own = service.url
    return web.json_response(
        {
            "issuer": own,
            "authorization_endpoint": f"{own}/authorize",
            "token_endpoint": f"{own}/token",
            "jwks_uri": f"{own}/keys",
        }
    )


async def _token(_request: web.Request) -> web.Response:
    return web.json_response({"access_token": "of-a-drill", "expires_in": 600})


async def _take_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, taken: list[str]) -> None:
    """The least of SMTP (RFC 5321) that a client needs to get rid of an email."""

    async def say(line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()

    try:
        await say("220 drill.example.org")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            match line.partition(" ")[0].upper():
                case "DATA":
                    await say("354 go on")
                    taken.append(await _message_id(reader))
                    await say("250 taken")
                case "QUIT":
                    await say("221 goodbye")
                    break
                case _:
                    await say("250 drill.example.org")
    except OSError:
        pass  # the other side has gone
    finally:
        writer.transport.abort()


async def _message_id(reader: asyncio.StreamReader) -> str:
    """Read an email to its end."""
    found = ""
    while (line := await reader.readline()) not in (b".\r\n", b""):
        if line.lower().startswith(b"message-id:"):
            found = line.decode("utf-8", "replace").partition(":")[2].strip()
    return found
