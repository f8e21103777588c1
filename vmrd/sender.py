"""Sending a booking event as a booking system does: signed by Standard Webhooks, one try, the answer handed back.

And hearing what such a system is told afterwards: callbacks are taken for as long as somebody listens, their signature
is checked as a booking system has to check it, and a repeat is not heard twice.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import orjson
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from vmrd import minting

_WITHIN = 15.0
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Unanswered(Exception):
    """Nobody answered at the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`request`: the id vmrd gave the request, to be found in its log; None when something else answered."""

    status: int
    body: str
    request: str | None


def signed(secret: str, message: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove who sent the body; `message` stays the same for every try of one event."""
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, now, body.decode()),
    }


async def send(
    url: str, secret: str, body: bytes, *, message: str | None = None, now: datetime | None = None
) -> Answer:
    """Send the event once. Raises `Unanswered`.

    The message's id is the event's own, so that sending the same file twice is a repeat and not a second booking.
    """
    headers = signed(secret, message or _message(body), body, now or datetime.now(UTC))
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_WITHIN)) as http,
            http.post(url, data=body, headers=headers) as answer,
        ):
            return Answer(answer.status, await answer.text(), answer.headers.get("X-Request-Id"))
    except (aiohttp.ClientError, TimeoutError):
        pass
    raise Unanswered


def _message(body: bytes) -> str:
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError:
        return minting.session_id()
    told = event.get("eventId") if isinstance(event, dict) else None
    return told if isinstance(told, str) and told else minting.session_id()


def pretty(answer: str) -> str:
    """The answer indented for a person, or as it is when it is no JSON."""
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer


@dataclass(slots=True)
class _Ear:
    """`hear` is given each callback once; `refused` is called for one whose signature is not ours."""

    key: Webhook
    hear: Callable[[str], None]
    refused: Callable[[], None]
    _heard: set[str] = field(default_factory=set)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name: request.headers.get(name, "") for name in _HEADERS}
        try:
            self.key.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):
            self.refused()
            return web.Response(status=401)
        if headers["webhook-id"] not in self._heard:
            self._heard.add(headers["webhook-id"])
            self.hear(body.decode(errors="replace"))
        return web.Response(status=204)


@asynccontextmanager
async def listening(
    port: int, secret: str, hear: Callable[[str], None], refused: Callable[[], None]
) -> AsyncIterator[int]:
    """Take callbacks at any path of this port on this machine; 0 for a free one, and which it is. Raises OSError when
    the port is taken."""
    app = web.Application(client_max_size=64 * 1024)
    app.router.add_post("/{path:.*}", _Ear(Webhook(secret), hear, refused).take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
