"""The event sink's end in shadow: taken at once, worked off one after the other, each event once.

It stands where live the hints are taken (`vmrd.web.sink`); what an event is worth in shadow, `observer` says. The queue
is bounded: when it is full, events are dropped and counted, and the status shows what they would have told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import structlog

from vmrd.pexip.sink import SinkHint, read_events
from vmrd.shadow.observer import Observer

log = structlog.get_logger(__name__)

WAITING = 5_000
_REMEMBERED = 4_096


@dataclass(slots=True)
class Ear:
    """`take` never waits; `run` is a task."""

    observer: Observer
    _queue: asyncio.Queue[SinkHint] = field(default_factory=lambda: asyncio.Queue(WAITING))
    _met: deque[tuple[str, int, int]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def take(self, body: bytes) -> None:
        """Queue the events of one delivery. Raises `Malformed` when nothing of it can be read."""
        batch = read_events(body, lambda name: self.observer.places.of(name) is not None)
        metrics = self.observer.engine.metrics
        for outcome, count in (("foreign", batch.foreign), ("malformed", batch.malformed)):
            for _ in range(count):
                metrics.sink(outcome)
        for hint in batch.hints:
            try:
                self._queue.put_nowait(hint)
            except asyncio.QueueFull:
                metrics.sink("dropped")
                self.observer.figures["events dropped"] += 1

    async def run(self) -> None:
        """Work off the events until cancelled."""
        while True:
            hint = await self._queue.get()
            if hint.key in self._met:  # delivered again, after an answer that was lost
                self.observer.figures["events repeated"] += 1
                continue
            self._met.append(hint.key)
            self.observer.engine.metrics.sink("ours")
            self.observer.figures["events"] += 1
            try:
                await self.observer.told(hint)
            except Exception as bad:  # the status shows what this one would have told
                log.error("sink_fault", error=type(bad).__name__)
                self.observer.engine.metrics.fault()
