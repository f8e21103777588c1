"""How often the Management Node may be asked: half of its limit, with a reserve for what makes a room safe.

Pexip answers 429 above 1,000 requests in 60 s, shared by all who ask (facts 1.4), so we stay under half. A bucket of
`burst` tokens refills at the rate that keeps every window of 60 s within `per_minute`; the last `kept` tokens serve
only urgent requests (lock, end, admit, disconnect, dial), so that a reconcile never delays an officer. `Slots` does the
same for how many requests are under way at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

MANAGEMENT_PER_MINUTE = 500


class Priority(StrEnum):
    """`high` is what an officer waits for or a room's safety rests on."""

    LOW = "low"
    HIGH = "high"


class Budget:
    """A token bucket with a reserve. Waiting is in order within a priority; the caller limits how long."""

    def __init__(
        self,
        per_minute: int = MANAGEMENT_PER_MINUTE,
        burst: int = 100,
        kept: int = 30,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not 0 <= kept < burst < per_minute:
            raise ValueError("a budget needs 0 <= kept < burst < per_minute")
        self._rate = (per_minute - burst) / 60
        self._burst = float(burst)
        self._kept = {Priority.LOW: float(kept), Priority.HIGH: 0.0}
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()
        self._paused_until = self._at
        self._line = {priority: asyncio.Lock() for priority in Priority}

    async def take(self, priority: Priority) -> None:
        """Wait for one token. Cancelling while waiting spends nothing."""
        async with self._line[priority]:
            while (delay := self.try_take(priority)) > 0:  # noqa: ASYNC110  # time alone refills it
                await asyncio.sleep(delay)

    def try_take(self, priority: Priority) -> float:
        """Spend a token and return 0, or return the seconds after which asking again may succeed."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if priority is Priority.LOW and now < self._paused_until:
            return self._paused_until - now
        missing = self._kept[priority] + 1 - self._tokens
        if missing > 0:
            return missing / self._rate
        self._tokens -= 1
        return 0.0

    def used(self) -> float:
        """Which part of the burst is spent: at 1 even what an officer waits for has to wait."""
        return 1 - min(self._tokens + (self._clock() - self._at) * self._rate, self._burst) / self._burst

    def pause(self, seconds: float) -> None:
        """Pexip said 429: what can wait, waits this long. Urgent requests still go, since only they may be in time."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)


class Slots:
    """How many requests may be under way at once; the last `kept` are for urgent ones."""

    def __init__(self, total: int, kept: int) -> None:
        if not 0 <= kept < total:
            raise ValueError("slots need 0 <= kept < total")
        self._all = asyncio.Semaphore(total)
        self._low = asyncio.Semaphore(total - kept)

    @asynccontextmanager
    async def hold(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a slot and hold it."""
        if priority is Priority.HIGH:
            async with self._all:
                yield
        else:
            async with self._low, self._all:
                yield
