"""Calling the prison room: never two legs of its endpoint, and never none.

A call is not repeatable: each is another leg. So whoever calls looks first whether one of ours is there, and after an
answer that was lost looks again before anything else is tried, whichever way the lost one went.

| by                       | looking                               | calling                                          |
|--------------------------|---------------------------------------|--------------------------------------------------|
| our control token's node | shows a call it placed at once        | Pexip's routing rules choose the way out         |
| the Management Node      | shows it after the status lag         | the same, or out of the `location` that is set   |

The node goes first. The Management Node answers the whole platform, and half of its limit is ours: at two requests a
room it opens 250 a minute, and nine o'clock is more than that. It is asked where no token is held, where the node says
that it did nothing (dialling out is off, the token is dead, it is busy or away), and for the call itself where a
`location` is set, because a client cannot name one.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from vmrd.holding import Controls
from vmrd.lifecycle.inputs import RoomCalled, Sighting
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Role, Where
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Busy, Gone, Malformed, NotYet, PexipError, Rejected, Unreachable
from vmrd.pexip.last_look import Withheld
from vmrd.pexip.management import Management

STATUS_LAG = 5.0
"""Seconds by which Pexip's status may lag behind what was done (facts 1.4)."""


@dataclass(frozen=True, slots=True)
class RoomCaller:
    """Has the endpoint of a room called into its meeting. `location`: the one that is to call, where one is set."""

    client: Client
    management: Management
    controls: Controls
    location: str | None
    status_lag: float

    async def ensure(self, session: Session, alias: str, address: str) -> RoomCalled:
        """Call `address` in at `alias` unless a call of ours is there already; drop extra ones.

        Raises what the Management Node answered; `Unreachable` also where an answer was lost and no call shows even
        later. Whoever asks again looks first.
        """
        found = await self._calls_of(session, address)
        if not found:
            leg = await self._place(session, alias, address)
            if leg is not None:
                return RoomCalled(leg)
            found = await self._look_again(session, address)
        if not found:
            raise Unreachable(sent=False)
        first, *extra = sorted(found, key=lambda leg: leg.where is not Where.INSIDE)
        for each in extra:
            await self._drop(session, each.leg)
        return RoomCalled(first.leg)

    async def _place(self, session: Session, alias: str, address: str) -> str | None:
        """Call; the leg, or None where the answer was lost and the room may ring."""
        try:
            return await self._place_by_node(session, address) or await self.management.dial(
                alias, address, location=self.location, display_name=session.room
            )
        except Malformed:
            return None
        except Unreachable as lost:
            if not lost.sent:
                raise
            return None

    async def _place_by_node(self, session: Session, address: str) -> str | None:
        """The leg; None where no node calls for us, and surely did not. Raises where nobody knows."""
        token = self.controls.get(session.id)
        if token is None or self.location is not None:
            return None
        try:
            return await self.client.dial(token, address, display_name=session.room)
        except Unreachable as lost:
            if lost.sent:
                raise
        except (BadToken, Busy, Gone, NotYet, Rejected):
            pass
        return None

    async def _look_again(self, session: Session, address: str) -> list[Sighting]:
        """After a lost answer. A node shows its own call at once; what does not show may still be under way."""
        if found := await self._seen_by_node(session, address):
            return found
        await asyncio.sleep(self.status_lag)
        return await self._calls_of(session, address)

    async def _calls_of(self, session: Session, address: str) -> list[Sighting]:
        found = await self._seen_by_node(session, address)
        if found is None:
            found = _calls_to(address, await self.management.legs(session.vmr_name))
        return found

    async def _seen_by_node(self, session: Session, address: str) -> list[Sighting] | None:
        """Calls of ours, by our token; None where that cannot tell."""
        token = self.controls.get(session.id)
        if token is None:
            return None
        try:
            return _calls_to(address, await self.client.legs(token))
        except Withheld:
            raise
        except PexipError:
            return None

    async def _drop(self, session: Session, leg: str) -> None:
        """Disconnect one leg; one that has left by itself is as good as dropped."""
        token = self.controls.get(session.id)
        with suppress(Gone):
            if token is not None:
                try:
                    await self.client.disconnect(token, leg)
                except (BadToken, Busy, Unreachable):
                    pass
                else:
                    return
            await self.management.disconnect(leg)


def _calls_to(address: str, legs: tuple[Sighting, ...]) -> list[Sighting]:
    plain = _plain(address)
    return [leg for leg in legs if leg.dialled_out and leg.role is Role.HOST and _plain(leg.address) == plain]


def _plain(address: str) -> str:
    return address.lower().removeprefix("sip:").removeprefix("sips:").removeprefix("h323:").split(";")[0]
