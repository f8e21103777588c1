"""What is old enough goes, once a day: long enough kept to answer for, and no longer.

Deleted in small steps, because one writer serves everybody, an officer's press included. The audit says how much went;
the same work by hand, and how much it would be, is `vmrd purge`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from vmrd.clock import Clock
from vmrd.lifecycle.words import Instant
from vmrd.store.account import AuditEntry, AuditKind
from vmrd.store.base import Store, Tx
from vmrd.store.retention import Counts, Cutoffs, Kept

log = structlog.get_logger(__name__)

AT_ONCE = 200
_EVERY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Pruning:
    """`run` is a task of the daemon. `before`: what goes at an instant."""

    store: Store
    clock: Clock
    before: Callable[[Instant], Cutoffs]

    async def run(self) -> None:
        """At the start as well: what was put back from a backup may hold people whose time is over."""
        while True:
            await self.prune()
            await asyncio.sleep(_EVERY)

    async def prune(self) -> Counts:
        """Let go of everything that is old enough; how much that was."""
        before, gone = self.before(self.clock.now()), Counter[Kept]()
        while any((step := await self.store.write([], lambda tx: tx.purge(before, AT_ONCE))).values()):
            gone.update(step)
        if gone.total():
            await self.store.write([], lambda tx: note(tx, gone, before.now, "daemon"))
            for kept, count in gone.items():
                log.info("purged", what=kept.value, count=count)
        return gone


def note(tx: Tx, gone: Counts, now: Instant, by: str) -> None:
    """Say in the audit how much went, and by whose hand."""
    counts = {kept.value: str(count) for kept, count in gone.items() if count}
    tx.write_audit(AuditEntry(now, AuditKind.PURGED, "retention", {"by": by, **counts}))
