"""Official Visits: consultations booked by a prison, with the people who come.

| ours                     | theirs                                                                          |
|--------------------------|---------------------------------------------------------------------------------|
| `id`                     | `officialVisitId`                                                               |
| `version`                | `updatedTime`, else `createdTime`                                               |
| cancelled                | `visitStatus` CANCELLED, or a visit that is no longer by video                  |
| left alone               | COMPLETED and EXPIRED: the visit is over and its time has passed                |
| `purpose`                | follows from the role of the lead visitor                                       |
| segment                  | the visit, one main                                                             |
| `room`                   | ours                                                                            |
| `attendees`              | `officialVisitors`: relationship, lead, equipment                               |
| case, date of birth      | not taken                                                                       |

A visitor is known by the visitor's own number, else the contact's: an ID check belongs to that reference and must
survive an amendment. What a visitor's own record says of when it changed is not part of the version: taking somebody
off a visit would turn it back, and the change would be lost. The later read of one version counts (`Standing`).
"""

from __future__ import annotations

from pydantic import JsonValue

from vmrd.adapters import codes
from vmrd.adapters.envelope import DomainEvent
from vmrd.adapters.reading import (
    NAME,
    Id,
    Json,
    LeftAlone,
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
from vmrd.lifecycle.words import AttendeeRole, Purpose

EVENTS = frozenset(
    f"official-visits-api.{what}"
    for what in (
        "visit.created",
        "visit.updated",
        "visit.cancelled",
        "visitor.created",
        "visitor.updated",
        "visitor.deleted",
        "prisoner.updated",
    )
)
_OVER = frozenset({"COMPLETED", "EXPIRED"})
_NOTE = 240


class _Equipment(Read):
    description: str | None = None
    approved: bool | None = None


class _Visitor(Read):
    official_visitor_id: Id | None = None
    contact_id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    relationship_code: str | None = None
    lead_visitor: bool = False
    visitor_equipment: _Equipment | None = None


class _Prisoner(Read):
    prisoner_number: str
    first_name: str | None = None
    last_name: str | None = None


class _Visit(Read):
    official_visit_id: Id
    prison_code: str
    visit_status: str
    visit_type_code: str
    visit_date: str
    start_time: str
    end_time: str
    dps_location_id: str | None = None
    staff_notes: str | None = None
    prisoner_notes: str | None = None
    created_time: str
    updated_time: str | None = None
    official_visitors: tuple[_Visitor, ...] | None = None
    prisoner: _Prisoner


def named(event: DomainEvent) -> Named:
    """The visit an event names. Raises `Unreadable`."""
    number = event.number("officialVisitId")
    return Named(number, f"/official-visit/prison/{event.prison('prisonId')}/id/{number}")


def mapped(body: bytes, number: str, ours: Ours) -> Mapped | LeftAlone:
    """The visit of this number as our own event. Raises `Unmappable`, `NotAnswered`."""
    visit, notes = shaped(_Visit, body), Notes()
    if visit.official_visit_id != number:
        raise Unmappable("another_booking")
    if visit.visit_status in _OVER:
        return LeftAlone("over")
    by_video = visit.visit_type_code == "VIDEO"
    cancelled = visit.visit_status == "CANCELLED" or not by_video
    if not cancelled and visit.visit_status != "SCHEDULED":
        notes.say("unknown_status: taken as scheduled")
    attendees = _attendees(visit, notes)
    event: Json = {
        "eventType": f"booking.{'cancelled' if cancelled else 'amended' if visit.updated_time else 'created'}",
        "source": {"system": ours.system},
        "booking": {
            "id": f"{ours.system}:{visit.official_visit_id}",
            "version": version_of(visit.updated_time or visit.created_time),
            "status": "cancelled" if cancelled else "active",
            "type": "VLOV",
            "purpose": _purpose(attendees, notes),
            "bookedVia": "prison",
            "establishment": {"prisonCode": visit.prison_code},
            "timezone": "Europe/London",
            "prisoners": [_prisoner(visit.prisoner, notes)],
            # A cancellation is not to fail over what it no longer asks for.
            "segments": [] if cancelled else [_segment(visit, ours.rooms(visit.prison_code))],
            "room": {"source": "managed"},
            "attendees": [] if cancelled else list(attendees),
            "declarations": {"equipment": _equipment(visit, notes)},
            "notes": {
                "staff": notes.text(visit.staff_notes, _NOTE, "staff_notes"),
                "prisoner": notes.text(visit.prisoner_notes, _NOTE, "prisoner_notes"),
            },
        },
    }
    return Mapped(event, tuple(notes.warnings), only_known=not by_video)


def _segment(visit: _Visit, rooms: frozenset[str]) -> Json:
    return {
        "key": "main",
        "kind": "VLOV",
        "externalId": visit.official_visit_id,
        "slots": [
            {"date": visit.visit_date, "start": time_of_day(visit.start_time), "end": time_of_day(visit.end_time)},
        ],
        "prisonRoom": room_of(rooms, visit.dps_location_id, None),
    }


def _prisoner(prisoner: _Prisoner, notes: Notes) -> Json:
    return {
        "prisonerNumber": prisoner.prisoner_number,
        "firstName": notes.text(prisoner.first_name, NAME, "prisoner_name"),
        "lastName": notes.text(prisoner.last_name, NAME, "prisoner_name"),
    }


def _refs(visit: _Visit) -> list[tuple[str, _Visitor]]:
    """Each visitor with a reference that stays; one who has no number, or another's, is known by place."""
    found: dict[str, _Visitor] = {}
    for place, visitor in enumerate(visit.official_visitors or (), start=1):
        number = visitor.official_visitor_id or visitor.contact_id
        letter = "v" if visitor.official_visitor_id else "c"
        ref = f"{letter}{number}" if number and number.isalnum() and len(number) < 20 else f"n{place}"
        found[ref if ref not in found else f"n{place}"] = visitor
    return list(found.items())


def _attendees(visit: _Visit, notes: Notes) -> list[Json]:
    people: list[Json] = []
    for place, (ref, visitor) in enumerate(_refs(visit), start=1):
        given = [notes.text(part, NAME, "visitor_name") for part in (visitor.first_name, visitor.last_name)]
        name = notes.text(" ".join(part for part in given if part), NAME, "visitor_name")
        if name is None:
            notes.say("visitor_without_name: shown by number")
        people.append(
            {
                "ref": ref,
                "role": notes.word(visitor.relationship_code, codes.RELATIONSHIPS, AttendeeRole.OTHER, "relationship"),
                "lead": visitor.lead_visitor,
                "name": name or f"Visitor {place}",
                "externalId": visitor.official_visitor_id,
            }
        )
    if people and not any(person["lead"] for person in people):
        notes.say("no_lead_visitor: nobody is required to be there")
    return people


def _purpose(attendees: list[Json], notes: Notes) -> Purpose:
    leads = [AttendeeRole(str(person["role"])) for person in attendees if person["lead"]]
    purposes = [codes.PURPOSE_OF_LEAD[role] for role in leads if role in codes.PURPOSE_OF_LEAD]
    if not purposes:
        notes.say("unknown_purpose: taken as other")
    return purposes[0] if purposes else Purpose.OTHER


def _equipment(visit: _Visit, notes: Notes) -> list[JsonValue]:
    return [
        {
            "attendeeRef": ref,
            "description": notes.text(visitor.visitor_equipment.description, NAME, "equipment"),
            "approved": bool(visitor.visitor_equipment.approved),
        }
        for ref, visitor in _refs(visit)
        if visitor.visitor_equipment is not None
    ]
