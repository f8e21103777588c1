"""When rooms are free: to those who may see the prison, on any day, however full it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.web.house import AUDITOR, BOOKER, OFFICER, STRANGER, House, Json, configuration, event, house
from tests.web.test_booking_events import main
from tests.web.wanted import agreed, another, fill, send
from vmrd.lifecycle import inputs as i
from vmrd.store.base import Claim, Tx

pytestmark = pytest.mark.asyncio
TEN_ROOMS = [{"key": f"R{number}", "name": f"Room {number}"} for number in range(10)]
SHORT = {"thursday": ["09:00-12:00", "13:00-17:00"], "sunday": ["01:00-03:00"]}


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    usual = configuration(tmp_path).establishments[0].model_dump(mode="json", exclude_none=True)
    async with house(tmp_path, establishments=[{**usual, "hours": SHORT}]) as built:
        yield built


async def shown(home: House, date: str | None = "2026-11-05") -> Json:
    query = f"?date={date}" if date else ""
    answer = await home.get(f"/v1/establishments/MDI/availability{query}", BOOKER)
    assert answer.status == 200, await answer.text()
    view: Json = await answer.json()
    return view


def free(view: Json, room: int = 0) -> list[str]:
    return [f"{each['from']}-{each['to']}" for each in view["rooms"][room]["free"]]


async def test_a_day_shows_what_is_left_of_the_opening_hours(home: House) -> None:
    await fill(home, "MDI-VCC-1", ("09:00", "10:00"), ("10:30", "11:00"), ("16:30", "17:00"))
    view = await shown(home)
    assert (view["establishment"], view["date"], view["hoursDeclared"]) == ("MDI", "2026-11-05", True)
    assert free(view) == ["10:00-10:30", "11:00-12:00", "13:00-16:30"]
    assert free(view, 1) == ["09:00-12:00", "13:00-17:00"]
    assert view["rooms"][0]["free"][0]["startsAt"] == "2026-11-05T10:00:00.000Z"


async def test_works_are_shown_and_not_free(home: House) -> None:
    await agreed(home, "MDI-VCC-1", begins="2026-11-04T12:00", ends="2026-11-05T10:00")
    view = await shown(home)
    assert free(view) == ["10:00-12:00", "13:00-17:00"]
    assert [(each["from"], each["to"]) for each in view["rooms"][0]["outOfUse"]] == [("00:00", "10:00")]


async def test_a_cancelled_bookings_time_is_free_again(home: House) -> None:
    await fill(home, "MDI-VCC-1", ("09:00", "12:00"))
    assert free(await shown(home)) == ["13:00-17:00"]
    await send(home, another(100, eventType="booking.cancelled", version=9), "cancel")
    assert free(await shown(home)) == ["09:00-12:00", "13:00-17:00"]


async def test_what_is_left_of_a_meeting_that_finished_early_can_be_booked(home: House) -> None:
    session = await home.opened()
    assert free(await shown(home))[0] == "09:00-09:45"  # before the hearing and the hearing itself are booked
    await home.pressed(session, "end")
    await home.tell(session, i.EmptySeen())
    home.clock.at += 6_000
    await home.tell(session, i.EmptySeen())
    assert (await home.view(session))["phase"] == "ended"
    assert free(await shown(home)) == ["09:00-09:45", "10:00-12:00", "13:00-17:00"]
    home.clock.at += 10 * 60_000
    segment = main(("10:15", "10:30"))
    same = event(id="bvls:2", segments=[segment])  # the same prisoner, too
    assert (await home.deliver(same, "again")).status == 202


async def test_a_closed_day_has_nothing_free_and_today_is_meant_without_a_date(home: House) -> None:
    assert free(await shown(home, "2026-11-06")) == []
    assert (await shown(home, None))["date"] == "2026-11-05"


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-10-25", ["01:00-03:00"]), ("2027-03-28", ["02:00-03:00"])], ids=["twice", "skipped"]
)
async def test_a_night_in_which_the_clocks_change_is_as_long_as_it_is(home: House, day: str, hours: list[str]) -> None:
    view = await shown(home, day)
    assert free(view) == hours
    [stretch] = view["rooms"][0]["free"]
    lasts = {"2026-10-25": ("00:00", "03:00"), "2027-03-28": ("01:00", "02:00")}[day]
    assert (stretch["startsAt"][11:16], stretch["endsAt"][11:16]) == lasts


@pytest.mark.parametrize(
    "date", ["tomorrow", "2026-13-01", "2026-02-30", "20261105", "9999-12-31", "0001-01-01", "2026-W45-4", "", "%00"]
)
async def test_a_date_that_is_none_is_a_problem_that_repeats_nothing(home: House, date: str) -> None:
    answer = await home.get(f"/v1/establishments/MDI/availability?date={date}", BOOKER)
    assert answer.status == 422
    problem = await answer.json()
    assert problem["errors"][0]["pointer"] == "/date"
    assert "tomorrow" not in str(problem)


async def test_only_those_who_may_see_the_prison_can_ask(home: House) -> None:
    path = "/v1/establishments/MDI/availability?date=2026-11-05"
    for token, status in ((BOOKER, 200), (OFFICER, 200), (AUDITOR, 200), (STRANGER, 404), ("nobody", 401)):
        assert (await home.get(path, token)).status == status
    assert (await home.get("/v1/establishments/XXX/availability", AUDITOR)).status == 404


async def test_a_day_of_two_hundred_bookings_is_told_without_a_gap_or_an_overlap(tmp_path: Path) -> None:
    """20 bookings of 25 minutes, 5 apart, in each of ten rooms."""
    async with house(tmp_path, establishments=[{"code": "MDI", "name": "Moorland", "rooms": TEN_ROOMS}]) as home:
        eight = 1_793_865_600_000  # 08:00 on 5 November 2026

        def book(tx: Tx) -> None:
            for number in range(200):
                start = eight + number % 20 * 30 * 60_000
                claim = Claim("room", f"MDI/R{number // 20}", start, start + 25 * 60_000)
                tx.claim(f"s{number}", [claim])

        await home.store.write([], book)
        view = await shown(home)
        assert not view["hoursDeclared"]
        assert len(view["rooms"]) == 10
        for room in view["rooms"]:
            gaps = [(each["from"], each["to"]) for each in room["free"]]
            assert len(gaps) == 20
            assert gaps[0] == ("08:25", "08:30")
            assert gaps[-1] == ("17:55", "18:00")
