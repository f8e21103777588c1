"""Sending a booking event as a booking system does: signed by Standard Webhooks, one try, the answer handed back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import aiohttp
import orjson
from standardwebhooks.webhooks import Webhook

from vmrd import minting

_WITHIN = 15.0


class Unanswered(Exception):
    """Nobody answered at the address."""


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
) -> tuple[int, str]:
    """Send the event and return HTTP status and body. Raises `Unanswered`.

    The message's id is the event's own, so that sending the same file twice is a repeat and not a second booking.
    """
    headers = signed(secret, message or _message(body), body, now or datetime.now(UTC))
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_WITHIN)) as http,
            http.post(url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()
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
