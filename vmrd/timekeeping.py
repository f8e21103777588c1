"""Whose clock business is done by: with several replicas, the database server's.

    daemon ──► one look before anything else ──► a look every minute ──► `ServerClock`

A replica whose own clock is wrong says so in the log and, from half a minute on, by `/readyz`; and it works on.
Meetings, signed bookings and callbacks go by the server's clock; sign-ins and certificates go by the machine's own.

A server's clock that is put forward or back is found out by each replica at its own next look. Until all have looked,
one that has would think that the leases of the others had run out, or let them think so of its own: `doubted` says by
how much, and `watcher` lets theirs, or its own, last as much longer. A machine that was suspended finds the same.

Nobody can tell when within a look the server read its clock, so one that took long is not believed: a replica half a
minute ahead of the others would take meetings from those that watch them.
"""

from __future__ import annotations

import asyncio
import time

import structlog

from vmrd.clock import Clock, ServerClock, SharedClock, SystemClock
from vmrd.config import Config
from vmrd.store.base import Store, StoreError

log = structlog.get_logger(__name__)

_LOOK_EVERY = 60.0
_ALL_LOOKED = _LOOK_EVERY + 15.0
"""Seconds after which the others have looked too."""
_APART = 1_000
"""Milliseconds by which this machine's clock may differ before it is said."""
_BELIEVED = 2.0
"""Seconds a look may take: twice what the clock may be wrong by after it."""
_STEPPED = 3_000
"""Milliseconds between two looks that are no slow answer and no drift: somebody moved the server's clock."""
_TRIES = 5
"""Looks at the start, of which one must be quick enough."""


async def clock_with(config: Config, store: Store) -> Clock:
    """The clock of a daemon on this store. Raises `StoreError` where the server says its time too slowly."""
    if config.clock_file is not None:
        return SharedClock(config.clock_file)
    if not store.shared:
        return SystemClock()
    clock = ServerClock()
    for _ in range(_TRIES):
        if await _look(clock, store):
            return clock
    raise StoreError("the database answers too slowly to say what time it is")


def doubted(clock: Clock) -> int:
    """By how many milliseconds other replicas may be behind this clock; negative: ahead of it."""
    return clock.doubted if isinstance(clock, ServerClock) else 0


async def keep_time(clock: Clock, store: Store) -> None:
    """Look at the server's clock again and again, until cancelled; returns at once where none is followed."""
    while isinstance(clock, ServerClock):
        await asyncio.sleep(_LOOK_EVERY)
        try:
            await _look(clock, store)
        except StoreError as bad:
            log.warning("clock_not_looked_at", error=str(bad))


async def _look(clock: ServerClock, store: Store) -> bool:
    """Whether the clock goes by what the server said now."""
    began = time.monotonic()
    server = await store.time()
    took = time.monotonic() - began
    assert server is not None  # what is shared has a clock of its own
    if took > _BELIEVED:
        log.warning("clock_not_looked_at", error="the database answered late", seconds=round(took, 1))
        return False
    moved = clock.looked(began, began + took, server)
    if abs(moved) > _STEPPED:
        log.error("database_clock_stepped", seconds=round(moved / 1_000, 1))
        clock.doubt(moved, _ALL_LOOKED)
    clock.apart = apart = SystemClock().now() - clock.now()
    if abs(apart) > _APART:
        log.warning("clock_apart", seconds=round(apart / 1_000, 1))
    return True
