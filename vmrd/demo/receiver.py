"""The booking system's ear: callbacks are heard, and their signature checked, as `vmrd bookings send --listen` does.

What is here remembers them: a callback is kept once however often it is tried, and what is not signed is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from vmrd.sender import listening

_KEPT = 200


@dataclass(frozen=True, slots=True)
class Told:
    """One callback: what happened to which session of which booking. `text`: all it says, as it came."""

    event: str
    booking: str
    session: str
    text: str


@dataclass(slots=True)
class CallbackReceiver:
    """`told`: what vmrd told, oldest first. `refused`: how many were not signed as they must be. `url`: where it
    listens."""

    secret: str
    told: deque[Told] = field(default_factory=lambda: deque(maxlen=_KEPT))
    refused: int = 0
    url: str = ""

    def hear(self, text: str) -> None:
        """Remember a callback whose signature fits."""
        said = orjson.loads(text)
        self.told.append(Told(said["event"], said["bookingId"], said["sessionId"], text))

    def refuse(self) -> None:
        """Count a callback whose signature does not fit."""
        self.refused += 1


@asynccontextmanager
async def receiving(secret: str) -> AsyncIterator[CallbackReceiver]:
    """A receiver that listens on a free port of this machine for as long as the context lasts."""
    receiver = CallbackReceiver(secret)
    async with listening(0, secret, receiver.hear, receiver.refuse) as port:
        receiver.url = f"http://127.0.0.1:{port}/told"
        yield receiver
