"""Telling a booking system: one thin signed callback per event, without a name in it.

Body: the event, the session and booking it is about, a sequence number within the session, and its state. Signed as
Standard Webhooks are, so that a receiver checks it as we check its own, with two keys while one is being changed.
Delivery is at least once; `webhook-id` is the same for every try and replay, so a receiver can tell a repeat. The guest
link goes only where the table says so, and only to a sender that distributes links; the Host PIN never leaves.

| event                   | says beside that                                                                        |
|-------------------------|-----------------------------------------------------------------------------------------|
| `session.ready`         | which documents, which wording of the joining instructions; to a distributor the way in |
| `session.phone_refused` | to a distributor the way in, since somebody tries to join in a way that cannot work     |
| `session.knock…`        | how many knock now, and as what kind of caller                                          |
| `session.outcome`       | in Official Visits' words: how it ended, who came, when, minutes lost                   |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

import orjson
import structlog
from pydantic.alias_generators import to_camel
from standardwebhooks.webhooks import Webhook

from vmrd.clock import Clock, as_datetime, as_text, wall
from vmrd.joining import VERSION
from vmrd.lifecycle.commands import Tell
from vmrd.lifecycle.facts import PrisonerCameIn
from vmrd.lifecycle.identity import IdProfile
from vmrd.lifecycle.minutes import minutes_lost
from vmrd.lifecycle.session import Outcome, Session
from vmrd.lifecycle.words import KNOCKING, OVER, Control, Instant
from vmrd.metrics import Metrics
from vmrd.poster import Forbidden, Reply
from vmrd.retry_after import milliseconds
from vmrd.store.base import OutboxItem, Store
from vmrd.store.delivery import Delivery, DeliveryState

log = structlog.get_logger(__name__)

GIVE_UP_AFTER = 24 * 60 * 60 * 1_000
"""Milliseconds for which something is tried again."""
_BUSY = frozenset({429, 503})


class Poster(Protocol):
    """Posts a body and says what was answered.

    Raises OSError when nobody answers in time, and `Forbidden` where it may not go.
    """

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Target:
    """Where one booking system wants to be told. `secrets`: the newest first; it is signed with each of them."""

    system: str
    url: str
    secrets: tuple[str, ...]
    distributor: bool


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a session is joined: in a browser, from a video system, and with which documents."""

    link: str
    uri: str
    documents: IdProfile


@dataclass(frozen=True, slots=True)
class Notifier:
    """`target` answers for a sender's name, None where it does not want to be told."""

    store: Store
    clock: Clock
    metrics: Metrics
    post: Poster
    target: Callable[[str], Target | None]
    way_in: Callable[[Session], WayIn]

    def wanted(self, session: Session) -> bool:
        """Whether its booking system wants to be told of it. A booking's id begins with its system's name."""
        return self.target(session.booking_id.partition(":")[0]) is not None

    async def tell(self, item: OutboxItem, session: Session, told: Tell) -> Delivery | None:
        """Try once to deliver a callback and say what came of it; None where nobody wants to be told.

        What comes back `WAITING` is to be tried again, not before `next_at`. What cannot be delivered for a day comes
        back `DEAD`.
        """
        message = f"{session.id}-{told.seq}"
        booking, former = await self.store.read(lambda rx: (rx.booking(session.booking_id), rx.delivery(message)))
        target = self.target(booking.source) if booking is not None else None
        if target is None:
            return None
        occurred_at = former.occurred_at if former is not None else item.created_at  # a replay's item is younger
        body = orjson.dumps(await self._body(told, session, occurred_at, target))
        answer, wait = await self._answer(target, body, message)
        now = self.clock.now()
        if answer == "2xx":
            state, counted = DeliveryState.TAKEN, "taken"
        elif now - item.created_at <= GIVE_UP_AFTER:
            state, counted = DeliveryState.WAITING, "failed"
        else:
            state, counted = DeliveryState.DEAD, "given-up"
            log.warning("callback_given_up", session=session.id, told=told.event)
        self.metrics.delivery(counted)
        return Delivery(
            id=message,
            session_id=session.id,
            seq=told.seq,
            event=told.event,
            target=target.system,
            state=state,
            attempts=former.attempts + 1 if former is not None else 1,
            answer=answer,
            occurred_at=occurred_at,
            tried_at=now,
            next_at=now + wait if state is DeliveryState.WAITING else None,
        )

    async def _answer(self, target: Target, body: bytes, message: str) -> tuple[str, int]:
        """The class of the receiver's answer, and how many milliseconds it asks us to wait."""
        # A signature is about when it was sent, not about business time: receivers compare it with their own clock.
        now = as_datetime(wall(self.clock).now())
        signatures = [Webhook(secret).sign(message, now, body.decode()) for secret in target.secrets]
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        try:
            reply = await self.post(target.url, body, headers)
        except Forbidden:
            return "forbidden", 0
        except OSError:
            return "none", 0
        wait = milliseconds(reply.retry_after, as_datetime(wall(self.clock).now())) if reply.status in _BUSY else 0
        return f"{reply.status // 100}xx", wait

    async def _body(self, told: Tell, session: Session, at: Instant, target: Target) -> dict[str, object]:
        body: dict[str, object] = {
            "event": told.event,
            "sessionId": session.id,
            "bookingId": session.booking_id,
            "segment": session.segment,
            "seq": told.seq,
            "occurredAt": as_text(at),
            "phase": session.phase,
        }
        match told.event:
            case "session.ready":
                body |= _ready(self.way_in(session)) | _way_in(session, self.way_in(session), target)
            case "session.phone_refused":
                body |= _way_in(session, self.way_in(session), target)
            case "session.knock" | "session.knock_unanswered":
                body["knocks"] = _knocks(session)
            case "session.outcome" if session.outcome is not None:
                body["outcome"] = await self._outcome(session, session.outcome)
        return body

    async def _outcome(self, session: Session, outcome: Outcome) -> dict[str, object]:
        """In the words of Official Visits where it has them."""
        dated = await self.store.read(lambda rx: list(zip(rx.journal(session.id), rx.facts(session.id), strict=True)))
        lost = minutes_lost((row.at, fact) for row, fact in dated)
        private = next((fact.at for _, fact in dated if isinstance(fact, PrisonerCameIn)), None)
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
                "private": _moment(private),
                "ended": _moment(session.ended_at),
            },
            "confirmedBy": "officer" if outcome.confirmed_by else "nobody",
            "minutesLost": {to_camel(name): minutes for name, minutes in asdict(lost).items()},
        }


def _ready(way_in: WayIn) -> dict[str, object]:
    """What to have ready, for every receiver."""
    documents = way_in.documents
    return {
        "idProfile": {"anyOf": sorted(sorted(way) for way in documents.ways), "also": sorted(documents.also)},
        "guidanceVersion": VERSION,
    }


def _way_in(session: Session, way_in: WayIn, target: Target) -> dict[str, object]:
    """The way in, only for a receiver that passes it on, while there is one."""
    if target.distributor and session.control is Control.FULL and session.phase not in OVER:
        return {"link": way_in.link, "uri": way_in.uri}
    return {}


def _knocks(session: Session) -> dict[str, object]:
    """How many knock now, and as what kind of caller."""
    ringing = [knock for knock in session.knocks.values() if knock.state in KNOCKING]
    kinds = {session.legs[knock.leg].kind for knock in ringing if knock.leg in session.legs}
    return {"ringing": len(ringing), "kinds": sorted(kinds)}


def _moment(instant: Instant | None) -> str | None:
    return as_text(instant) if instant is not None else None
