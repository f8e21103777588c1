"""A time that cannot be had: why not, and what can be had instead, which then can."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.house import START, SUPERVISOR, House, configuration, event, house
from tests.web.test_booking_events import main, slots
from tests.web.wanted import agreed, another, chosen, fill, refused, send, told
from vmrd.lifecycle import inputs as i

pytestmark = pytest.mark.asyncio
DAY = 24 * 3_600_000
WEEK = {day: ["09:00-12:00", "13:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


@pytest_asyncio.fixture
async def open_hours(tmp_path: Path) -> AsyncIterator[House]:
    """Two rooms, 09:00 to 12:00 and 13:00 to 17:00 on weekdays; 5 November 2026 is a Thursday."""
    usual = configuration(tmp_path).establishments[0].model_dump(mode="json", exclude_none=True)
    async with house(tmp_path, establishments=[{**usual, "hours": WEEK}]) as built:
        yield built


async def test_a_taken_room_is_answered_with_three_times_that_can_be_had(home: House) -> None:
    await fill(home, "MDI-VCC-1", ("10:00", "10:30"))
    wanted = another(1, main(("10:00", "10:30")))
    problem = await refused(home, wanted)
    assert problem["code"] == "taken"
    assert problem["skipped"] == [{"index": 0, "segmentKey": "main", "reason": "taken"}]
    assert told(problem) == [
        ["MDI-VCC-2 2026-11-05 10:00-10:30"],
        ["MDI-VCC-1 2026-11-05 09:30-10:00"],
        ["MDI-VCC-1 2026-11-05 10:30-11:00"],
    ]


@pytest.mark.parametrize("which", range(3))
async def test_any_of_the_times_offered_can_be_sent_back_and_is_taken(open_hours: House, which: int) -> None:
    home = open_hours
    await fill(home, "MDI-VCC-1", ("09:00", "12:00"), ("13:00", "16:30"))
    await fill(home, "MDI-VCC-2", ("09:00", "12:00"), first=200)
    segments = [
        {**main(("09:45", "10:00")), "key": "pre"},
        main(("10:05", "10:35")),
    ]
    wanted = another(1, *segments)
    problem = await refused(home, wanted)
    assert len(problem["alternatives"]) == 3
    answer = await send(home, chosen(wanted, problem["alternatives"][which]), "chosen")
    assert answer.status == 202, await answer.text()
    told = await answer.json()
    assert [(each["segmentKey"], each["startsAt"]) for each in told["chosenSlot"]["segments"]] == [
        (each["key"], each["startsAt"]) for each in problem["alternatives"][which]["segments"]
    ]


async def test_a_full_day_offers_the_next_ones_which_can_be_had(open_hours: House) -> None:
    home = open_hours
    for number, room in enumerate(("MDI-VCC-1", "MDI-VCC-2")):
        await fill(home, room, ("09:00", "12:00"), ("13:00", "17:00"), first=100 * (number + 1))
    wanted = another(1, main(("10:00", "10:30")))
    problem = await refused(home, wanted)
    assert told(problem)[0] == ["MDI-VCC-1 2026-11-06 10:00-10:30"]
    assert (await send(home, chosen(wanted, problem["alternatives"][0]), "chosen")).status == 202


async def test_the_prisoners_own_day_is_respected(home: House) -> None:
    await fill(home, "MDI-VCC-2", ("10:00", "11:00"), first=1)
    wanted = another(1, main(("10:30", "11:00")))  # another room, the same prisoner
    wanted["booking"]["id"] = "desk:second"
    problem = await refused(home, wanted)
    assert problem["code"] == "prisoner"
    assert told(problem)[:2] == [["MDI-VCC-1 2026-11-05 11:00-11:30"], ["MDI-VCC-2 2026-11-05 11:00-11:30"]]
    assert (await send(home, chosen(wanted, problem["alternatives"][0]), "chosen")).status == 202


async def test_a_later_slot_says_why_each_earlier_one_could_not_be_had(open_hours: House) -> None:
    home = open_hours
    await fill(home, "MDI-VCC-1", ("10:00", "10:30"))
    await agreed(home, "MDI-VCC-1", begins="2026-11-05T13:00", ends="2026-11-05T15:00")
    answer = await send(home, another(1, main(("10:15", "10:45"), ("13:30", "14:00"), ("15:00", "15:30"))), "wanted")
    assert answer.status == 202
    slot = (await answer.json())["chosenSlot"]
    assert slot["index"] == 2
    assert slot["skipped"] == [
        {"index": 0, "segmentKey": "main", "reason": "taken"},
        {"index": 1, "segmentKey": "main", "reason": "works"},
    ]


async def test_a_closed_prison_is_a_reason_where_its_hours_are_known(open_hours: House) -> None:
    problem = await refused(open_hours, another(1, main(("11:45", "12:15"), ("17:00", "17:30"))))
    assert problem["code"] == "closed"
    assert [each["reason"] for each in problem["skipped"]] == ["closed", "closed"]
    assert told(problem)[0] == ["MDI-VCC-1 2026-11-05 11:30-12:00"]


async def test_where_nobody_said_when_it_is_open_no_hour_is_refused(home: House) -> None:
    assert (await send(home, another(1, main(("19:00", "19:30"))), "evening")).status == 202


async def test_a_bookings_own_place_is_free_for_itself(home: House) -> None:
    await send(home, another(1, main(("10:00", "10:30"))), "one")
    await fill(home, "MDI-VCC-1", ("10:30", "11:00"))
    moved = another(1, main(("10:15", "10:45")), version=4)
    problem = await refused(home, moved)
    assert told(problem)[1] == ["MDI-VCC-1 2026-11-05 10:00-10:30"]
    assert (await send(home, chosen(moved, problem["alternatives"][1]), "back")).status == 202


async def test_nothing_that_has_begun_is_offered(home: House) -> None:
    await fill(home, "MDI-VCC-1", ("10:00", "10:30"))
    home.clock.at = START + 5 * 60_000
    problem = await refused(home, another(1, main(("10:00", "10:30"))))
    assert told(problem)[0] == ["MDI-VCC-2 2026-11-05 10:05-10:35"]


async def test_a_shared_screen_is_offered_rooms_that_can_show_it(tmp_path: Path) -> None:
    rooms = [{"key": f"MDI-VCC-{n}", "name": f"Room {n}", "screen_share": n != 2} for n in (1, 2, 3)]
    async with house(tmp_path, establishments=[{"code": "MDI", "name": "Moorland", "rooms": rooms}]) as home:
        await fill(home, "MDI-VCC-1", ("10:00", "10:30"))
        problem = await refused(home, another(1, main(("10:00", "10:30"))))
        assert told(problem)[0] == ["MDI-VCC-3 2026-11-05 10:00-10:30"]
        unfit = main(("10:00", "10:30"), prisonRoom={"locationKey": "MDI-VCC-2"})
        answer = await send(home, another(2, unfit), "unfit")
        assert answer.status == 202, await answer.text()
        assert [each for each in (await answer.json())["warnings"] if each.startswith("screen_share_unsupported")]


async def test_two_replies_racing_for_one_room_give_one_winner_and_the_loser_a_choice(home: House) -> None:
    """Over real connections at once, for as many times as there are to be had."""
    wanted = [another(number, main(("10:00", "10:30"))) for number in range(12)]
    answers = await asyncio.gather(*(send(home, body, f"race-{n}") for n, body in enumerate(wanted)))
    assert Counter(answer.status for answer in answers) == {202: 1, 409: 11}
    losers = [(body, await answer.json()) for body, answer in zip(wanted, answers, strict=True) if answer.status == 409]
    assert all(len(problem["alternatives"]) == 3 for _, problem in losers)
    again = await asyncio.gather(
        *(
            send(home, chosen(body, problem["alternatives"][0]), f"again-{n}")
            for n, (body, problem) in enumerate(losers)
        )
    )
    assert Counter(answer.status for answer in again) == {202: 1, 409: 10}


async def test_a_booking_and_works_racing_for_one_room_never_miss_each_other(home: House) -> None:
    """Either the booking is refused, or the window comes back with the booking to be confirmed."""
    for number in range(5):
        day = f"2026-11-{9 + number:02}"
        segment = {**main(), "slots": slots(("10:00", "10:30"), date=day)}
        works = {"kind": "construction", "rooms": ["MDI-VCC-1"], "from": f"{day}T08:00", "to": f"{day}T18:00"}
        booked, saved = await asyncio.gather(
            send(home, another(number, segment), f"race-{number}"),
            home.client.post(
                "/v1/establishments/MDI/works",
                json={**works, "consent": "agreed"},
                headers={"Authorization": f"Bearer {SUPERVISOR}"},
            ),
        )
        assert sorted((booked.status, saved.status)) in ([201, 409], [202, 409])


async def test_works_cannot_be_extended_into(home: House) -> None:
    session = await home.opened()
    await agreed(home, "MDI-VCC-1", begins="2026-11-05T10:40", ends="2026-11-05T12:00")
    longer = await home.press(session, "extend", {"minutes": 15})
    assert longer.status == 409
    assert (await longer.json())["code"] == "works-next"
    assert (await home.press(session, "extend", {"minutes": 10})).status == 202


async def test_a_sender_that_has_allocated_the_room_itself_is_taken_warned_and_flagged(open_hours: House) -> None:
    home = open_hours
    await agreed(home, "MDI-VCC-1", begins="2026-11-05T12:00", ends="2026-11-05T18:00")
    late = main(("16:45", "17:15"))
    assert (await refused(home, another(1, late), "desk"))["code"] == "closed"
    told = await (await home.deliver(event(segments=[late]), "court")).json()
    assert {warning.partition(":")[0] for warning in told["warnings"]} >= {"closed", "room_out_of_use"}
    view = await home.view(told["sessionIds"][0]["sessionId"])
    assert [alert["text"] for alert in view["alerts"]] == ["Room out of use from 16:45: works"]


async def test_a_sender_that_may_use_a_closed_room_is_given_an_open_one_where_it_names_both(open_hours: House) -> None:
    answer = await open_hours.deliver(event(segments=[main(("17:00", "17:30"), ("16:00", "16:30"))]))
    told = await answer.json()
    assert told["chosenSlot"]["index"] == 1
    assert told["chosenSlot"]["skipped"] == [{"index": 0, "segmentKey": "main", "reason": "closed"}]
    assert not [warning for warning in told["warnings"] if warning.startswith("closed")]


async def test_people_of_a_booking_can_change_although_works_were_agreed_on_meanwhile(home: House) -> None:
    body = another(1, main(("10:00", "10:30")))
    session = (await (await send(home, body, "one")).json())["sessionIds"][0]["sessionId"]
    await agreed(home, "MDI-VCC-1", begins="2026-11-05T08:00", ends="2026-11-05T18:00", confirm=(session,))
    people = [{"ref": "p9", "role": "probation", "name": "Q Officer", "email": "q.officer@example.org"}]
    changed = another(1, main(("10:00", "10:30"), attendeeRefs=None), version=4, attendees=people)
    assert (await send(home, changed, "two")).status == 202
    await home.tell(session, i.WakeUp())
    assert [alert["text"] for alert in (await home.view(session))["alerts"]] == ["Room out of use from 10:00: works"]
    moved = another(1, main(("10:15", "10:45")), version=5)
    assert (await refused(home, moved, "three"))["code"] == "works"


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "1999-12-31", "2100-01-01", "20261105", "2026-W45-4"])
async def test_a_slot_of_another_century_or_written_otherwise_is_a_fault_and_not_looked_for(
    open_hours: House, date: str
) -> None:
    segment = {**main(), "slots": slots(("10:00", "10:30"), date=date)}
    answer = await send(open_hours, another(1, segment), "far")
    problem = await answer.json()
    assert answer.status == 422
    assert problem["errors"][0]["pointer"] == "/booking/segments/0/slots/0/date"


async def test_a_slot_that_is_long_over_is_answered_with_times_to_come(open_hours: House) -> None:
    await agreed(open_hours, "MDI-VCC-1", "MDI-VCC-2", begins="2026-11-05T08:00", ends="2026-11-06T18:00")
    both = slots(("10:00", "10:30"), date="2001-11-05") + slots(("10:00", "10:30"))
    problem = await refused(open_hours, another(1, {**main(), "slots": both}))
    assert [each["reason"] for each in problem["skipped"]] == ["past", "works"]
    assert told(problem)[0] == ["MDI-VCC-1 2026-11-09 10:00-10:30"]


async def test_a_slot_that_is_over_is_passed_over_for_one_to_come(home: House) -> None:
    home.clock.at = START + 60 * 60_000
    answer = await send(home, another(1, main(("10:00", "10:30"), ("15:00", "15:30"))), "late")
    slot = (await answer.json())["chosenSlot"]
    assert (slot["index"], slot["skipped"]) == (1, [{"index": 0, "segmentKey": "main", "reason": "past"}])


async def test_people_of_a_meeting_that_ran_over_its_time_can_change_although_works_are_next(home: House) -> None:
    session = await home.opened()
    await home.press(session, "extend", {"minutes": 20})
    await agreed(home, "MDI-VCC-1", begins="2026-11-05T10:50", ends="2026-11-05T12:00")
    home.clock.at = START + 40 * 60_000
    people = [{"ref": "p1", "role": "defence", "name": "B Advocate"}, {"ref": "p9", "role": "court", "name": "Usher"}]
    changed = event(version=4, attendees=people, segments=[main(("10:00", "10:30"), attendeeRefs=None)])
    assert (await home.deliver(changed, "late")).status == 202
    assert {each["ref"] for each in (await home.view(session))["expected"]} >= {"p1", "p9"}
