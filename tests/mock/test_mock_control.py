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
    turned_away = await site.control("POST", "people", body)
    assert (turned_away.status, turned_away.refused) == (403, "Invalid PIN")
    assert (await site.control("POST", "people", body | {"alias": "nobody"})).status == 404
    assert (await site.control("POST", "people", body | {"kind": "pigeon"})).status == 400


@pytest.mark.parametrize("kind", ["browser", "app", "room-system", "skype", "phone", "recorder", "h323"])
async def test_every_kind_of_caller_can_dial(site: Site, kind: str) -> None:
    await site.token()
    await site.person("Somebody", kind, number="+441632960123")
    somebody = (await people(site))["Somebody"]
    assert (somebody["kind"], somebody["where"]) == (kind, "waiting")


async def screen(site: Site, participant: str) -> dict[str, object]:
    body = (await site.control("GET", f"people/{participant}")).body
    assert isinstance(body, dict)
    return body


async def test_a_callers_own_screen_says_where_they_are(site: Site) -> None:
    token = await site.token()
    guest = await site.person("Ann Advocate")
    seen = [await screen(site, guest)]
    for act in ("lock", "start_conference", f"participants/{guest}/unlock", f"participants/{guest}/disconnect"):
        await site.node("POST", act, token=token)
        seen.append(await screen(site, guest))
    assert [(one["state"], one["sentence"]) for one in seen] == [
        ("waiting", "Waiting for the host."),
        ("locked", "The meeting is locked: waiting to be let in."),
        ("locked", "The meeting is locked: waiting to be let in."),
        ("inside", "In the meeting."),
        ("left", "You were removed from the meeting."),
    ]
    refused = await site.person("Ben Barrister")
    await site.node("POST", f"participants/{refused}/disconnect", token=token)
    assert (await screen(site, refused))["sentence"] == "You were not let in."
    assert (await site.control("GET", "people/nobody")).status == 404


async def test_each_kind_sees_what_it_can(site: Site) -> None:
    async def sees(participant: str) -> list[str]:
        roster = (await screen(site, participant))["roster"]
        assert isinstance(roster, list)
        return [one["name"] for one in roster]

    room = await site.person("Prison room", "room-system", pin=HOST_PIN)
    guest = await site.person("Ann Advocate")
    phone = await site.person("01632 960123", "phone")
    await site.control("POST", f"people/{room}/dtmf", {"digits": "*7"})
    knocking = await site.person("Ben Barrister")
    assert await sees(guest) == ["Prison room", "Ann Advocate", "01632 960123", "Ben Barrister"]
    assert await sees(room) == ["Prison room", "Ann Advocate"]
    assert await sees(phone) == []
    assert await sees(knocking) == await sees(guest)


async def test_what_can_be_dialled_is_told_with_its_nodes(site: Site) -> None:
    nodes = list(site.server.knobs.nodes)
    assert (await site.control("GET", "aliases")).body == [{"alias": ALIAS, "name": NAME, "nodes": nodes}]
    await site.admin("POST", "configuration/v1/conference/", {"name": "not yet", "aliases": [{"alias": "later"}]})
    await site.admin("DELETE", "configuration/v1/conference/1/")
    assert (await site.control("GET", "aliases")).body == []


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


async def test_a_quarter_of_an_hour_passes_and_each_timer_fires_in_turn(site: Site) -> None:
    await site.token()
    await site.person("Ann Advocate")
    await site.control("POST", "people", {"alias": ALIAS, "name": "01632 960123", "kind": "phone"})
    await site.control("POST", "clock", {"advanceSeconds": 900})
    history = (await site.state())["history"]
    assert isinstance(history, list)
    born = next(one["businessMs"] for one in history if one["what"] == "born")
    left = [(round((one["businessMs"] - born) / 1000), one["detail"]) for one in history if one["what"] == "left"]
    assert left == [
        (120, "Timeout waiting for PIN entry"),
        (900, "Timeout waiting for conference host to join or permit access to locked conference"),
    ]


async def test_tokens_age_along_only_when_asked(site: Site) -> None:
    token = await site.token()
    await site.control("POST", "clock", {"advanceSeconds": 119, "elapsedToo": True})
    assert (await site.node("GET", "conference_status", token=token)).status == 200
    await site.control("POST", "clock", {"advanceSeconds": 2, "elapsedToo": True})
    assert (await site.node("GET", "conference_status", token=token)).status == 403
    assert (await site.conference())["endedAt"] is not None


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


@pytest.mark.parametrize("how", [{"answers": False}, {"busy": True}])
async def test_an_endpoint_can_be_told_not_to_answer(site: Site, how: dict[str, bool]) -> None:
    token = await site.token()
    await site.control("POST", "destinations", {"destination": "room1@rooms.example.org", **how})
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


async def test_publishers_that_restart_count_from_one_again(site: Site) -> None:
    site.server.add_sink("http://127.0.0.1:9/nobody", bulk=True)
    await site.person()
    feeds = list(site.server.world.sinks.feeds.values())
    assert max(event.seq for feed in feeds for event in feed.pending(100)) > 1
    await site.control("POST", "sinks/restart")
    assert [[event.seq for event in feed.pending(100)] for feed in feeds] == [[1]] * len(feeds)


@pytest.mark.parametrize(
    ("method", "path", "body", "faults"),
    [
        (
            "POST",
            "people",
            {"nam": "Ann", "kind": "phnoe", "node": 7, "pin": 1234},
            {"/alias", "/name", "/kind", "/node", "/pin", "/nam"},
        ),
        ("POST", "people", [], {""}),
        ("POST", "people/{guest}/dtmf", {"digits": "*7 please", "keys": 1}, {"/digits", "/keys"}),
        ("POST", "people/{guest}/rename", {}, {"/name"}),
        ("POST", "people/{guest}/video", {"on": "yes"}, {"/on"}),
        ("POST", "people/{guest}/leave", {"why": "late"}, {"/why"}),
        (
            "POST",
            "faults",
            {"operation": "lcok", "how": "dorp", "times": 0, "status": 200, "delay": 5},
            {"/operation", "/how", "/times", "/status", "/delay"},
        ),
        ("POST", "faults", {"operation": "lock", "how": "reorder"}, {"/how"}),
        ("POST", "clock", {}, {""}),
        ("POST", "clock", {"rate": -1, "advanceSeconds": "60"}, {"/rate", "/advanceSeconds"}),
        ("POST", "nodes/0", {"away": 1}, {"/away"}),
        ("POST", "nodes/0", {}, {""}),
        ("POST", "platform", {}, {"/away"}),
        ("POST", "destinations", {"answer": True}, {"/destination", "/answer"}),
        ("POST", "conferences/{conference}", {"recoding": True, "streaming": 1}, {"/recoding", "/streaming"}),
    ],
)
async def test_a_wrong_body_is_refused_with_all_its_faults_and_changes_nothing(
    site: Site, method: str, path: str, body: object, faults: set[str]
) -> None:
    guest = await site.person()
    conference = await site.conference()
    before = await site.state()
    refused = await site.control(method, path.format(guest=guest, conference=conference["id"]), body)
    assert refused.status == 400
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert isinstance(refused.body, dict)
    assert {error["pointer"] for error in refused.body["errors"]} == faults
    assert all(error["detail"] for error in refused.body["errors"])
    assert "1234" not in json.dumps(refused.body)
    after = await site.state()
    assert (after["history"], after["conferences"]) == (before["history"], before["conferences"])


async def test_a_body_that_is_no_json_says_what_to_send(site: Site) -> None:
    refused = await site.call("POST", f"{site.server.control_url}/people", data=b"{alias:")
    assert refused.status == 400
    assert isinstance(refused.body, dict)
    assert "send one object" in refused.body["detail"]


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
