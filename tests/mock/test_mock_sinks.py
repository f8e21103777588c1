"""What nodes tell event sinks, and what becomes of it when nobody listens; a real receiver does."""

import aiohttp
import pytest

from pexip_mock.knobs import Knobs
from pexip_mock.server import MockServer
from tests.mock.mock_site import NAME, Site, until
from tests.mock.receiver import Receiver

pytestmark = pytest.mark.asyncio

PARTICIPANT_FIELDS = {
    *("call_direction", "call_id", "call_tag", "conference", "connect_time", "conversation_id", "destination_alias"),
    *("display_name", "encryption", "has_media", "is_client_muted", "is_idp_authenticated", "is_muted"),
    *("is_presenting", "is_streaming", "media_node", "protocol", "proxy_node", "related_uuids", "remote_address"),
    *("role", "rx_bandwidth", "service_tag", "service_type", "signalling_node", "source_alias", "system_location"),
    *("tx_bandwidth", "uuid", "vendor"),
}


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


async def test_pitfall_07_a_refused_event_comes_again_before_any_other(site: Site, receiver: Receiver) -> None:
    receiver.failures = 2
    site.server.add_sink(f"{receiver.url}/sink")
    node = site.server.knobs.nodes[0]
    await site.token()
    await receiver.until(lambda: len(receiver.events(node)) >= 3 and receiver.failures == 0)
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))
    seqs = [seq for seq, _ in receiver.events(node)]
    assert seqs == sorted(seqs, key=lambda seq: int(str(seq)))
    assert len(receiver.posted) > len({(one["node"], one["seq"]) for one in receiver.posted})


async def test_pitfall_07_a_publisher_that_gives_up_raises_an_alarm_and_begins_anew_when_restarted(
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


async def test_pitfall_08_a_bulk_sink_gets_envelopes_of_whole_events_and_single_ones_between(
    site: Site, receiver: Receiver
) -> None:
    sink_id = site.server.add_sink(f"{receiver.url}/sink", bulk=True)
    await site.token()
    await receiver.until(lambda: any(one["event"] == "eventsink_bulk" for one in receiver.posted))
    singles = [one for one in receiver.posted if one["event"] != "eventsink_bulk"]
    envelopes = [one for one in receiver.posted if one["event"] == "eventsink_bulk"]
    assert {one["event"] for one in singles} == {"eventsink_started"}
    for envelope in envelopes:
        assert (envelope["node"], envelope["seq"], envelope["version"]) == ("127.0.0.1", 0, 2)
        inner = envelope["data"]
        assert isinstance(inner, list)
        assert all(set(event) == {"node", "seq", "version", "time", "event", "data"} for event in inner)
    told = [(one["seq"], one["event"]) for one in receiver.all_events() if one["node"] == site.server.knobs.nodes[0]]
    assert told == [(1, "eventsink_started"), (2, "conference_started"), (3, "participant_connected")]
    await site.token()
    await site.admin("PATCH", f"configuration/v1/event_sink/{sink_id}/", {"username": "sink", "password": "new"})
    node = site.server.knobs.nodes[0]
    await receiver.until(lambda: (5, "eventsink_updated") in receiver.events(node))  # not in an envelope with the rest


async def test_a_sink_hears_only_of_nodes_in_a_location_it_is_attached_to(receiver: Receiver) -> None:
    knobs = Knobs.fast().changed({"node_locations": ["Main", "Away"]})
    async with MockServer(knobs) as server, aiohttp.ClientSession() as session:
        site = Site(server, session)
        await site.make_vmr()
        created = await site.admin(
            "POST", "configuration/v1/event_sink/", {"name": "one", "url": f"{receiver.url}/sink"}
        )
        location = "configuration/v1/system_location/2/"
        assert (await site.admin("GET", location)).body["name"] == "Away"  # type: ignore[index]
        await site.admin("PATCH", location, {"event_sinks": [created.headers["Location"]]})
        await site.token(node=0)
        await site.token(node=1)
        await receiver.until(lambda: any(one["event"] == "participant_connected" for one in receiver.posted))
        assert {one["node"] for one in receiver.posted} == {knobs.nodes[1]}
        data = receiver.posted[-1]["data"]
        assert isinstance(data, dict)
        assert data["system_location"] == "Away"


async def test_a_sink_works_only_while_attached_to_the_location_and_says_good_bye(
    site: Site, receiver: Receiver
) -> None:
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
    await receiver.until(lambda: len(receiver.posted) == 4)
    assert [one["event"] for one in receiver.posted[2:]] == ["eventsink_stopped"] * 2


async def test_an_edit_is_told_and_a_restart_begins_again_at_one(site: Site, receiver: Receiver) -> None:
    sink_id = site.server.add_sink(f"{receiver.url}/sink")
    node, path = site.server.knobs.nodes[0], f"configuration/v1/event_sink/{sink_id}/"
    await receiver.until(lambda: receiver.events(node) == [(1, "eventsink_started")])
    await site.admin("PATCH", path, {"description": "no concern of the publisher"})
    await site.admin("PATCH", path, {"username": "sink", "password": "new"})
    await receiver.until(lambda: receiver.events(node)[1:] == [(2, "eventsink_updated")])
    assert receiver.authorizations == {"", "Basic c2luazpuZXc="}
    await site.admin("PATCH", path, {"restart_date": "2026-11-25T09:00:00"})
    await receiver.until(lambda: receiver.events(node)[2:] == [(1, "eventsink_started")])


async def test_a_sink_may_ask_for_some_events_only(site: Site, receiver: Receiver) -> None:
    sink_id = site.server.add_sink(f"{receiver.url}/sink")
    node, path = site.server.knobs.nodes[0], f"configuration/v1/event_sink/{sink_id}/"
    await site.admin("PATCH", path, {"filter_events": True, "events": [{"name": "conference_ended"}]})
    token = await site.token()
    await site.node("POST", "release_token", token=token)
    await receiver.until(lambda: (3, "conference_ended") in receiver.events(node))
    assert [event for _, event in receiver.events(node)] == [
        "eventsink_started",
        "eventsink_updated",
        "conference_ended",
    ]


async def test_pitfall_07_what_was_not_answered_in_time_comes_again(site: Site, receiver: Receiver) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"sink_timeout_s": 0.1})
    site.server.add_sink(f"{receiver.url}/sink")
    node = site.server.knobs.nodes[0]
    await receiver.until(lambda: len(receiver.posted) == 2)
    receiver.silent_posts = 1
    await site.token()
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))
    assert receiver.events(node).count((2, "conference_started")) == 2


async def test_pitfall_07_each_node_tells_of_the_meeting_for_itself_and_numbers_its_own_events(
    site: Site, receiver: Receiver
) -> None:
    site.server.add_sink(f"{receiver.url}/sink")
    token = await site.token(node=0)
    await site.person(node="1")
    await site.node("POST", "disconnect", token=token)
    nodes = site.server.knobs.nodes
    await receiver.until(
        lambda: all(any(event == "conference_ended" for _, event in receiver.events(node)) for node in nodes)
    )
    for node in nodes:
        told = receiver.events(node)
        assert [seq for seq, _ in told] == list(range(1, len(told) + 1))
        names = [event for _, event in told]
        assert [names.count(f"conference_{what}") for what in ("started", "ended")] == [1, 1]
        assert names.count("participant_connected") == 1, "only the node where somebody connected tells of them"


@pytest.mark.parametrize("is_failure", [True, False])
async def test_a_404_of_the_receiver_is_a_failure_or_taken_as_heard(
    site: Site, receiver: Receiver, is_failure: bool
) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"sink_4xx_is_failure": is_failure})
    receiver.failures, receiver.failing_status = 2, 404
    site.server.add_sink(f"{receiver.url}/sink")
    node = site.server.knobs.nodes[0]
    await site.token()
    await receiver.until(lambda: (3, "participant_connected") in receiver.events(node))
    assert len(receiver.events(node)) == (4 if is_failure else 3)


async def test_pitfall_09_version_1_tells_of_media_streams_in_the_farewell_and_version_2_by_an_event(
    site: Site, receiver: Receiver
) -> None:
    for version in (1, 2):
        site.server.add_sink(f"{receiver.url}/sink", version=version)
    token = await site.token()
    await site.node("POST", "release_token", token=token)
    node = site.server.knobs.nodes[0]
    await receiver.until(lambda: [event for _, event in receiver.events(node)].count("conference_ended") == 2)
    of_node = [one for one in receiver.posted if one["node"] == node]
    farewell = {one["version"]: one["data"] for one in of_node if one["event"] == "participant_disconnected"}
    assert isinstance(farewell[1], dict)
    assert isinstance(farewell[2], dict)
    assert ("media_streams" in farewell[1], "media_streams" in farewell[2]) == (True, False)
    destroyed = [one for one in of_node if one["event"] == "participant_media_streams_destroyed"]
    assert [one["version"] for one in destroyed] == [2]


async def test_a_participant_event_has_every_field_in_its_own_casing(site: Site, receiver: Receiver) -> None:
    site.server.add_sink(f"{receiver.url}/sink")
    await site.token()
    await site.person("01632 960123", "phone", number="+441632960123")
    node = site.server.knobs.nodes[0]
    await receiver.until(lambda: len(receiver.events(node)) >= 4)
    phone = next(
        one["data"] for one in receiver.posted if isinstance(one["data"], dict) and one["data"].get("protocol") == "SIP"
    )
    assert isinstance(phone, dict)
    assert set(phone) == PARTICIPANT_FIELDS
    assert (phone["call_direction"], phone["encryption"], phone["related_uuids"]) == ("in", "Off", [])
    assert phone["source_alias"] == "sip:+441632960123@sbc.example.org"
    assert isinstance(phone["connect_time"], float)


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
