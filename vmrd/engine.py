"""The engine: load, decide, commit, announce. The only caller of `decide`.

    submit(session, input) ──► one store transaction: session row + facts + commands + personal refs ──► announce

Store first, tell afterwards: whoever listens (dispatcher, alarm, watcher, panels) hears of a commit only after it is on
disk, and in any case, even when whoever submitted has gone. Each listener also looks for itself, so that a crash
between the two costs latency only.

One bad session never takes the others down. An exception while deciding rolls back that step alone; the session is
marked faulty (its light is dark, its view says so), looked at again with growing delay, and cleared by the first step
that works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from vmrd.clock import Clock
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import Command, Tell
from vmrd.lifecycle.decide import decide
from vmrd.lifecycle.facts import Fact
from vmrd.lifecycle.numbers import masked
from vmrd.lifecycle.refusal import Refused
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Instant
from vmrd.logging import place_of
from vmrd.metrics import Metrics
from vmrd.naming import by_reference
from vmrd.store.base import ClaimTaken, Find, Lease, OutboxItem, Receipt, Store, StoreError, Taker, Tx, Unreadable

T = TypeVar("T")
log = structlog.get_logger(__name__)

_FAULT_DELAY = 2_000
_FAULT_DELAY_AT_MOST = 60_000


@dataclass(frozen=True, slots=True)
class Applied:
    """What a step did. `facts` is empty when the input changed nothing; `born`: commands leased at their birth."""

    session: Session
    facts: tuple[Fact, ...] = ()
    commands: tuple[Command, ...] = ()
    wake_at: Instant | None = None
    born: tuple[OutboxItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such session."""


@dataclass(frozen=True, slots=True)
class Stale:
    """The roster or lock changed after the officer looked; `session` is how it stands now."""

    session: Session


@dataclass(frozen=True, slots=True)
class Replayed:
    """This key was answered before: its first answer stands."""

    session: Session


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The key was used before for another press."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """Deciding failed; the session was left as it was and somebody must be told."""


Answer = Applied | Refused | Unknown | Stale | Replayed | KeyReused | Faulty
Maker = Callable[[Callable[[str], str]], i.Input]
"""Makes an input inside the transaction; is given the function that turns a personal text into its reference."""


@dataclass(frozen=True, slots=True)
class PressKey:
    """An `Idempotency-Key` with its scope (route and caller) and a digest of what was pressed."""

    scope: str
    key: str
    digest: str


@dataclass(slots=True)
class Fault:
    since: Instant
    tries: int


@dataclass(slots=True)
class Engine:
    """`rules` answers for an establishment. `listeners` are called in the event loop after each commit. `taker`: who
    can be handed a command as it is written; it must be among the listeners. `tells`: whether anybody wants to be told
    what becomes of a session; where nobody does, that is not even written down.
    """

    store: Store
    clock: Clock
    rules: Callable[[str], Rules]
    metrics: Metrics
    listeners: list[Callable[[Applied], None]] = field(default_factory=list)
    taker: Callable[[], Taker | None] = lambda: None
    tells: Callable[[Session], bool] = lambda session: True
    faults: dict[str, Fault] = field(default_factory=dict)

    async def submit(
        self,
        session_id: str,
        given: i.Input | Maker,
        *,
        finish: OutboxItem | None = None,
        under: Lease | None = None,
        seen_version: int | None = None,
        key: PressKey | None = None,
        also: Callable[[Tx, Applied], None] | None = None,
    ) -> Answer:
        """Apply one input in its own transaction.

        `finish` is the outbox item whose outcome this is: it is done with in the same transaction, so that a command
        is neither lost nor reported twice. `under`: the lease of whoever saw it; where another has it by now, `Fenced`
        is raised and nothing is kept. `seen_version` is the roster version an officer's press was made for.
        `also` runs in the same transaction once the input was applied, for what a press needs stored beside it.
        Never raises for a fault of the session; raises `StoreError` when the store itself fails.
        """

        taker = self.taker()

        def step(tx: Tx) -> Answer:
            if under is not None:
                tx.require(under)
            if finish is not None and not tx.finish(finish.id, finish.attempts):
                session = tx.session(session_id)
                return Unknown() if session is None else Applied(session)
            answer = self._press(tx, session_id, given, seen_version, key, taker)
            if also is not None and isinstance(answer, Applied):
                also(tx, answer)
            return answer

        try:
            answer = await self.transact([session_id], step, self._told)
        except Exception as bad:
            if isinstance(bad, StoreError) and not isinstance(bad, Unreadable):
                raise
            await self._fault(session_id, bad, finish)
            return Faulty()
        self.faults.pop(session_id, None)
        return answer

    async def transact(
        self, sessions: Sequence[str] | Find, step: Callable[[Tx], T], told: Callable[[T], None] | None = None
    ) -> T:
        """Run a step that may `apply` to several sessions; what it applied is announced in `told`, or by the caller."""
        return await self.store.write(sessions, step, told)

    def apply(
        self, tx: Tx, session_id: str, given: i.Input | Maker, taker: Taker | None = None
    ) -> Applied | Refused | Unknown:
        """Decide and record inside a transaction. Called in the store's thread: touches only its arguments."""

        def ref(text: str) -> str:
            return tx.ref(session_id, masked(text))

        session = tx.session(session_id)

        def place(address: str) -> str:
            return tx.commitment(session_id, address) if address else ""

        named = by_reference(tx, session, given(ref) if callable(given) else given, ref, place)
        entered = _situated(tx, session, named)
        now = self.clock.now()
        establishment = entered.establishment if isinstance(entered, i.Plan) else session and session.establishment
        if not establishment:
            return Unknown()
        rules = self.rules(establishment)
        decision = decide(session, entered, now, rules)
        if isinstance(decision, Refused):
            return decision
        if isinstance(entered, i.Extend) and decision.facts:
            refused = _stretched(tx, decision.session, session.ends_at if session is not None else now)
            if refused is not None:
                return refused
        born: Sequence[OutboxItem] = ()
        commands = decision.commands if self.tells(decision.session) else _untold(decision.commands)
        if decision.facts:
            born = tx.record(
                decision.session,
                decision.facts,
                commands,
                wake_at=decision.wake_at,
                watched=decision.session.watched,
                now=now,
                command_ttl=rules.command_ttl,
                taker=taker,
            )
            if decision.session.phase in OVER:
                tx.claim(session_id, ())  # what is left of its time can be booked, by whatever it came to its end
        elif isinstance(entered, i.WakeUp):
            tx.wake(session_id, decision.wake_at)
        return Applied(decision.session, decision.facts, commands, decision.wake_at, tuple(born))

    def announce(self, applied: Applied) -> None:
        """Tell the listeners of a commit."""
        if applied.facts:
            for fact in applied.facts:
                self.metrics.fact(type(fact).__name__)
            for listener in self.listeners:
                listener(applied)

    def _told(self, answer: Answer) -> None:
        if isinstance(answer, Applied):
            self.announce(answer)

    def _press(
        self,
        tx: Tx,
        session_id: str,
        given: i.Input | Maker,
        seen_version: int | None,
        key: PressKey | None,
        taker: Taker | None,
    ) -> Answer:
        if key is not None:
            former = tx.receipt(key.scope, key.key)
            if former is not None:
                session = tx.session(session_id)
                if former.digest != key.digest or session is None:
                    return KeyReused()
                return Replayed(session)
        if seen_version is not None:
            session = tx.session(session_id)
            if session is not None and session.roster_version != seen_version:
                return Stale(session)
        answer = self.apply(tx, session_id, given, taker)
        if key is not None and isinstance(answer, Applied):
            tx.put_receipt(Receipt(key.scope, key.key, key.digest, 202, b"", self.clock.now()))
        return answer

    async def _fault(self, session_id: str, bad: Exception, finish: OutboxItem | None) -> None:
        fault = self.faults.setdefault(session_id, Fault(self.clock.now(), 0))
        fault.tries += 1
        self.metrics.fault()
        log.error("session_fault", session=session_id, error=type(bad).__name__, at=place_of(bad), tries=fault.tries)
        again = self.clock.now() + min(_FAULT_DELAY * 2 ** min(fault.tries, 10), _FAULT_DELAY_AT_MOST)

        def later(tx: Tx) -> None:
            tx.wake(session_id, again)
            if finish is not None:
                tx.postpone(finish.id, finish.attempts, again)

        await self.store.write([session_id], later)


def _stretched(tx: Tx, session: Session, former_end: Instant) -> Refused | None:
    """Claim the longer time, unless somebody else or works have the room then."""
    windows = tx.works(session.establishment, former_end, session.ends_at)
    if former_end < session.ends_at and any(w.has(session.room, former_end, session.ends_at) for w in windows):
        return Refused("works-next", "It cannot be extended: the room is out of use for works then.")
    try:
        tx.stretch(session.id, session.ends_at)
    except ClaimTaken as taken:
        return Refused("booked-next", f"It cannot be extended: the {taken.kind} is booked for somebody else then.")
    return None


def _untold(commands: Sequence[Command]) -> tuple[Command, ...]:
    return tuple(command for command in commands if not isinstance(command, Tell))


def _situated(tx: Tx, session: Session | None, given: i.Input) -> i.Input:
    """Add what only the store knows, found in the same transaction."""
    if isinstance(given, i.Open) and session is not None:
        return replace(given, room_busy_with=tx.room_holder(session.establishment, session.room, session.id))
    return given
