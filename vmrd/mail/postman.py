"""Writing to whoever booked: one try of one letter, and what came of it.

Delivery is at least once under one `Message-ID`. The text is made when it is sent, from the session as it is then; a
letter that a newer one has overtaken, or whose meeting has begun meanwhile, is not sent any more. An address the server
refuses for good is given up at once; anything else is tried again for a day, as callbacks are.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage

import structlog

from vmrd.clock import Clock
from vmrd.joining import Message
from vmrd.lifecycle.commands import Write
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import BEFORE, Instant, Letter
from vmrd.mail.letter import letter
from vmrd.mail.smtp import Undeliverable
from vmrd.metrics import Metrics
from vmrd.notify import GIVE_UP_AFTER
from vmrd.secret_names import booker_address
from vmrd.store.base import OutboxItem, Store
from vmrd.store.delivery import Delivery, DeliveryState

log = structlog.get_logger(__name__)

TARGET = "email"
"""What stands for every address among deliveries."""


@dataclass(frozen=True, slots=True)
class Postman:
    """`send` raises `Undeliverable`. `message`: what a letter about a session says. `sender`: our own address."""

    store: Store
    clock: Clock
    metrics: Metrics
    send: Callable[[EmailMessage, str], Awaitable[None]]
    message: Callable[[Letter, Session], Message]
    sender: str

    async def write(self, item: OutboxItem, session: Session, command: Write) -> Delivery:
        """Try once. What comes back `WAITING` is to be tried again."""
        delivery = f"{session.id}-{command.seq}"
        name = booker_address(session.booker)
        former, address = await self.store.read(lambda rx: (rx.delivery(delivery), rx.secret(session.id, name)))
        begun = former or Delivery(
            id=delivery,
            session_id=session.id,
            seq=command.seq,
            event=command.letter,
            target=TARGET,
            state=DeliveryState.WAITING,
            attempts=0,
            answer="none",
            occurred_at=item.created_at,
            tried_at=item.created_at,
            next_at=None,
        )
        if not holds(command, session, self.clock.now()):
            return self._came(begun, session, DeliveryState.OUTDATED, begun.answer)
        if address is None:  # sent again after the session was closed
            return self._came(begun, session, DeliveryState.DEAD, "no-address")
        change = session.written.change if session.written is not None else 0
        mail = letter(self.message(command.letter, session), delivery, change, self.sender, address.decode())
        state, answer = await self._try(mail, address.decode(), item)
        return replace(self._came(begun, session, state, answer), attempts=begun.attempts + 1)

    async def _try(self, mail: EmailMessage, to: str, item: OutboxItem) -> tuple[DeliveryState, str]:
        try:
            await self.send(mail, to)
        except Undeliverable as failed:
            answer = f"{failed.code // 100}xx" if failed.code is not None else "none"
            given_up = failed.final or self.clock.now() - item.created_at > GIVE_UP_AFTER
            return DeliveryState.DEAD if given_up else DeliveryState.WAITING, answer
        return DeliveryState.TAKEN, "2xx"

    def _came(self, begun: Delivery, session: Session, state: DeliveryState, answer: str) -> Delivery:
        self.metrics.letter(state)
        if state is DeliveryState.DEAD:
            log.warning("letter_given_up", session=session.id, told=begun.event)
        return replace(begun, state=state, answer=answer, tried_at=self.clock.now(), next_at=None)


def holds(command: Write, session: Session, now: Instant) -> bool:
    """Whether what the letter is about is still so, and there is somebody to tell."""
    if not session.booker:
        return False
    match command.letter:
        case Letter.CANCELLED:
            return True
        case Letter.REMINDER:
            return session.phase in BEFORE and session.reminded_for == session.starts_at and now < session.starts_at
        case Letter.CONFIRMED | Letter.CHANGED:
            newest = session.written is not None and session.written.letter == command.seq
            return newest and session.phase in BEFORE and now < session.ends_at
