"""Who is in the stories, and what was booked. All names are invented; telephone numbers are Ofcom's for drama.

Four rooms of one prison on one morning: the first is the viewer's; in the second a prisoner already talks to his
lawyer; in the third somebody waits; the fourth is for the afternoon.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
PRISON = "MDI"
PRISON_NAME = "Moorland (HMP & YOI)"
SENDER = "rehearsal"
SINK_USER = "pexip"
DOMAIN = "meet.example.org"
WEB_JOIN = "https://join.example.org/webapp/{alias}"

OFFICER = "K. Shah"
SUPERVISOR = "M. Evans"

CURTAIN = time(9, 30)
"""When the day begins behind the curtain, T of the scenario: the second room is opened in the minutes that follow.

The viewer comes twenty minutes later; the clock never passes midnight, whenever the demo is run.
"""

PHONE = "+441632960123"
STRANGER = "Sam's tablet"
KNOCKER = "J. Doe"
LATE_CALLER = "Redial"
SANDBOX_STRANGERS = ("Guest", "A. Nother", "Conference phone", "Pat's laptop")


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person the booking names. `documents`: what they show when the officer checks their ID."""

    ref: str
    name: str
    role: str
    lead: bool = False
    documents: tuple[str, ...] = ("photo_card",)

    @property
    def needs_word(self) -> bool:
        """Whether the practitioner must say who this is as well (guidance, "Interpreters and other specialists")."""
        return self.role in ("interpreter", "specialist")


SOLICITOR = Visitor("p1", "Priya Nair", "defence", lead=True)
INTERPRETER = Visitor("p2", "Tomasz Zielinski", "interpreter", documents=("headed_letter", "passport"))
COLLEAGUE = Visitor("p3", "Daniel Okafor", "defence")
BARRISTER = Visitor("p1", "Helen Marsh", "defence", lead=True)
EARLY_BIRD = Visitor("p1", "Owen Price", "probation", lead=True)
PSYCHOLOGIST = Visitor("p1", "Grace Lindqvist", "psychologist", lead=True)


@dataclass(frozen=True, slots=True)
class Booking:
    """One consultation as the booking system knows it. Times are local. `also`: slots that would do as well, in order
    of preference. `days`: how many days after the rehearsal's it is."""

    number: int
    room: str
    purpose: str
    prisoner: str
    start: time
    end: time
    visitors: tuple[Visitor, ...]
    also: tuple[tuple[time, time], ...] = ()
    days: int = 0
    system: str = SENDER
    prison: str = PRISON

    @property
    def id(self) -> str:
        """As the sender gives it."""
        return f"{self.system}:{self.number}"


YOURS = Booking(
    1001, "MDI-VCC-1", "legal_consultation", "A4821CK", time(10), time(10, 30), (SOLICITOR, INTERPRETER, COLLEAGUE)
)
PRIVATE = Booking(1002, "MDI-VCC-2", "legal_consultation", "A7093FV", time(9, 30), time(11, 30), (BARRISTER,))
WAITING = Booking(1003, "MDI-VCC-3", "probation", "A1650TR", time(10, 15), time(11), (EARLY_BIRD,))
LATER = Booking(1004, "MDI-VCC-4", "psychology", "A3377LN", time(15), time(16), (PSYCHOLOGIST,))

ROOMS = tuple(booking.room for booking in (YOURS, PRIVATE, WAITING, LATER))


def room_name(key: str) -> str:
    """What is painted on the door."""
    return f"Video room {key[-1]}"


def room_address(key: str) -> str:
    """What Pexip calls to reach the room's screen."""
    return f"{key.lower()}@rooms.example.org"


def instant(day: date, at: time) -> float:
    """Epoch seconds of a local time of the day."""
    return datetime.combine(day, at, LONDON).timestamp()


def event(booking: Booking, day: date, what: str = "created", version: int = 1) -> dict[str, Any]:
    """The event by which a booking system tells that a booking was `created`, `amended` or `cancelled`."""
    return {
        "schema": "session-control/booking-event/1",
        "eventId": f"{booking.id}-{what}-{version}",
        "eventType": f"booking.{what}",
        "occurredAt": datetime.combine(day, CURTAIN, LONDON).isoformat(),
        "source": {"system": booking.system, "environment": "rehearsal"},
        "booking": {
            "id": booking.id,
            "version": version,
            "status": "cancelled" if what == "cancelled" else "active",
            "purpose": booking.purpose,
            "bookedVia": "prison",
            "bookedBy": {"name": "A Clerk", "email": "clerk@example.cjsm.net"},
            "case": {"reference": f"T{booking.number}", "hearingDate": (day + timedelta(days=14)).isoformat()},
            "noticeOverride": {"by": SUPERVISOR, "reason": "a rehearsal"},
            "establishment": {"prisonCode": booking.prison},
            "timezone": "Europe/London",
            "prisoners": [{"prisonerNumber": booking.prisoner, "dateOfBirth": "1988-04-17"}],
            "segments": [
                {
                    "key": "main",
                    "slots": [
                        {
                            "date": (day + timedelta(days=booking.days)).isoformat(),
                            "start": start.isoformat("minutes"),
                            "end": end.isoformat("minutes"),
                        }
                        for start, end in ((booking.start, booking.end), *booking.also)
                    ],
                    "prisonRoom": {"locationKey": booking.room},
                }
            ],
            "room": {"source": "managed"},
            "attendees": [
                {
                    "ref": visitor.ref,
                    "role": visitor.role,
                    "lead": visitor.lead,
                    "name": visitor.name,
                    "email": f"{visitor.ref}@example.org",
                    "vouchedBy": next(other.ref for other in booking.visitors if other.lead),
                    "presenceConfirmed": True,
                }
                for visitor in booking.visitors
            ],
        },
    }
