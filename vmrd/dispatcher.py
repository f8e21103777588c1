"""The dispatcher: outbox to Pexip and to booking systems. The only sender of commands.

    commit ──born leased──┐
    outbox ──take (leased)──► carry ──► outcome ──► engine.submit(outcome, finish=item)

What somebody waits for (lanes lock and live) is leased to us in the very commit that writes it, while we have a hand
free and nothing waits before it: between an officer's press and Pexip lies one commit. Everything else is taken.

What is withheld at the last look, because another replica may have the meeting by now, was not tried and has not
failed: it is given back, and goes out with whoever has the meeting. Told to the core as a failure it would be asked for
again only seconds after it could have gone.

The outcome and the end of the item are one transaction. A crash before it leaves the item leased; it is taken again
when the lease ends, and every command is safe to repeat. Lanes are bounded separately, so a slow booking system or a
busy Management Node never holds up an officer's press.

| lane         | at once | a failure                                                             |
|--------------|---------|-----------------------------------------------------------------------|
| lock         | 32      | as live, but behind nothing else of its session                       |
| live         | 32      | reported; the core asks again while it still wants the effect         |
| room         | 32      | reported; a call may have to wait out the status lag, and holds up no other room |
| provisioning | 8       | reported, or kept and tried again ever more slowly (`commands.kept`)  |
| notify       | 8       | kept and tried again for a day, then a dead letter (`store.deliveries`)|
|              |         | two at once to one booking system: one that hangs leaves the others be |
| mail         | 2       | as notify                                                              |
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import structlog

from vmrd.carry import KeepTrying
from vmrd.engine import Applied, Engine, Faulty
from vmrd.lifecycle.commands import Lane, Tell, Write, target
from vmrd.lifecycle.inputs import CommandDone, CommandFailed, CommandOutcome, Failure
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.notify import Notifier
from vmrd.pexip.last_look import Withheld, looking
from vmrd.poke import Poke
from vmrd.store.base import OutboxItem, StoreError, Taker, Tx, Unreadable
from vmrd.store.delivery import Delivery, DeliveryState, Share

if TYPE_CHECKING:  # letters are slow to load, and not everybody sends them
    from vmrd.mail.postman import Postman

log = structlog.get_logger(__name__)

AT_ONCE = {Lane.LOCK: 32, Lane.LIVE: 32, Lane.ROOM: 32, Lane.PROVISIONING: 8, Lane.NOTIFY: 8, Lane.MAIL: 2}
_EACH_TARGET = 2
_AWAITED = (Lane.LOCK, Lane.LIVE)
_LOOK_EVERY = 1.0
_LEASE = 30_000
"""Milliseconds an item stays ours; longer than any call may take, so that no item is carried out twice at once."""
_GIVEN_BACK = 250
"""Milliseconds until what was withheld may be taken again: who has the meeting is settled within two seconds."""
_RETRY = 2_000
_RETRY_AT_MOST = 300_000


class Carrier(Protocol):
    """Carries out a command, or notes that it would be (`vmrd.shadow`)."""

    async def carry(self, item: OutboxItem, session: Session) -> CommandOutcome:
        """What became of it. Raises `KeepTrying` for a command that is kept until it succeeds, and `Withheld`."""


@dataclass(slots=True)
class Dispatcher:
    """One per daemon; `run` is its task. `elsewhere`: whether a session's meeting is, or may be, another's by now."""

    engine: Engine
    carrier: Carrier
    notifier: Notifier
    owner: str
    postman: Postman | None = None
    elsewhere: Callable[[str], bool] = lambda session_id: False
    ticked: float = 0.0
    _busy: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    _telling: Counter[str] = field(default_factory=Counter)
    _poke: Poke = field(default_factory=Poke)
    _tasks: asyncio.TaskGroup | None = None

    def taker(self) -> Taker | None:
        """Us as the engine's taker: while we run, in the awaited lanes that have a hand free."""
        if self._tasks is None:
            return None
        return Taker(self.owner, _LEASE, frozenset(lane for lane in _AWAITED if self._busy[lane] < AT_ONCE[lane]))

    def heard(self, applied: Applied) -> None:
        """A commit: begin what it leased to us, and look at once for anything else it put in the outbox."""
        for item in applied.born:
            self._begin(item, applied.session, time.monotonic())  # handed out a commit ago: milliseconds
        if len(applied.born) < len(applied.commands):
            self._poke()

    def look(self) -> None:
        """Something may have come to the outbox that we were not told of."""
        self._poke()

    async def run(self) -> None:
        self._busy, self._telling = dict.fromkeys(Lane, 0), Counter()
        async with asyncio.TaskGroup() as self._tasks:
            try:
                while True:
                    self.ticked = asyncio.get_running_loop().time()
                    looked = time.monotonic()
                    items = await self._take()
                    for item, session in items:
                        self._begin(item, session, looked)
                    if not items:
                        await self._poke.wait(min(_LOOK_EVERY, self.engine.clock.patience * 4))
            finally:
                self._tasks = None

    def _begin(self, item: OutboxItem, session: Session, handed: float) -> None:
        """Carry it out, or put it back in its place where commits side by side were promised the same last hand."""
        if self._tasks is None:
            return
        if self._busy[item.lane] < AT_ONCE[item.lane]:
            self._busy[item.lane] += 1
            self._telling[_system(item, session)] += 1
            self._tasks.create_task(self._guarded(item, session, handed))
        else:
            self._tasks.create_task(self._postpone(item, item.created_at))

    async def _take(self) -> list[tuple[OutboxItem, Session]]:
        """What may go out now, each with its session as of the same transaction: a read of its own would cost an
        officer's press another visit to the store."""
        room = {lane: AT_ONCE[lane] - busy for lane, busy in self._busy.items() if busy < AT_ONCE[lane]}
        if not room:
            return []
        now, share = self.engine.clock.now(), Share(_EACH_TARGET, dict(self._telling))

        def step(tx: Tx) -> list[tuple[OutboxItem, Session]]:
            taken = []
            for item in tx.take(self.owner, now, _LEASE, room, share):
                try:
                    session = tx.session(item.session_id)
                except Unreadable:
                    session = None
                if session is None:
                    tx.finish(item.id, item.attempts)
                else:
                    taken.append((item, session))
            return taken

        return await self.engine.store.write([], step)

    async def _guarded(self, item: OutboxItem, session: Session, handed: float) -> None:
        """Whatever goes wrong with one item is its session's fault alone; the lease brings it back."""
        try:
            await self._one(item, session, handed)
        except Exception as bad:
            if isinstance(bad, StoreError) and not isinstance(bad, Unreadable):
                raise
            log.error("command_fault", session=item.session_id, command=item.key, error=type(bad).__name__)
            self.engine.metrics.fault()
            await self._later(item, None)
        finally:
            self._busy[item.lane] -= 1
            self._telling[_system(item, session)] -= 1
            self._poke()

    async def _one(self, item: OutboxItem, session: Session, handed: float) -> None:
        outcome: CommandOutcome
        try:
            if self._is_late(item):
                outcome = CommandFailed(item.key, Failure.EXPIRED)
            elif isinstance(item.command, Tell | Write):
                await self._tried(item, await self._told(item, session, item.command))
                return
            else:
                with looking(lambda: self._look_again(item, handed)):
                    outcome = await self.carrier.carry(item, session)
        except KeepTrying as again:
            await self._later(item, again.after)
            return
        except Withheld:
            await self._postpone(item, self.engine.clock.now() + _GIVEN_BACK)
            return
        if isinstance(outcome, CommandFailed):
            log.info("command_failed", session=item.session_id, command=item.key.split(":")[0], why=str(outcome.why))
        answer = await self.engine.submit(item.session_id, outcome, finish=item)
        if isinstance(answer, Faulty):
            log.error("outcome_fault", session=item.session_id, command=item.key.split(":")[0])

    def _look_again(self, item: OutboxItem, handed: float) -> None:
        """Right before it is written to Pexip: it must still be wanted, and still be ours (`pexip.last_look`)."""
        if self._is_late(item):
            raise Withheld(expired=True)
        steers = item.lane in _AWAITED
        if time.monotonic() - handed > _LEASE / 1_000 or (steers and self.elsewhere(item.session_id)):
            log.warning("command_withheld", session=item.session_id, command=item.key.split(":")[0])
            raise Withheld(expired=False)

    def _is_late(self, item: OutboxItem) -> bool:
        return item.not_after is not None and self.engine.clock.now() > item.not_after

    async def _told(self, item: OutboxItem, session: Session, command: Tell | Write) -> Delivery | None:
        """One try of a callback or an email; None where nobody is told of it."""
        if isinstance(command, Tell):
            return await self.notifier.tell(item, session, command)
        return await self.postman.write(item, session, command) if self.postman is not None else None

    async def _tried(self, item: OutboxItem, delivery: Delivery | None) -> None:
        """What came of a try is stored in the transaction that ends or postpones its command."""
        if delivery is not None and delivery.state is DeliveryState.WAITING:
            again = max(self.engine.clock.now() + _delay(item), delivery.next_at or 0)
            waiting = replace(delivery, next_at=again)

            def later(tx: Tx) -> None:
                tx.postpone(item.id, item.attempts, again)
                tx.put_delivery(waiting)

            await self.engine.store.write([item.session_id], later)
            return

        def done(tx: Tx, _: Applied) -> None:
            if delivery is not None:
                tx.put_delivery(delivery)

        await self.engine.submit(item.session_id, CommandDone(item.key), finish=item, also=done)

    async def _later(self, item: OutboxItem, after: float | None) -> None:
        delay = _delay(item)
        if after is not None:
            delay = max(delay, int(after * 1_000))
        await self._postpone(item, self.engine.clock.now() + delay)

    async def _postpone(self, item: OutboxItem, until: Instant) -> None:
        await self.engine.store.write([item.session_id], lambda tx: tx.postpone(item.id, item.attempts, until))
        self._poke()


def _system(item: OutboxItem, session: Session) -> str:
    return target(item.command, session.booking_id)


def _delay(item: OutboxItem) -> int:
    """Milliseconds until an item that failed is tried again: ever more, up to five minutes."""
    return min(_RETRY << min(item.attempts, 8), _RETRY_AT_MOST)
