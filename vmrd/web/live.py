"""`GET /v1/live`: one WebSocket per panel. Each message is one session view, as text.

Sending and receiving are two tasks of one group; whichever ends ends both. A client that takes no view within
`_SEND_WITHIN` seconds is let go of; it comes back and gets every view again. The peer is asked by WebSocket pings
whether it is still there, and a client may ask us with the text `ping`, which is answered `pong`: never before
everything that was there at the beginning has been sent, so a first `pong` also says "that is all". A panel says by
`sound on` and `sound off` whether a knock would be heard from it. While the store takes nothing no line is open.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from aiohttp import WSCloseCode, WSMsgType, web

from vmrd.clock import as_text
from vmrd.store.base import StoreError
from vmrd.web import caller as callers
from vmrd.web.dispatch import Incoming
from vmrd.web.hub import Hub
from vmrd.web.problem import Problem

_HEARTBEAT = 15.0
_SEND_WITHIN = 20.0
_ASK_AGAIN_EVERY = 60.0
_LONGEST_MESSAGE = 1_024
_TEXT_FRAME = 0x80 | WSMsgType.TEXT
NOW_HEADER = "X-Now"
"""Our business clock, on the answer that opens the socket: views may be older than it."""
SIGNED_OUT = 4401
"""Close code: the caller's sign-in or token is no longer good."""
STORE_AWAY = WSCloseCode.TRY_AGAIN_LATER
"""Close code: the database takes nothing, so nothing more can be vouched for (`keeping`)."""


async def watched(incoming: Incoming) -> web.StreamResponse:
    """Every view the caller may see, then each that changes."""
    caller, hub = incoming.person, incoming.deps.hub
    wanted = incoming.request.query.get("establishment")
    if wanted is not None and not caller.may_see(wanted):
        raise Problem("not-found", "There is no such establishment.")
    if hub.keeping.away:
        raise StoreError("it took nothing when it was last asked")
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False, max_msg_size=_LONGEST_MESSAGE)
    socket.headers[NOW_HEADER] = as_text(incoming.deps.engine.clock.now())
    await socket.prepare(incoming.request)
    transport = incoming.request.transport
    if transport is None:  # hung up meanwhile
        return socket
    sockets = incoming.request.app[OPEN_SOCKETS]
    sockets.those[socket] = transport
    mine = (wanted,) if wanted is not None else caller.establishments
    complete = asyncio.Event()
    tasks = [
        asyncio.create_task(_send(socket, transport, hub, mine, complete)),
        asyncio.create_task(_receive(socket, hub, mine, complete)),
        asyncio.create_task(_still_signed_in(socket, incoming)),
        asyncio.create_task(hub.keeping.lost()),
    ]
    try:
        if not sockets.closing:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:  # also when the server gives this request up, as it does when the connection is lost
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hub.sounds.gone(socket)
        sockets.those.pop(socket, None)
        await _let_go(socket, transport, _why(sockets, hub))
    return socket


def _why(sockets: OpenSockets, hub: Hub) -> int:
    if sockets.closing:
        return WSCloseCode.GOING_AWAY
    return STORE_AWAY if hub.keeping.away else WSCloseCode.OK


@dataclass(slots=True)
class OpenSockets:
    """Closed at shutdown, so that panels reconnect at once instead of waiting out a silent peer. `closing`: shutdown
    has begun, and one that was just being opened then must close itself."""

    those: dict[web.WebSocketResponse, asyncio.Transport] = field(default_factory=dict)
    closing: bool = False


OPEN_SOCKETS: web.AppKey[OpenSockets] = web.AppKey("open_sockets")


async def close_sockets(app: web.Application) -> None:
    sockets = app[OPEN_SOCKETS]
    sockets.closing = True
    await asyncio.gather(*(_let_go(*each, WSCloseCode.GOING_AWAY) for each in list(sockets.those.items())))


async def _let_go(socket: web.WebSocketResponse, transport: asyncio.Transport, code: int) -> None:
    """Close; but to one that does not take what it was sent already, goodbye would wait for ever, and keep it all."""
    if transport.get_write_buffer_size():
        transport.abort()
    await socket.close(code=code)


async def _send(
    socket: web.WebSocketResponse,
    transport: asyncio.Transport,
    hub: Hub,
    establishments: tuple[str, ...],
    complete: asyncio.Event,
) -> None:
    def write(view: bytes) -> bool:
        """Past aiohttp's own sender, which wants a task to wait for each panel: whole frames, where none waits."""
        if socket.closed or transport.is_closing() or transport.get_write_buffer_size():
            return False
        transport.write(_framed(view))
        return True

    client = await hub.connect(establishments, write)
    try:
        await _frames(socket, client.taken())
        complete.set()
        while True:
            await _frames(socket, await client.take())
    finally:
        hub.disconnect(client)


@lru_cache(maxsize=8)
def _framed(view: bytes) -> bytes:
    """A text frame (RFC 6455, 5.2): final, not masked, as a server's are. One view goes to many panels in a row."""
    size = len(view)
    if size < 126:
        head = struct.pack("!BB", _TEXT_FRAME, size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", _TEXT_FRAME, 126, size)
    else:
        head = struct.pack("!BBQ", _TEXT_FRAME, 127, size)
    return head + view


async def _frames(socket: web.WebSocketResponse, views: list[bytes]) -> None:
    for view in views:
        async with asyncio.timeout(_SEND_WITHIN):
            await socket.send_frame(view, WSMsgType.TEXT)


async def _receive(
    socket: web.WebSocketResponse, hub: Hub, establishments: tuple[str, ...], complete: asyncio.Event
) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data == "ping":
            await complete.wait()
            async with asyncio.timeout(_SEND_WITHIN):
                await socket.send_str("pong")
        elif message.type is WSMsgType.TEXT and message.data in ("sound on", "sound off"):
            hub.sounds.said(socket, establishments, on=message.data == "sound on")


async def _still_signed_in(socket: web.WebSocketResponse, incoming: Incoming) -> None:
    """Look again whenever somebody was put out, and once a minute, for a sign-in also ends by itself. A caller whose
    role or establishments have changed starts anew too: what they are sent was chosen by the former ones."""
    while True:
        change = incoming.deps.reception.revocations.next
        if await callers.identify(incoming.request, incoming.deps.store) != incoming.person:
            await socket.close(code=SIGNED_OUT, message=b"signed out")
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_ASK_AGAIN_EVERY):
                await change.wait()
