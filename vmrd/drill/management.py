"""Drills of the Management Node: rooms that are not made or were left behind, and the event sink."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time
from typing import Any

import orjson
from aiohttp import BasicAuth

from pexip_mock.performance import CONFERENCES
from vmrd.demo import cast
from vmrd.demo.stage import SINK_PASSWORD
from vmrd.demo.verify import deleted, meeting
from vmrd.drill.drill import Drill
from vmrd.drill.house import House
from vmrd.drill.looks import counts, fell_silent, log_says, offers
from vmrd.drill.platform import nothing
from vmrd.drill.scrape import Recording, Sign, above, grown


async def _no_room_is_made(house: House) -> None:
    await house.fault("create_vmr", "status", status=429)
    house.held["booked"] = await house.book(
        replace(cast.WAITING, number=1050, start=time(9, 50), end=time(10, 20), room=cast.WAITING.room)
    )
    await house.pass_time(18 * 60)


async def _room_is_made(house: House) -> str | None:
    seen = await house.held["booked"].look()
    return None if seen.phase == "ready" else f"the other meeting is {seen.phase}"


async def _room_is_not_made(house: House) -> str | None:
    seen = await house.held["booked"].look()
    return "the other meeting is ready" if seen.phase == "ready" else None


async def _up_again(house: House) -> str | None:
    away = house.recording.latest("vmrd_part_up", part="pexipManagement") != 1
    return "pexipManagement is told as away" if away else None


_WHOLE_AGAIN = ("The alert's metric is quiet again (vmrd_part_up)", _up_again)


MANAGEMENT_BUSY = Drill(
    name="management-busy",
    what="The management API answers 429 to whoever wants a room made, until the room's start has come",
    breaks=_no_room_is_made,
    mends=House.heal,
    signs=(grown("VmrdVmrLate", "vmrd_alerts_total", code="vmr-late"),),
    healed=(("The other meeting's room is made, and its link works", _room_is_made),),
    darkens=False,
)


# --- the Management Node away, or asked too much ----------------------------------------------------------------------


async def _management_is_away(house: House) -> None:
    """Somebody books meanwhile, so that it is asked for something."""
    await house.gates[0].shut()
    house.held["booked"] = await house.book(cast.WAITING)


async def _management_is_back(house: House) -> None:
    await house.gates[0].open()
    await house.pass_time(60)


def _part_down(seen: Recording) -> bool:
    return seen.latest("vmrd_part_up", part="pexipManagement") == 0


MANAGEMENT_AWAY = Drill(
    name="management-away",
    what="The Management Node cannot be reached; the nodes can, and somebody books",
    breaks=_management_is_away,
    mends=_management_is_back,
    signs=(Sign("VmrdPartDown", ("vmrd_part_up",), _part_down, pace=60),),
    sees=(("The room of the booking is not ready, and says so", _room_is_not_made), offers("end", "prisoner-out")),
    healed=(("The other meeting's room is made, and its link works", _room_is_made), _WHOLE_AGAIN),
    darkens=False,
)

_AT_ONCE = 60
"""Bookings that come together: the room of each takes two requests and more."""


async def _import_many(house: House) -> None:
    """All in one room, one after the other, so that they need no more rooms than there are."""
    await asyncio.gather(*(house.book(_short(number)) for number in range(_AT_ONCE)))


def _short(number: int) -> cast.Booking:
    begins = 10 * 60 + 15 + number
    return replace(cast.WAITING, number=2000 + number, start=_at(begins), end=_at(begins + 1))


def _at(minute: int) -> time:
    return time(minute // 60, minute % 60)


BUDGET_SPENT = Drill(
    name="budget-spent",
    what=f"{_AT_ONCE} bookings come at once, and a room is made for each",
    breaks=_import_many,
    mends=nothing,
    signs=(above("VmrdBudgetSpent", "vmrd_management_budget_used_ratio", 0.6, pace=120),),
    healed=(fell_silent("vmrd_management_budget_used_ratio", 0.6),),
    darkens=False,
)


async def _room_stays(house: House) -> None:
    """Another meeting is called off, and its room cannot be deleted for a quarter of an hour."""
    booking = replace(cast.WAITING, number=1070)
    other = await house.book(booking)
    house.held["alias"] = (await other.until(lambda seen: seen.phase == "ready", 30.0)).alias
    await house.fault("delete", "status", status=503)
    await house.players.clerk.book(booking, "cancelled", 2)
    await other.until(lambda seen: seen.phase == "cancelled")
    await house.pass_time(16 * 60)


async def _can_be_deleted(house: House) -> None:
    await house.heal()
    await house.pass_time(5 * 60)


async def _room_is_gone(house: House) -> str | None:
    return deleted(meeting(await house.crowd.state(), house.held["alias"]))


DELETE_REFUSED = Drill(
    name="delete-refused",
    what="A meeting is called off; the Management Node answers 503 to whoever wants its room deleted",
    breaks=_room_stays,
    mends=_can_be_deleted,
    signs=(above("VmrdCommandsStuck", "vmrd_outbox_oldest_seconds", 900, lane="provisioning"),),
    healed=(("The room is deleted", _room_is_gone),),
    darkens=False,
)


async def _leave_an_orphan(house: House) -> None:
    """A room of ours that no session owns; vmrd looks when it starts, and every five minutes."""
    await _management(house, "POST", "", {"name": "vmrd-left-over", "service_type": "conference", "tag": "vmrd:left"})
    await house.restart()


async def _delete_it(house: House) -> None:
    rows = await _management(house, "GET", "?name=vmrd-left-over")
    await _management(house, "DELETE", f"{rows['objects'][0]['id']}/")
    await house.restart()


async def _management(house: House, method: str, path: str, body: object = None) -> dict[str, Any]:
    url, auth = f"{house.mock.management_url}{CONFERENCES}{path}", BasicAuth(house.mock.user, house.mock.password)
    async with house.http.request(method, url, json=body, auth=auth) as answer:
        answer.raise_for_status()
        return dict(await answer.json()) if method == "GET" else {}


ORPHANS = Drill(
    name="orphans",
    what="A room of ours stands in Pexip that no session owns, and vmrd is started again",
    breaks=_leave_an_orphan,
    mends=_delete_it,
    signs=(above("VmrdOrphans", "vmrd_orphan_vmrs", 0, pace=300),),
    sees=(log_says("orphan_vmrs"),),
    healed=(fell_silent("vmrd_orphan_vmrs"),),
    darkens=None,
)

# --- event sink -------------------------------------------------------------------------------------------------------

_FLOOD = 3_000


async def _sink_is_lost(house: House) -> None:
    await house.fault("sink", "drop")
    await house.crowd.browser(house.alias, cast.KNOCKER)


async def _refuse(house: House) -> None:
    await house.officer.press_on("refuse", cast.KNOCKER)
    await house.heal()


async def _knock_is_seen(house: House) -> str | None:
    ringing = (await house.officer.look()).ringing
    return None if cast.KNOCKER in ringing else "the knock is not shown"


SINK_LOST = Drill(
    name="sink-lost",
    what="The event sink's deliveries are lost, and somebody knocks",
    breaks=_sink_is_lost,
    mends=_refuse,
    sees=(("Officers see the knock all the same: the stream tells it", _knock_is_seen),),
    darkens=False,
)


async def _flood(house: House) -> None:
    """One delivery that holds more events of our meeting than can wait to be worked off."""
    data = {"name": house.name, "is_locked": True, "is_started": True}
    event = {"event": "conference_updated", "node": "10.10.0.11", "seq": 1, "version": 2, "time": 0.0, "data": data}
    await sink(house, {**event, "event": "eventsink_bulk", "data": [event] * _FLOOD})


async def _speak_in_tongues(house: House) -> None:
    """An event of our meeting in which what was a text is a number: as after an upgrade."""
    await sink(house, {"event": "participant_connected", "node": "10.10.0.11", "seq": 1, "version": 9, "time": 0.0,
                       "data": {"conference": house.name, "uuid": 7, "service_type": ["conference"]}})  # fmt: skip


async def sink(house: House, said: object) -> None:
    """Deliver an event as Pexip would; how it is answered is not looked at."""
    auth = BasicAuth(cast.SINK_USER, SINK_PASSWORD)
    async with house.http.post(f"{house.api}/pexip/events", data=orjson.dumps(said), auth=auth):
        pass


SINK_FLOODED = Drill(
    name="sink-flooded",
    what=f"The event sink delivers {_FLOOD} events at once",
    breaks=_flood,
    mends=nothing,
    signs=(grown("VmrdSinkDropped", "vmrd_sink_events_total", outcome="dropped"),),
    darkens=False,
)
PEXIP_CHANGED = Drill(
    name="pexip-changed",
    what="Pexip was upgraded, and its events have another shape",
    breaks=_speak_in_tongues,
    mends=nothing,
    signs=(grown("VmrdPexipUnreadable", "vmrd_pexip_malformed_total"),),
    sees=(counts("vmrd_sink_events_total", outcome="malformed"),),
    darkens=False,
)

DRILLS = (
    MANAGEMENT_AWAY,
    MANAGEMENT_BUSY,
    BUDGET_SPENT,
    DELETE_REFUSED,
    ORPHANS,
    SINK_LOST,
    SINK_FLOODED,
    PEXIP_CHANGED,
)
