"""Book a Video Link: court hearings with the consultations either side of them, and probation meetings.

| ours                     | theirs                                                                          |
|--------------------------|---------------------------------------------------------------------------------|
| `id`                     | `videoLinkBookingId`                                                            |
| `version`                | `amendedAt`, else `createdAt`                                                   |
| cancelled                | `statusCode` CANCELLED                                                          |
| `purpose`, `subType`     | `bookingType`; `courtHearingType` or `probationMeetingType`                     |
| `requester`              | court or probation team                                                         |
| segment                  | each of `prisonAppointments`, by `appointmentType`                              |
| `room`                   | the hearing's own: `videoLinkUrl` or `hmctsNumber`, `guestPin`                  |
| `attendees`              | the probation contact; nobody for a court: the officer completes the roster     |
| case, date of birth      | not there                                                                       |

An amendment deletes and makes anew all appointments, so their numbers identify nothing: a segment is the booking's
number and its kind. A probation meeting without a link is held in a room of ours; a hearing never is.
"""

from __future__ import annotations

from pydantic import JsonValue

from vmrd.adapters import codes
from vmrd.adapters.envelope import DomainEvent
from vmrd.adapters.reading import (
    NAME,
    NOTE,
    Id,
    Json,
    Mapped,
    Named,
    Notes,
    Ours,
    Read,
    Unmappable,
    room_of,
    shaped,
    time_of_day,
    version_of,
)
from vmrd.lifecycle.words import Purpose, SegmentKind

EVENTS = frozenset(f"book-a-video-link.video-booking.{what}" for what in ("created", "amended", "cancelled"))
_LONGEST_LINK = 120
_LONGEST_CODE = 8


class _Appointment(Read):
    prison_appointment_id: Id | None = None
    prison_code: str
    prisoner_number: str
    appointment_type: str
    appointment_date: str
    start_time: str
    end_time: str
    prison_loc_key: str | None = None
    dps_location_id: str | None = None


class _Contact(Read):
    contact_name: str | None = None
    contact_email: str | None = None
    contact_number: str | None = None


class _Booking(Read):
    video_link_booking_id: Id
    status_code: str
    booking_type: str
    prison_appointments: tuple[_Appointment, ...] = ()
    court_code: str | None = None
    court_description: str | None = None
    court_hearing_type: str | None = None
    probation_team_code: str | None = None
    probation_team_description: str | None = None
    probation_meeting_type: str | None = None
    video_link_url: str | None = None
    hmcts_number: str | None = None
    guest_pin: str | None = None
    created_by_prison: bool | None = None
    created_at: str
    amended_at: str | None = None
    additional_booking_details: _Contact | None = None
    notes_for_staff: str | None = None
    notes_for_prisoners: str | None = None


def named(event: DomainEvent) -> Named:
    """The booking an event names. Raises `Unreadable`."""
    number = event.number("videoBookingId")
    return Named(number, f"/video-link-booking/id/{number}")


def mapped(body: bytes, number: str, ours: Ours) -> Mapped:
    """The booking of this number as our own event. Raises `Unmappable`, `NotAnswered`."""
    booking, notes = shaped(_Booking, body), Notes()
    if booking.video_link_booking_id != number:
        raise Unmappable("another_booking")
    prisons = {each.prison_code for each in booking.prison_appointments}
    if len(prisons) != 1:
        raise Unmappable("several_establishments" if prisons else "no_appointments")
    prison = prisons.pop()
    purpose = notes.word(booking.booking_type, codes.BOOKING_TYPES, Purpose.OTHER, "booking_type")
    numbers = dict.fromkeys(each.prisoner_number for each in booking.prison_appointments)
    rooms, meets = ours.rooms(prison), _room(booking, purpose, notes)
    cancelled = booking.status_code == "CANCELLED"
    event: Json = {
        "eventType": f"booking.{'cancelled' if cancelled else 'amended' if booking.amended_at else 'created'}",
        "source": {"system": ours.system},
        "booking": {
            "id": f"{ours.system}:{booking.video_link_booking_id}",
            "version": version_of(booking.amended_at or booking.created_at),
            "status": "cancelled" if cancelled else "active",
            "type": booking.booking_type.upper() if purpose is not Purpose.OTHER else codes.OTHER,
            "purpose": purpose,
            "subType": _sub_type(booking, purpose, notes),
            "bookedVia": "prison" if booking.created_by_prison else _asker(purpose),
            "requester": _requester(booking, purpose, notes),
            "establishment": {"prisonCode": prison},
            "timezone": "Europe/London",
            "prisoners": [{"prisonerNumber": number} for number in numbers],
            # A cancellation is not to fail over what it no longer asks for.
            "segments": []
            if cancelled
            else [_segment(each, rooms, meets, notes) for each in booking.prison_appointments],
            "attendees": [] if cancelled else _attendees(booking, purpose, notes),
            "notes": {
                "staff": notes.text(booking.notes_for_staff, NOTE, "notes_for_staff"),
                "prisoner": notes.text(booking.notes_for_prisoners, NOTE, "notes_for_prisoners"),
            },
        },
    }
    return Mapped(event, tuple(notes.warnings))


def _asker(purpose: Purpose) -> str:
    return "probation" if purpose is Purpose.PROBATION else "court"


def _sub_type(booking: _Booking, purpose: Purpose, notes: Notes) -> Json:
    if purpose is Purpose.PROBATION:
        code = notes.word(booking.probation_meeting_type, codes.MEETING_TYPES, codes.OTHER, "meeting_type")
        return {"scheme": "bvls.probationMeetingType", "code": code}
    code = notes.word(booking.court_hearing_type, codes.HEARING_TYPES, codes.OTHER, "hearing_type")
    return {"scheme": "bvls.courtHearingType", "code": code}


def _requester(booking: _Booking, purpose: Purpose, notes: Notes) -> Json:
    code, name = (
        (booking.probation_team_code, booking.probation_team_description)
        if purpose is Purpose.PROBATION
        else (booking.court_code, booking.court_description)
    )
    return {
        "kind": _asker(purpose),
        "code": notes.text(code, NAME, "requester"),
        "name": notes.text(name, NAME, "requester"),
    }


def _segment(appointment: _Appointment, rooms: frozenset[str], meets: Json, notes: Notes) -> Json:
    """A kind we do not know is left to the rules to name: which part of the booking it is cannot be guessed."""
    kind = codes.SEGMENTS.get(appointment.appointment_type)
    return {
        "key": kind or "unknown",
        "room": meets if kind is SegmentKind.MAIN else {"source": "managed"},
        "kind": notes.text(appointment.appointment_type, NAME, "appointment_type"),
        "externalId": appointment.prison_appointment_id,
        "slots": [
            {
                "date": appointment.appointment_date,
                "start": time_of_day(appointment.start_time),
                "end": time_of_day(appointment.end_time),
            }
        ],
        "prisonRoom": room_of(rooms, appointment.dps_location_id, appointment.prison_loc_key),
    }


def _room(booking: _Booking, purpose: Purpose, notes: Notes) -> Json:
    link = notes.whole(booking.video_link_url, _LONGEST_LINK, "video_link_url")
    number = notes.whole(booking.hmcts_number, _LONGEST_CODE, "hmcts_number")
    pin = notes.whole(booking.guest_pin, _LONGEST_CODE, "guest_pin")
    if link and number:
        notes.say("link_twice: the HMCTS number was left out")
        number = None
    if purpose is Purpose.PROBATION and not link:
        return {"source": "managed"}
    return {"source": "external", "videoLinkUrl": link, "hmctsNumber": number, "guestPin": pin}


def _attendees(booking: _Booking, purpose: Purpose, notes: Notes) -> list[JsonValue]:
    contact = booking.additional_booking_details
    name = notes.text(contact.contact_name, NAME, "contact_name") if contact is not None else None
    if contact is None or name is None:
        return []
    return [
        {
            "ref": "contact",
            "role": "probation" if purpose is Purpose.PROBATION else "other",
            "lead": True,
            "name": name,
            "email": notes.whole(contact.contact_email, NAME, "contact_email"),
            "phone": notes.whole(contact.contact_number, NAME, "contact_number"),
            "organisation": notes.text(booking.probation_team_description, NAME, "organisation"),
        }
    ]
