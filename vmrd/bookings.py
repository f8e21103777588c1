"""Taking a booking event: the booking, its sessions, their claims, secrets and the receipt in one transaction.

| event                                   | answer                                                                  |
|-----------------------------------------|-------------------------------------------------------------------------|
| its message id was answered before      | the first answer, byte for byte                                         |
| newer version                           | sessions planned, amended, cancelled; `accepted`                        |
| same version, same content              | nothing changes; `duplicate`                                            |
| same version, other content             | nothing changes; `Conflict`. Read back from its source: as newer        |
| older version                           | nothing changes; `stale`                                                |
| faults                                  | nothing changes; all of them                                            |
| no slot with room and prisoner free     | nothing changes; `Full`, with what is free instead                      |

A booking never touches a running meeting beyond what the rules of the core allow. The date of birth is not here at
all: it was looked at at the border and dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vmrd import booker, minting, rooms, works
from vmrd.engine import Applied, Engine
from vmrd.intake_answers import Answered, Conflict, NotYours, Result, Taken
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.desk import Authority, Desk
from vmrd.lifecycle.intake import read
from vmrd.lifecycle.intake_changes import (
    AmendSegment,
    CancelSegment,
    Known,
    NotApplied,
    PlanSegment,
    Standing,
    changes,
    not_applied,
    running,
    standing,
)
from vmrd.lifecycle.intake_words import Asked, Fault, Segment, Stretch, Wanted
from vmrd.lifecycle.session import Attendee, Session
from vmrd.lifecycle.words import OVER, SegmentKind
from vmrd.rooms import Chosen, Full, Place, Premises, Request, Unavailable
from vmrd.secret_names import BACKGROUND, PRISONER_NAME, attendee_name, host_pin
from vmrd.store import base
from vmrd.store.base import Ahead, BookingRecord, Claim, Receipt, Rx, Tx, message_scope

CANCELLED = "cancelled"
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Event:
    """A booking event. `asked` is None for a cancellation. `digest`: of what it says. `message`, `body_digest`: of the
    delivery, to know a repeated one. `read_back`: see `intake_changes.standing`. `warnings`: what was noticed before it
    came here."""

    sender: str
    message: str
    body_digest: str
    booking: str
    version: int
    digest: str
    desk: Desk
    premises: Premises
    asked: Asked | None
    read_back: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def establishment(self) -> str:
        return self.premises.code


Answer = Conflict | NotYours | Answered | Full | tuple[Fault, ...]
Encode = Callable[[Taken], tuple[int, bytes]]
"""Status and body of an answer; called inside the transaction so that the receipt holds the very bytes."""
Make = Callable[[Callable[[str], str]], i.Input]


async def take(engine: Engine, event: Event, encode: Encode) -> Answer:
    """Take one event. Raises `StoreError` for the store."""
    applied: list[Applied] = []

    def step(tx: Tx) -> Answer:
        applied.clear()  # the store may run a step again
        return _Taking(engine, event, tx, applied).take(encode)

    def told(_: Answer) -> None:
        for each in applied:
            engine.announce(each)

    try:
        return await engine.transact(lambda rx: _touched(rx, event), step, told)
    except Unavailable as fault:
        refused = fault
        return await engine.store.read(lambda rx: rooms.instead(rx, refused))


def _touched(rx: Rx, event: Event) -> list[str]:
    rx.ahead(Ahead(receipt=(message_scope(event.sender), event.message), booking=event.booking))
    record = rx.booking(event.booking)
    return [segment.session_id for segment in record.segments] if record is not None else []


@dataclass(slots=True)
class _Taking:
    """One event in one transaction. `version`: what sessions are told, above all they know; so a later read of the same
    version reaches them too."""

    engine: Engine
    event: Event
    tx: Tx
    applied: list[Applied]
    version: int = 0

    def take(self, encode: Encode) -> Answer:
        scope, message = message_scope(self.event.sender), self.event.message
        receipt = self.tx.receipt(scope, message)
        if receipt is not None:
            return Answered(receipt)
        answer = self._decide()
        if not isinstance(answer, Taken):
            return answer
        status, body = encode(answer)
        receipt = Receipt(scope, message, self.event.body_digest, status, body, self.engine.clock.now())
        self.tx.put_receipt(receipt)
        return Answered(receipt)

    def _decide(self) -> Taken | Conflict | NotYours | tuple[Fault, ...]:
        event, record = self.event, self.tx.booking(self.event.booking)
        if record is not None:
            if record.establishment != event.establishment:
                return NotYours()
            stands = standing(record.version, record.digest, event.version, event.digest, read_back=event.read_back)
            if stands is Standing.CONFLICT:
                return Conflict()
            if stands is not Standing.NEW:
                result = Result.DUPLICATE if stands is Standing.DUPLICATE else Result.STALE
                return Taken(result, record, self._sessions(record), None, record.warnings)
        self.version = max([event.version, *(session.booking_version + 1 for session in self._sessions(record))])
        if event.asked is None:
            return self._cancel(record)
        wanted = read(event.asked, event.premises.rooms, event.desk, self.engine.clock.now())
        return self._change(wanted, record) if isinstance(wanted, Wanted) else wanted

    def _cancel(self, record: BookingRecord | None) -> Taken:
        """Cancel every session. An unknown booking is remembered as cancelled, so that its late creation is stale."""
        warnings = () if record is not None else ("unknown_booking: nothing to cancel",)
        for session in self._sessions(record):
            if session.phase not in OVER:
                self._apply(session.id, i.Cancel(self.version, CANCELLED))
        for session in self._sessions(record):
            if session.phase in OVER:  # a running meeting goes on, and keeps its room
                self._release(session.id)
        segments = record.segments if record is not None else ()
        return self._kept(CANCELLED, segments, None, warnings)

    def _change(self, wanted: Wanted, record: BookingRecord | None) -> Taken | tuple[Fault, ...]:
        known = self._known(record)
        todo, warnings = changes(wanted, known, self.engine.clock.now())
        if not todo and record is None:
            return (Fault("/booking/segments", "past", "The times of this booking are over."),)
        segments = {segment.key: segment.session_id for segment in record.segments} if record is not None else {}
        for session_id in segments.values():
            self._release(session_id)
        chosen = self._choose(wanted, [c.segment for c in todo if not isinstance(c, CancelSegment)], known)
        slot, held = chosen.index, list[NotApplied]()
        wanted = replace(wanted, flags=(*wanted.flags, *chosen.flags))
        for change in todo:
            match change:
                case CancelSegment(session=session_id, reason=reason):
                    self._apply(session_id, i.Cancel(self.version, reason))
                case AmendSegment(session=session_id, segment=segment):
                    held += self._amended(wanted, session_id, segment, slot)
                case PlanSegment(segment=segment):
                    segments[segment.kind] = self._plan(wanted, segment, slot)
        for session_id in segments.values():
            self._claim(session_id, wanted.prisoner)
        kept = tuple(base.Segment(key, session_id) for key, session_id in segments.items())
        told = (*self.event.warnings, *wanted.warnings, *warnings, *rooms.equipment_warnings(wanted), *chosen.warnings)
        return replace(self._kept(ACTIVE, kept, chosen, told), not_applied=tuple(held))

    def _amended(self, wanted: Wanted, session_id: str, segment: Segment, slot: int) -> list[NotApplied]:
        """Amend one session; what its running meeting could not take over."""
        session, wished = self.tx.session(session_id), segment.slots[slot]
        assert session is not None  # it is one of the booking's own
        had = wished
        if running(session):
            had = rooms.as_far_as_free(self.tx, self.event.establishment, session, wished, wanted.prisoner)
        number = booker.keep(self.tx, session_id, session, wanted.booker)
        self._apply(session_id, self._amend(wanted, segment, had, number))
        self._keep_names(session_id, wanted, segment)
        now = self.tx.session(session_id)
        assert now is not None
        for ref in session.attendees.keys() - now.attendees.keys():
            self.tx.put_secret(session_id, attendee_name(ref), None)
        return not_applied(now, segment, wished, had) if running(session) else []

    def _known(self, record: BookingRecord | None) -> dict[SegmentKind, Known]:
        return {
            session.segment: Known(session, self.tx.personal(session.id).get(session.prisoner_ref))
            for session in (self._sessions(record))
        }

    def _sessions(self, record: BookingRecord | None) -> tuple[Session, ...]:
        found = (self.tx.session(segment.session_id) for segment in (record.segments if record is not None else ()))
        return tuple(session for session in found if session is not None)

    def _plan(self, wanted: Wanted, segment: Segment, slot: int) -> str:
        session_id, stretch = minting.session_id(), segment.slots[slot]
        self.tx.minted(session_id)

        def plan(ref: Callable[[str], str]) -> i.Input:
            return i.Plan(
                session=session_id,
                booking_id=self.event.booking,
                booking_version=self.version,
                segment=segment.kind,
                purpose=wanted.purpose,
                establishment=self.event.establishment,
                room=segment.room.key,
                room_address=segment.room.address,
                control=segment.control,
                starts_at=stretch.start,
                ends_at=stretch.end,
                prisoner_ref=ref(wanted.prisoner),
                observation=wanted.observation,
                alias=minting.alias(),
                needs_approval=wanted.needs_approval,
                attendees=self._people(segment, ref),
                screen_share_declared=wanted.screen_share,
                flags=wanted.flags,
                notice_waived_by=ref(wanted.notice_waived_by) if wanted.notice_waived_by is not None else None,
                forwarding=wanted.forwarding,
                booker=booker.keep(self.tx, session_id, None, wanted.booker),
            )

        self._apply(session_id, plan)
        self.tx.put_secret(session_id, host_pin(1), minting.pin().encode())
        self._keep_names(session_id, wanted, segment, new=True)
        return session_id

    def _amend(self, wanted: Wanted, segment: Segment, stretch: Stretch, number: int) -> Make:
        return lambda ref: i.Amend(
            booking_version=self.version,
            starts_at=stretch.start,
            ends_at=stretch.end,
            room=segment.room.key,
            room_address=segment.room.address,
            attendees=self._people(segment, ref),
            observation=wanted.observation,
            screen_share_declared=wanted.screen_share,
            flags=wanted.flags,
            forwarding=wanted.forwarding,
            booker=number,
        )

    def _people(self, segment: Segment, ref: Callable[[str], str]) -> tuple[Attendee, ...]:
        now = self.engine.clock.now()
        return tuple(person.attendee(ref, self.event.sender, now) for person in segment.people)

    def _keep_names(self, session_id: str, wanted: Wanted, segment: Segment, *, new: bool = False) -> None:
        """Names nobody sees by default are secrets, to be revealed and wiped as such. What is no longer said goes."""
        said = {BACKGROUND: wanted.background}
        session = self.tx.session(session_id)
        if new or (session is not None and self.tx.personal(session_id).get(session.prisoner_ref) == wanted.prisoner):
            said[PRISONER_NAME] = wanted.prisoner_name  # a meeting that runs keeps its prisoner, whoever is booked now
        said |= {attendee_name(person.ref): person.hidden for person in segment.people}
        for name, text in said.items():
            if text is not None or not new:
                self.tx.put_secret(session_id, name, text.encode() if text is not None else None)

    def _apply(self, session_id: str, given: i.Input | Make) -> None:
        answer = self.engine.apply(self.tx, session_id, given)
        if isinstance(answer, Applied):
            self.applied.append(answer)

    def _choose(self, wanted: Wanted, segments: list[Segment], known: Mapping[SegmentKind, Known]) -> Chosen:
        """The first slot that can be had. The booking's own sessions have let go of their claims by now."""
        stays = [each.session for each in known.values() if each.session.phase not in OVER]
        request = Request(
            premises=self.event.premises,
            segments=tuple(segments),
            prisoner=rooms.prisoner_subject(wanted.prisoner),
            mine=frozenset(each.session.id for each in known.values()),
            keeps=frozenset(Place(session.room, session.starts_at, session.booked_end) for session in stays),
            running=frozenset(s.segment for s in stays if running(s)),
            allocated=self.event.desk.authority is Authority.UPSTREAM,
            screen_share=wanted.screen_share,
            now=self.engine.clock.now(),
        )
        return rooms.choose(self.tx, request)

    def _claim(self, session_id: str, prisoner: str) -> None:
        """Claim what the session now says: a running meeting keeps its room whatever was asked for."""
        session = self.tx.session(session_id)
        if session is not None and session.phase not in OVER:
            stretch = Stretch(session.starts_at, session.ends_at)
            wanted = rooms.claims(self.event.establishment, session.room, stretch, prisoner)
            if self.event.desk.authority is Authority.UPSTREAM:
                wanted = [each for each in wanted if not self._held(each, session_id)]
            self.tx.claim(session_id, wanted)
            self.applied.extend(works.reflect(self.engine, self.tx, session))

    def _held(self, claim: Claim, session_id: str) -> bool:
        return self.tx.claim_holder(claim.kind, claim.subject, claim.start, claim.end, but_not=session_id) is not None

    def _release(self, session_id: str) -> None:
        self.tx.claim(session_id, ())

    def _kept(
        self, status: str, segments: tuple[base.Segment, ...], chosen: Chosen | None, warnings: tuple[str, ...]
    ) -> Taken:
        record = BookingRecord(
            id=self.event.booking,
            source=self.event.sender,
            version=self.event.version,
            digest=self.event.digest,
            status=status,
            establishment=self.event.establishment,
            segments=segments,
            warnings=warnings,
            updated_at=self.engine.clock.now(),
        )
        self.tx.put_booking(record)
        slot, skipped = (chosen.index, chosen.skipped) if chosen is not None else (None, ())
        return Taken(Result.ACCEPTED, record, self._sessions(record), slot, warnings, skipped)
