"""Book a Video Link: what becomes of a court's and of probation's bookings."""

import asyncio
import itertools
from collections.abc import Sequence
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import pytest

from tests.adapters.estate import BVLS_PATH, DPS_ROOM, Estate, video_booking
from tests.adapters.upstreams import BVLS, Json, booking, moved
from tests.web.house import EVENT, MINUTE, ROOM, START, event, leg
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.commands import Tell
from vmrd.lifecycle.words import Where
from vmrd.store.base import SessionFilter

pytestmark = pytest.mark.asyncio

SLOT = {"start": "10:00", "end": "10:30"}


async def ready(here: Estate, segment: str) -> str:
    """That segment's session, ready to be opened at its start."""
    session = (await here.sessions())[segment]
    here.home.clock.at = session.starts_at
    await here.home.tell(session.id, i.WakeUp(), i.VmrEnsured(1), i.AliasProbed(1, 2, 2))
    return session.id


async def opened(here: Estate, segment: str) -> str:
    session = await ready(here, segment)
    lawyer = leg("B Advocate", Where.WAITING, id="leg-lawyer")
    await here.home.pressed(session, "expect", {"role": "defence", "name": "B Advocate"})
    await here.home.shows(session, lawyer, started=False)
    await here.home.pressed(session, "open")
    await here.home.shows(session, leg("B Advocate", id="leg-lawyer"), started=True)
    await here.home.tell(session, i.RoomCalled(ROOM.leg))
    await here.home.shows(session, ROOM, leg("B Advocate", id="leg-lawyer"))
    return session


async def told(here: Estate, session: str, event: str) -> int:
    items = await here.home.store.read(lambda rx: rx.outbox(session))
    return sum(isinstance(item.command, Tell) and item.command.event == event for item in items)


async def test_a_hearing_with_consultations_becomes_three_sessions_of_which_only_the_hearing_is_the_courts(
    here: Estate,
) -> None:
    answer = await here.taken(video_booking())
    assert answer["bookingId"] == "bvls:184233"
    assert [each["segmentKey"] for each in answer["sessionIds"]] == ["pre", "main", "post"]
    assert [each["link"] is not None for each in answer["sessionIds"]] == [True, False, True]
    sessions = await here.sessions()
    assert {key: str(session.control) for key, session in sessions.items()} == {
        "pre": "full",
        "main": "none",
        "post": "full",
    }
    assert {session.purpose for session in sessions.values()} == {"court_hearing"}
    assert sessions["main"].starts_at == START
    assert {session.room for session in sessions.values()} == {"MDI-VCC-1"}
    assert any(warning.startswith("roster_incomplete") for warning in answer["warnings"])


async def test_the_officer_completes_the_roster_before_opening(here: Estate) -> None:
    await here.taken(video_booking())
    session = await opened(here, "pre")
    assert (await here.home.session(session)).phase == "open"
    assert [person["name"] for person in (await here.home.view(session))["expected"]] == ["B Advocate"]


async def test_an_amendment_keeps_sessions_and_links_although_every_appointment_is_new(here: Estate) -> None:
    before = await here.taken(video_booking())
    after = await here.changed(moved(BVLS, "VLB_COURT_POST", "10:30", "11:00", amended="2026-11-03T10:00:00"))
    assert after["sessionIds"] == before["sessionIds"]
    assert (await here.sessions())["post"].ends_at == START + 60 * MINUTE


async def test_after_the_consultation_has_opened_an_amendment_changes_only_what_may_change(here: Estate) -> None:
    await here.taken(video_booking())
    pre = await opened(here, "pre")
    before = await here.sessions()
    earlier = moved(BVLS, "VLB_COURT_PRE", "09:30", "09:50", amended="2026-11-05T09:46:00")
    later = moved(earlier, "VLB_COURT_MAIN", "10:05", "10:30", amended="2026-11-05T09:46:00")
    await here.changed(later)
    after = await here.sessions()
    assert {key: session.id for key, session in after.items()} == {key: session.id for key, session in before.items()}
    assert (after["pre"].starts_at, after["pre"].ends_at) == (before["pre"].starts_at, before["pre"].ends_at)
    assert after["pre"].alias == before["pre"].alias
    assert after["pre"].phase == "open"
    assert [alert["code"] for alert in (await here.home.view(pre))["alerts"] if alert["code"] == "booking-changed"]
    assert after["main"].starts_at == START + 5 * MINUTE


async def test_a_cancellation_tells_everyone_once(here: Estate) -> None:
    await here.taken(video_booking())
    cancelled = booking(statusCode="CANCELLED", amendedAt="2026-11-03T10:00:00")
    answer = await here.changed(cancelled, "cancelled")
    assert {each["state"] for each in answer["sessionIds"]} == {"cancelled"}
    again = await here.changed(cancelled, "cancelled")
    assert (again["result"], {each["state"] for each in again["sessionIds"]}) == ("duplicate", {"cancelled"})
    for session in (await here.sessions()).values():
        assert await told(here, session.id, "session.cancelled") == 1


async def test_a_cancellation_never_hangs_up_a_consultation_that_runs(here: Estate) -> None:
    await here.taken(video_booking())
    pre = await opened(here, "pre")
    await here.changed(booking(statusCode="CANCELLED", amendedAt="2026-11-05T09:46:00"), "cancelled")
    after = await here.sessions()
    assert {key: str(session.phase) for key, session in after.items()} == {
        "pre": "open",
        "main": "cancelled",
        "post": "cancelled",
    }
    codes = [alert["code"] for alert in (await here.home.view(pre))["alerts"]]
    assert codes.count("booking-cancelled") == 1


async def test_probation_brings_its_contact_and_meets_in_a_room_of_ours(here: Estate) -> None:
    appointment = {**BVLS["prisonAppointments"][1], "appointmentType": "VLB_PROBATION"}
    here.bvls.held[BVLS_PATH] = booking(
        bookingType="PROBATION",
        prisonAppointments=[appointment],
        courtCode=None,
        courtHearingType=None,
        probationTeamCode="BLKPPP",
        probationTeamDescription="Barnet PPOC",
        probationMeetingType="PSR",
        videoLinkUrl=None,
        guestPin=None,
        additionalBookingDetails={
            "contactName": "Pat Officer",
            "contactEmail": "pat@example.org",
            "contactNumber": "01632 960111",
        },
    )
    answer = await here.taken(video_booking())
    assert [each["link"] is not None for each in answer["sessionIds"]] == [True]
    session = (await here.sessions())["main"]
    assert session.purpose == "probation"
    assert [(person.ref, str(person.role), person.required) for person in session.attendees.values()] == [
        ("contact", "probation", True)
    ]


LIVED_WITH: list[tuple[Json, str]] = [
    ({"courtHearingType": "CANARY_TYPE"}, "unknown_hearing_type"),
    ({"courtHearingType": None}, "unknown_hearing_type"),
    ({"bookingType": "CANARY"}, "unknown_booking_type"),
    ({"videoLinkUrl": None, "guestPin": None}, "link_missing"),
    ({"hmctsNumber": "1234"}, "link_twice"),
    ({"videoLinkUrl": "https://court.example.org/" + "x" * 120}, "malformed: video_link_url"),
    ({"guestPin": "canary\x00pin"}, "malformed: guest_pin"),
    ({"notesForStaff": "canary" * 100}, "too_long: notes_for_staff"),
    ({"courtDescription": "canary\x00" * 100}, "too_long: requester"),
]


async def test_what_can_be_lived_with_is_taken_with_a_warning(here: Estate) -> None:
    for minute, (changes, warning) in enumerate(LIVED_WITH):
        answer = await here.changed(booking(amendedAt=f"2026-11-03T10:{minute:02}:00", **changes))
        assert answer["result"] == "accepted"
        assert any(said.startswith(warning) for said in answer["warnings"]), (warning, answer)
        assert "canary" not in str(answer["warnings"]).lower()


def appointment(number: int, **changes: object) -> list[Any]:
    appointments = [dict(each) for each in BVLS["prisonAppointments"]]
    appointments[number].update(changes)
    return appointments


IMPOSSIBLE: list[tuple[Json, str]] = [
    ({"prisonAppointments": []}, "no_appointments"),
    ({"prisonAppointments": appointment(1, prisonCode="HII")}, "several_establishments"),
    ({"prisonAppointments": appointment(1, prisonerNumber="canary")}, "one_prisoner:/booking/prisoners"),
    (
        {"prisonAppointments": [{**each, "prisonerNumber": "canary"} for each in appointment(0)]},
        "prisoner_number:/booking/prisoners/#/prisonerNumber",
    ),
    ({"prisonAppointments": appointment(0, appointmentType="CANARY")}, "segment_key:/booking/segments/#/key"),
    ({"prisonAppointments": appointment(2, appointmentType="VLB_COURT_MAIN")}, "segment_twice:/booking/segments/#/key"),
    ({"prisonAppointments": appointment(1, startTime="canary")}, "time:/booking/segments/#/slots/#/start"),
    (
        {"prisonAppointments": appointment(1, appointmentDate="2026-10-25", startTime="01:30")},
        "ambiguous_time:/booking/segments/#/slots/#/start",
    ),
    (
        {"prisonAppointments": appointment(1, dpsLocationId="canary", prisonLocKey="canary")},
        "unknown_room:/booking/segments/#/prisonRoom",
    ),
    ({"prisonAppointments": appointment(1, prisonerNumber=None)}, "unreadable:prisonAppointments.#.prisonerNumber"),
    ({"createdAt": "canary"}, "unreadable:changed_at"),
    ({"statusCode": {"canary": 1}}, "unreadable:statusCode"),
    ({"videoLinkBookingId": 5}, "another_booking"),
]


async def test_what_can_be_no_booking_is_named_by_code_and_leaves_nothing_behind(here: Estate) -> None:
    for changes, code in IMPOSSIBLE:
        here.bvls.held[BVLS_PATH] = booking(**changes)
        found = await here.outcome(video_booking())
        assert found["outcome"] == "refused", code
        assert code in found["codes"], found
        assert "canary" not in str(found).lower()
    assert await here.record("bvls:184233") is None


async def test_a_prison_that_vmrd_does_not_run_concerns_nobody(here: Estate) -> None:
    for code in ("ZZI", "BAI"):
        here.bvls.held[BVLS_PATH] = booking(
            prisonAppointments=[{**each, "prisonCode": code} for each in BVLS["prisonAppointments"]]
        )
        assert await here.outcome(video_booking()) == {
            "outcome": "ignored",
            "codes": ["establishment"],
            "booking": None,
            "prisoner": None,
        }


async def test_a_room_is_known_by_either_of_its_names_to_whoever_sends(here: Estate) -> None:
    rooms: list[Json] = [{"locationKey": "MDI-VCC-1"}, {"dpsLocationId": DPS_ROOM}]
    for number, room in enumerate(rooms):
        segment = {
            **EVENT["booking"]["segments"][1],
            "prisonRoom": room,
            "slots": [SLOT | {"date": f"2026-11-1{number}"}],
        }
        answer = await here.home.deliver(event(id=f"bvls:{number}", segments=[segment]), f"booking-{number}")
        assert answer.status == 202, await answer.text()
        assert (await here.sessions(f"bvls:{number}"))["main"].room == "MDI-VCC-1"
        told = {"establishment": {"prisonCode": "MDI"}, "prisonRoom": room, "from": "2026-11-20T08:00", "version": 1}
        block = {
            "eventType": "room.out_of_use",
            "source": {"system": "bvls"},
            "room": {"id": f"bvls:b{number}", **told},
        }
        assert (await here.home.deliver(block, f"block-{number}")).status == 202


async def test_a_room_allocated_twice_is_taken_twice_with_a_warning(here: Estate) -> None:
    await here.taken(video_booking())
    other = booking(videoLinkBookingId=7)
    for each in other["prisonAppointments"]:
        each["prisonerNumber"] = "B9876BB"
    here.bvls.held["/video-link-booking/id/7"] = other
    answer = await here.taken(video_booking(number=7))
    assert answer["result"] == "accepted"
    assert any(warning.startswith("room_taken") for warning in answer["warnings"]), answer["warnings"]


FIRST = booking()
SECOND = moved(FIRST, "VLB_COURT_MAIN", "10:05", "10:25", amended="2026-11-03T10:00:00.5")
SAME_TIME = moved(SECOND, "VLB_COURT_MAIN", "10:10", "10:20", amended="2026-11-03T10:00:00.5")
THIRD = booking(statusCode="CANCELLED", amendedAt="2026-11-04T10:00:00")


DAY = 24 * 60 * MINUTE


async def told_in(here: Estate, order: Sequence[Json], number: int) -> object:
    """What stands after these were shown in this order, each with an event of its own; `number` is also the day."""
    day = (date(2026, 11, 5) + timedelta(days=number)).isoformat()
    for held in order:
        shown = {**deepcopy(held), "videoLinkBookingId": number}
        for appointment in shown["prisonAppointments"]:
            appointment["appointmentDate"] = day
        here.bvls.held[f"/video-link-booking/id/{number}"] = shown
        await here.taken(video_booking(number=number))
    record = await here.record(f"bvls:{number}")
    assert record is not None
    sessions = await here.sessions(f"bvls:{number}")
    return (record.version, record.status), {
        key: (str(session.phase), session.starts_at - number * DAY, session.ends_at - number * DAY)
        for key, session in sessions.items()
        if session.phase != "cancelled"
    }


@pytest.mark.parametrize("final", ["amended", "cancelled"])
async def test_late_and_repeated_reads_end_in_the_same_state_in_every_order(here: Estate, final: str) -> None:
    shown = [FIRST, SECOND, SECOND, FIRST] if final == "amended" else [FIRST, SECOND, THIRD, THIRD]
    orders = sorted(set(itertools.permutations(range(len(shown)))))
    found = [
        await told_in(here, [shown[place] for place in order], number) for number, order in enumerate(orders, start=1)
    ]
    assert len(found) == 24
    assert all(each == found[0] for each in found)


async def test_many_events_of_one_booking_at_once_make_one_booking(here: Estate) -> None:
    events = [video_booking(what) for what in ("created", "amended") * 8]
    answers = await asyncio.gather(*(here.taken(event) for event in events))
    assert sorted(answer["result"] for answer in answers) == ["accepted"] + ["duplicate"] * 15
    assert len(await here.home.store.read(lambda rx: rx.sessions(SessionFilter()))) == 3


async def test_of_two_reads_with_one_time_the_later_counts_and_an_older_changes_nothing(here: Estate) -> None:
    await here.changed(FIRST, "created")
    await here.changed(SECOND)
    for held, minutes in ((SAME_TIME, 10), (SECOND, 5), (SAME_TIME, 10)):
        assert (await here.changed(held))["result"] == "accepted"
        assert (await here.sessions())["main"].starts_at == START + minutes * MINUTE
    assert (await here.changed(FIRST))["result"] == "stale"
    assert (await here.changed(SAME_TIME))["result"] == "duplicate"
    assert (await here.sessions())["main"].starts_at == START + 10 * MINUTE
