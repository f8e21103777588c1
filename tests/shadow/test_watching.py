"""How a shadow comes to know things: by events, the status alone, a name, an alias; and what it says when it cannot."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import time
from pathlib import Path

import pytest

from tests.shadow.played import HOST_PIN, POLICY_PASSWORD, SINK_PASSWORD, Morning, alias_of, at, is_open, morning
from vmrd.config import from_values
from vmrd.demo import cast
from vmrd.lifecycle.words import LockState, Phase
from vmrd.pexip.watch_only import CommandRefused
from vmrd.serve import running
from vmrd.shadow import record
from vmrd.shadow.build import record_path
from vmrd.shadow.story import Story, story_of
from vmrd.store.base import StoreError
from vmrd.store.delivery import DeliveryState

pytestmark = pytest.mark.asyncio

ROOM, OTHER, *_ = cast.ROOMS
TEN, HALF_PAST, ELEVEN = time(10), time(10, 30), time(11)
SOON = 20.0


async def noted(day: Morning) -> record.Noted:
    """What is on file, of all days."""
    config = day.vmrd.daemon.config
    return await asyncio.to_thread(record.read, record_path(config.shadow, config.store.path), 0, 2**60)


async def on_file(day: Morning, holds: Callable[[record.Noted], bool]) -> record.Noted:
    """What is on file once this holds of it."""
    async with asyncio.timeout(SOON):
        while True:
            found = await noted(day)
            if holds(found):
                return found
            await asyncio.sleep(0.02)


async def stories(day: Morning) -> dict[str, Story]:
    """The story of each booking, by its number."""
    store = day.vmrd.daemon.store
    return {
        session.booking_id.partition(":")[2]: story_of(session, await store.read(lambda rx, s=session: rx.facts(s.id)))
        for session in await day.sessions()
    }


async def opened(day: Morning, room: str, visitor: str) -> None:
    day.visitor_dials(visitor, alias_of(room))
    day.room_opens(room, alias_of(room))
    await day.until(room, lambda s: is_open(s) and len(s.people_inside()) == 1)


async def test_without_an_event_sink_the_status_alone_tells_and_the_record_says_so(tmp_path: Path) -> None:
    async with morning(tmp_path, sink=False) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.until(ROOM, lambda s: s.phase is Phase.READY)
        day.strikes(10)
        await opened(day, ROOM, "Priya Nair")
        day.presses(ROOM, "*7")
        await day.until(ROOM, lambda s: s.lock.state is LockState.LOCKED and s.lock.wanted)
        day.presses(ROOM, "##")
        await day.until(ROOM, lambda s: s.phase is Phase.INTERRUPTED)
        figures = (await on_file(day, lambda found: "changes only the status showed" in found.figures)).figures
    assert "events" not in figures
    assert figures["changes only the status showed"] >= 3
    assert figures["sent GET"] >= 3
    assert "refused at the transport" not in figures


async def test_what_could_not_be_read_is_a_gap_in_the_record(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        order = {"operation": "conference_list", "how": "status", "status": 503, "times": None}
        async with day.http.get(f"{day.mock.control_url}/operations") as answer:
            operations = (await answer.json())["routes"]
        order["operation"] = next(each for each in operations if each.endswith("status/v1/conference/"))
        async with day.http.post(f"{day.mock.control_url}/faults", json=order) as answer:
            assert answer.status == 201, await answer.text()
        await on_file(day, lambda found: bool(found.blind))


async def test_a_vmr_made_for_one_booking_is_known_by_its_alias_and_one_nobody_booked_is_said(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        day.another_system_makes("Legal visit, Moorland", f"visits-1001@{cast.DOMAIN}")
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.until(ROOM, lambda s: s.phase is Phase.READY)
        day.strikes(10)
        day.room_opens(ROOM, f"visits-1001@{cast.DOMAIN}")
        await day.until(ROOM, is_open)
        day.room_opens(OTHER, alias_of(OTHER))
        (seen,) = (await on_file(day, lambda found: bool(found.unbooked))).unbooked
        assert (seen.establishment, seen.room) == (cast.PRISON, OTHER)


async def test_a_meeting_that_runs_on_is_the_next_bookings_and_one_begun_again_is_one_meeting(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.book(1002, ROOM, HALF_PAST, ELEVEN)
        day.strikes(10)
        await opened(day, ROOM, "Priya Nair")
        day.presses(ROOM, "##")
        await day.until(ROOM, lambda s: s.phase is Phase.INTERRUPTED)
        await opened(day, ROOM, "Priya Nair")
        day.strikes(10, 31)
        await day.until(ROOM, lambda s: s.booking_id.endswith("1002") and is_open(s))
        told = await stories(day)
    assert told["1001"].ran_on
    assert told["1001"].interrupted == 1
    assert told["1002"].began is not None


async def test_a_restart_takes_up_a_meeting_that_went_on(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.until(ROOM, lambda s: s.phase is Phase.READY)
        day.strikes(10)
        await opened(day, ROOM, "Priya Nair")
        await day.stops()
        day.presses(ROOM, "*7")
        await day.starts()
        session = await day.until(ROOM, lambda s: s.lock.state is LockState.LOCKED)
        assert session.phase is Phase.OPEN
        told = (await stories(day))["1001"]
    assert (told.interrupted, told.ended) == (0, None)


async def test_policy_answers_use_your_own_default_for_every_call(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        session = await day.until(ROOM, lambda s: s.phase is Phase.READY)
        key = b64encode(f"{cast.SINK_USER}:{POLICY_PASSWORD}".encode()).decode()
        for path in ("service/configuration", "participant/properties"):
            query = f"local_alias={session.alias}%40{cast.DOMAIN}&protocol=sip&call_direction=dial_in&remote_alias=x"
            status, _ = await day.get(f"/policy/v1/{path}?{query}", Authorization=f"Basic {key}")
            assert status == 404


async def test_nobody_is_called_back_or_written_to(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.until(ROOM, lambda s: s.phase is Phase.READY)
        store = day.vmrd.daemon.store
        assert await store.read(lambda rx: rx.deliveries(tuple(DeliveryState), 10)) == []
        assert day.vmrd.daemon.dispatcher.postman is None
        letters = [key for session in await day.sessions() for key in session.asks if key.startswith("letter:")]
        assert letters == []


async def test_turning_shadow_off_with_its_database_is_refused_in_one_line(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        values = {**day.values, "shadow": {}}
    with pytest.raises(StoreError, match="is a shadow's"):
        async with running(from_values(values)):
            pass


async def test_a_running_shadows_own_parts_cannot_send_either(tmp_path: Path) -> None:
    async with morning(tmp_path) as day:
        day.room_opens(ROOM, alias_of(ROOM))
        daemon = day.vmrd.daemon
        name = f"HMPPS {cast.PRISON} room {ROOM}"
        attempts: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: daemon.client.take(alias_of(ROOM), HOST_PIN, "tag"),
            lambda: daemon.client.probe(alias_of(ROOM)),
            lambda: daemon.management.set_lock(name, True),
            lambda: daemon.management.end(name),
            lambda: daemon.management.disconnect(day.people[ROOM]),
            lambda: daemon.witness.post("https://witness.example.org", b"{}", {}),
            lambda: daemon.dispatcher.notifier.post("https://bookings.example.org", b"{}", {}),
        )
        for attempt in attempts:
            with pytest.raises(CommandRefused):
                await attempt()
        assert {each["method"] for each in await day.requests() if each["path"].startswith("/api/")} == {"GET"}
        refused = daemon.metrics.registry.get_sample_value("vmrd_shadow_refused_total")
        assert refused is not None
        assert refused >= len(attempts)
        await on_file(day, lambda found: found.figures.get("refused at the transport") == refused)


async def test_events_repeated_late_and_foreign_change_nothing(tmp_path: Path) -> None:
    async with morning(tmp_path, sink=False) as day:
        await day.book(1001, ROOM, TEN, HALF_PAST)
        await day.until(ROOM, lambda s: s.phase is Phase.READY)
        day.strikes(10)
        name = f"HMPPS {cast.PRISON} room {ROOM}"
        day.visitor_dials("Priya Nair", alias_of(ROOM))
        day.room_opens(ROOM, alias_of(ROOM))
        day.presses(ROOM, "*7")
        await day.until(ROOM, lambda s: s.lock.state is LockState.LOCKED)
        for seq, second, locked, about in ((7, 30, True, name), (7, 30, True, name), (3, 20, False, name)):
            await tell(day, conference(about, seq, second, locked=locked))
        await tell(day, conference("Board meeting of another tenant", 8, 31, locked=True))
        figures = (await on_file(day, lambda found: "events out of order" in found.figures)).figures
        session = await day.until(ROOM, lambda s: s.lock.state is LockState.LOCKED)
    assert figures["events"] == 2
    assert figures["events repeated"] == 1
    assert figures["events out of order"] == 1
    assert session.lock.drifted is None
    assert b"another tenant" not in record_path(from_values(day.values).shadow, tmp_path / "vmrd.db").read_bytes()


def conference(name: str, seq: int, second: int, *, locked: bool) -> dict[str, object]:
    data = {"name": name, "service_type": "conference", "is_locked": locked, "is_started": True}
    moment = at(10, 0, second)
    return {"node": "10.10.0.11", "seq": seq, "version": 2, "time": moment, "event": "conference_updated", "data": data}


async def tell(day: Morning, event: dict[str, object]) -> None:
    """What a Conferencing Node posts to the event sink."""
    key = b64encode(f"{cast.SINK_USER}:{SINK_PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {key}"}
    async with day.http.post(f"{day.vmrd.api}/pexip/events", json=event, headers=headers) as answer:
        assert answer.status < 300, await answer.text()
