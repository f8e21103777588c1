"""The management API over HTTP: what is running, what the platform is, and what is over."""

import re

import pytest

from tests.mock.mock_site import NAME, PATIENCE_S, Site, body_of, objects

pytestmark = pytest.mark.asyncio

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


async def ended(site: Site) -> dict[str, object]:
    """A conference of one web caller and our control leg, over; its history."""
    await site.control("POST", "clock", {"rate": 0})
    token = await site.token()
    guest = await site.person("Ann")
    await site.control("POST", "clock", {"advanceSeconds": 45})
    await site.control("POST", f"people/{guest}/leave")
    await site.node("POST", "release_token", token=token)
    (conference,) = objects(await site.admin("GET", "history/v1/conference/"))
    return conference


async def test_every_status_object_can_be_read_alone_and_is_gone_when_it_has_ended(site: Site) -> None:
    token = await site.token()
    await site.person("Ann", node="1")
    running = []
    for resource, count in (("conference", 1), ("conference_shard", 2), ("participant", 2)):
        listed = objects(await site.admin("GET", f"status/v1/{resource}/"))
        assert len(listed) == count == len({one["id"] for one in listed})
        for one in listed:
            running.append(str(one["resource_uri"]))
            assert (await site.admin("GET", running[-1])).body == one
    for resource in ("worker_vm", "system_location", "management_vm"):
        for one in objects(await site.admin("GET", f"status/v1/{resource}/")):
            assert (await site.admin("GET", str(one["resource_uri"]))).body == one
    await site.node("POST", "disconnect", token=token)
    assert [(await site.admin("GET", path)).status for path in running] == [404] * len(running)


async def test_status_is_filtered_by_name_role_protocol_and_time(site: Site) -> None:
    await site.token()
    await site.person("Ann")
    await site.person("01632 960123", kind="phone")
    for query, found in (
        (f"conference={NAME}", 3),
        ("conference=nobody", 0),
        ("protocol__regex=^(SIP|API)$", 2),
        ("protocol__in=WebRTC,SIP", 2),
        ("role=chair", 1),
        ("call_direction=in", 3),
        ("has_media=false", 1),
        ("service_type=waiting_room", 2),
        ("connect_time__gte=2020-01-01T00:00:00", 3),
        ("connect_time__lt=2020-01-01T00:00:00", 0),
    ):
        url = f"{site.server.management_url}/api/admin/status/v1/participant/"
        name, _, value = query.partition("=")
        answer = await site.call("GET", url, params={name: value}, headers=site.admin_headers)
        assert len(objects(answer)) == found, query


async def test_instants_are_utc_without_a_zone_and_with_microseconds(site: Site) -> None:
    await ended(site)
    await site.person("Ann")
    for path in ("configuration/v1/conference/", "status/v1/participant/", "history/v1/participant/"):
        schema = body_of(await site.admin("GET", f"{path}schema/"))["fields"]
        assert isinstance(schema, dict)
        (one, *_) = objects(await site.admin("GET", path))
        stamps = [str(one[name]) for name, field in schema.items() if field["type"] == "datetime"]
        assert stamps
        assert all(STAMP.fullmatch(stamp) for stamp in stamps), path


async def test_legs_with_media_have_streams_and_control_only_legs_have_none(site: Site) -> None:
    token = await site.token()
    video, phone = await site.person("Ann"), await site.person("01632 960123", kind="phone")
    uuid = objects(await site.admin("GET", "status/v1/participant/?protocol=API"))[0]["id"]
    await site.control("POST", f"people/{video}/present", {"on": True})
    kinds = {}
    for leg in (video, phone, uuid):
        streams = objects(await site.admin("GET", f"status/v1/participant/{leg}/media_stream/"))
        kinds[leg] = [one["type"] for one in streams]
        schema = body_of(await site.admin("GET", f"status/v1/participant/{leg}/media_stream/schema/"))["fields"]
        assert all(set(one) == set(schema) for one in streams)  # type: ignore[call-overload]
    assert kinds == {video: ["audio", "video", "presentation"], phone: ["audio"], uuid: []}
    only = objects(await site.admin("GET", f"status/v1/participant/{video}/media_stream/?type=audio"))
    assert [(one["rx_codec"], one["end_time"]) for one in only] == [("opus", None)]
    await site.node("POST", "disconnect", token=token)
    assert (await site.admin("GET", f"status/v1/participant/{video}/media_stream/")).status == 404


async def test_licences_count_vmrs_and_legs_with_media(site: Site) -> None:
    await site.token()
    await site.person("Ann")
    (licensing,) = objects(await site.admin("GET", "status/v1/licensing/"))
    assert (licensing["vmr_count"], licensing["port_count"], licensing["teams_total"]) == (1, 1, 0)


async def test_nobody_is_registered(site: Site) -> None:
    assert objects(await site.admin("GET", "status/v1/registration_alias/")) == []
    assert (await site.admin("GET", "status/v1/registration_alias/1/")).status == 404


async def test_history_says_how_long_how_good_and_why_it_ended(site: Site) -> None:
    conference = await ended(site)
    assert (conference["name"], conference["participant_count"], conference["duration"]) == (NAME, 2, 45)
    assert (await site.admin("GET", str(conference["resource_uri"]))).body == conference
    guest, control = objects(await site.admin("GET", "history/v1/participant/?order_by=display_name"))
    assert conference["participants"] == [control["resource_uri"], guest["resource_uri"]], "as they came"
    assert (guest["conference"], guest["conference_name"]) == (conference["resource_uri"], NAME)
    assert (guest["disconnect_reason"], guest["duration"]) == ("Call disconnected", 45)
    streams = guest["media_streams"]
    assert isinstance(streams, list)
    assert [one["stream_type"] for one in streams] == ["audio", "video"]
    assert "bucketed_call_quality" not in guest
    detail = body_of(await site.admin("GET", str(guest["resource_uri"])))
    assert detail == guest | {"bucketed_call_quality": [0, 2, 0, 0, 0], "historic_call_quality": [1, 1]}
    silent = body_of(await site.admin("GET", str(control["resource_uri"])))
    assert (silent["bucketed_call_quality"], silent["media_streams"]) == ([0, 0, 0, 0, 0], [])


async def test_history_is_found_by_a_window_of_time(site: Site) -> None:
    conference = await ended(site)
    for query, found in (
        (f"start_time__gte={conference['start_time']}", 1),
        (f"start_time__gt={conference['start_time']}", 0),
        (f"end_time__lt={conference['end_time']}", 0),
        (f"end_time__range={conference['start_time']},{conference['end_time']}Z", 1),
        ("duration__gt=9&duration__lt=100", 1),
    ):
        assert len(objects(await site.admin("GET", f"history/v1/conference/?{query}"))) == found, query
    legs = objects(await site.admin("GET", f"history/v1/participant/?conference={conference['id']}"))
    assert len(legs) == 2
    assert objects(await site.admin("GET", "history/v1/participant/?conference__name=nobody")) == []


async def test_a_conference_can_be_taken_from_the_history_with_all_who_were_in_it(site: Site) -> None:
    conference = await ended(site)
    path = str(conference["resource_uri"])
    assert (await site.admin("DELETE", path)).status == 204
    assert [(await site.admin(method, path)).status for method in ("GET", "DELETE")] == [404, 404]
    assert objects(await site.admin("GET", "history/v1/participant/")) == []


async def test_06_status_and_history_lag_behind_the_nodes(site: Site) -> None:
    site.server.world.knobs = site.server.world.knobs.changed(
        {"status_lag_s": 2 * PATIENCE_S, "history_lag_s": 2 * PATIENCE_S}
    )
    await site.node("POST", "release_token", token=await site.token())
    token = await site.token()
    assert (await site.node("GET", "participants", token=token)).status == 200
    for path in ("status/v1/conference/", "status/v1/participant/", "history/v1/conference/"):
        assert objects(await site.admin("GET", path)) == []
