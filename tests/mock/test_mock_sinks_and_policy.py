"""What nodes send out: events to sinks, questions to a policy server; a real receiver listens."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from aiohttp import web

from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, NAME, PATIENCE_S, VMR, Site, until

pytestmark = pytest.mark.asyncio


class Receiver:
    """A web server that takes sink events and answers policy questions."""

    def __init__(self) -> None:
        self.url = ""
        self.posted: list[dict[str, object]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.authorizations: set[str] = set()
        self.failures = 0
        self.replies: dict[str, object] = {}
        self.changed = asyncio.Event()

    async def sink(self, request: web.Request) -> web.Response:
        self.authorizations.add(request.headers.get("Authorization", ""))
        self.posted.append(await request.json())
        self.changed.set()
        if self.failures > 0:
            self.failures -= 1
            return web.Response(status=500)
        return web.Response(status=200)

    async def policy(self, request: web.Request) -> web.Response:
        self.asked.append((request.match_info["path"], dict(request.query)))
        reply = self.replies.get(request.match_info["path"])
        return web.Response(status=404) if reply is None else web.json_response(reply)

    def events(self, node: str) -> list[tuple[object, object]]:
        """(seq, event) as posted by one node."""
        return [(one["seq"], one["event"]) for one in self.posted if one["node"] == node]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    application = web.Application()
    application.add_routes([web.post("/sink", receiver.sink), web.get("/policy/v1/{path:.+}", receiver.policy)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield receiver
    await runner.cleanup()


async def attach_policy(site: Site, receiver: Receiver) -> None:
    created = await site.admin(
        "POST",
        "configuration/v1/policy_server/",
        {"name": "ours", "url": receiver.url, "enable_service_lookup": True, "enable_participant_lookup": True},
    )
    assert created.status == 201
    location = "configuration/v1/system_location/1/"
    assert (await site.admin("PATCH", location, {"policy_server": created.headers["Location"]})).status == 202


async def test_a_sink_hears_of_everything_in_order_with_its_credentials(site: Site, receiver: Receiver) -> None:
    site.server.add_sink(f"{receiver.url}/sink", "sink", "sink-password")
    node = site.server.knobs.nodes[0]
    token = await site.token()
    await site.person("01632 960123", "phone")
    await site.node("POST", "lock", token=token)
    await site.node("POST", "disconnect", token=token)
    await receiver.until(lambda: any(event == "conference_ended" for _, event in receiver.events(node)))
    events = receiver.events(node)
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1))
    assert [event for _, event in events] == [
        "eventsink_started",
        "conference_started",
        "participant_connected",
        "participant_connected",
        "participant_updated",
        "conference_updated",
        "participant_disconnected",
        "participant_media_streams_destroyed",
        "participant_disconnected",
        "participant_media_streams_destroyed",
        "conference_ended",
    ]
    bodies = [one["data"] for one in receiver.posted if one["node"] == node]
    phone = bodies[3]
    assert isinstance(phone, dict)
    assert (phone["service_type"], phone["role"], phone["protocol"]) == ("ivr", "unknown", "SIP")
    assert {"name": NAME, "is_locked": False, "is_started": False}.items() <= bodies[1].items()  # type: ignore[attr-defined]
    assert bodies[6]["disconnect_reason"] == "Conference terminated by another participant"  # type: ignore[index]
    assert receiver.authorizations == {"Basic c2luazpzaW5rLXBhc3N3b3Jk"}


async def test_a_refused_event_comes_again_before_any_other(site: Site, receiver: Receiver) -> None:
    receiver.failures = 2
    site.server.add_sink(f"{receiver.url}/sink")
    node = site.server.knobs.nodes[0]
    await site.token()
    await receiver.until(lambda: len(receiver.events(node)) >= 3 and receiver.failures == 0)
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))
    seqs = [seq for seq, _ in receiver.events(node)]
    assert seqs == sorted(seqs, key=lambda seq: int(str(seq)))
    assert len(receiver.posted) > len({(one["node"], one["seq"]) for one in receiver.posted})


async def test_07_a_publisher_that_gives_up_raises_an_alarm_and_begins_anew_when_restarted(
    site: Site, receiver: Receiver
) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"sink_backoff_last_s": 0.05})
    receiver.failures = 4  # two tries of each node, with the wait at its longest from the first
    site.server.add_sink(f"{receiver.url}/sink")

    async def alarmed() -> bool:
        listed = (await site.admin("GET", "status/v1/alarm/")).body
        assert isinstance(listed, dict)
        return bool(listed["meta"]["total_count"] == 2)

    await until(alarmed)
    node = site.server.knobs.nodes[0]
    assert receiver.events(node) == [(1, "eventsink_started")] * 2
    await site.control("POST", "sinks/restart")
    await receiver.until(lambda: len(receiver.events(node)) == 3)
    await site.token()
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))


async def test_08_a_bulk_sink_gets_one_envelope_with_whole_events(site: Site, receiver: Receiver) -> None:
    site.server.add_sink(f"{receiver.url}/sink", bulk=True)
    await site.token()
    await receiver.until(lambda: len(receiver.posted) >= 2)
    for envelope in receiver.posted:
        assert (envelope["node"], envelope["seq"], envelope["event"]) == ("127.0.0.1", 0, "eventsink_bulk")
        inner = envelope["data"]
        assert isinstance(inner, list)
        assert all(set(event) == {"node", "seq", "version", "time", "event", "data"} for event in inner)


async def test_a_sink_works_only_while_attached_to_the_location(site: Site, receiver: Receiver) -> None:
    created = await site.admin("POST", "configuration/v1/event_sink/", {"name": "ours", "url": f"{receiver.url}/sink"})
    uri = created.headers["Location"]
    await site.token()
    assert receiver.posted == []
    location = "configuration/v1/system_location/1/"
    await site.admin("PATCH", location, {"event_sinks": [uri]})
    await receiver.until(lambda: len(receiver.posted) == 2)
    assert {one["event"] for one in receiver.posted} == {"eventsink_started"}
    await site.admin("PATCH", location, {"event_sinks": []})
    await site.token()
    assert len(receiver.posted) == 2


async def test_a_fault_can_lose_an_event_of_a_sink_or_repeat_it(site: Site, receiver: Receiver) -> None:
    await site.fault("sink", "ignore", times=2)
    site.server.add_sink(f"{receiver.url}/sink")
    await site.token()
    node = site.server.knobs.nodes[0]
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))
    assert (1, "eventsink_started") not in receiver.events(node)
    await site.fault("sink", "lose-answer")
    await site.token()
    await receiver.until(lambda: receiver.events(node).count((4, "participant_connected")) == 2)


async def test_policy_makes_a_vmr_that_is_dialable_at_once(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = {
        "status": "success",
        "result": {"service_type": "conference", "name": "instant", "service_tag": "t", "locked": True},
    }
    granted = await site.call(
        "POST",
        f"{site.server.node_urls[0]}/api/client/v2/conferences/instant@vmr.example.org/request_token",
        json={"display_name": "Ann", "call_tag": "tag"},
    )
    assert granted.status == 200
    assert isinstance(granted.result, dict)
    assert (granted.result["conference_name"], granted.result["current_service_type"]) == ("instant", "waiting_room")
    (path, asked), *_ = receiver.asked
    assert path == "service/configuration"
    assert {
        "call_direction": "dial_in",
        "protocol": "api",
        "local_alias": "instant@vmr.example.org",
        "call_tag": "tag",
        "registered": "False",
    }.items() <= asked.items()


@pytest.mark.parametrize(
    "reply",
    [
        None,
        {"status": "failed"},
        {"status": "success", "result": {"service_type": "conference", "name": "x", "service_tag": "t", "pin": "1"}},
        {"status": "success", "action": "continue", "result": {}},
    ],
)
async def test_a_useless_policy_answer_falls_back_to_the_database(
    site: Site, receiver: Receiver, reply: dict[str, object] | None
) -> None:
    await attach_policy(site, receiver)
    receiver.replies["service/configuration"] = reply
    assert await site.token()
    assert (await site.conference())["name"] == NAME


async def test_a_phone_is_judged_before_its_pin_and_can_be_turned_away(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {
        "status": "success",
        "action": "reject",
        "result": {"reject_reason": "Not expected"},
    }
    body = {"alias": ALIAS, "name": "01632 960123", "kind": "phone", "number": "+441632960123", "pin": GUEST_PIN}
    turned_away = await site.control("POST", "people", body)
    assert (turned_away.status, turned_away.refused) == (403, "Not expected")
    assert receiver.asked[0][1]["local_alias"] == f"sip:{ALIAS}"
    assert receiver.asked[1][1]["preauthenticated_role"] == ""
    receiver.replies["service/configuration"] = {"status": "success", "action": "reject"}
    assert (await site.control("POST", "people", body)).status == 404
    assert (await site.state())["conferences"] == []


async def test_policy_lets_a_caller_past_the_lock_and_marks_it(site: Site, receiver: Receiver) -> None:
    token = await site.token()
    await site.node("POST", "start_conference", token=token)
    await site.node("POST", "lock", token=token)
    await attach_policy(site, receiver)
    receiver.replies["participant/properties"] = {
        "status": "success",
        "result": {"bypass_lock": True, "call_tag": "expected", "remote_display_name": "Known as Ann"},
    }
    await site.person("Ann Advocate")
    people = (await site.conference())["participants"]
    assert isinstance(people, list)
    assert (people[-1]["name"], people[-1]["where"], people[-1]["callTag"]) == ("Known as Ann", "inside", "expected")
    assert [path for path, _ in receiver.asked] == ["service/configuration", "participant/properties"]
    assert receiver.asked[1][1]["preauthenticated_role"] == "guest"


async def test_the_vmrs_own_pins_still_hold_under_policy(site: Site, receiver: Receiver) -> None:
    await attach_policy(site, receiver)
    refused = await site.node("POST", "request_token", {"display_name": "Mallory"}, pin="0000")
    assert refused.status == 403
    assert VMR["pin"] == HOST_PIN
    assert (await site.node("POST", "request_token", {"display_name": "vmrd"}, pin=HOST_PIN)).status == 200
