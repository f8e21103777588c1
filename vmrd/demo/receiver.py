"""The booking system's ear: takes the callbacks vmrd sends, checks their signature, and remembers the newest."""

from __future__ import annotations

import hmac
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from aiohttp import web
from standardwebhooks.webhooks import Webhook

_KEPT = 200
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Told:
    """One callback: what happened to which session of which booking. `seq` counts within the session."""

    event: str
    booking: str
    session: str
    seq: int
    at: str


@dataclass(slots=True)
class CallbackReceiver:
    """`told`: what vmrd told, oldest first. `url` is where it listens."""

    secret: str
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=_KEPT))
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """Take one callback: 204, or 401 when its signature is not ours. A repeat is taken and not kept twice."""
        body = await request.read()
        if not self._signed(request, body):
            return web.Response(status=401)
        said = orjson.loads(body)
        told = Told(said["event"], said["bookingId"], said["sessionId"], said["seq"], said["occurredAt"])
        if told not in self.told:
            self.told.append(told)
        return web.Response(status=204)

    def _signed(self, request: web.Request, body: bytes) -> bool:
        """Whether the signature fits. Its age does not matter: vmrd follows the rehearsal's clock."""
        try:
            at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
            expected = Webhook(self.secret).sign(request.headers["webhook-id"], at, body.decode())
            given = request.headers["webhook-signature"].split(" ")
        except (KeyError, ValueError):
            return False
        return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


@asynccontextmanager
async def receiving(secret: str) -> AsyncIterator[CallbackReceiver]:
    """A receiver that listens on a free port of this machine for as long as the context lasts."""
    receiver = CallbackReceiver(secret)
    app = web.Application()
    app.router.add_post("/told", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, 0).start()
        receiver.url = f"http://{_HOST}:{runner.addresses[0][1]}/told"
        yield receiver
    finally:
        await runner.cleanup()
