"""The watcher: one `Watch` per session that wants one, leased, each failing alone.

A lease per session keeps two daemons from holding two control legs in one conference. Leases are renewed together in
one write; a session whose lease is lost is let go at once. What a watch saw is kept only while its lease is its own: a
daemon that slept through it, and wakes up, is refused with each thing it reports (`Fenced`), and stops. One that does
not reach Pexip drops the lease, and leaves that session to others for a while.

A daemon takes no more meetings than it can look at (`limit`), or it would see all of them too late: the most urgent
(`urgency`). The rest is left without a lease, for replicas to take; what none of them takes is told (`unwatched`).
Replicas that start together share what there is because each takes some at each look.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from vmrd.engine import Applied, Engine
from vmrd.lifecycle.facts import PhaseChanged
from vmrd.lifecycle.inputs import EyesLost, Input
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, Instant
from vmrd.poke import Poke
from vmrd.store.base import Fenced, Lease, Rx, SessionFilter, StoreError, Tx
from vmrd.store.leases import watching
from vmrd.timekeeping import doubted
from vmrd.unwatched import UnwatchedMeetings
from vmrd.urgency import most_urgent
from vmrd.watch import CutOff, Watch, wanted

log = structlog.get_logger(__name__)

_LOOK_EVERY = 2.0
_LEAVE_FOR = 6.0
"""Seconds for which a session that we do not reach is left to others; they look every two."""
_TAKEN_AT_ONCE = 500
"""Meetings that are taken at one look: more than can be begun before the next."""
_LEASE = 15_000
"""Milliseconds a session stays ours without renewal."""
_RENEW_AFTER = _LEASE // 3
"""Milliseconds after which a lease is renewed. That we lost one is found out sooner: nothing we report is kept."""
_MARGIN = 3_000
"""Milliseconds before its end from which a lease is renewed by itself alone: another may be about to take it."""


@dataclass(slots=True)
class Watcher:
    """One per daemon; `run` is its task. `make` builds the watch of a session; `limit`: so many meetings at most.

    `gained` is told when meetings have become ours: their commands may go out here now. `unwatched`: how many meetings
    nobody looks at, because they are beyond what can be.
    """

    engine: Engine
    owner: str
    make: Callable[[str, Lease], Watch]
    limit: int = 5_000
    gained: Callable[[], None] = lambda: None
    unwatched: int = 0
    ticked: float = 0.0
    _watches: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _leases: dict[str, tuple[Lease, Instant]] = field(default_factory=dict)
    _leased: frozenset[str] = frozenset()
    _denied: frozenset[str] = frozenset()
    _until: float = 0.0
    _left_to_others: dict[str, float] = field(default_factory=dict)
    _at_work: dict[str, Watch] = field(default_factory=dict)
    _known: frozenset[str] = frozenset()
    _giving_up: frozenset[str] = frozenset()
    _unwatched_meetings: UnwatchedMeetings = field(init=False)
    _poke: Poke = field(default_factory=Poke)

    def __post_init__(self) -> None:
        self._unwatched_meetings = UnwatchedMeetings(self.engine)

    def heard(self, applied: Applied) -> None:
        """A commit: look soon if the session has come to want a watch, or to want one more than before."""
        session = applied.session
        if session.id in self._watches or not wanted(session):
            return
        if session.id not in self._known or any(isinstance(fact, PhaseChanged) for fact in applied.facts):
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
                await self._drop(self._leased | self._giving_up)

    async def _run(self) -> None:
        self._watches.clear()
        self._leases.clear()
        telling: asyncio.Task[None] | None = None
        async with asyncio.TaskGroup() as tasks:
            while True:
                self.ticked = asyncio.get_running_loop().time()
                sessions, elsewhere = await self.engine.store.read(self._look)
                looked = time.monotonic()
                self._left_to_others = {each: at for each, at in self._left_to_others.items() if at > looked}
                ours = [s for s in sessions if wanted(s) and s.id not in elsewhere and s.id not in self._left_to_others]
                urgent = most_urgent(ours, self._leased, self.limit)
                asked = self._now(urgent)
                leases = await self._lease(asked)
                passed_over = {session.id for session in ours} - set(asked)
                gained = not self._leased.issuperset(leases)
                self._giving_up = (self._giving_up | self._leased) & passed_over
                self._leased, self._denied = frozenset(leases), elsewhere | (frozenset(asked) - leases.keys())
                self._known = elsewhere | {session.id for session in ours}
                self._until = looked + (_LEASE - _RENEW_AFTER) / 1_000  # the oldest of them was not renewed now
                if gained:
                    self.gained()
                for session in urgent:
                    if session.id in leases and session.id not in self._watches:
                        self._watches[session.id] = tasks.create_task(self._guarded(session.id, leases[session.id]))
                ending = {session.id for session in sessions if not wanted(session)}  # each is followed to its end
                for session_id in self._watches.keys() - leases.keys() - ending:
                    self._watches[session_id].cancel()
                await self._give_up()
                news = self._unwatched(ours, urgent, passed_over)
                if news and (telling is None or telling.done()):
                    telling = tasks.create_task(self._unwatched_meetings.tell(news))
                self._count(sessions)
                await self._poke.wait(_LOOK_EVERY)

    def _look(self, rx: Rx) -> tuple[list[Session], frozenset[str]]:
        """What wants to be watched, and what of it others watch."""
        return rx.sessions(SessionFilter(watched=True)), rx.watched_elsewhere(self.owner, self._judged())

    def _judged(self) -> Instant:
        """By when others' leases are judged: not by our time while they may be behind it."""
        return self.engine.clock.now() - max(doubted(self.engine.clock), 0)

    def _now(self, urgent: Sequence[Session]) -> list[str]:
        """Those that are ours, and as many more as are taken at one look."""
        more = [session.id for session in urgent if session.id not in self._leased][:_TAKEN_AT_ONCE]
        return [session.id for session in urgent if session.id in self._leased] + more

    async def _give_up(self) -> None:
        """A meeting whose watch has made room is another's to take, once that watch has come to its end."""
        ended = self._giving_up - self._watches.keys()
        self._giving_up -= ended
        await self._drop(ended)

    def _unwatched(
        self, ours: Sequence[Session], urgent: Sequence[Session], passed_over: Collection[str]
    ) -> list[tuple[str, Input]]:
        within = {session.id for session in urgent}
        over = [session for session in ours if session.id not in within]
        if bool(over) != bool(self.unwatched):
            log.warning("meetings_unwatched", count=len(over), limit=self.limit)
        self.unwatched = len(over)
        return self._unwatched_meetings.due(over, [session for session in urgent if session.id in passed_over])

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
            if session_id in self._giving_up:
                self._poke()

    async def _lease(self, ids: list[str]) -> dict[str, Lease]:
        """The leases we have of these, renewed where that is due.

        While others may be behind us, theirs last as much longer; while they may be ahead, ours do (`timekeeping`).
        """
        now, judged = self.engine.clock.now(), self._judged()
        lasts = _LEASE + max(-doubted(self.engine.clock), 0)
        ours = {each: self._leases[each] for each in ids if each in self._leases}
        lasting = {each: held for each, held in ours.items() if 0 <= now - held[1] < _RENEW_AFTER}
        due = [each for each in ids if each not in lasting]
        not_run_out = [watching(each) for each in due if each in ours and 0 <= now - ours[each][1] < _LEASE - _MARGIN]

        def step(tx: Tx) -> dict[str, tuple[Lease, Instant]]:
            renewed = tx.renew(not_run_out, self.owner, now, lasts)
            given = {
                each: renewed.get(watching(each)) or tx.lease(watching(each), self.owner, judged, now - judged + lasts)
                for each in due
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
        self.engine.metrics.unwatched(self.unwatched)
        self.engine.metrics.streams(sum(watch.streaming for watch in self._at_work.values()))
        self.engine.metrics.blind(
            sum(1 for session in sessions if session.phase in LIVE and session.blind_since is not None)
        )
