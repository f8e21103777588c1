"""Pexip's event sink: answered at once, worked off behind.

A sink hears of every meeting on the platform; events of conferences that are not ours were dropped by name before
anything in them was read. What is left is a hint (`pexip.sink`): it may darken a light or point out where to look. So
each hint is submitted as one, and then the meeting is read, because a read is the truth.

The queue is bounded. When it is full, hints are dropped and counted: a lost hint costs latency only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle import inputs as i
from vmrd.metrics import Metrics
from vmrd.pexip.sink import SinkHint, read_sink
from vmrd.pexip.sink_gaps import SinkGaps

log = structlog.get_logger(__name__)

PREFIX = "vmrd-"
"""How every vmr of ours is named in Pexip (`Session.vmr_name`)."""
WAITING = 1_000
_ROUND = 100
_NO_ORDER = i.Order(0, 0)


@dataclass(slots=True)
class Sink:
    """`run` owns the work; `take` never waits."""

    engine: Engine
    eyes: Eyes
    metrics: Metrics
    _gaps: SinkGaps = field(default_factory=SinkGaps)
    _queue: asyncio.Queue[SinkHint] = field(default_factory=lambda: asyncio.Queue(WAITING))

    def take(self, body: bytes) -> None:
        """Queue the hints of one delivery. Raises `Malformed` when nothing of it can be read."""
        batch = read_sink(body, PREFIX)
        self.metrics.event_gap("sink", self._gaps.skipped(batch.numbers))
        for outcome, count in (("foreign", batch.foreign), ("malformed", batch.malformed)):
            for _ in range(count):
                self.metrics.sink(outcome)
        for _ in range(batch.malformed):
            self.metrics.malformed("sink")
        for hint in batch.hints:
            try:
                self._queue.put_nowait(hint)
            except asyncio.QueueFull:
                self.metrics.sink("dropped")

    async def run(self) -> None:
        """Do the work until cancelled."""
        while True:
            hints = [await self._queue.get()]
            while len(hints) < _ROUND and not self._queue.empty():
                hints.append(self._queue.get_nowait())
            try:
                await self._work(hints)
            except Exception as bad:  # what a hint was about is read by the watcher anyway
                log.error("sink_fault", error=type(bad).__name__)
                await asyncio.sleep(1.0)

    async def _work(self, hints: list[SinkHint]) -> None:
        names = {hint.conference_name for hint in hints}
        sessions = await self.engine.store.read(lambda rx: {name: rx.session_by_name(name) for name in names})
        about: dict[str, None] = {}
        for hint in hints:
            session_id = sessions[hint.conference_name]
            if session_id is None:
                self.metrics.sink("unknown")
                continue
            self.metrics.sink("ours")
            about[session_id] = None
            for given in _inputs(hint):
                await self.engine.submit(session_id, given)
            if hint.at:
                self.metrics.event_taken("sink", (self.engine.clock.now() - hint.at) / 1_000)
        await asyncio.gather(*(self.eyes.read_now(session_id) for session_id in about))


def _inputs(hint: SinkHint) -> list[i.Input]:
    found: list[i.Input] = []
    if hint.sighting is not None:
        found.append(i.LegSeen(_NO_ORDER, i.Source.HINT, hint.sighting))
    if hint.locked is not None:
        started, at = bool(hint.started), hint.at or None
        found.append(i.ConferenceSeen(_NO_ORDER, i.Source.HINT, hint.locked, started, recording=False, at=at))
    return found
