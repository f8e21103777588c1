"""One session's watch: hold a control token, follow the event stream, prove every few seconds that we can see.

    token (refreshed, or taken anew) ──► event stream ──► observations in order ──► engine
                                    └──► a read every few seconds ──► observation + fresh eyes

| happens                                    | then                                                                |
|--------------------------------------------|---------------------------------------------------------------------|
| the stream breaks                          | dark at once; connect again, begin with the whole roster            |
| our token is dead, the conference runs on  | another token under a new tag; our ghost carries an old tag          |
| our token is dead, no conference runs      | told as gone: interrupted                                           |
| the stream says the conference ended       | told as gone                                                        |
| no read succeeds for `eyes_fresh_for`      | told as blind                                                       |
| nothing comes from Pexip for 8 s, and      | handed over: another may have a way there (`watcher`)               |
| there may be other replicas                |                                                                     |
| the session is ending                      | no token is taken any more: asking would bring a conference to life |
| the daemon stops                           | the token is kept: the next start refreshes it                      |
| we take over from one that hangs           | another token; its own is released first, so that Pexip refuses     |
|                                            | what it may still send when it wakes up                             |
| another daemon took our lease over         | nothing we report is kept any more; `Fenced` ends the watch         |

An event is numbered when it arrives; a read carries the number that was current when it began, so the core can tell a
read that is older than what the stream has shown since.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import assert_never

import structlog

from vmrd import kept_token, minting
from vmrd.arrivals import Arrivals
from vmrd.engine import Answer, Applied, Engine
from vmrd.eyes import Eyes
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import LIVE, OVER, Control, Phase, Role
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Malformed, PexipError
from vmrd.pexip.management import Management
from vmrd.pexip.sse import Disconnected, LegChanged, LegDeleted, RefreshNow, StateChanged, Synced
from vmrd.pexip.tokens import Token
from vmrd.store.base import Fenced, Lease, Tx

log = structlog.get_logger(__name__)

READ_EVERY = 3.0
"""Seconds between reads of a running conference."""
_ENDED = frozenset({"host-ended", "nobody-left", "hosts-left", "alone-too-long"})
"""Reasons that say the conference itself is over, rather than that our own leg was put out."""
_BACKOFF = (0.2, 0.5, 1.0, 2.0, 4.0)


_CUT_OFF = 8.0
"""Seconds without sight after which another replica is given the meeting; before it counts as blind."""


class CutOff(Exception):
    """We do not reach Pexip, and another replica may."""


class _Over(Exception):
    """The conference is over, or the session no longer wants to be watched."""


_BEGUN_AT_ONCE = 32
"""Watches that may take their token and connect side by side. After a start there are thousands: begun all together,
each would wait for the others beyond its own time limit, and begin again."""


@dataclass(slots=True)
class Controls:
    """The control tokens in use, by session: what the dispatcher steers with. `begin`: held while a watch connects."""

    tokens: dict[str, Token] = field(default_factory=dict)
    begin: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_BEGUN_AT_ONCE))

    def get(self, session_id: str) -> Token | None:
        return self.tokens.get(session_id)


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
    domain: str
    replicated: bool = False
    _arrivals: Arrivals | None = None
    _token: Token | None = None
    _tag: str | None = None
    _controlled: bool = False
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _seen_at: float = field(default_factory=time.monotonic)
    _blind: bool = True

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
            self.controls.tokens.pop(self.session_id, None)

    async def read_now(self) -> bool:
        """One read of the running conference, committed; False when it could not be had.

        One at a time: two reads begun at the same place in the stream could not be told apart, and the older one,
        answered last, would show for a moment what no longer is.
        """
        async with self._reading:
            return await self._read()

    async def _read(self) -> bool:
        token, arrivals = self._token, self._arrivals
        if token is None or arrivals is None:
            return False
        begun, order = time.monotonic(), arrivals.order()
        try:
            roster = await self.client.read(token)
        except PexipError as failed:
            if isinstance(failed, Malformed):
                self.engine.metrics.malformed(failed.what)
            return False
        if not await arrivals.read(
            i.RosterSeen(order, i.Source.READ, roster.sightings, roster.locked, roster.started, roster.recording)
        ):
            return False
        self._seen_at = begun
        self.eyes.saw(self.session_id, begun)
        if self._blind:
            self._blind = False
            await self._submit(i.EyesBack())
        return True

    async def _follow(self, session: Session) -> None:
        async with asyncio.TaskGroup() as tasks, AsyncExitStack() as connected:
            try:
                async with self.controls.begin:
                    self._token = await self._control(session)
                    events = await connected.enter_async_context(self.client.events(self._token))
                self._arrivals = arrivals = Arrivals(session.seen[0] + 1)
                beside = [tasks.create_task(arrivals.receive(events))]
                beside += [tasks.create_task(self._keep_token()), tasks.create_task(self._keep_reading())]
                try:
                    await self._pump(arrivals)
                finally:
                    arrivals.close()
                    for task in beside:
                        task.cancel()
                    await asyncio.gather(*beside, return_exceptions=True)  # the stream is not closed under its reader
            except BadToken:
                await self._token_died()
            finally:
                self._arrivals = None

    async def _pump(self, arrivals: Arrivals) -> None:
        async for arrived in arrivals.in_order():
            order = arrived.order
            match arrived.told:
                case i.RosterSeen() as read:
                    answer = await self._submit(read)
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
                    await self._refresh()
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
        await self._forget_token()
        if reason in _ENDED or await self.management.live((await self._must()).vmr_name) is None:
            await self._submit(i.ConferenceGone(order, reason))

    async def _token_died(self) -> None:
        await self._forget_token()
        session = await self._must()
        if session.meeting is not None and await self.management.live(session.vmr_name) is None:
            await self._submit(i.ConferenceGone(i.Order(session.seen[0] + 1, 0), "token-expired"))

    async def _control(self, session: Session) -> Token:
        """Our token: the stored one refreshed, or another taken under a tag that was committed first."""
        name = f"control-{session.generation}"
        stored = await self.engine.store.read(lambda rx: rx.secret(self.session_id, name))
        former = kept_token.loads_former(stored) if self.lease.taken_over and not self._controlled else None
        if stored is not None and former is None:
            try:
                return await self._hold(await self.client.refresh(kept_token.loads(stored)))
            except BadToken:
                await self._forget_token()
                if session.meeting is not None and await self.management.live(session.vmr_name) is None:
                    await self._submit(i.ConferenceGone(i.Order(session.seen[0] + 1, 0), "token-expired"))
        pin = await self.engine.store.read(lambda rx: rx.secret(self.session_id, f"host-pin-{session.generation}"))
        if pin is None:
            raise BadToken
        # A tag that was committed and not yet used serves again, or an hour without Pexip would leave hundreds.
        self._tag = self._tag or minting.tag()
        await self._submit(i.ControlTagged(self._tag))
        token = await self.client.take(f"{session.alias}@{self.domain}", pin.decode(), self._tag)
        self._tag = None
        await self._submit(i.ControlTaken(token.leg))
        if former is not None:
            with suppress(PexipError):  # then it is as dead as its node
                await self.client.release(former)
        return await self._hold(token)

    async def _hold(self, token: Token) -> Token:
        """Keep the token for a restart, encrypted, and let the dispatcher steer with it."""
        session = await self._must()
        name, value = f"control-{session.generation}", kept_token.dumps(token)
        await self._keep(name, value)
        self._token, self._controlled = token, True
        self.controls.tokens[self.session_id] = token
        return token

    async def _forget_token(self) -> None:
        self._token = None
        self.controls.tokens.pop(self.session_id, None)
        session = await self._must()
        await self._keep(f"control-{session.generation}", b"")

    async def _keep(self, name: str, value: bytes) -> None:
        def step(tx: Tx) -> None:
            tx.require(self.lease)
            tx.put_secret(self.session_id, name, value)

        await self.engine.store.write([self.session_id], step)

    async def _keep_token(self) -> None:
        """Refresh at a third of the token's life, as Pexip's own client does; a lost answer is tried again."""
        while True:
            token = self._token
            if token is None:
                return
            await asyncio.sleep(token.expires_s / 3)
            await self._refresh()

    async def _refresh(self) -> None:
        token = self._token
        if token is None:
            return
        dies_at = time.monotonic() + token.expires_s * 2 / 3
        while True:
            try:
                renewed = await self.client.refresh(token)
            except BadToken:
                raise
            except PexipError:
                if time.monotonic() > dies_at:
                    raise
                await asyncio.sleep(1.0)
            else:
                if renewed.role is not Role.HOST:
                    log.warning("control_not_host", session=self.session_id)
                await self._hold(renewed)
                return

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
