"""The management API over HTTP: locations and what is attached to them, nodes, timers and switches."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import PATIENCE_S, Site, body_of, objects, until

pytestmark = pytest.mark.asyncio

LOCATIONS = "configuration/v1/system_location/"
NODES = "configuration/v1/worker_vm/"
GLOBAL = "configuration/v1/global/1/"


class Outside:
    """A web server that is sink and policy server; every request is kept as (path, node, body or query)."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[tuple[str, str, dict[str, object]]] = []
        self.changed = asyncio.Event()

    async def sink(self, request: web.Request) -> web.Response:
        """Take an event."""
        event = await request.json()
        self.heard.append((request.path, event["node"], event))
        self.changed.set()
        return web.Response(status=200 if request.path != "/broken" else 500)

    async def policy(self, request: web.Request) -> web.Response:
        """Note a question, and leave the answer to the platform."""
        self.heard.append((request.path, request.query["node_ip"], dict(request.query)))
        return web.Response(status=404)

    async def until(self, path: str, nodes: list[str], event: str) -> None:
        """Wait until these nodes, in any order, have told this event to this path."""
        async with asyncio.timeout(PATIENCE_S):
            while sorted(node for at, node, one in self.heard if at == path and one["event"] == event) != sorted(nodes):
                self.changed.clear()
                await self.changed.wait()


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[Outside]:
    outside = Outside()
    application = web.Application()
    application.add_routes([web.post("/{sink}", outside.sink), web.get("/policy/v1/{path:.+}", outside.policy)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    outside.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield outside
    await runner.cleanup()


async def move_second_node(site: Site, **settings: object) -> str:
    """A second location, with the second node in it; its URI."""
    made = await site.admin("POST", LOCATIONS, {"name": "Second"} | settings)
    assert made.status == 201
    moved = await site.admin("PATCH", f"{NODES}2/", {"system_location": made.headers["Location"]})
    assert moved.status == 202
    return made.headers["Location"]


async def a_sink(site: Site, url: str, **settings: object) -> str:
    made = await site.admin("POST", "configuration/v1/event_sink/", {"name": url, "url": url} | settings)
    assert made.status == 201
    return made.headers["Location"]


async def test_nodes_stand_in_locations_and_legs_are_shown_in_that_of_their_node(site: Site) -> None:
    await move_second_node(site)
    listed = objects(await site.admin("GET", f"{NODES}?order_by=-id"))
    assert [one["address"] for one in listed] == ["10.10.0.12", "10.10.0.11"]
    named = objects(await site.admin("GET", f"{NODES}?system_location__name=Second"))
    assert [one["id"] for one in named] == [2]
    status = objects(await site.admin("GET", "status/v1/worker_vm/"))
    assert [(one["name"], one["system_location"]) for one in status] == [("node-1", "Main"), ("node-2", "Second")]
    assert [one["name"] for one in objects(await site.admin("GET", "status/v1/system_location/"))] == ["Main", "Second"]
    await site.person("Ann", node="1")
    (leg,) = objects(await site.admin("GET", "status/v1/participant/"))
    (shard,) = objects(await site.admin("GET", "status/v1/conference_shard/?system_location=Second"))
    assert (leg["system_location"], leg["signalling_node"]) == ("Second", "10.10.0.12")
    assert (shard["node"], shard["conference"]) == ("10.10.0.12", leg["conference"])


async def test_nodes_begin_where_the_knobs_put_them() -> None:
    knobs = Knobs.fast().changed({"node_locations": ["North", "South"]})
    async with MockServer(knobs) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        server.add_sink("http://127.0.0.1:9/")
        nodes = objects(await site.admin("GET", "status/v1/worker_vm/"))
        assert [(one["name"], one["system_location"]) for one in nodes] == [("node-1", "North"), ("node-2", "South")]
        locations = objects(await site.admin("GET", LOCATIONS))
        assert [(one["name"], len(one["event_sinks"])) for one in locations] == [("North", 1), ("South", 1)]  # type: ignore[arg-type]


async def test_a_location_with_nodes_in_it_cannot_be_deleted(site: Site) -> None:
    location = await move_second_node(site)
    refused = await site.admin("DELETE", location)
    assert (refused.status, "worker_vm/2/" in str(body_of(refused)["error"])) == (400, True)
    assert (await site.admin("GET", location)).status == 200
    await site.admin("PATCH", f"{NODES}2/", {"system_location": f"/api/admin/{LOCATIONS}1/"})
    assert (await site.admin("DELETE", location)).status == 204


async def test_only_the_nodes_of_its_location_publish_to_a_sink(site: Site, outside: Outside) -> None:
    main, second = [await a_sink(site, f"{outside.url}/{name}") for name in ("main", "second")]
    location = await move_second_node(site, event_sinks=[second])
    await site.admin("PATCH", f"{LOCATIONS}1/", {"event_sinks": [main]})
    await outside.until("/main", ["10.10.0.11"], "eventsink_started")
    await outside.until("/second", ["10.10.0.12"], "eventsink_started")
    await site.person("Ann", node="1")
    await outside.until("/second", ["10.10.0.12"], "participant_connected")
    embedded = body_of(await site.admin("GET", location))["event_sinks"]
    assert isinstance(embedded, list)
    assert [one["name"] for one in embedded] == [f"{outside.url}/second"]
    site.server.world.knobs = site.server.world.knobs.changed({"location_embeds_sinks": False})
    assert body_of(await site.admin("GET", location))["event_sinks"] == [second]
    assert "/main" not in [path for path, _, one in outside.heard if one["event"] == "participant_connected"]


async def test_a_sink_asked_to_restart_begins_anew_and_a_deleted_one_is_let_go(site: Site, outside: Outside) -> None:
    sink = await a_sink(site, f"{outside.url}/old")
    nodes = list(site.server.knobs.nodes)
    await site.admin("PATCH", f"{LOCATIONS}1/", {"event_sinks": [sink]})
    await outside.until("/old", nodes, "eventsink_started")
    await site.admin("PATCH", sink, {"url": f"{outside.url}/new", "filter_events": True, "events": [{"name": "x"}]})
    await outside.until("/new", nodes, "eventsink_updated")
    await site.admin("PATCH", sink, {"restart_date": "2027-01-01T00:00:00", "filter_events": False})
    await outside.until("/new", nodes, "eventsink_started")
    assert body_of(await site.admin("GET", sink))["restart_date"] == "2027-01-01T00:00:00.000000"
    assert (await site.admin("DELETE", sink)).status == 204
    assert body_of(await site.admin("GET", f"{LOCATIONS}1/"))["event_sinks"] == []


async def test_a_sink_that_filters_hears_only_of_the_events_it_names(site: Site, outside: Outside) -> None:
    wanted = [{"name": "conference_started"}]
    sink = await a_sink(site, f"{outside.url}/few", filter_events=True, events=wanted)
    await site.admin("PATCH", f"{LOCATIONS}1/", {"event_sinks": [sink]})
    await site.node("POST", "release_token", token=await site.token())
    await site.token()
    await outside.until("/few", ["10.10.0.11"] * 2, "conference_started")
    assert {one["event"] for _, _, one in outside.heard} == {"eventsink_started", "conference_started"}


async def test_a_policy_server_is_asked_by_the_nodes_of_its_location(site: Site, outside: Outside) -> None:
    made = await site.admin(
        "POST",
        "configuration/v1/policy_server/",
        {"name": "ours", "url": outside.url, "enable_service_lookup": True},
    )
    await move_second_node(site, policy_server=made.headers["Location"])
    for node in ("0", "1"):
        await site.person("Ann", node=node)
    assert [(node, query["location"]) for _, node, query in outside.heard] == [("10.10.0.12", "Second")]
    assert (await site.admin("DELETE", made.headers["Location"])).status == 204
    await site.person("Ann", node="1")
    assert len(outside.heard) == 1


async def test_30_maintenance_is_switched_by_the_api_and_shown_on_both_surfaces(site: Site) -> None:
    token = await site.token()
    answer = await site.admin("PATCH", f"{NODES}1/", {"maintenance_mode": True, "maintenance_mode_reason": "disk"})
    assert (answer.status, body_of(answer)["maintenance_mode"]) == (202, True)
    (status,) = objects(await site.admin("GET", "status/v1/worker_vm/?maintenance_mode=true"))
    assert (status["id"], status["maintenance_mode_reason"]) == (1, "disk")
    assert (await site.node("GET", "participants", token=token)).status == 403
    await site.control("POST", "nodes/0", {"maintenance": False})
    assert body_of(await site.admin("GET", f"{NODES}1/"))["maintenance_mode"] is False
    assert (await site.admin("PATCH", f"{NODES}1/", {"description": "still up"})).status == 202
    assert body_of(await site.admin("GET", f"{NODES}1/"))["maintenance_mode"] is False


async def test_timers_and_switches_are_read_and_set_within_their_ranges(site: Site) -> None:
    (read,) = objects(await site.admin("GET", "configuration/v1/global/"))
    assert read == body_of(await site.admin("GET", GLOBAL))
    timers = ("waiting_for_chair_timeout", "guests_only_timeout", "pin_entry_timeout", "es_connection_timeout")
    assert [read[name] for name in timers] == [900, 60, 120, 7]
    assert all(type(read[name]) is int for name in timers)
    for body in (
        {"waiting_for_chair_timeout": 86_401},
        {"pin_entry_timeout": 29},
        {"eject_last_participant_backstop_timeout": 59},
        {"guests_only_timeout": 1.5},
        {"min_pin_length": 3},
        {"bdpm_max_pin_failures_per_window": 4},
        {"enable_chat": "yes"},
    ):
        refused = await site.admin("PATCH", GLOBAL, body)
        assert (refused.status, list(body_of(refused)["global"])) == (400, list(body)), body  # type: ignore[call-overload]
    changes = {"eject_last_participant_backstop_timeout": 60, "bdpm_pin_checks_enabled": False, "site_banner": "Test"}
    assert (await site.admin("PATCH", GLOBAL, changes)).status == 202
    after = body_of(await site.admin("GET", GLOBAL))
    assert after == read | changes
    knobs = site.server.world.knobs
    assert (knobs.eject_last_participant_backstop_timeout, knobs.break_in_checks) == (60, False)


async def test_a_longer_least_pin_holds_for_vmrs_made_from_then_on(site: Site) -> None:
    assert (await site.admin("PATCH", GLOBAL, {"min_pin_length": 8})).status == 202
    body = {"name": "pins", "pin": "123456"}
    refused = await site.admin("POST", "configuration/v1/conference/", body)
    assert (refused.status, body_of(refused)) == (
        400,
        {"conference": {"pin": ["A PIN has between 8 and 20 characters."]}},
    )
    assert (await site.admin("POST", "configuration/v1/conference/", body | {"pin": "12345678"})).status == 201


async def test_chat_and_dialling_out_can_be_switched_off_for_the_whole_platform(site: Site) -> None:
    token = await site.token()
    await site.node("POST", "start_conference", token=token)
    message = {"type": "text/plain", "payload": "hello"}
    dial = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}
    assert (await site.node("POST", "message", message, token=token)).result is True
    assert (await site.node("POST", "dial", dial, token=token)).status == 200
    await site.admin("PATCH", GLOBAL, {"enable_chat": False, "enable_dialout": False})
    assert (await site.node("POST", "message", message, token=token)).result is False
    assert (await site.node("POST", "dial", dial, token=token)).status == 403


async def test_a_theme_knows_its_vmrs_and_a_vmr_shows_its_theme_whole(site: Site) -> None:
    (theme,) = objects(await site.admin("GET", "configuration/v1/ivr_theme/"))
    made = await site.admin(
        "POST", "configuration/v1/conference/", {"name": "themed", "ivr_theme": theme["resource_uri"]}
    )
    shown = body_of(await site.admin("GET", made.headers["Location"]))["ivr_theme"]
    read = body_of(await site.admin("GET", str(theme["resource_uri"])))
    assert (shown, read["conference"]) == (read, [made.headers["Location"]])
    found = objects(await site.admin("GET", f"configuration/v1/conference/?ivr_theme__name={theme['name']}"))
    assert [one["name"] for one in found] == ["themed"]


async def test_one_role_and_no_rules_or_oauth2_clients_are_there_to_be_listed(site: Site) -> None:
    listed = [
        objects(await site.admin("GET", f"configuration/v1/{name}/"))
        for name in ("role", "gateway_routing_rule", "oauth2_client")
    ]
    assert [len(one) for one in listed] == [1, 0, 0]
    assert (await site.admin("GET", str(listed[0][0]["resource_uri"]))).body == listed[0][0]
    for name in ("gateway_routing_rule", "oauth2_client"):
        assert (await site.admin("GET", f"configuration/v1/{name}/1/")).status == 404


async def test_an_alarm_stands_until_its_publisher_begins_anew_and_is_history_then(
    site: Site, outside: Outside
) -> None:
    site.server.world.knobs = site.server.world.knobs.changed(
        {"sink_backoff_first_s": 0.01, "sink_backoff_last_s": 0.01}
    )
    sink = await a_sink(site, f"{outside.url}/broken")
    await site.admin("PATCH", f"{LOCATIONS}1/", {"event_sinks": [sink]})

    async def both_gave_up() -> bool:
        return len(objects(await site.admin("GET", "status/v1/alarm/"))) == 2

    await until(both_gave_up)
    alarm, _ = objects(await site.admin("GET", "status/v1/alarm/?order_by=node"))
    assert (alarm["name"], alarm["node"], alarm["instance"], alarm["acknowledged"]) == (
        "eventsink_stopped",
        "10.10.0.11",
        f"{outside.url}/broken",
        False,
    )
    assert (await site.admin("GET", str(alarm["resource_uri"]))).body == alarm
    await site.admin("PATCH", f"{LOCATIONS}1/", {"event_sinks": []})
    assert objects(await site.admin("GET", "status/v1/alarm/")) == []
    past = objects(await site.admin("GET", "history/v1/alarm/?order_by=node&time_lowered__gte=2020-01-01"))
    assert [(one["node"], one["time_raised"]) for one in past][:1] == [("10.10.0.11", alarm["time_raised"])]
    assert (await site.admin("GET", str(past[0]["resource_uri"]))).body == past[0]
