"""What Pexip's status list says of sessions that are ending or over, and of vmrs nobody owns.

One list request covers every session: a conference that still runs under an ending session's name means it is not over;
none, twice, means it is. A conference that comes up under the name of a session that is over is a stray and is ended
(see `lifecycle.ending`). Boot needs nothing special: the first round does what every round does.

Vmrs of ours that no session knows are counted and named in the log, never touched here. For a day after a backup was
put back nothing is called an orphan: a session that is only in the replaced database may own it.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import EmptySeen, InstanceSeen
from vmrd.lifecycle.rules import HOUR
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Phase
from vmrd.pexip.errors import PexipError
from vmrd.pexip.management import Management
from vmrd.poke import Poke
from vmrd.store.base import Rx, SessionFilter

log = structlog.get_logger(__name__)

VMR_PREFIX = "vmrd-"
_QUICK = 2.0
_SLOW = 10.0
_ORPHANS_EVERY = 300.0
_AFTER_RESTORE = 24 * HOUR


@dataclass(slots=True)
class Reconcile:
    """One per daemon; `run` is its task."""

    engine: Engine
    management: Management
    _poke: Poke = field(default_factory=Poke)
    _orphans_at: float = 0.0

    def heard(self, applied: Applied) -> None:
        """A commit: look soon when a session begins to end."""
        if applied.session.phase is Phase.ENDING:
            self._poke()

    async def run(self) -> None:
        while True:
            sessions = await self.engine.store.read(_ending_or_over)
            if sessions:
                await self._compare(sessions)
            if time.monotonic() >= self._orphans_at:
                await self.count_orphans()
                self._orphans_at = time.monotonic() + _ORPHANS_EVERY
            quick = any(session.phase is Phase.ENDING for session in sessions)
            await asyncio.sleep(_QUICK / 2)
            await self._poke.wait(_QUICK / 2 if quick else _SLOW)

    async def _compare(self, sessions: list[Session]) -> None:
        try:
            running = dict(await self.management.instances(VMR_PREFIX))
        except PexipError as failed:
            log.info("status_not_read", error=type(failed).__name__)
            return
        for session in sessions:
            instance = running.get(session.vmr_name)
            if instance is not None:
                await self.engine.submit(session.id, InstanceSeen(instance))
            elif session.phase is Phase.ENDING or "stray-instance" in session.alerts:
                await self.engine.submit(session.id, EmptySeen())

    async def count_orphans(self) -> None:
        """Look at every vmr of ours that Pexip has, and say which of them no session owns."""
        restored = await self.engine.store.read(lambda rx: rx.restored_at())
        if restored is not None and self.engine.clock.now() - restored < _AFTER_RESTORE:
            return
        try:
            names = [vmr.name for vmr in await self.management.vmrs(VMR_PREFIX)]
        except PexipError:
            return
        known = await self.engine.store.read(lambda rx: {name for name in names if rx.session_by_name(name)})
        orphans = [name for name in names if name not in known]
        self.engine.metrics.orphans(len(orphans))
        if orphans:
            log.warning("orphan_vmrs", count=len(orphans), first=orphans[0])


def _ending_or_over(rx: Rx) -> list[Session]:
    return rx.sessions(SessionFilter(watched=True, phases=(*OVER, Phase.ENDING)))
