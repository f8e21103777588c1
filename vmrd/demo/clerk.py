"""Whoever books: sends events signed, as a booking system does, and keeps what went to and fro, word by word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from vmrd.demo.cast import Booking, event
from vmrd.demo.receiver import CallbackReceiver
from vmrd.sender import send


@dataclass(frozen=True, slots=True)
class Exchange:
    """An event and its answer. `about`: the booking, or the block of a room, by its sender's own id."""

    system: str
    event: Mapping[str, Any]
    status: int
    text: str

    @property
    def about(self) -> str:
        told: str = (self.event.get("booking") or self.event["room"])["id"]
        return told

    @property
    def answer(self) -> Mapping[str, Any]:
        """What the answer says."""
        said: Mapping[str, Any] = orjson.loads(self.text)
        return said


@dataclass(frozen=True, slots=True)
class Clerk:
    """`url`: where events go. `keys`: what each booking system signs with. `ear`: what they are told afterwards. `day`:
    the rehearsal's. `exchanges`: all there were, in order."""

    url: str
    keys: Mapping[str, str] = field(repr=False)
    ear: CallbackReceiver
    day: date
    exchanges: list[Exchange] = field(default_factory=list)

    async def book(self, booking: Booking, what: str = "created", version: int = 1) -> Exchange:
        """Tell of a booking. Raises `Unanswered`."""
        return await self.send(event(booking, self.day, what, version))

    async def send(self, event: Mapping[str, Any]) -> Exchange:
        """Send an event in the name of its own booking system. Raises `Unanswered`."""
        system = event["source"]["system"]
        answer = await send(self.url, self.keys[system], orjson.dumps(event))
        exchange = Exchange(system, event, answer.status, answer.body)
        self.exchanges.append(exchange)
        return exchange
