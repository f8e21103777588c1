"""What Pexip tells of one meeting, in the order in which it came.

    event stream ──► numbered as it arrives ──┐
                                              ├──► one queue ──► committed, one after the other
    read ──► answered ────────────────────────┘

An event that waits while another is being committed is older than a read that begins meanwhile. Numbered only when its
turn came, it would pass for newer, and undo for a moment what that read has shown: somebody who left would be back, and
a lock that was opened would be shut. So an event has its number from the moment it arrives; a read has that of the last
event that was there when it began, and its answer waits its turn behind everything that arrived before it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from vmrd.lifecycle.inputs import Order, RosterSeen
from vmrd.pexip.errors import PexipError
from vmrd.pexip.sse import StreamEvent

_AT_MOST = 1_000
"""Events that may wait; with more of them the stream is read no faster than they are committed."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One thing that came, at a moment of the monotonic clock. `taken` is told when it is committed."""

    order: Order
    at: float
    told: StreamEvent | RosterSeen
    taken: asyncio.Future[bool] | None = None


@dataclass(slots=True)
class Arrivals:
    """Of one connection to the event stream."""

    generation: int
    _number: int = 0
    _queue: asyncio.Queue[Arrived | PexipError | None] = field(default_factory=lambda: asyncio.Queue(_AT_MOST))
    _reads: set[asyncio.Future[bool]] = field(default_factory=set)
    _closed: bool = False
    _committing: bool = False

    def order(self) -> Order:
        """The place in the stream of a read that begins now."""
        return Order(self.generation, self._number)

    def quiet(self, since: Order) -> bool:
        """Whether nothing came since, and all that came before is committed."""
        return since == self.order() and self._queue.empty() and not self._committing and not self._closed

    async def receive(self, events: AsyncIterator[StreamEvent]) -> None:
        """Take what comes until the stream ends. What broke it is told in its turn, after all that came before."""
        end: PexipError | None = None
        try:
            async for event in events:
                self._number += 1
                await self._queue.put(Arrived(self.order(), time.monotonic(), event))
        except PexipError as broken:
            end = broken
        await self._queue.put(end)

    async def read(self, seen: RosterSeen) -> bool:
        """Hand in the answer of a read; True once it is committed, False where the connection ended before."""
        if self._closed:
            return False
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._reads.add(taken)
        try:
            await self._queue.put(Arrived(seen.order, time.monotonic(), seen, taken))
            return await taken
        finally:
            self._reads.discard(taken)

    async def in_order(self) -> AsyncIterator[Arrived]:
        """Each in its turn, until the stream ends. Raises what broke it."""
        while True:
            match await self._queue.get():
                case None:
                    return
                case PexipError() as broken:
                    raise broken
                case arrived:
                    self._committing = True
                    yield arrived
                    self._committing = False
                    if arrived.taken is not None and not arrived.taken.done():
                        arrived.taken.set_result(True)

    def close(self) -> None:
        """Nothing more is committed, and whoever waits for that hears so."""
        self._closed = True
        for taken in self._reads:
            if not taken.done():
                taken.set_result(False)
        while not self._queue.empty():  # whoever still waits to put something in must not wait for ever
            self._queue.get_nowait()
