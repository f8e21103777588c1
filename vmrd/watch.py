"""One session's watch: follow the event stream, prove every few seconds that we can see.

    token (`holding`) ──► event stream ──► observations in order ──► engine
                     └──► a read every few seconds ──► fresh eyes; an observation only where it says something new

| happens                                    | then                                                                |
|--------------------------------------------|---------------------------------------------------------------------|
| our token is dead                          | what `holding` says                                                 |
| the stream breaks                          | dark at once; connect again, begin with the whole roster            |
| our token is dead, the conference runs on  | another token under a new tag; our ghost carries an old tag          |
| our token is dead, no conference runs      | told as gone: interrupted                                           |
| the stream says the conference ended       | told as gone                                                        |
| no read succeeds for `eyes_fresh_for`      | told as blind                                                       |
| nothing comes from Pexip for 8 s, and      | handed over: another may have a way there (`watcher`)               |
| there may be other replicas                |                                                                     |
| the session is ending                      | no token is taken any more: asking would bring a conference to life |
| another daemon took our lease over         | nothing we report is kept any more; `Fenced` ends the watch         |

An event is numbered when it arrives; a read carries the number that was current when it began, so the core can tell a
read that is older than what the stream has shown since.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import assert_never

import structlog

from vmrd import cancelled
from vmrd.arrivals import Arrivals
from vmrd.engine import Answer, Applied, Engine
from vmrd.eyes import Eyes
from vmrd.holding import Controls, Holding
from vmrd.known import Known
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Control, Phase
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Malformed, PexipError
from vmrd.pexip.management import Management
from vmrd.pexip.reading import Reading
from vmrd.pexip.sse import Disconnected, LegChanged, LegDeleted, RefreshNow, StateChanged, Synced
from vmrd.pexip.tokens import Token
from vmrd.store.base import Fenced, Lease

log = structlog.get_logger(__name__)

READ_EVERY = 3.0
"""Seconds between reads of a running conference."""
_READ_AT_MOST = 3
"""Times a read is begun. One during which something came may be older than that, and would show a room that has just
been locked as unlocked once more, so another is begun; where something comes all the time, the last one counts."""
_ENDED = frozenset({"host-ended", "nobody-left", "hosts-left", "alone-too-long"})
"""Reasons that say the conference itself is over, rather than that our own leg was put out."""
_BACKOFF = (0.2, 0.5, 1.0, 2.0, 4.0)
_CUT_OFF = 8.0
"""Seconds without sight after which another replica is given the meeting; before it counts as blind."""


class CutOff(Exception):
    """We do not reach Pexip, and another replica may."""


class _Over(Exception):
    """The conference is over, or the session no longer wants to be watched."""


def wanted(session: Session) -> bool:
    """Whether a control token should be held for the session."""
    if session.control is not Control.FULL or not session.control_wanted:
        return False
    return session.phase not in OVER and session.phase is not Phase.ENDING and session.vmr_created_at is not None


@dataclass(slots=True)
class Watch:
    """`run` watches until the session no longer wants it; failures of Pexip are waited out. Raises `CutOff` where they
    last and it is `replicated`, and `Fenced`."""

    session_id: str
    lease: Lease
    engine: Engine
    client: Client
    management: Management
    controls: Controls
    eyes: Eyes
    known: Known
    domain: str
    replicated: bool = False
    _holding: Holding = field(init=False)
    _arrivals: Arrivals | None = None
    _reads: tuple[Token, Reading] | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _seen_at: float = field(default_factory=time.monotonic)
    _blind: bool = True

    def __post_init__(self) -> None:
        self._holding = Holding(
            *(self.session_id, self.lease, self.engine, self.client, self.management, self.controls, self.domain)
        )

    @property
    def streaming(self) -> bool:
        """Whether the event stream is there at this moment."""
        return self._arrivals is not None

    async def run(self) -> None:
        """Follow the conference until the session is over."""
        self.eyes.attach(self.session_id, self.read_now)
        tries, fenced, cut_off = 0, False, False
        try:
            while (session := await self._session()) is not None and wanted(session):
                began = time.monotonic()
                try:
                    await self._follow(session)
                except* _Over:
                    pass
                except* PexipError as failed:
                    self.engine.metrics.event_gap("stream")
                    log.info("watch_lost", session=self.session_id, error=type(failed.exceptions[0]).__name__)
                except* Fenced:
                    fenced = True
                except* CutOff:
                    cut_off = True
                cancelled.heed()
                if fenced:
                    raise Fenced("the meeting is watched by another daemon")
                self.eyes.lost(self.session_id)
                tries = 0 if time.monotonic() - began > READ_EVERY else tries + 1
                await self._tell_if_blind()
                if cut_off or self._is_cut_off():
                    raise CutOff
                await asyncio.sleep(_BACKOFF[min(tries, len(_BACKOFF) - 1)])
        finally:
            self.eyes.detach(self.session_id)
            self.known.forget(self.session_id)
            self.controls.tokens.pop(self.session_id, None)

    async def read_now(self) -> bool:
        """One read of the running conference, committed; False when it could not be had.

        One at a time: two reads begun at the same place in the stream could not be told apart, and the older one,
        answered last, would show for a moment what no longer is.
        """
        async with self._reading:
            return await self._read()

    async def _read(self) -> bool:
        arrivals = self._arrivals
        if arrivals is None or self._holding.token is None:
            return False
        reading = self._reading_with(self._holding.token)
        for _ in range(_READ_AT_MOST):
            begun, order = time.monotonic(), arrivals.order()
            try:
                roster = await reading.now()
            except PexipError as failed:
                if isinstance(failed, Malformed):
                    self.engine.metrics.malformed(failed.what)
                return False
            if arrivals.order() == order:
                break
        read = i.RosterSeen(order, i.Source.READ, roster.sightings, roster.locked, roster.started, roster.recording)
        known = arrivals.quiet(order) and self.known.shows(self.session_id, read)
        if not known and not await arrivals.read(read):
            return False
        self._seen_at = begun
        self.eyes.saw(self.session_id, begun)
        if self._blind:
            self._blind = False
            await self._submit(i.EyesBack())
        return True

    def _reading_with(self, token: Token) -> Reading:
        if self._reads is None or self._reads[0] is not token:
            self._reads = token, self.client.reading(token)
        return self._reads[1]

    async def _follow(self, session: Session) -> None:
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as connected:
            try:
                async with self.controls.begin:
                    token = await self._holding.take(session)
                    events = await connected.enter_async_context(self.client.events(token))
                self.known.begin(self.session_id)
                self._arrivals = arrivals = Arrivals(session.seen[0] + 1)
                beside = [tasks.create_task(arrivals.receive(events))]
                beside += [tasks.create_task(self._holding.keep()), tasks.create_task(self._keep_reading())]
                try:
                    await self._pump(arrivals)
                finally:
                    arrivals.close()
                    for task in beside:
                        task.cancel()
                    await asyncio.gather(*beside, return_exceptions=True)  # the stream is not closed under its reader
            except BadToken:
                await self._holding.died(await self._must())
            finally:
                self._arrivals = None

    async def _pump(self, arrivals: Arrivals) -> None:
        async for arrived in arrivals.in_order():
            order = arrived.order
            match arrived.told:
                case i.RosterSeen() as read:
                    answer = await self._submit(read)
                    self.known.decided(read, answer)
                case Synced(roster=r):
                    answer = await self._submit(
                        i.RosterSeen(order, i.Source.STREAM, r.sightings, r.locked, r.started, r.recording)
                    )
                case LegChanged(sighting=sighting):
                    answer = await self._submit(i.LegSeen(order, i.Source.STREAM, sighting))
                case LegDeleted(leg=leg):
                    answer = await self._submit(i.LegGone(order, i.Source.STREAM, leg))
                case StateChanged(locked=locked, started=started, recording=recording):
                    answer = await self._submit(i.ConferenceSeen(order, i.Source.STREAM, locked, started, recording))
                case RefreshNow():
                    await self._holding.refresh()
                    continue
                case Disconnected(reason=reason):
                    await self._put_out(order, reason)
                    return
                case never:
                    assert_never(never)
            if arrived.taken is None:
                self.engine.metrics.event_taken("stream", time.monotonic() - arrived.at)
            if isinstance(answer, Applied) and answer.session.phase in OVER:
                raise _Over

    async def _put_out(self, order: i.Order, reason: str) -> None:
        """Our leg was put out: the conference is over, or somebody removed us from one that runs on."""
        await self._holding.forget()
        if reason in _ENDED or await self.management.live((await self._must()).vmr_name) is None:
            await self._submit(i.ConferenceGone(order, reason))

    async def _keep_reading(self) -> None:
        while True:
            if not await self.read_now():
                await self._tell_if_blind()
                if self._is_cut_off():  # a stream that is swallowed may stay silent for longer than that
                    raise CutOff
            await asyncio.sleep(READ_EVERY)

    def _is_cut_off(self) -> bool:
        return self.replicated and time.monotonic() - self._seen_at > _CUT_OFF

    async def _tell_if_blind(self) -> None:
        session = await self._session()
        if session is None or session.phase not in LIVE:
            return
        fresh_for = self.engine.rules(session.establishment).eyes_fresh_for / 1_000
        if time.monotonic() - self._seen_at > fresh_for:
            self._blind = True
            await self._submit(i.EyesLost())

    async def _submit(self, given: i.Input) -> Answer:
        return await self.engine.submit(self.session_id, given, under=self.lease)

    async def _session(self) -> Session | None:
        return await self.engine.store.read(lambda rx: rx.session(self.session_id))

    async def _must(self) -> Session:
        session = await self._session()
        if session is None:
            raise _Over
        return session
