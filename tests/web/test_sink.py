"""Pexip's event sink: who may speak, what is believed of it, and that it is never made to wait."""

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import pytest

from tests.web.house import ROOM, House, leg, until
from vmrd.lifecycle.inputs import Sighting
from vmrd.lifecycle.words import LockState, Where

pytestmark = pytest.mark.asyncio

ADVOCATE = leg("B Advocate")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


PEXIP = basic("pexip", "sink-password-canary")


def said(event: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"node": "10.0.0.1", "seq": 7, "version": 1, "time": 1_793_872_800.5, "event": event, "data": data}


async def test_only_pexip_may_speak(home: House) -> None:
    body = said("conference_started", {"name": "vmrd-x-1"})
    for headers in ({}, basic("pexip", "wrong"), basic("other", "sink-password-canary")):
        assert (await home.client.post("/pexip/events", json=body, headers=headers)).status == 401
    assert (await home.client.post("/pexip/events", json=body, headers=PEXIP)).status == 200


async def test_an_unlock_told_by_the_sink_darkens_the_light(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    await home.shows(session, ROOM, ADVOCATE, locked=True)
    name = (await home.session(session)).vmr_name
    body = said("conference_updated", {"name": name, "is_locked": False, "is_started": True})
    assert (await home.client.post("/pexip/events", json=body, headers=PEXIP)).status == 200

    async def unlocked() -> bool | None:
        return (await home.session(session)).lock.state is not LockState.LOCKED or None

    assert await until(unlocked)


async def test_a_lock_told_by_the_sink_lights_nothing(home: House) -> None:
    session = await home.opened(ADVOCATE)
    await home.pressed(session, "lock")
    read = asyncio.Event()

    async def reader() -> bool:
        read.set()
        return True

    home.eyes.attach(session, reader)
    name = (await home.session(session)).vmr_name
    body = said("conference_updated", {"name": name, "is_locked": True, "is_started": True})
    await home.client.post("/pexip/events", json=body, headers=PEXIP)
    async with asyncio.timeout(60):
        await read.wait()  # a hint says where to look, and the look is the truth
    assert (await home.session(session)).lock.state is LockState.LOCKING


async def test_where_somebody_connects_from_is_compared_and_kept_nowhere(home: House) -> None:
    """They were refused, and come back from the same network address under another name."""
    session = await home.opened(ADVOCATE)
    refused, again = leg("Mallory", Where.WAITING, id="m1"), leg("Somebody Else", Where.WAITING, id="m2")
    name = (await home.session(session)).vmr_name

    async def placed(who: Sighting) -> None:
        await home.shows(session, ROOM, ADVOCATE, who)
        told = {"conference": name, "uuid": who.leg, "display_name": who.name, "protocol": "API", "has_media": False}
        told |= {"service_type": "waiting_room", "role": "guest", "remote_address": "198.51.100.77"}
        await home.client.post("/pexip/events", json=said("participant_connected", told), headers=PEXIP)

        async def known() -> str | None:
            return (await home.session(session)).legs[who.leg].place_ref or None

        assert "198.51" not in await until(known)

    await placed(refused)
    await home.pressed(session, "refuse", {"participant": "m1"})
    await placed(again)
    stands = await home.session(session)
    assert "refused-place:m2" in stands.alerts
    assert stands.legs["m2"].where is Where.WAITING
    assert "remove:m2" not in stands.asks
    database = Path(home.deps.config.store.path)
    for file in database.parent.glob(f"{database.name}*"):
        assert b"198.51.100.77" not in file.read_bytes()


async def test_what_is_not_ours_is_dropped_and_counted(home: House) -> None:
    bulk = {
        "event": "eventsink_bulk",
        "data": [
            said("conference_started", {"name": "somebody else's meeting"}),
            said("conference_started", {"name": "vmrd-nosuch-1"}),
            {"nonsense": True},
        ],
    }
    assert (await home.client.post("/pexip/events", json=bulk, headers=PEXIP)).status == 200

    async def counted() -> str | None:
        metrics = await (await home.ops.get("/metrics")).text()
        return metrics if 'vmrd_sink_events_total{outcome="unknown"}' in metrics else None

    metrics = await until(counted)
    for outcome in ("foreign", "malformed", "unknown"):
        assert f'vmrd_sink_events_total{{outcome="{outcome}"}} 1.0' in metrics
    assert 'vmrd_pexip_malformed_total{what="sink"} 1.0' in metrics, "the alert after an upgrade of Pexip rests on it"


async def test_what_cannot_be_read_at_all_is_malformed(home: House) -> None:
    assert (await home.client.post("/pexip/events", data=b"canary{", headers=PEXIP)).status == 400
    assert 'vmrd_pexip_malformed_total{what="sink"} 1.0' in await (await home.ops.get("/metrics")).text()


async def test_a_flood_is_answered_and_the_overflow_counted(home: House) -> None:
    bulk = {"event": "eventsink_bulk", "data": [said("conference_started", {"name": "vmrd-x-1"})] * 1_500}
    assert (await home.client.post("/pexip/events", json=bulk, headers=PEXIP)).status == 200
    assert 'vmrd_sink_events_total{outcome="dropped"} 0.0' not in await (await home.ops.get("/metrics")).text()
    huge = io.BytesIO(b"x" * (1024 * 1024 + 1))
    assert (await home.client.post("/pexip/events", data=huge, headers=PEXIP)).status == 413


async def test_nothing_of_a_foreign_meeting_is_stored_logged_or_counted_by_name(
    home: House, capfd: pytest.CaptureFixture[str]
) -> None:
    """Sinks hang on locations that other tenants share; their meetings and people are none of our business."""
    session = await home.opened(ADVOCATE)
    person = {
        "uuid": "5e7f0000-0000-4000-a000-000000000009",
        "conference": "canary-tribunal",
        "display_name": "Canary Stranger",
        "source_alias": "sip:+441632960199@canary.example.org",
        "service_type": "conference",
        "has_media": True,
    }
    ours = {"name": (await home.session(session)).vmr_name, "is_locked": False, "is_started": True}
    bulk = {
        "event": "eventsink_bulk",
        "data": [
            said("participant_connected", person),
            said("participant_disconnected", person | {"conference": "vmrd-canary-1"}),
            said("conference_started", {"name": "canary-tribunal", "tag": "canary-tag"}),
            said("canary_event", {"conference": "canary-tribunal"}),
            {"event": "conference_started", "time": "canary", "data": {"name": "canary-tribunal"}},
            said("conference_updated", ours),
        ],
    }
    assert (await home.client.post("/pexip/events", json=bulk, headers=PEXIP)).status == 200

    async def taken() -> str | None:
        metrics = await (await home.ops.get("/metrics")).text()
        return metrics if 'vmrd_sink_events_total{outcome="ours"} 1.0' in metrics else None

    metrics = await until(taken)
    assert 'outcome="foreign"} 3.0' in metrics
    assert 'outcome="unknown"} 1.0' in metrics
    kept = b"".join(file.read_bytes() for file in home.deps.config.store.path.parent.iterdir())
    out, err = capfd.readouterr()
    assert b"B Advocate" in kept
    for where in (kept, metrics.encode(), out.encode(), err.encode()):
        for canary in (b"canary-", b"Canary Stranger", b"1632960199", b"5e7f0000"):
            assert canary not in where


async def test_how_late_events_are_and_how_many_are_missing_is_measured(home: House) -> None:
    session = await home.opened(ADVOCATE)
    name = (await home.session(session)).vmr_name
    home.clock.at += 3_500
    told = said("conference_updated", {"name": name, "is_locked": False, "is_started": True})
    for number in (7, 8, 12, 8):
        await home.client.post("/pexip/events", json={**told, "seq": number}, headers=PEXIP)

    async def measured() -> str | None:
        metrics = await (await home.ops.get("/metrics")).text()
        return metrics if 'vmrd_event_lag_seconds_count{source="sink"} 4.0' in metrics else None

    metrics = await until(measured)
    assert 'vmrd_event_lag_seconds_sum{source="sink"} 12.0' in metrics
    assert 'vmrd_event_gaps_total{source="sink"} 3.0' in metrics
