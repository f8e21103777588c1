"""Bookings that want rooms, as the prison's own desk sends them, and works that take rooms away."""

from __future__ import annotations

from aiohttp import ClientResponse

from tests.web.house import DESK_KEY, SUPERVISOR, House, Json
from tests.web.test_booking_desk import desk
from tests.web.test_booking_events import main, slots


def another(number: int, *segments: Json, **changes: object) -> Json:
    """A booking of another prisoner at the prison's own desk, for which vmrd decides."""
    prisoner = [{"prisonerNumber": f"B{number:04}BB", "dateOfBirth": "1990-01-31"}]
    return desk(id=f"desk:x{number}", prisoners=prisoner, segments=list(segments), **changes)


async def send(home: House, body: Json, message: str) -> ClientResponse:
    return await home.deliver(body, message, DESK_KEY)


async def fill(home: House, room: str, *stretches: tuple[str, str], date: str = "2026-11-05", first: int = 100) -> None:
    for number, stretch in enumerate(stretches, first):
        segment = {**main(stretch, prisonRoom={"locationKey": room}), "slots": slots(stretch, date=date)}
        answer = await send(home, another(number, segment), f"fill-{number}")
        assert answer.status == 202, await answer.text()


async def refused(home: House, body: Json, message: str = "wanted") -> Json:
    answer = await send(home, body, message)
    assert answer.status == 409, await answer.text()
    problem: Json = await answer.json()
    assert problem["type"] == "/problems/claimed"
    return problem


def chosen(body: Json, alternative: Json) -> Json:
    """The event again with what was offered put into its segments."""
    offered = {segment["key"]: segment for segment in alternative["segments"]}
    segments = [
        {**segment, "slots": offered[segment["key"]]["slots"], "prisonRoom": offered[segment["key"]]["prisonRoom"]}
        for segment in body["booking"]["segments"]
    ]
    booking = {**body["booking"], "segments": segments}
    return {**body, "booking": booking}


def told(problem: Json) -> list[list[str]]:
    return [
        [
            f"{s['prisonRoom']['locationKey']} {s['slots'][0]['date']} {s['slots'][0]['start']}-{s['slots'][0]['end']}"
            for s in alternative["segments"]
        ]
        for alternative in problem["alternatives"]
    ]


async def agreed(home: House, *rooms: str, begins: str, ends: str, confirm: tuple[str, ...] = ()) -> Json:
    body = {"kind": "installation", "rooms": rooms, "from": begins, "to": ends, "consent": "agreed", "confirm": confirm}
    answer = await home.client.post(
        "/v1/establishments/MDI/works", json=body, headers={"Authorization": f"Bearer {SUPERVISOR}"}
    )
    assert answer.status == 201, await answer.text()
    window: Json = await answer.json()
    return window
