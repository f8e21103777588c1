"""`GET /v1/live`: one WebSocket per panel. Each message is one session view, as text.

Sending and receiving are two tasks of one group; whichever ends ends both. A client that takes no view within
`_SEND_WITHIN` seconds is let go of; it comes back and gets every view again. The peer is asked by WebSocket pings
whether it is still there, and a client may ask us with the text `ping`, which is answered `pong`. A panel says by
`sound on` and `sound off` whether a knock would be heard from it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from vmrd.web import caller as callers
from vmrd.web.dispatch import Incoming
from vmrd.web.hub import Hub
from vmrd.web.problem import Problem

_HEARTBEAT = 15.0
_SEND_WITHIN = 20.0
_ASK_AGAIN_EVERY = 60.0
_LONGEST_MESSAGE = 1_024
SIGNED_OUT = 4401
"""Close code: the caller's sign-in or token is no longer good."""


async def watched(incoming: Incoming) -> web.StreamResponse:
    """Every view the caller may see, then each that changes."""
    caller, hub = incoming.person, incoming.deps.hub
    wanted = incoming.request.query.get("establishment")
    if wanted is not None and not caller.may_see(wanted):
        raise Problem("not-found", "There is no such establishment.")
    socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, compress=False, max_msg_size=_LONGEST_MESSAGE)
    await socket.prepare(incoming.request)
    sockets = incoming.request.app[OPEN_SOCKETS]
    sockets.those.add(socket)
    mine = (wanted,) if wanted is not None else caller.establishments
    tasks = [
        asyncio.create_task(_send(socket, hub, mine)),
        asyncio.create_task(_receive(socket, hub, mine)),
        asyncio.create_task(_still_signed_in(socket, incoming)),
    ]
    try:
        if not sockets.closing:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:  # also when the server gives this request up, as it does when the connection is lost
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        hub.sounds.gone(socket)
        sockets.those.discard(socket)
        await socket.close(code=WSCloseCode.GOING_AWAY if sockets.closing else WSCloseCode.OK)
    return socket


@dataclass(slots=True)
class OpenSockets:
    """Closed at shutdown, so that panels reconnect at once instead of waiting out a silent peer. `closing`: shutdown
    has begun, and one that was just being opened then must close itself."""

    those: set[web.WebSocketResponse] = field(default_factory=set)
    closing: bool = False


OPEN_SOCKETS: web.AppKey[OpenSockets] = web.AppKey("open_sockets")


async def close_sockets(app: web.Application) -> None:
    sockets = app[OPEN_SOCKETS]
    sockets.closing = True
    for socket in list(sockets.those):
        await socket.close(code=WSCloseCode.GOING_AWAY)


async def _send(socket: web.WebSocketResponse, hub: Hub, establishments: tuple[str, ...]) -> None:
    client = await hub.connect(establishments)
    try:
        while True:
            for view in await client.take():
                async with asyncio.timeout(_SEND_WITHIN):
                    await socket.send_frame(view, WSMsgType.TEXT)
    finally:
        hub.disconnect(client)


async def _receive(socket: web.WebSocketResponse, hub: Hub, establishments: tuple[str, ...]) -> None:
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data == "ping":
            async with asyncio.timeout(_SEND_WITHIN):
                await socket.send_str("pong")
        elif message.type is WSMsgType.TEXT and message.data in ("sound on", "sound off"):
            hub.sounds.said(socket, establishments, on=message.data == "sound on")


async def _still_signed_in(socket: web.WebSocketResponse, incoming: Incoming) -> None:
    """Look again whenever somebody was put out, and once a minute, for a sign-in also ends by itself. A caller whose
    role or establishments have changed starts anew too: what they are sent was chosen by the former ones."""
    while True:
        change = incoming.deps.door.revocations.next
        if await callers.identify(incoming.request, incoming.deps.store) != incoming.person:
            await socket.close(code=SIGNED_OUT, message=b"signed out")
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_ASK_AGAIN_EVERY):
                await change.wait()
