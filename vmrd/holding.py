"""One session's control token: taken or refreshed, kept encrypted for the next start, renewed in time, forgotten.

| what happens                              | then                                                                 |
|-------------------------------------------|----------------------------------------------------------------------|
| a token is stored                         | it is refreshed: our leg in the meeting stays the same               |
| that one is dead, the conference runs on  | another token under a new tag; our ghost carries an old tag          |
| that one is dead, no conference runs      | told as gone: interrupted                                            |
| we take over from one that hangs          | another token; its own is released first, so that Pexip refuses what |
|                                           | it may still send when it wakes up                                   |
| the daemon stops                          | the token is kept                                                    |

A token's tag is committed before the token is asked for.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from vmrd import kept_token, minting
from vmrd.engine import Engine
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Role
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, PexipError
from vmrd.pexip.management import Management
from vmrd.pexip.tokens import Token
from vmrd.store.base import Lease, Tx

log = structlog.get_logger(__name__)

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


@dataclass(slots=True)
class Holding:
    """Of one watch, under its lease. Methods raise the errors of `pexip.errors`, and `Fenced`."""

    session_id: str
    lease: Lease
    engine: Engine
    client: Client
    management: Management
    controls: Controls
    domain: str
    token: Token | None = None
    _name: str = ""
    _tag: str | None = None
    _controlled: bool = False

    async def take(self, session: Session) -> Token:
        """Our token: the stored one refreshed, or another taken under a tag that was committed first."""
        self._name = f"control-{session.generation}"
        stored = await self.engine.store.read(lambda rx: rx.secret(self.session_id, self._name))
        former = kept_token.loads_former(stored) if self.lease.taken_over and not self._controlled else None
        if stored is not None and former is None:
            try:
                return await self._hold(await self.client.refresh(kept_token.loads(stored)))
            except BadToken:
                await self.died(session)
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

    async def keep(self) -> None:
        """Refresh at a third of the token's life, as Pexip's own client does; a lost answer is tried again."""
        while self.token is not None:
            await asyncio.sleep(self.token.expires_s / 3)
            await self.refresh()

    async def refresh(self) -> None:
        """Renew it now. Raises BadToken, and what went wrong where it went on for too long."""
        token = self.token
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

    async def forget(self) -> None:
        """It is of no more use."""
        self.token = None
        self.controls.tokens.pop(self.session_id, None)
        await self._keep(b"")

    async def died(self, session: Session) -> None:
        """Pexip says that it is dead: the conference may be over, or have thrown us out."""
        await self.forget()
        if session.meeting is not None and await self.management.live(session.vmr_name) is None:
            await self._submit(i.ConferenceGone(i.Order(session.seen[0] + 1, 0), "token-expired"))

    async def _hold(self, token: Token) -> Token:
        """Keep the token for a restart, encrypted, and let the dispatcher steer with it."""
        await self._keep(kept_token.dumps(token))
        self.token, self._controlled = token, True
        self.controls.tokens[self.session_id] = token
        return token

    async def _keep(self, value: bytes) -> None:
        def step(tx: Tx) -> None:
            tx.require(self.lease)
            tx.put_secret(self.session_id, self._name, value)

        await self.engine.store.write([self.session_id], step)

    async def _submit(self, given: i.Input) -> None:
        await self.engine.submit(self.session_id, given, under=self.lease)
