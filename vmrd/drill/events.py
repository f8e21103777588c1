"""Drills in which Pexip's event sink tells late, or does not tell all."""

from __future__ import annotations

import asyncio

from vmrd.drill.drill import Drill
from vmrd.drill.house import House
from vmrd.drill.looks import counts
from vmrd.drill.platform import nothing
from vmrd.drill.scrape import Recording, Sign, grown

_LATE = 1.5
_SOURCE = "sink"


async def _tell_late(house: House) -> None:
    await house.fault("sink", "delay", delayMs=_LATE * 1_000)
    house.tasks["stir"] = asyncio.create_task(_stir_on(house))


async def _stir_on(house: House) -> None:
    while True:
        await _stir(house)
        await asyncio.sleep(0.2)


async def _stir(house: House) -> None:
    """The room's screen shows its own picture for a moment: two events, which change nothing for vmrd."""
    room = next(leg for leg in (await house.meeting()).legs if leg.is_room and leg.where != "left")
    for on in (True, False):
        await house.hand(f"/people/{room.id}/present", {"on": on})


async def _tell_at_once(house: House) -> None:
    house.tasks["stir"].cancel()
    await house.heal()


def _late(seen: Recording) -> bool:
    """More than a twentieth of the last events were later than a second."""
    told = seen.grew_lately(20, "vmrd_event_lag_seconds_count", source=_SOURCE)
    return told > 0 and seen.grew_lately(20, "vmrd_event_lag_seconds_bucket", source=_SOURCE, le="1.0") < 0.95 * told


EVENTS_LATE = Drill(
    name="events-late",
    what=f"The event sink's deliveries take {_LATE} seconds",
    breaks=_tell_late,
    mends=_tell_at_once,
    signs=(Sign("VmrdEventsLate", ("vmrd_event_lag_seconds_bucket",), _late),),
    darkens=False,
)

_LOST = 30
"""Events that are lost."""


async def _lose_some(house: House) -> None:
    """Pexip believes they were taken; the next one that comes has a number far ahead of the last."""
    await _stir(house)
    await _all_are_sent(house)
    await house.fault("sink", "ignore")
    for _ in range(_LOST // 2):
        await _stir(house)
    await _all_are_sent(house)
    await house.heal()
    await _stir(house)


async def _all_are_sent(house: House) -> None:
    """Wait until Pexip has nothing more to tell."""

    async def none_waits() -> bool:
        await asyncio.sleep(0.3)  # what was just done is told a moment later
        return not any(feed.pending() for feed in house.mock.world.sinks.feeds.values())

    await house.until(none_waits, "the event sink has told all")


EVENT_GAPS = Drill(
    name="event-gaps",
    what=f"{_LOST} events of the sink are lost on their way",
    breaks=_lose_some,
    mends=nothing,
    signs=(grown("VmrdEventGaps", "vmrd_event_gaps_total", over=20, source=_SOURCE),),
    sees=(counts("vmrd_event_gaps_total", source=_SOURCE),),
    darkens=False,
)

DRILLS = (EVENTS_LATE, EVENT_GAPS)
