"""The watcher: one `Watch` per session that wants one, leased, each failing alone.

A lease per session keeps two daemons from holding two control legs in one conference. Leases are renewed together in
one write; a session whose lease is lost is let go at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE
from vmrd.poke import Poke
from vmrd.store.base import Rx, SessionFilter, Tx
from vmrd.watch import Watch, wanted

log = structlog.get_logger(__name__)

_LOOK_EVERY = 2.0
_LEASE = 15_000
"""Milliseconds a session stays ours without renewal."""


@dataclass(slots=True)
class Watcher:
    """One per daemon; `run` is its task. `make` builds the watch of a session."""

    engine: Engine
    owner: str
    make: Callable[[str], Watch]
    _watches: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _at_work: dict[str, Watch] = field(default_factory=dict)
    _poke: Poke = field(default_factory=Poke)

    def heard(self, applied: Applied) -> None:
        """A commit: start watching soon if the session has come to want it."""
        if wanted(applied.session) and applied.session.id not in self._watches:
            self._poke()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                sessions = await self.engine.store.read(_watched)
                self._count(sessions)
                leased = await self._lease([session.id for session in sessions if wanted(session)])
                for session_id in leased - self._watches.keys():
                    self._watches[session_id] = tasks.create_task(self._guarded(session_id))
                for session_id in [ours for ours in self._watches if ours not in leased]:
                    self._let_go(session_id, sessions)
                await self._poke.wait(_LOOK_EVERY)

    async def _guarded(self, session_id: str) -> None:
        """One bad session never takes the others down: its watch starts again, and meanwhile its light is dark."""
        try:
            self._at_work[session_id] = watch = self.make(session_id)
            await watch.run()
        except Exception as bad:
            log.error("watch_fault", session=session_id, error=type(bad).__name__)
            self.engine.metrics.fault()
            # The light is dark by itself; that nobody watches must also ring, which a watch that died cannot say.
            await self.engine.submit(session_id, EyesLost())
            await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._watches.pop(session_id, None)
            self._at_work.pop(session_id, None)

    def _let_go(self, session_id: str, sessions: list[Session]) -> None:
        """The lease is lost, or the session is over; a watch that follows a meeting to its end stops by itself."""
        if any(session.id == session_id for session in sessions):
            return
        self._watches[session_id].cancel()

    async def _lease(self, ids: list[str]) -> set[str]:
        now = self.engine.clock.now()

        def step(tx: Tx) -> set[str]:
            return {name for name in ids if tx.lease(f"watch:{name}", self.owner, now, _LEASE)}

        return await self.engine.store.write([], step) if ids else set()

    def _count(self, sessions: list[Session]) -> None:
        self.engine.metrics.sessions(Counter(str(session.phase) for session in sessions))
        self.engine.metrics.streams(sum(watch.streaming for watch in self._at_work.values()))
        self.engine.metrics.blind(
            sum(1 for session in sessions if session.phase in LIVE and session.blind_since is not None)
        )


def _watched(rx: Rx) -> list[Session]:
    return rx.sessions(SessionFilter(watched=True))
