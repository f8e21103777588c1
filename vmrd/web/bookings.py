"""Booking events in, bookings out: signature, shapes and answers. The transaction is `vmrd.bookings`."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from aiohttp import web
from pydantic_core import from_json

from vmrd import bookings
from vmrd.bookings import Event
from vmrd.clock import as_text
from vmrd.config import Config, SenderConfig, desk_for
from vmrd.intake_answers import Answered, Conflict, NotYours, Result, Taken
from vmrd.lifecycle import intake_words as w
from vmrd.lifecycle.intake_changes import NotApplied
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import OVER, Control
from vmrd.rooms import Full
from vmrd.store.base import BookingRecord, Rx
from vmrd.web import booking_shapes as b
from vmrd.web import prisoner_events, room_events
from vmrd.web.availability import skipped_views, unavailable
from vmrd.web.bounds import OutOfBounds, Spoken, keep
from vmrd.web.deps import Deps
from vmrd.web.dispatch import Incoming, answered, parsed, required_key
from vmrd.web.problem import FaultShape, Problem, counted
from vmrd.web.senders import signs
from vmrd.web.unknown import unknown
from vmrd.web.view import join_link

_CANCELLED = "booking.cancelled"
_REQUESTED = "booking.requested"
_NOT_SIGNED = "The signature is missing, wrong or over five minutes old, or what it is over is not UTF-8."


async def take_event(incoming: Incoming) -> web.Response:
    """Take a booking event: 202 for a change, 200 for none; a repeated message gets its first answer.

    It waits for its turn, and takes none up while it is still being sent, or if nobody we know sends it.
    """
    deps = incoming.deps
    body = await incoming.request.read()
    try:
        sender, message = _sender(incoming, body)
        async with deps.turnstile.turn():
            said = _said(body)
            elsewhere = _taker(said)
            answer = (
                await elsewhere(incoming, sender, message, body)
                if elsewhere is not None
                else await _taken(incoming, sender, message, body, said)
            )
    except Problem as problem:
        deps.metrics.booking(problem.name)
        if isinstance(problem, OutOfBounds):
            await keep(deps, problem)
        raise
    deps.metrics.booking("taken")
    return answer


def _sender(incoming: Incoming, body: bytes) -> tuple[SenderConfig, str]:
    """Who sent this, and its message id. Raises `Problem`."""
    headers, senders = incoming.request.headers, incoming.deps.senders
    if signs(headers):
        sender = senders.who(body, headers)
        if sender is None:
            raise Problem("bad-signature", _NOT_SIGNED)
        return sender, headers["webhook-id"]
    sender = senders.bearer(headers)
    if sender is None:
        raise Problem("not-signed-in", "The token is no booking system's.")
    return sender, required_key(incoming)


Taker = Callable[[Incoming, SenderConfig, str, bytes], Awaitable[web.Response]]


def _taker(said: Mapping[str, object]) -> Taker | None:
    """Who takes an event of this type, if it is not about a booking."""
    about = str(said.get("eventType")).partition(".")[0]
    return {"room": room_events.taken, "prisoner": prisoner_events.taken}.get(about)


def _said(body: bytes) -> Mapping[str, object]:
    """The event as it was sent; nothing of what cannot be read: the shape of a booking then says what is wrong."""
    try:
        said = from_json(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


async def _taken(
    incoming: Incoming, sender: SenderConfig, message: str, body: bytes, said: Mapping[str, object]
) -> web.Response:
    given = parsed(b.BookingEventIn, body)
    assert isinstance(given, b.BookingEventIn)
    more = unknown(said.get("booking"))
    delivery = Delivery(message, hashlib.sha256(body).hexdigest(), warnings=more.warnings, also=more.lines)
    status, encoded = await accept(incoming.deps, sender, given, delivery)
    return web.Response(body=encoded, status=status, content_type="application/json")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an event came here: its message's id and a digest of its body, to know a repeat. See `bookings.Event`.
    `also`: what it says beside what we read, a line each (`unknown`)."""

    message: str
    digest: str
    read_back: bool = False
    warnings: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


async def accept(deps: Deps, sender: SenderConfig, given: b.BookingEventIn, delivery: Delivery) -> tuple[int, bytes]:
    """Take an event of a known sender, however it came: status and body of the answer. Raises `Problem`."""
    event = _event(given, sender, deps.config, delivery)

    def encode(taken: Taken) -> tuple[int, bytes]:
        shape = _answer(taken, deps.config, links=sender.distributor)
        return (202 if taken.result is Result.ACCEPTED else 200), shape.model_dump_json().encode()

    answer = await bookings.take(deps.engine, event, encode)
    match answer:
        case Answered(receipt=receipt):
            if receipt.digest != event.body_digest:
                raise Problem("key-reused", "This message id was used for another body.")
            return receipt.status, receipt.answer
        case Full():
            raise unavailable(answer)
        case Conflict():
            raise Problem("version_conflict", "This version was sent before and said something else.")
        case NotYours():
            raise Problem("version_conflict", "This booking belongs to another establishment. Cancel it and book anew.")
        case faults:
            raise _faulty(faults)


def _event(given: b.BookingEventIn, sender: SenderConfig, config: Config, delivery: Delivery) -> Event:
    """What the event says, and whether this sender may say it. Raises `Problem`."""
    booking = given.booking
    code = booking.establishment.prison_code
    spoken = Spoken(sender, given.event_type, code)
    spoken.require_own(config, given.source.system, booking.id)
    establishment = next((each for each in config.establishments if each.code == code), None)
    if establishment is None:
        here = "/booking/establishment/prisonCode"
        fault = FaultShape(pointer=here, code="unknown_establishment", detail="vmrd does not run this establishment.")
        raise Problem("invalid", counted(1), errors=[fault])
    spoken.require_here(config)
    return Event(
        sender=sender.system,
        message=delivery.message,
        body_digest=delivery.digest,
        booking=booking.id,
        version=booking.version,
        digest=_meaning(given),
        desk=desk_for(config, sender, establishment),
        premises=establishment.premises,
        asked=None if given.event_type == _CANCELLED else asked_of(given, establishment.room_names, delivery.also),
        read_back=delivery.read_back,
        warnings=delivery.warnings,
    )


def _meaning(given: b.BookingEventIn) -> str:
    """A digest of what the event says about the booking; the date of birth is left out, for it is not kept at all."""
    unsaid = {"prisoners": {"__all__": {"date_of_birth"}}}
    # A member that a later release learns to read must not make a repeat of an old event another event.
    said = given.booking.model_dump(mode="json", exclude=unsaid, exclude_defaults=True)
    kind = given.event_type if given.event_type in (_CANCELLED, _REQUESTED) else None
    return hashlib.sha256(orjson.dumps([kind, said], option=orjson.OPT_SORT_KEYS)).hexdigest()


def asked_of(given: b.BookingEventIn, room_names: Mapping[str, str], also: Sequence[str] = ()) -> w.Asked:
    """What an event that is no cancellation asks for, in its sender's words. `room_names`: room keys by any name.
    `also`: as `Delivery` has it."""
    booking = given.booking
    room = booking.room or b.RoomIn()
    share = booking.declarations.screen_share if booking.declarations is not None else None
    priority = booking.priority or b.PriorityIn()
    return w.Asked(
        requested=given.event_type == _REQUESTED,
        purpose=booking.purpose,
        observation=booking.observation,
        timezone=booking.timezone,
        prisoners=tuple(_prisoner(each) for each in booking.prisoners),
        segments=tuple(_segment(each, room_names) for each in booking.segments),
        room=_meets(room),
        attendees=tuple(
            w.AttendeeAsked(
                ref=a.ref,
                role=a.role,
                lead=a.lead,
                name=a.name,
                display_name=a.display_name,
                protected=a.protected_identity,
                has_contact=bool((a.email or "").strip() or (a.phone or "").strip()),
                vouched_by=a.vouched_by,
                present=a.presence_confirmed,
                link_from=a.link_forwarded_by,
                id_came=a.advance_id_received,
            )
            for a in booking.attendees
        ),
        screen_share=share is not None and share.declared,
        booker_email=booking.booked_by.email if booking.booked_by is not None else None,
        case_given=booking.case is not None and bool((booking.case.reference or "").strip()),
        hearing_date=booking.case.hearing_date if booking.case is not None else None,
        notice_waived_by=booking.notice_override.by if booking.notice_override is not None else None,
        answered=frozenset(key for key, answer in booking.answers.items() if answer.strip()),
        background=_background(booking, also),
        priority_class=priority.class_,
        priority_reason=priority.reason,
        forwarding=_forwarding(booking.link_forwarding),
    )


def _forwarding(given: b.LinkForwardingIn | None) -> w.ForwardingAsked | None:
    if given is None:
        return None
    return w.ForwardingAsked(given.allowed, tuple((each.role, each.count) for each in given.to))


def _background(booking: b.BookingIn, also: Sequence[str]) -> str | None:
    """What somebody who decides on the booking wants to read, a line each; None where nothing was said."""
    lines = []
    if booking.booked_by is not None:
        who = (booking.booked_by.name, booking.booked_by.organisation, booking.booked_by.email)
        lines.append("Booked by " + ", ".join(part for part in who if part))
    if booking.case is not None:
        case = (booking.case.reference, booking.case.hearing_date, booking.case.details)
        lines.append("Case " + ", ".join(part for part in case if part))
    if booking.notice_override is not None:
        told = (booking.notice_override.by, booking.notice_override.reason)
        lines.append("Short notice allowed by " + ", ".join(part for part in told if part))
    lines += [*(f"{key}: {answer}" for key, answer in booking.answers.items()), *also]
    return "\n".join(lines) or None


def _prisoner(given: b.PrisonerIn) -> w.PrisonerAsked:
    name = " ".join(part.strip() for part in (given.first_name, given.last_name) if part and part.strip())
    return w.PrisonerAsked(given.prisoner_number, given.date_of_birth, name or None, given.not_yet_received)


def _segment(given: b.SegmentIn, room_names: Mapping[str, str]) -> w.SegmentAsked:
    slots = tuple(w.SlotAsked(slot.date, slot.start, slot.end) for slot in given.slots)
    called = given.prison_room.location_key or given.prison_room.dps_location_id
    room = room_names.get(called, called) if called is not None else None
    return w.SegmentAsked(given.key, slots, room, given.attendee_refs, _meets(given.room) if given.room else None)


def _meets(room: b.RoomIn) -> w.RoomAsked:
    return w.RoomAsked(room.source, room.video_link_url, room.hmcts_number, room.guest_pin)


def _faulty(faults: tuple[w.Fault, ...]) -> Problem:
    errors = [FaultShape(pointer=fault.pointer, code=fault.code, detail=fault.sentence) for fault in faults]
    only_time = all(fault.code == "ambiguous_time" for fault in faults)
    return Problem("ambiguous_time" if only_time else "invalid", counted(len(faults)), errors=errors)


def _answer(taken: Taken, config: Config, *, links: bool) -> b.BookingAnswer:
    """`links`: whether this sender passes links on to people; nobody else is told one."""
    return b.BookingAnswer(
        booking_id=taken.record.id,
        version=taken.record.version,
        result=taken.result.value,
        session_ids=_sessions(taken.record, taken.sessions, config, links=links),
        chosen_slot=_chosen(taken) if taken.slot is not None else None,
        warnings=taken.warnings,
        not_applied=tuple(_not_applied(each) for each in taken.not_applied),
    )


def _not_applied(held: NotApplied) -> b.NotAppliedView:
    return b.NotAppliedView(segment=held.segment, field=held.field, reason=held.reason)


def _chosen(taken: Taken) -> b.ChosenSlotView:
    assert taken.slot is not None
    return b.ChosenSlotView(
        index=taken.slot,
        segments=tuple(
            b.ChosenSegmentView(
                segment_key=session.segment, starts_at=as_text(session.starts_at), ends_at=as_text(session.ends_at)
            )
            for session in taken.sessions
            if session.phase not in OVER
        ),
        skipped=skipped_views(taken.skipped),
    )


def _sessions(
    record: BookingRecord, sessions: tuple[Session, ...], config: Config, *, links: bool
) -> tuple[b.BookedSessionView, ...]:
    by_id: Mapping[str, Session] = {session.id: session for session in sessions}
    found = [(segment.key, by_id[segment.session_id]) for segment in record.segments if segment.session_id in by_id]
    return tuple(
        b.BookedSessionView(
            segment_key=key, session_id=session.id, state=session.phase, link=_link(session, config) if links else None
        )
        for key, session in found
    )


def _link(session: Session, config: Config) -> str | None:
    if session.control is not Control.FULL or session.phase in OVER or config.shadow.enabled:
        return None
    return join_link(config.pexip.web_join, session.alias, config.pexip.domain)


async def show(incoming: Incoming) -> web.Response:
    """A booking, to somebody who may see its establishment."""
    booking_id = incoming.request.match_info["id"]

    def query(rx: Rx) -> tuple[BookingRecord, tuple[Session, ...]] | None:
        record = rx.booking(booking_id)
        if record is None or not incoming.person.may_see(record.establishment):
            return None
        found = (rx.session(segment.session_id) for segment in record.segments)
        return record, tuple(session for session in found if session is not None)

    found = await incoming.deps.store.read(query)
    if found is None:
        raise Problem("not-found", "There is no such booking.")
    record, sessions = found
    return answered(
        b.BookingView(
            id=record.id,
            version=record.version,
            status=record.status,
            establishment=record.establishment,
            sessions=_sessions(record, sessions, incoming.deps.config, links=True),
            warnings=record.warnings,
            updated_at=as_text(record.updated_at),
        )
    )
