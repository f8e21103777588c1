"""The control API: people act, the truth is told, the clock moves, and no secret is in any of it."""

import json
import os
from pathlib import Path

import aiohttp
import pytest

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, NAME, Site

pytestmark = pytest.mark.asyncio


async def people(site: Site) -> dict[str, dict[str, object]]:
    participants = (await site.conference())["participants"]
    assert isinstance(participants, list)
    return {person["name"]: person for person in participants}


async def test_people_dial_act_and_leave(site: Site) -> None:
    await site.token()
    guest = await site.person("Ann Advocate", "browser", callTag="hers")
    assert (await people(site))["Ann Advocate"] == {
        "id": guest,
        "name": "Ann Advocate",
        "kind": "browser",
        "protocol": "webrtc",
        "role": "guest",
        "where": "waiting",
        "has_media": True,
        "has_video": True,
        "callTag": "hers",
        "outbound": False,
        "address": "Ann Advocate",
        "enteredAt": None,
        "leftAt": None,
        "reason": "",
        "node": site.server.knobs.nodes[0],
    }
    for act, body in (("rename", {"name": "Bea"}), ("video", {"on": False}), ("present", {})):
        assert (await site.control("POST", f"people/{guest}/{act}", body)).status == 204
    renamed = (await people(site))["Bea"]
    assert renamed["has_video"] is False
    assert (await site.control("POST", f"people/{guest}/leave")).status == 204
    left = (await people(site))["Bea"]
    assert (left["where"], left["reason"]) == ("left", "Call disconnected")
    assert (await site.control("POST", f"people/{guest}/leave")).status == 404


async def test_a_wrong_pin_is_refused_as_the_platform_would(site: Site) -> None:
    body = {"alias": ALIAS, "name": "Mallory", "kind": "browser", "pin": "0000"}
    assert (await site.control("POST", "people", body)).status == 403
    assert (await site.control("POST", "people", body | {"alias": "nobody"})).status == 404
    assert (await site.control("POST", "people", body | {"kind": "pigeon"})).status == 400


async def test_a_phone_types_its_pin_and_three_wrong_ones_end_the_call(site: Site) -> None:
    await site.token()
    body = {"alias": ALIAS, "name": "01632 960123", "kind": "phone", "number": "+441632960123"}
    first = (await site.control("POST", "people", body)).body
    assert isinstance(first, dict)
    assert (await people(site))["01632 960123"]["where"] == "arriving"
    await site.control("POST", f"people/{first['participant']}/dtmf", {"digits": f"{GUEST_PIN}#"})
    assert (await people(site))["01632 960123"]["where"] == "waiting"
    second = (await site.control("POST", "people", body | {"name": "again"})).body
    assert isinstance(second, dict)
    for _ in range(3):
        await site.control("POST", f"people/{second['participant']}/pin", {"pin": "0000"})
    assert (await people(site))["again"]["reason"] == "Participant exceeded PIN entry retries"


async def test_keys_at_a_hosts_endpoint_unlock(site: Site) -> None:
    token = await site.token()
    chair = await site.person("Prison room", "room-system", pin=HOST_PIN)
    await site.node("POST", "lock", token=token)
    await site.control("POST", f"people/{chair}/dtmf", {"digits": "*7"})
    assert (await site.conference())["locked"] is False


async def test_the_account_tells_what_came_before_what(site: Site) -> None:
    token = await site.token()
    phone = await site.person("01632 960123", "phone")
    await site.control("POST", f"people/{phone}/leave")
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    await site.node("POST", "disconnect", token=token)
    history = (await site.state())["history"]
    assert isinstance(history, list)
    told = [(one["what"], one["participant"] == phone) for one in history if one["name"] == NAME]
    assert told == [
        ("vmr-created", False),
        ("born", False),
        ("dialled", False),
        ("entered", False),
        ("dialled", True),
        ("held", True),
        ("left", True),
        ("started", False),
        ("locked", False),
        ("left", False),
        ("ended", False),
    ]
    assert [one["seq"] for one in history] == sorted(one["seq"] for one in history)
    ended = await site.conference()
    assert ended["endedAt"] is not None
    assert ended["startedAt"] is not None


async def test_requests_are_told_in_order_and_without_secrets(site: Site) -> None:
    token = await site.token(call_tag="mark")
    guest = await site.person()
    await site.node("POST", f"participants/{guest}/disconnect", token=token)
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
    listed = (await site.control("GET", "requests")).body
    assert isinstance(listed, list)
    assert [one["seq"] for one in listed] == list(range(1, len(listed) + 1))
    first, last_but_one = listed[0], listed[-2]
    assert (first["operation"], first["by"], first["status"], first["node"]) == (
        "create_vmr",
        "admin",
        201,
        "management",
    )
    assert last_but_one["path"] == "/api/client/v2/conferences/{alias}/participants/{participant}/disconnect"
    assert (last_but_one["operation"], last_but_one["by"], last_but_one["target"]) == ("refuse", "mark", guest)
    after = (await site.control("GET", f"requests?after={first['seq']}")).body
    assert isinstance(after, list)
    assert len(after) == len(listed) - 1
    everything = json.dumps([listed, await site.state(), list((await site.faults()).values())])
    assert not any(secret in everything for secret in (token, HOST_PIN, GUEST_PIN, site.server.password))


async def test_the_clock_goes_ahead_in_steps_and_no_token_expires_by_it(site: Site) -> None:
    token = await site.token()
    await site.person()
    moved = await site.control("POST", "clock", {"advanceSeconds": 901, "stepSeconds": 10})
    assert moved.status == 200
    assert (await people(site))["Ann Advocate"]["where"] == "left"
    assert (await site.node("POST", "lock", token=token)).status == 200
    assert (await site.control("POST", "clock", {"advanceSeconds": -1})).status == 400


async def test_the_clock_can_run_faster(site: Site) -> None:
    before = (await site.control("GET", "clock")).body
    faster = (await site.control("POST", "clock", {"rate": 1000})).body
    after = (await site.control("GET", "clock")).body
    assert isinstance(before, dict)
    assert isinstance(faster, dict)
    assert isinstance(after, dict)
    assert faster["rate"] == 1000
    assert after["businessMs"] > before["businessMs"]


async def test_a_platform_that_is_away_hangs_up_and_comes_back(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        await site.control("POST", "platform", {"away": True})
        await watch.until(lambda seen: seen.over)
    with pytest.raises(aiohttp.ClientError):
        await site.node("POST", "lock", token=token)
    with pytest.raises(aiohttp.ClientError):
        await site.admin("GET", "status/v1/conference/")
    await site.control("POST", "platform", {"away": False})
    assert (await site.node("POST", "lock", token=token)).status == 200


async def test_one_node_can_be_away_alone(site: Site) -> None:
    await site.control("POST", "nodes/0", {"away": True})
    with pytest.raises(aiohttp.ClientError):
        await site.token(node=0)
    assert await site.token(node=1)
    assert (await site.control("POST", "nodes/9", {"away": True})).status == 404


async def test_an_endpoint_can_be_told_not_to_answer(site: Site) -> None:
    token = await site.token()
    await site.control("POST", "destinations", {"destination": "room1@rooms.example.org", "answers": False})
    async with site.watching(token) as watch:
        body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}
        dialled = await site.node("POST", "dial", body, token=token)
        await watch.until(lambda seen: "participant_delete" in seen.names())
        assert isinstance(dialled.result, list)
        assert ("participant_delete", {"uuid": dialled.result[0]}) in watch.events


async def test_a_conference_can_be_recorded_without_our_doing(site: Site) -> None:
    token = await site.token()
    conference = await site.conference()
    assert (await site.control("POST", f"conferences/{conference['id']}", {"recording": True})).status == 204
    status = (await site.node("GET", "conference_status", token=token)).result
    assert isinstance(status, dict)
    assert (status["recording"], status["streaming"]) == (True, False)


async def test_another_process_can_share_the_clock(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    async with (
        MockServer(Knobs.fast(), start=1_000_000.0, clock_file=file) as server,
        aiohttp.ClientSession() as session,
    ):
        site = Site(server, session)
        assert json.loads(file.read_text())["business_ms"] == pytest.approx(1_000_000_000, abs=5_000)
        await site.control("POST", "clock", {"advanceSeconds": 100, "stepSeconds": 50})
        await site.control("POST", "clock", {"rate": 0})
        published = json.loads(file.read_text())
        assert published["rate"] == 0
        assert published["business_ms"] == pytest.approx(server.world.business * 1000)
        assert published["business_ms"] >= 1_000_100_000
    assert os.listdir(tmp_path) == ["clock.json"]
