"""What a prison's booked time was lost to, added up."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.web.house import AUDITOR, BOOKER, MINUTE, ROOM, STRANGER, House, Json, event, leg
from tests.web.test_booking_events import main
from tests.web.wanted import agreed
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.words import Phase, Where

pytestmark = pytest.mark.asyncio
PATH = "/v1/establishments/MDI/lost-time"
NOTHING = {"lateOpen": 0, "dropOuts": 0, "lateGuest": 0, "idCheck": 0, "fetching": 0, "overrun": 0}
ADVOCATE = leg("B Advocate")


async def shown(home: House, query: str = "", token: str = AUDITOR) -> Json:
    answer = await home.get(PATH + query, token)
    assert answer.status == 200, await answer.text()
    view: Json = await answer.json()
    return view


async def held(home: House, late: int, checking: int, **changes: object) -> str:
    """A main session opened some minutes late, locked some minutes later, and ended at once."""
    session = await home.ready(**changes)
    await home.shows(session, leg(ADVOCATE.name, Where.WAITING, id=ADVOCATE.leg), started=False)
    home.clock.at += late * MINUTE
    await home.pressed(session, "open")
    await home.shows(session, ADVOCATE, started=True)
    await home.tell(session, i.RoomCalled(ROOM.leg))
    await home.shows(session, ROOM, ADVOCATE)
    home.clock.at += checking * MINUTE
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, ADVOCATE, locked=True)
    await home.pressed(session, "end")
    await home.tell(session, i.EmptySeen())
    home.clock.at += 6_000
    await home.tell(session, i.EmptySeen())
    assert (await home.view(session))["phase"] == Phase.ENDED
    return session


async def test_what_two_meetings_lost_is_added_up_by_cause(home: House) -> None:
    await held(home, 4, 6)
    other = {"prisoners": [{"prisonerNumber": "B9876BB"}], "id": "bvls:2"}
    elsewhere = main(("10:00", "10:30"), prisonRoom={"locationKey": "MDI-VCC-2"})
    await held(home, 3, 2, **other, segments=[elsewhere])
    view = await shown(home)
    assert (view["from"], view["to"]) == ("2026-10-30", "2026-11-05")
    assert (view["ended"], view["bookedMinutes"], view["unreadable"]) == (2, 60, 0)
    assert view["minutesLost"] == {**NOTHING, "lateOpen": 7, "idCheck": 8}


async def test_what_was_cancelled_or_lost_its_room_to_works_is_counted(home: House) -> None:
    sessions = await home.booked()
    await agreed(
        home,
        "MDI-VCC-1",
        begins="2026-11-05T09:50",
        ends="2026-11-05T12:00",
        confirm=(sessions["main"], sessions["pre"]),
    )
    await home.deliver(event(version=4, eventType="booking.cancelled", segments=[]), "gone")
    view = await shown(home, "?from=2026-11-05&to=2026-11-05")
    assert (view["cancelled"], view["ended"], view["minutesLost"]) == (2, 0, NOTHING)
    assert view["roomLostToWorks"] == 2


async def test_only_the_days_asked_for_are_added(home: House) -> None:
    await held(home, 4, 6)
    assert (await shown(home, "?to=2026-11-04"))["ended"] == 0
    assert (await shown(home, "?from=2026-11-05&to=2026-11-05"))["minutesLost"]["lateOpen"] == 4


async def test_a_journal_that_cannot_be_read_is_said_and_the_others_are_added(home: House) -> None:
    broken = await held(home, 4, 6)
    with closing(sqlite3.connect(home.deps.config.store.path)) as database:
        database.execute("UPDATE journal SET body = 'x' WHERE session_id = ?", (broken,))
        database.commit()
    view = await shown(home)
    assert (view["ended"], view["unreadable"], view["minutesLost"]) == (1, 1, NOTHING)


@pytest.mark.parametrize(
    "query", ["?from=5.11.2026", "?to=2026-02-30", "?from=2026-11-06&to=2026-11-05", "?from=2026-10-01"]
)
async def test_days_that_cannot_be_meant_or_are_too_many_are_said(home: House, query: str) -> None:
    answer = await home.get(PATH + query, AUDITOR)
    assert (answer.status, (await answer.json())["errors"][0]["code"] in ("date", "days")) == (422, True)


async def test_only_those_who_watch_a_prisons_rooms_are_told(home: House) -> None:
    assert (await home.get(PATH, BOOKER)).status == 403
    assert (await home.get(PATH, STRANGER)).status == 404
