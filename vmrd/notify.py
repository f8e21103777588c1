"""Telling a booking system: one thin signed callback per event, without a name in it.

Body: the event, the session and booking it is about, a sequence number within the session, and its state. Signed as
Standard Webhooks are, so that a receiver checks it as we check its own. Delivery is at least once; `webhook-id` is the
same for every try, so a receiver can tell a repeat. The guest link goes only into `session.ready`, and only to a sender
that distributes links; the Host PIN never leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol

import orjson
import structlog
from pydantic.alias_generators import to_camel
from standardwebhooks.webhooks import Webhook

from vmrd.carry import KeepTrying
from vmrd.clock import Clock, as_text
from vmrd.lifecycle.commands import Tell
from vmrd.lifecycle.minutes import minutes_lost
from vmrd.lifecycle.session import Outcome, Session
from vmrd.lifecycle.words import Instant
from vmrd.metrics import Metrics
from vmrd.store.base import OutboxItem, Store

log = structlog.get_logger(__name__)

_GIVE_UP_AFTER = 24 * 60 * 60 * 1_000


class Poster(Protocol):
    """Posts a body and answers with the HTTP status; raises OSError when nobody answers in time."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where one booking system wants to be told."""

    url: str
    secret: str
    distributor: bool


@dataclass(frozen=True, slots=True)
class Notifier:
    """`target` answers for a sender's name, None where it does not want to be told; `link` makes the guest link."""

    store: Store
    clock: Clock
    metrics: Metrics
    post: Poster
    target: Callable[[str], Target | None]
    link: Callable[[str], str]

    async def tell(self, item: OutboxItem, session: Session) -> None:
        """Deliver one callback. Raises `KeepTrying` until it was taken or a day has passed."""
        booking = await self.store.read(lambda rx: rx.booking(session.booking_id))
        target = self.target(booking.source) if booking is not None else None
        if target is None or not isinstance(item.command, Tell):
            return
        body = orjson.dumps(await self._body(item.command, session, item.created_at, target))
        message = f"{session.id}-{item.command.seq}"
        # A signature is about when it was sent, not about business time: receivers compare it with their own clock.
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(target.secret).sign(message, now, body.decode()),
        }
        try:
            status = await self.post(target.url, body, headers)
        except OSError:
            status = 0
        if 200 <= status < 300:
            self.metrics.delivery("taken")
            return
        if self.clock.now() - item.created_at > _GIVE_UP_AFTER:
            self.metrics.delivery("given-up")
            log.warning("callback_given_up", session=session.id, told=item.command.event)
            return
        self.metrics.delivery("failed")
        raise KeepTrying

    async def _body(self, told: Tell, session: Session, at: int, target: Target) -> dict[str, object]:
        body: dict[str, object] = {
            "event": told.event,
            "sessionId": session.id,
            "bookingId": session.booking_id,
            "segment": session.segment,
            "seq": told.seq,
            "occurredAt": as_text(at),
            "phase": session.phase,
        }
        if told.event == "session.ready" and target.distributor:
            body["link"] = self.link(session.alias)
        if told.event == "session.outcome" and session.outcome is not None:
            body["outcome"] = await self._outcome(session, session.outcome)
        return body

    async def _outcome(self, session: Session, outcome: Outcome) -> dict[str, object]:
        """In the words of Official Visits where it has them."""
        dated = await self.store.read(lambda rx: list(zip(rx.journal(session.id), rx.facts(session.id), strict=True)))
        lost = minutes_lost((row.at, fact) for row, fact in dated)
        return {
            "completionReason": outcome.result,
            "prisonerAttendance": "ATTENDED" if outcome.prisoner_attended else "ABSENT",
            "attendance": [
                {"ref": ref, "attended": "ATTENDED" if ref in outcome.attended else "ABSENT"}
                for ref in session.attendees
            ],
            "actual": {
                "opened": _moment(session.opened_at),
                "locked": _moment(session.first_locked_at),
                "ended": _moment(session.ended_at),
            },
            "confirmedBy": "officer" if outcome.confirmed_by else "nobody",
            "minutesLost": {to_camel(name): minutes for name, minutes in asdict(lost).items()},
        }


def _moment(instant: Instant | None) -> str | None:
    return as_text(instant) if instant is not None else None
