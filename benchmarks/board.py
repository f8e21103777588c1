"""What a change costs a prison's panels: a board of twenty running rooms is fetched after one of them has changed.

Each panel fetches it; the first pays for the changed meeting's view, the others find it made. Reading the store, the
client's half of HTTP and the text itself are included.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.bench import Result
from tests.web.house import KEY, OFFICER, ROOM, House, house, leg
from vmrd.lifecycle import inputs as i
from vmrd.web.viewer import look_at

ROOMS = 20
CHANGES = 40
VIEWS = 200
PEOPLE = tuple(leg(f"Guest {n}") for n in range(7))
_CODE = "MDI"
_SLOT = {"date": "2026-11-05", "start": "10:00", "end": "11:00"}


async def measure(folder: Path) -> dict[str, Result]:
    """CPU of the fetch, by the first panel and by the next, beside the CPU of one view."""
    rooms = [{"key": f"{_CODE}-{n}", "name": f"Room {n}", "address": f"r{n}@rooms.test"} for n in range(ROOMS)]
    establishments = [{"code": _CODE, "name": "Moorland", "rooms": rooms}]
    senders = [{"system": "bvls", "secrets": [KEY], "establishments": [_CODE], "authority": "upstream"}]
    async with house(folder, establishments=establishments, senders=senders, directory={}) as home:
        sessions = [await _running(home, number) for number in range(ROOMS)]
        await _fetched(home)  # its templates are compiled
        first, next_one = [], []
        for number in range(CHANGES):
            changed = leg(PEOPLE[0].name, media=bool(number // ROOMS % 2))
            await home.shows(sessions[number % ROOMS], ROOM, changed, *PEOPLE[1:])
            first.append(await _fetched(home))
            next_one.append(await _fetched(home))
        view = await _view(home, sessions[0])
    return {
        f"a board of {ROOMS} rooms, fetched after a change": Result(
            value=round(statistics.median(first), 2),
            unit="ms of CPU",
            ratio=None,
            against="nothing",
            target="none promised",
            met=None,
            beside=f"by the next panel {statistics.median(next_one):.2f} ms; one view made anew {view * 1e3:.0f} us",
        )
    }


async def _running(home: House, number: int) -> str:
    """A meeting of eight in a room of its own."""
    segment = {"key": "main", "kind": "VLB_COURT_MAIN", "slots": [_SLOT], "attendeeRefs": ["p1"]}
    session = await home.ready(
        id=f"bvls:{number}",
        establishment={"prisonCode": _CODE},
        prisoners=[{"prisonerNumber": f"A{number:04d}AA"}],
        segments=[segment | {"prisonRoom": {"locationKey": f"{_CODE}-{number}"}}],
    )
    await home.tell(session, i.Open("k.shah"))
    await home.shows(session, *PEOPLE)
    await home.tell(session, i.RoomCalled(ROOM.leg))
    return session


async def _fetched(home: House) -> float:
    """Milliseconds of CPU."""
    began = time.process_time()
    answer = await home.get("/panel/fragments", OFFICER)
    await answer.read()
    assert answer.status == 200
    return (time.process_time() - began) * 1e3


async def _view(home: House, session: str) -> float:
    """Milliseconds of CPU."""
    seen = await home.store.read(lambda rx: look_at(rx, session))
    assert seen is not None
    began = time.process_time()
    for _ in range(VIEWS):
        home.deps.viewer.fresh_view(seen)
    return (time.process_time() - began) / VIEWS * 1e3
