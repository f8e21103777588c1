"""The story of a booking office, step by step: what it sends, what it is answered, and what it is told afterwards.

The office books where vmrd decides (`authority = "vmrd"`), in a prison with one video room that is open in the morning
only. Nothing need be pressed. A step is done when the answers and callbacks, as received, and Pexip's own account say
so; after each, no room may stand in Pexip that no booking was told of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from vmrd.demo import ledger
from vmrd.demo.cast import BARRISTER, CURTAIN, LATE_CALLER, LONDON, PRIVATE, Booking, Visitor, event
from vmrd.demo.ledger import Ledger, answered, not_made, same_session, shows, told
from vmrd.demo.steps import Act, Players, Step
from vmrd.demo.verify import (
    dead,
    deleted,
    dialable,
    every,
    inside_are,
    locked_throughout,
    never_came,
    not_started,
    one_vmr,
    started_once,
)

OFFICE = "office"
PRISON = "LEI"
PRISON_NAME = "Leeds (HMP)"
ROOM = "LEI-VCC-1"
HOURS = "09:00-12:00"


def _booking(number: int, prisoner: str, start: time, end: time, name: str, *, days: int = 0) -> Booking:
    solicitor = Visitor("p1", name, "defence", lead=True)
    return Booking(
        number, ROOM, "legal_consultation", prisoner, start, end, (solicitor,), days=days, system=OFFICE, prison=PRISON
    )


EARLIER = _booking(2001, "A2045WD", time(10, 15), time(10, 45), "Ruth Ademola")
WORKS = f"{OFFICE}:works-7"
THREE_SLOTS = replace(
    _booking(2002, "A8810PK", time(10, 15), time(10, 45), "Iain Fraser"),
    also=((time(10, 45), time(11, 15)), (time(11, 15), time(11, 45))),
)
AMENDED = replace(
    THREE_SLOTS,
    start=time(11, 15),
    end=time(11, 40),
    also=(),
    visitors=(*THREE_SLOTS.visitors, Visitor("p2", "Nadia Rahman", "defence")),
)
WHOLE_DAY = (
    _booking(2003, "A6127GR", time(9), time(10, 30), "Leo Barnes", days=1),
    _booking(2004, "A5530MB", time(10, 30), time(12), "Wendy Osei", days=1),
)
TOO_LATE = _booking(2005, "A9941JN", time(10), time(10, 30), "Colin Brandt", days=1)
RACERS = (
    _booking(2006, "A1718TS", time(11, 45), time(12), "Farah Aziz"),
    _booking(2007, "A7604LD", time(11, 45), time(12), "Piotr Nowak"),
)
MOVED = replace(PRIVATE, room="MDI-VCC-4", end=time(11, 45))


@dataclass(frozen=True, slots=True)
class BookingStep:
    """Done when answers, callbacks and Pexip's own account confirm it."""

    title: str
    play: Act
    confirm: ledger.Check
    press: str = ""
    cue: float | None = 2.0

    async def not_yet(self, players: Players, *, spoilt: bool) -> str | None:
        clerk = players.clerk
        seen = Ledger(clerk.exchanges, tuple(clerk.ear.told), clerk.ear.refused, await players.crowd.state())
        return every(ledger.nothing_else, self.confirm)(seen)


def booking() -> Sequence[Step]:
    """All steps, in order."""
    return (*_three_slots(), *_full_day(), *_race(), *_amendments(), *_cancellation())


def _three_slots() -> tuple[BookingStep, ...]:
    return (
        BookingStep(
            "The room is booked for 10:15",
            lambda players: players.clerk.book(EARLIER),
            every(
                ledger.chose(EARLIER.id, 0),
                told("session.accepted", EARLIER.id),
                shows(EARLIER.id, one_vmr, dialable),
            ),
        ),
        BookingStep(
            "Works take the room out of use from 10:45 to 11:15; they are in nobody's way",
            lambda players: players.clerk.send(_works(players)),
            every(answered(WORKS, 202, result="accepted", clashes=[]), shows(EARLIER.id, one_vmr, dialable)),
        ),
        BookingStep(
            "Three slots: the first is taken, the second under works. Accepted into the third, and the answer says why",
            lambda players: players.clerk.book(THREE_SLOTS),
            every(ledger.chose(THREE_SLOTS.id, 2, "taken", "works"), told("session.accepted", THREE_SLOTS.id)),
        ),
        BookingStep(
            "Its room appears in Pexip, once; the callback that says so carries the link of the answer",
            _wait,
            every(
                shows(THREE_SLOTS.id, one_vmr, dialable, not_started),
                ledger.told_the_link(THREE_SLOTS.id),
            ),
        ),
    )


def _full_day() -> tuple[BookingStep, ...]:
    whole_day = [booking.id for booking in WHOLE_DAY]
    return (
        BookingStep(
            "Tomorrow is booked from opening to closing; Pexip is not asked for a room that early",
            lambda players: _in_turn(players, *WHOLE_DAY),
            every(
                *(ledger.chose(each, 0) for each in whole_day),
                told("session.accepted", *whole_day),
                not_made(*whole_day),
            ),
        ),
        BookingStep(
            "One more for tomorrow is refused, and the answer names free times instead",
            lambda players: players.clerk.book(TOO_LATE),
            every(ledger.offers_instead(TOO_LATE.id), told("session.accepted", TOO_LATE.id, times=0)),
        ),
        BookingStep(
            "The first of them is sent back as it was offered, and accepted",
            lambda players: players.clerk.send(_first_offer(players)),
            every(
                ledger.chose(TOO_LATE.id, 0),
                told("session.accepted", TOO_LATE.id),
                not_made(TOO_LATE.id, *whole_day),
            ),
        ),
    )


def _race() -> tuple[BookingStep, ...]:
    return (
        BookingStep(
            "Two bookings at once for one room and time: exactly one is taken, and has its room in Pexip",
            lambda players: asyncio.gather(*(players.clerk.book(each) for each in RACERS)),
            ledger.one_winner(*(each.id for each in RACERS)),
        ),
    )


def _amendments() -> tuple[BookingStep, ...]:
    held = [{"segment": "main", "field": "room", "reason": "running"}]
    return (
        BookingStep(
            "Amended: one person more, five minutes less. The same session, the same link, the same room in Pexip",
            lambda players: players.clerk.book(AMENDED, "amended", 2),
            every(
                answered(THREE_SLOTS.id, 202, result="accepted", notApplied=[]),
                same_session(THREE_SLOTS.id),
                shows(THREE_SLOTS.id, one_vmr, dialable, not_started),
                told("session.accepted", THREE_SLOTS.id),
            ),
        ),
        BookingStep(
            "A meeting that runs is amended: its later end applies; another room does not, and the answer says so",
            lambda players: players.clerk.book(MOVED, "amended", 2),
            every(
                answered(PRIVATE.id, 202, result="accepted", notApplied=held),
                _ends_at(PRIVATE.id, MOVED.end),
                same_session(PRIVATE.id),
                shows(PRIVATE.id, *_UNDISTURBED),
            ),
        ),
    )


def _cancellation() -> tuple[BookingStep, ...]:
    cancelled = "session.cancelled"
    return (
        BookingStep(
            "Cancelled: the room is gone from Pexip, and the booking system is told",
            lambda players: players.clerk.book(AMENDED, "cancelled", 3),
            every(
                answered(THREE_SLOTS.id, 202, result="accepted"),
                same_session(THREE_SLOTS.id),
                told(cancelled, THREE_SLOTS.id),
                shows(THREE_SLOTS.id, one_vmr, deleted),
            ),
        ),
        BookingStep(
            "The same cancellation is sent again: the same answer, and nobody is told a second time",
            lambda players: players.clerk.book(AMENDED, "cancelled", 3),
            every(ledger.repeated(THREE_SLOTS.id), told(cancelled, THREE_SLOTS.id)),
        ),
        BookingStep(
            "The link is dead: nobody answers who dials it",
            _dial_the_dead_link,
            every(
                shows(THREE_SLOTS.id, dead, never_came(LATE_CALLER)),
                told(cancelled, THREE_SLOTS.id),
                shows(PRIVATE.id, *_UNDISTURBED),
            ),
        ),
    )


_UNDISTURBED = (one_vmr, inside_are(BARRISTER.name), locked_throughout, started_once)


def _ends_at(booking: str, end: time) -> ledger.Check:
    def check(seen: Ledger) -> str | None:
        (segment,) = seen.of(booking)[-1].answer["chosenSlot"]["segments"]
        ends = datetime.fromisoformat(segment["endsAt"]).astimezone(LONDON).time()
        return None if ends == end else f"{booking} ends at {ends:%H:%M}"

    return check


async def _wait(_players: Players) -> None:
    """Nothing need be done: vmrd makes the room by itself."""


async def _in_turn(players: Players, *bookings: Booking) -> None:
    for each in bookings:
        await players.clerk.book(each)


def _works(players: Players) -> dict[str, Any]:
    day = players.clerk.day
    return {
        "eventType": "room.out_of_use",
        "eventId": f"{WORKS}-1",
        "occurredAt": datetime.combine(day, CURTAIN, LONDON).isoformat(),
        "source": {"system": OFFICE, "environment": "rehearsal"},
        "room": {
            "id": WORKS,
            "version": 1,
            "establishment": {"prisonCode": PRISON},
            "prisonRoom": {"locationKey": ROOM},
            "from": f"{day.isoformat()}T10:45",
            "to": f"{day.isoformat()}T11:15",
            "supplier": "Example Cabling",
        },
    }


def _first_offer(players: Players) -> dict[str, Any]:
    """The refused booking again, with room and slot as the refusal offered them."""
    refused = next(each for each in players.clerk.exchanges if each.about == TOO_LATE.id)
    (offered,) = refused.answer["alternatives"][0]["segments"]
    wanted = event(TOO_LATE, players.clerk.day, "created", 2)
    (segment,) = wanted["booking"]["segments"]
    segment |= {"prisonRoom": offered["prisonRoom"], "slots": offered["slots"]}
    return wanted


async def _dial_the_dead_link(players: Players) -> None:
    clerk = players.clerk
    link = next(each.answer["sessionIds"][0]["link"] for each in clerk.exchanges if each.about == THREE_SLOTS.id)
    await players.crowd.play("somebody tries the dead link", link.rpartition("/")[2].partition("@")[0])
