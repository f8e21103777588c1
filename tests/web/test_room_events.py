"""A booking system takes a room out of use and gives it back: once, in whatever order it is heard."""

from itertools import permutations
from pathlib import Path

import pytest

from tests.web.house import KEY, SUPERVISOR, House, Json, house
from tests.web.test_booking_events import main
from tests.web.wanted import another, refused, send

pytestmark = pytest.mark.asyncio


def block(version: int = 1, *, restored: bool = False, **changes: object) -> Json:
    room = {
        "id": "bvls:block-77",
        "version": version,
        "establishment": {"prisonCode": "MDI"},
        "prisonRoom": {"locationKey": "MDI-VCC-1"},
        "from": "2026-11-05T08:00",
        "to": "2026-11-05T12:00",
    }
    kind = "room.restored" if restored else "room.out_of_use"
    return {"eventType": kind, "source": {"system": "bvls"}, "room": room | changes}


async def works(home: House) -> list[Json]:
    answer = await home.get("/v1/establishments/MDI/works", SUPERVISOR)
    found: list[Json] = (await answer.json())["works"]
    return found


async def test_a_room_out_of_use_cannot_be_booked_and_a_restored_one_can(home: House) -> None:
    answer = await home.deliver(block(), "out")
    assert answer.status == 202
    told = await answer.json()
    assert (told["result"], told["version"], told["clashes"]) == ("accepted", 1, [])
    [window] = await works(home)
    assert window["id"] == told["worksId"]
    assert (window["kind"], window["source"], window["blocks"]) == ("maintenance", "bvls:block-77", True)
    assert window["history"][0]["by"] == "bvls"
    wanted = another(1, main(("10:00", "10:30")))
    assert (await refused(home, wanted))["code"] == "works"
    assert (await home.deliver(block(2, restored=True), "back")).status == 202
    assert await works(home) == []
    assert (await send(home, wanted, "again")).status == 202


async def test_sessions_that_lose_their_room_are_told_to_the_sender_and_flagged_to_the_prison(home: House) -> None:
    sessions = await home.booked()
    told = await (await home.deliver(block(), "out")).json()
    assert [each["sessionId"] for each in told["clashes"]] == [sessions["pre"], sessions["main"]]
    alerts = (await home.view(sessions["main"]))["alerts"]
    assert [each["text"] for each in alerts] == ["Room out of use from 10:00: works"]
    await home.deliver(block(2, restored=True), "back")
    assert (await home.view(sessions["main"]))["alerts"] == []


async def test_a_repeated_message_gets_its_first_answer_and_a_repeated_version_changes_nothing(home: House) -> None:
    first = await (await home.deliver(block(), "one")).read()
    again = await home.deliver(block(), "one")
    assert (again.status, await again.read()) == (202, first)
    same = await home.deliver(block(), "two")
    assert (same.status, (await same.json())["result"]) == (200, "duplicate")
    [window] = await works(home)
    assert len(window["history"]) == 1
    assert (await home.deliver(block(2), "one")).status == 422
    other = await home.deliver(block(to="2026-11-05T13:00"), "three")
    assert (other.status, (await other.json())["type"]) == (409, "/problems/version_conflict")


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_whatever_the_order_the_newest_version_stands(tmp_path: Path, order: tuple[int, ...]) -> None:
    said = [block(1), block(2, to="2026-11-05T11:00"), block(3, restored=True)]
    async with house(tmp_path) as home:
        for number in order:
            await home.deliver(said[number], f"m{number}")
        assert await works(home) == []
        await home.deliver(block(4, to="2026-11-05T09:30"), "m4")
        assert [each["to"] for each in await works(home)] == ["2026-11-05T09:30"]


async def test_a_room_without_an_end_is_out_until_it_is_given_back(home: House) -> None:
    await home.deliver(block(to=None, **{"from": None}), "out")
    [window] = await works(home)
    assert (window["startsAt"], window["endsAt"], window["to"]) == ("2026-11-05T09:00:00.000Z", None, None)
    home.clock.at += 3_600_000
    await home.deliver(block(2, to=None, **{"from": None}, supplier="Sample Ltd"), "more")
    [window] = await works(home)
    assert (window["startsAt"], window["supplier"]) == ("2026-11-05T09:00:00.000Z", "Sample Ltd")
    far = another(1, main() | {"slots": [{"date": "2027-11-04", "start": "10:00", "end": "10:30"}]})
    assert (await refused(home, far))["code"] == "works"


async def test_a_sender_speaks_only_for_its_own_rooms(home: House) -> None:
    other = {"establishment": {"prisonCode": "BAI"}, "prisonRoom": {"locationKey": "BAI-VCC-1"}}
    assert (await home.deliver(block(**other), "one")).status == 403
    assert (await home.deliver(block(id="other:1"), "two")).status == 403
    assert (await home.deliver({**block(), "source": {"system": "other"}}, "three")).status == 403
    assert (await home.deliver(block(), "four", key="whsec_d3Jvbmcga2V5")).status == 401
    assert (await home.deliver(block(establishment={"prisonCode": "XXX"}), "five")).status == 422
    moved = {"establishment": {"prisonCode": "HII"}, "prisonRoom": {"locationKey": "HII-VCC-1"}}
    assert (await home.deliver(block(), "six", key=KEY)).status == 202
    assert (await home.deliver(block(2, **moved), "seven")).status == 409
    assert [each["version"] for each in [await (await home.deliver(block(2), "eight")).json()]] == [2]


async def test_what_is_wrong_is_named_with_pointers(home: House) -> None:
    wrong = {"from": "2026-10-25T01:30", "to": "never", "timezone": "Mars", "prisonRoom": {"locationKey": "CANARY"}}
    answer = await home.deliver(block(**wrong))
    problem = await answer.json()
    assert answer.status == 422
    assert {error["pointer"] for error in problem["errors"]} == {
        "/room/from",
        "/room/to",
        "/room/timezone",
        "/room/prisonRoom",
    }
    assert "CANARY" not in str(problem)
    missing = await home.deliver({"eventType": "room.restored", "source": {"system": "bvls"}}, "two")
    assert [error["pointer"] for error in (await missing.json())["errors"]] == ["/room"]
    backwards = await home.deliver(block(to="2026-11-05T07:00"), "three")
    assert (await backwards.json())["errors"][0]["code"] == "order"
