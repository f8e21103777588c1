"""Carrying out one command: which call to Pexip it is, and what its failure means.

Live commands go by client API with our control token (fast, per node) and fall back to the Management Node where there
is no token or the token is dead. Every command is safe to carry out twice; the one that is not naturally so is the call
to the prison room, which is `calling`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from vmrd.calling import STATUS_LAG, RoomCaller
from vmrd.holding import Controls
from vmrd.lifecycle import commands as c
from vmrd.lifecycle.inputs import (
    AliasProbed,
    CommandDone,
    CommandFailed,
    CommandOutcome,
    Failure,
    VmrDeleted,
    VmrEnsured,
)
from vmrd.lifecycle.session import Session
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Busy, Gone, Malformed, NotOurs, NotYet, PexipError, Rejected, Unreachable
from vmrd.pexip.last_look import Withheld
from vmrd.pexip.management import Management
from vmrd.pexip.tokens import Token
from vmrd.pexip.vmr import VmrSpec
from vmrd.store.base import OutboxItem, Store

TAG = "vmrd:"
"""What the tag of every vmr of ours begins with."""


class KeepTrying(Exception):
    """A command the dispatcher keeps did not succeed; `after` is how many seconds to wait at least."""

    def __init__(self, after: float | None = None) -> None:
        super().__init__("not carried out yet")
        self.after = after


@dataclass(frozen=True, slots=True)
class Carrier:
    """Knows how to carry out every command but `Tell` and `Write`. `domain` is what follows the @ of our aliases."""

    store: Store
    client: Client
    management: Management
    controls: Controls
    domain: str
    location: str | None
    status_lag: float = STATUS_LAG

    async def carry(self, item: OutboxItem, session: Session) -> CommandOutcome:
        """Carry out the command once and say what became of it.

        Raises `KeepTrying` for a command that is kept until it succeeds (`commands.kept`), and `Withheld` for one that
        was not sent because it may be another's by now.
        """
        try:
            return await self._carry(item, session)
        except PexipError as failed:
            if isinstance(failed, Withheld) and not failed.expired:
                raise
            if c.kept(item.command):
                raise KeepTrying(failed.retry_after if isinstance(failed, Busy) else None) from None
            return CommandFailed(item.key, why(failed))

    async def _carry(self, item: OutboxItem, session: Session) -> CommandOutcome:
        token = self.controls.get(session.id)
        match item.command:
            case c.EnsureVmr():
                await self.management.ensure_vmr(await self._spec(session, item.command))
                return VmrEnsured(item.command.generation)
            case c.ProbeAlias(generation=generation, alias=alias):
                probe = await self.client.probe(self._address(alias))
                return AliasProbed(generation, probe.answering, probe.nodes, probe.unreached)
            case c.DeleteVmr(generation=generation, name=name):
                await self.management.delete_vmr(name)
                return VmrDeleted(generation)
            case c.EndInstance(name=name):
                await self.management.end(name)
            case c.WipeSecrets():
                await self.store.write([session.id], lambda tx: tx.wipe_secrets(session.id))
            case c.ReleaseControl():
                if token is not None:
                    await self.client.release(token)
            case c.StartConference():
                if token is None:
                    raise Unreachable(sent=False)
                await self.client.start(token)
            case c.SetLock(locked=locked):
                await _either(
                    token,
                    lambda held: self.client.set_lock(held, locked),
                    lambda: self.management.set_lock(session.vmr_name, locked),
                )
            case c.AdmitLeg(leg=leg):
                await _either(token, lambda held: self.client.admit(held, leg), lambda: self.management.admit(leg))
            case c.DisconnectLeg(leg=leg):
                await _either(
                    token, lambda held: self.client.disconnect(held, leg), lambda: self.management.disconnect(leg)
                )
            case c.EndConference():
                await _either(token, self.client.end, lambda: self._end(session.vmr_name))
            case c.EnsureEndpointInside(address=address):
                caller = RoomCaller(self.client, self.management, self.controls, self.location, self.status_lag)
                return await caller.ensure(session, self._address(session.alias), address)
            case c.Tell() | c.Write():
                raise AssertionError("callbacks and letters have carriers of their own")
            case _:
                assert_never(item.command)
        return CommandDone(item.key)

    async def _end(self, name: str) -> None:
        await self.management.end(name)

    async def _spec(self, session: Session, wanted: c.EnsureVmr) -> VmrSpec:
        pin = await self.store.read(lambda rx: rx.secret(session.id, f"host-pin-{wanted.generation}"))
        if pin is None:
            raise Rejected("no-pin")
        address = self._address(wanted.alias)
        return spec_of(session.id, wanted.name, address, pin.decode(), guests_present=wanted.guests_present)

    def _address(self, alias: str) -> str:
        return f"{alias}@{self.domain}"


def spec_of(session_id: str, name: str, address: str, pin: str, *, guests_present: bool = True) -> VmrSpec:
    """The vmr of a session, as it is made and as policy describes it."""
    return VmrSpec(
        name=name,
        aliases=(address,),
        tag=f"{TAG}{session_id}",
        host_pin=pin,
        description="Prison video link, made by vmrd",
        guests_can_present=guests_present,
    )


async def _either(
    token: Token | None, fast: Callable[[Token], Awaitable[None]], slow: Callable[[], Awaitable[None]]
) -> None:
    """By our control token; by the Management Node where there is none, or its node does not take it."""
    if token is not None:
        try:
            return await fast(token)
        except (BadToken, Busy, Unreachable):
            pass
    return await slow()


def why(failed: PexipError) -> Failure:
    """What a failure means to the core."""
    match failed:
        case Withheld():
            return Failure.EXPIRED
        case Gone():
            return Failure.GONE
        case Rejected() | NotOurs():
            return Failure.REFUSED
        case Unreachable(sent=True) | Malformed():
            return Failure.UNCERTAIN
        case Unreachable() | Busy() | BadToken() | NotYet():
            return Failure.UNREACHABLE
        case _:
            return Failure.UNCERTAIN
