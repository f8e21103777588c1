"""The dispatcher's carrier in shadow: every command is noted, and none carried out.

The core is answered with what lets it go on watching: the other system's vmr stands and answers, so ours counts as
made; after the end its link counts as dead. All other effects are left for the world to show: the core believes Pexip
and not its own commands, so it goes on wanting a phone out until an officer has put it out, which is what is to be
noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vmrd.clock import Clock
from vmrd.lifecycle import commands as c
from vmrd.lifecycle.inputs import AliasProbed, CommandDone, CommandOutcome, VmrDeleted, VmrEnsured
from vmrd.lifecycle.session import Session
from vmrd.pexip.watch_only import Tally
from vmrd.poster import Reply
from vmrd.shadow.record import Record
from vmrd.store.base import OutboxItem, Store


@dataclass(frozen=True, slots=True)
class RecordingCarrier:
    """Carries out nothing but the wiping of our own secrets."""

    store: Store
    clock: Clock
    record: Record

    async def carry(self, item: OutboxItem, session: Session) -> CommandOutcome:
        """Note the command, and say what the watched world is taken to have answered."""
        match item.command:
            case c.WipeSecrets():
                await self.store.write([session.id], lambda tx: tx.wipe_secrets(session.id))
                return CommandDone(item.key)
            case c.EnsureVmr(generation=generation):
                outcome: CommandOutcome = VmrEnsured(generation)
            case c.ProbeAlias(generation=generation):
                outcome = AliasProbed(generation, 1 if session.vmr_deleted_at is None else 0, 1)
            case c.DeleteVmr(generation=generation):
                outcome = VmrDeleted(generation)
            case _:
                outcome = CommandDone(item.key)
        if not _echoes(item.command, session):
            self.record.want(session.id, item.key, wanted_as(item.command), self.clock.now())
        return outcome


def _echoes(command: c.Command, session: Session) -> bool:
    """Whether it only repeats what officers were seen to have done: lock it for the first time, or end it."""
    match command:
        case c.SetLock(locked=locked):
            return not locked or session.lock.drifted is None
        case c.EndConference() | c.DisconnectLeg():
            return session.meeting is None
        case _:
            return False


def wanted_as(command: c.Command) -> str:
    """The kind of a command, as the record names it."""
    return type(command).__name__


@dataclass(frozen=True, slots=True)
class Silent:
    """Posts nothing to anybody: what a shadow has in the place of the poster of callbacks."""

    tally: Tally

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Raises `CommandRefused`, whatever was to be posted."""
        raise self.tally.refuse("a callback")
