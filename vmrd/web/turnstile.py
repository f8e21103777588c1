"""The turnstile that booking events come through, so that none of them is in the way of whoever waits at a door.

A booking costs twenty-five times what Pexip's question does, and comes by the thousand when a booking system sends its
day again. Nobody stands waiting for one. So at most `AT_ONCE` are read, decided and answered side by side, and the
others wait their turn: a question, a press or an event of Pexip's that comes meanwhile has these before it in the
event loop and in the store's writer, and not all. To let more in would take no more in a second: one interpreter
decides all of them.

Those that wait are few too, or a sender would give up on what is decided for it in the end. One more is answered 503
with `Retry-After`. Nothing of it was kept, so to send it again is right.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vmrd.web.problem import Problem

AT_ONCE = 16
WAITING = 2_000
"""What waits is taken within seconds, even where a disk is slow."""
_AGAIN_AFTER = 5


class Busy(Problem):
    """More events wait than can be taken soon."""

    def __init__(self) -> None:
        super().__init__(
            "busy",
            "More booking events wait than can be taken soon. Nothing of this one was kept: send it again.",
            again_after=_AGAIN_AFTER,
        )


class Turnstile:
    """One per daemon, for every way booking systems have."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._here = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Take an event inside; first come, first served. Raises `Busy` at once where too many wait."""
        if self._here >= AT_ONCE + WAITING:
            raise Busy
        self._here += 1
        try:
            async with self._turns:
                yield
        finally:
            self._here -= 1
