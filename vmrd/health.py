"""How vmrd is: what works, what does not, and whether starting it again would help.

| status      | means                                                                        | answered |
|-------------|------------------------------------------------------------------------------|----------|
| `ready`     | everything works                                                             | 200      |
| `degraded`  | a part outside is away, work waits, or there are more meetings than can be    | 200      |
|             | looked at: officers are served, with less                                     |          |
| `not-ready` | the store does not answer, or a loop of ours stands still: nobody is served   | 503      |

With Pexip away vmrd is degraded and never not ready: panels show who was inside, presses are kept, and an orchestrator
that took it out of service would take the printed list and the evidence away as well. Parts are named from a fixed set
and described by numbers only, so nothing about a meeting or a person is told here.

A Management Node that nobody has asked for a while is asked by `pulse`, so that its absence shows before the first
booking needs it. Conferencing Nodes are judged by the meetings they carry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from vmrd import systemd
from vmrd.clock import Clock, ServerClock
from vmrd.eyes import Eyes
from vmrd.lifecycle.commands import Lane
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.words import Instant
from vmrd.metrics import Metrics
from vmrd.pexip.errors import PexipError
from vmrd.pexip.reached import Reached
from vmrd.store.base import Rx, Store, StoreError

_ANSWERS_WITHIN = 2.0
_LOOK_EVERY = 5.0
_APART = 30
"""Seconds from which a machine's own clock is wrong; less is for the log."""
_ASK_AFTER = 30.0
"""Seconds without a request after which the Management Node is asked for its own sake."""
_OLDEST = {
    Lane.LOCK: 30,
    Lane.LIVE: 30,
    Lane.ROOM: 30,
    Lane.PROVISIONING: 900,
    Lane.NOTIFY: 3_600,
    Lane.MAIL: 3_600,
}
"""Seconds a command of each lane may wait before its lane counts as stuck; the alert rules wait as long."""


class Status(StrEnum):
    """In order of gravity."""

    READY = "ready"
    DEGRADED = "degraded"
    NOT_READY = "not-ready"


@dataclass(frozen=True, slots=True)
class Part:
    """`vital`: without it nobody is served. `figures` say how much of it is away."""

    name: str
    up: bool
    vital: bool = False
    figures: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """All parts at one moment."""

    parts: tuple[Part, ...]

    @property
    def status(self) -> Status:
        down = [part for part in self.parts if not part.up]
        if any(part.vital for part in down):
            return Status.NOT_READY
        return Status.DEGRADED if down else Status.READY

    @property
    def sentence(self) -> str:
        """For `systemctl status`."""
        down = ", ".join(part.name for part in self.parts if not part.up)
        return f"{self.status}; down: {down}" if down else str(self.status)


@dataclass(frozen=True, slots=True)
class _Work:
    """What the store says of work: the running sessions with their establishments, and since when each lane waits."""

    live: Sequence[tuple[str, str]]
    waiting: Mapping[Lane, Instant]


@dataclass(frozen=True, slots=True)
class Health:
    """One per daemon; `run` is its task.

    `ask` asks the Management Node something small, of which `asked` hears; `nodes`: how many Conferencing Nodes there
    are, and how many of them do not answer; `alive`: whether our own loops go round; `present`: whether the database is
    still where it was opened, keeps what it is told and tells what others write; `unwatched`: how many meetings are
    more than can be looked at; `replicas`: whether the others are set up as we are.
    """

    store: Store
    clock: Clock
    eyes: Eyes
    rules: Callable[[str], Rules]
    metrics: Metrics
    asked: Reached
    ask: Callable[[], Awaitable[object]]
    nodes: Callable[[], tuple[int, int]]
    alive: Callable[[], bool]
    present: Callable[[], bool]
    unwatched: Callable[[], int]
    replicas: Callable[[], Sequence[Part]] = tuple

    async def look(self) -> State:
        """How everything is now. Never raises, and never waits for longer than the store may take."""
        work = await self._work()
        nodes, away = self.nodes()
        parts = [
            Part("store", work is not None, vital=True),
            Part("loops", self.alive(), vital=True),
            Part("pexipManagement", not self.asked.away),
            Part("pexipNodes", not away, figures={"nodes": nodes, "away": away}),
            *_clock(self.clock),
            *self.replicas(),
        ]
        if work is not None:
            parts += [self._seen(work.live), *self._lanes(work.waiting)]
        return State(tuple(parts))

    async def run(self) -> None:
        """Say how it is to Prometheus and systemd, and keep asking what would otherwise go unnoticed."""
        said = ""
        while True:
            await self.pulse()
            state = await self.look()
            for part in state.parts:
                self.metrics.part(part.name, part.up)
            if state.sentence != said:
                said = state.sentence
                systemd.notify(f"STATUS={said}")
            await asyncio.sleep(_LOOK_EVERY)

    async def pulse(self) -> None:
        """Ask the Management Node something if nobody else has, or if it did not answer."""
        if self.asked.away or self.asked.quiet_for >= _ASK_AFTER:
            with suppress(PexipError):  # `asked` has heard of it
                await self.ask()

    async def _work(self) -> _Work | None:
        """None when the store does not say."""
        if not self.present():
            return None
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                return await self.store.read(_at_work)
        except (StoreError, TimeoutError):
            return None

    def _seen(self, live: Sequence[tuple[str, str]]) -> Part:
        fresh = [self.eyes.left(each, self.rules(where).eyes_fresh_for) > 0 for each, where in live]
        figures = {"running": len(fresh), "unseen": fresh.count(False), "unwatched": self.unwatched()}
        return Part("meetings", all(fresh) and not figures["unwatched"], figures=figures)

    def _lanes(self, waiting: Mapping[Lane, Instant]) -> list[Part]:
        now = self.clock.now()
        ages = {lane: max(now - waiting.get(lane, now), 0) // 1_000 for lane in Lane}
        return [
            Part(f"outbox-{lane}", age <= _OLDEST[lane], figures={"oldestSeconds": age}) for lane, age in ages.items()
        ]


def _clock(clock: Clock) -> list[Part]:
    """Where the server's clock is followed: whether this machine's own, by which TLS and sign-ins go, is right too."""
    if not isinstance(clock, ServerClock):
        return []
    apart = abs(clock.apart) // 1_000
    return [Part("clock", apart < _APART, figures={"apartSeconds": apart})]


def _at_work(rx: Rx) -> _Work:
    return _Work(rx.running(), dict(rx.outbox_oldest()))
