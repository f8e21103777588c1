"""Whose clock business is done by: with several replicas, the database server's.

    daemon ──► one look before anything else ──► a look every minute ──► `ServerClock`

A replica whose own clock is wrong says so in the log, and works on: nothing of it is judged by that clock.
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
_APART = 1_000
"""Milliseconds by which this machine's clock may differ before it is said."""


async def clock_with(config: Config, store: Store) -> Clock:
    """The clock of a daemon on this store. Raises `StoreError` where the server cannot be asked."""
    if config.clock_file is not None:
        return SharedClock(config.clock_file)
    clock = ServerClock()
    return clock if await _look(clock, store) else SystemClock()


async def keep_time(clock: Clock, store: Store) -> None:
    """Look at the server's clock again and again, until cancelled; returns at once where none is followed."""
    while isinstance(clock, ServerClock):
        await asyncio.sleep(_LOOK_EVERY)
        try:
            await _look(clock, store)
        except StoreError as bad:
            log.warning("clock_not_looked_at", error=str(bad))


async def _look(clock: ServerClock, store: Store) -> bool:
    began = time.monotonic()
    server = await store.time()
    if server is None:
        return False
    clock.looked(began, time.monotonic(), server)
    apart = SystemClock().now() - clock.now()
    if abs(apart) > _APART:
        log.warning("clock_apart", ahead_ms=apart)
    return True
