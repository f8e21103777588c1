"""The watcher: one `Watch` per session that wants one, leased, each failing alone.

A lease per session keeps two daemons from holding two control legs in one conference. Leases are renewed together in
one write; a session whose lease is lost is let go at once. What a watch saw is kept only while its lease is its own: a
daemon that slept through it, and wakes up, is refused with each thing it reports (`Fenced`), and stops. One that does
not reach Pexip drops the lease, and leaves that session to others for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.inputs import EyesLost
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant, Phase
from vmrd.poke import Poke
from vmrd.store.base import Fenced, Lease, Rx, SessionFilter, StoreError, Tx
from vmrd.store.leases import watching
from vmrd.watch import CutOff, Watch, wanted

log = structlog.get_logger(__name__)

_LOOK_EVERY = 2.0
_LEAVE_FOR = 6.0
"""Seconds for which a session that we do not reach is left to others; they look every two."""
_LEASE = 15_000
"""Milliseconds a session stays ours without renewal."""
_RENEW_AFTER = _LEASE // 3
"""Milliseconds after which a lease is renewed. That we lost one is found out sooner: nothing we report is kept."""
_MARGIN = 3_000
"""Milliseconds before its end from which a lease is renewed by itself alone: another may be about to take it."""


@dataclass(slots=True)
class Watcher:
    """One per daemon; `run` is its task. `make` builds the watch of a session. `gained` is told when meetings have
    become ours: their commands may go out here now."""

    engine: Engine
    owner: str
    make: Callable[[str, Lease], Watch]
    gained: Callable[[], None] = lambda: None
    ticked: float = 0.0
    _watches: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _leases: dict[str, tuple[Lease, Instant]] = field(default_factory=dict)
    _leased: frozenset[str] = frozenset()
    _denied: frozenset[str] = frozenset()
    _until: float = 0.0
    _left_to_others: dict[str, float] = field(default_factory=dict)
    _at_work: dict[str, Watch] = field(default_factory=dict)
    _poke: Poke = field(default_factory=Poke)

    def heard(self, applied: Applied) -> None:
        """A commit: start watching soon if the session has come to want it."""
        if wanted(applied.session) and applied.session.id not in self._watches:
            self._poke()

    def elsewhere(self, session_id: str) -> bool:
        """Whether another replica watches this session, or may by now, since our lease of it has run out.

        By monotonic time, which goes on while we hang: whoever wakes up finds out before it looks at the store.
        """
        return session_id in self._denied or (session_id in self._leased and time.monotonic() >= self._until)

    async def run(self) -> None:
        try:
            await self._run()
        finally:
            with suppress(StoreError):  # then they run out
                await self._drop(self._leased)

    async def _run(self) -> None:
        self._watches.clear()
        self._leases.clear()
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.ticked = asyncio.get_running_loop().time()
                sessions = await self.engine.store.read(_watched)
                self._count(sessions)
                looked = time.monotonic()
                self._left_to_others = {each: at for each, at in self._left_to_others.items() if at > looked}
                asked = [s.id for s in sessions if wanted(s) and s.id not in self._left_to_others]
                leases = await self._lease(asked)
                gained = not self._leased.issuperset(leases)
                self._leased, self._denied = frozenset(leases), frozenset(asked) - leases.keys()
                self._until = looked + (_LEASE - _RENEW_AFTER) / 1_000  # the oldest of them was not renewed now
                if gained:
                    self.gained()
                for session in sorted(sessions, key=_who_can_wait):
                    if session.id in leases and session.id not in self._watches:
                        self._watches[session.id] = tasks.create_task(self._guarded(session.id, leases[session.id]))
                for session_id in [ours for ours in self._watches if ours not in leases]:
                    self._let_go(session_id, sessions)
                await self._poke.wait(_LOOK_EVERY)

    async def _guarded(self, session_id: str, lease: Lease) -> None:
        """One bad session never takes the others down: its watch starts again, and meanwhile its light is dark."""
        try:
            self._at_work[session_id] = watch = self.make(session_id, lease)
            await watch.run()
        except Fenced:
            log.warning("watch_taken_over", session=session_id)
        except CutOff:
            log.warning("watch_handed_over", session=session_id)
            self._left_to_others[session_id] = time.monotonic() + _LEAVE_FOR
            await self._drop([session_id])
        except Exception as bad:
            log.error("watch_fault", session=session_id, error=type(bad).__name__)
            self.engine.metrics.fault()
            # The light is dark by itself; that nobody watches must also ring, which a watch that died cannot say.
            with suppress(Fenced):  # whoever watches it now says it
                await self.engine.submit(session_id, EyesLost(), under=lease)
            await asyncio.sleep(_LOOK_EVERY)
        finally:
            self._watches.pop(session_id, None)
            self._at_work.pop(session_id, None)

    def _let_go(self, session_id: str, sessions: list[Session]) -> None:
        """The lease is lost, or the session is over; a watch that follows a meeting to its end stops by itself."""
        if any(session.id == session_id and not wanted(session) for session in sessions):
            return
        self._watches[session_id].cancel()

    async def _lease(self, ids: list[str]) -> dict[str, Lease]:
        """The leases we have of these, renewed where that is due."""
        now = self.engine.clock.now()
        ours = {each: self._leases[each] for each in ids if each in self._leases}
        lasting = {each: held for each, held in ours.items() if 0 <= now - held[1] < _RENEW_AFTER}
        due = [each for each in ids if each not in lasting]
        not_run_out = [watching(each) for each in due if each in ours and 0 <= now - ours[each][1] < _LEASE - _MARGIN]

        def step(tx: Tx) -> dict[str, tuple[Lease, Instant]]:
            renewed = tx.renew(not_run_out, self.owner, now, _LEASE)
            given = {
                each: renewed.get(watching(each)) or tx.lease(watching(each), self.owner, now, _LEASE) for each in due
            }
            return {session_id: (lease, now) for session_id, lease in given.items() if lease is not None}

        self._leases = lasting | (await self.engine.store.write([], step) if due else {})
        return {session_id: lease for session_id, (lease, _) in self._leases.items()}

    async def _drop(self, sessions: Collection[str]) -> None:
        """Whoever stops leaves its sessions to another at once."""

        def step(tx: Tx) -> None:
            for session_id in sessions:
                tx.drop_lease(watching(session_id), self.owner)

        if sessions:
            await self.engine.store.write([], step)

    def _count(self, sessions: list[Session]) -> None:
        self.engine.metrics.sessions(Counter(str(session.phase) for session in sessions))
        self.engine.metrics.streams(sum(watch.streaming for watch in self._at_work.values()))
        self.engine.metrics.blind(
            sum(1 for session in sessions if session.phase in LIVE and session.blind_since is not None)
        )


def _who_can_wait(session: Session) -> tuple[bool, bool]:
    """After a start they are all begun together, and Pexip answers a few at a time: where a prisoner is, we look first,
    then wherever a meeting runs."""
    return session.phase is not Phase.PRIVATE, session.phase not in LIVE


def _watched(rx: Rx) -> list[Session]:
    return rx.sessions(SessionFilter(watched=True))
