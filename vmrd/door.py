"""What Pexip is answered when it asks who may come in, and what is kept of it.

    question ──► alias of our domain and shape? ──no──► "use your own default": policy hangs on locations that other
                      │ yes                              tenants share, and nothing about them is judged or kept
                 in memory, and memory up to date? ──yes──► judged (`lifecycle.door`) and answered; a phone is
                      │ no                                   journalled afterwards
                 one read of the store, bounded in time and number ──► judged; not issued, or spent: turned away
                      │ the store is too slow, or cannot tell
                 "use your own default"

So an answer never waits for anything but, for an alias nobody knows, that one read. It is made as well while another
replica may have changed the session and this one has not read how (`echo`): what is over must not be answered from a
memory of what was. What cannot be answered leaves the
platform to its own database, exactly as when vmrd is down: the vmr is there, its guests are held for the Host, and
whoever comes in is judged by what they show and put out on sight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

import structlog

from vmrd import minting
from vmrd.door_table import DoorTable, Entry, More, words_of
from vmrd.engine import Engine, Faulty
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.door import Caller, Question, Why, judge
from vmrd.lifecycle.numbers import is_number, masked
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Instant
from vmrd.metrics import Metrics
from vmrd.pexip.policy import CONTINUE, NO_SUCH_SERVICE, Ask, turned_away
from vmrd.store.base import Rx, StoreError, Unreadable

log = structlog.get_logger(__name__)

WAITING = 1_000
"""Phones turned away and not yet journalled, at most; beyond that they are counted and no more."""
LOOK_FOR = 0.5
"""Seconds a read of the store may take while Pexip waits; it gives up after five."""
LOOKS_AT_ONCE = 2
"""Reads under way at most: whoever tries aliases at random must not take every reader of the store from officers."""
WITHHELD = "a withheld number"

_SENTENCES = {
    Why.PHONE: "Nobody can join by telephone. Open the link you were sent, in a browser.",
    Why.PROTOCOL: "This way of joining is not allowed. Open the link you were sent, in a browser.",
    Why.EARLY: "This link does not work yet.",
    Why.OVER: "This meeting is over.",
    Why.SPENT: "This link is no longer used.",
}
_TURNED_AWAY = {why: turned_away(sentence) for why, sentence in _SENTENCES.items()}


class Said(StrEnum):
    """What became of a question, beside the reasons to turn somebody away; a label of a metric."""

    FOREIGN = "foreign"
    PASSED = "passed"
    LOCKED = "locked"
    RENAMED = "renamed"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` None: "use your own default"."""

    said: Said | Why
    body: bytes | None = None


FOREIGN, UNSURE = Answer(Said.FOREIGN), Answer(Said.UNSURE)
_PASSED = Answer(Said.PASSED, CONTINUE)


@dataclass(frozen=True, slots=True)
class _Phone:
    session: str
    number: str
    at: Instant


@dataclass(slots=True)
class Door:
    """`answer` never waits. `run` journals phones. `allowed`: protocols, as `judge` wants them. `behind`: whether
    what is in memory of a session may be old."""

    engine: Engine
    table: DoorTable
    metrics: Metrics
    domain: str
    allowed: frozenset[i.Protocol]
    look_for: float = LOOK_FOR
    behind: Callable[[str], bool] = lambda session_id: False
    _phones: asyncio.Queue[_Phone] = field(default_factory=lambda: asyncio.Queue(WAITING))
    _looks: set[asyncio.Task[None]] = field(default_factory=set)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOOKS_AT_ONCE))

    def is_ours(self, ask: Ask) -> bool:
        """Whether the alias is of our domain and of the shape we issue."""
        return ask.domain == self.domain and minting.is_alias(ask.local)

    def answer(self, ask: Ask, question: Question) -> Answer | None:
        """The answer from memory; None when the alias is ours by its shape and not known, or memory may be old."""
        if not self.is_ours(ask):
            return FOREIGN
        if not ask.calls_in:  # our own call to the prison room, or a node that wants to know without a call
            return _PASSED
        entry = self.table.entries.get(ask.local)
        if entry is None or self.behind(entry.door.session):
            return None
        return self._judged(entry, ask, question)

    def _judged(self, entry: Entry, ask: Ask, question: Question) -> Answer:
        now = self.engine.clock.now()
        why = judge(entry.door, ask.caller, question, now, self.allowed)
        if why is None:
            return _welcome(entry.more, ask, question)
        if why is Why.PHONE:
            self._keep(_Phone(entry.door.session, _number(ask.caller), now))
        return _refusal(why, question)

    async def look(self, ask: Ask, question: Question) -> Answer:
        """The answer where memory has none: one look into the store, and no longer than `look_for` seconds.

        An alias that is known waits for its turn as long; one that nobody issued does not, for there may be many.
        """
        if ask.local not in self.table.entries and self._turns.locked():
            return UNSURE
        try:
            async with asyncio.timeout(self.look_for) as limit:
                await self._turns.acquire()
        except TimeoutError:
            return UNSURE
        looking = asyncio.create_task(self._look(ask.local))
        self._looks.add(looking)
        looking.add_done_callback(self._looked)
        done, _ = await asyncio.wait({looking}, timeout=_left(limit))
        if not done or looking.exception() is not None:
            return UNSURE
        entry = self.table.entries.get(ask.local)
        return self._judged(entry, ask, question) if entry is not None else _refusal(Why.SPENT, question)

    async def run(self) -> None:
        """Journal the phones that were turned away, until cancelled."""
        while True:
            phone = await self._phones.get()
            call = minting.session_id()
            try:
                answer = await self.engine.submit(
                    phone.session,
                    lambda ref, phone=phone, call=call: i.PhoneAtDoor(call, ref(phone.number), phone.at),  # type: ignore[misc]
                )
            except StoreError as bad:
                log.error("phone_not_journalled", session=phone.session, error=str(bad))
                self.metrics.policy_unrecorded()
                continue
            if isinstance(answer, Faulty):
                self.metrics.policy_unrecorded()

    async def _look(self, alias: str) -> None:
        def query(rx: Rx) -> tuple[Session, More] | None:
            session_id = rx.session_by_alias(alias)
            if session_id is None:
                return None
            found = self.table.look(rx, session_id)
            if found is None:  # issued, so that nobody may say it was not
                raise Unreadable("an alias leads to a session that cannot be read")
            return found

        found = await self.engine.store.read(query)
        if found is not None:
            self.table.put(*found)

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looks.discard(task)
        self._turns.release()
        if not task.cancelled() and (bad := task.exception()) is not None:
            log.warning("alias_not_looked_up", error=type(bad).__name__)

    def _keep(self, phone: _Phone) -> None:
        try:
            self._phones.put_nowait(phone)
        except asyncio.QueueFull:
            self.metrics.policy_unrecorded()


def _left(limit: asyncio.Timeout) -> float:
    until = limit.when()
    assert until is not None
    return max(until - asyncio.get_running_loop().time(), 0.0)


def _welcome(more: More, ask: Ask, question: Question) -> Answer:
    if question is Question.SERVICE:
        return _PASSED if more.born_locked is None else Answer(Said.LOCKED, more.born_locked)
    if more.hidden:
        words = words_of(ask.name)
        for hidden in more.hidden:
            if hidden.named(words):
                return Answer(Said.RENAMED, hidden.answer)
    return _PASSED


def _refusal(why: Why, question: Question) -> Answer:
    return Answer(why, NO_SUCH_SERVICE if question is Question.SERVICE else _TURNED_AWAY[why])


def _number(caller: Caller) -> str:
    """The number as it may be kept: all but its last digits hidden, wherever it stood."""
    numbers = [address for address in (caller.address, *caller.asserted) if is_number(address)]
    hidden = masked(numbers[0]) if numbers else WITHHELD
    return hidden if not numbers or hidden != numbers[0] else WITHHELD
