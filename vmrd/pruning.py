"""What is kept of deliveries is kept for a while: long enough to answer "were we told?", and no longer.

Deleted in small steps, because one writer serves everybody, an officer's press included.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from vmrd.clock import Clock
from vmrd.lifecycle.rules import HOUR
from vmrd.store.base import Store

DELIVERED_KEPT = 30 * 24 * HOUR
DEAD_KEPT = 90 * 24 * HOUR
"""Since the last try, in milliseconds."""
_AT_ONCE = 200
_EVERY = 3600.0


@dataclass(frozen=True, slots=True)
class Pruning:
    """`run` is a task of the daemon."""

    store: Store
    clock: Clock

    async def run(self) -> None:
        while True:
            await self.prune()
            await asyncio.sleep(_EVERY)

    async def prune(self) -> None:
        """Forget everything that is old enough."""
        now = self.clock.now()
        while await self.store.write(
            [], lambda tx: tx.forget_deliveries(now - DELIVERED_KEPT, now - DEAD_KEPT, _AT_ONCE)
        ):
            pass
