"""The management API over HTTP: codes, shapes, pages, and what is gone."""

import pytest

from pexip_mock.knobs import Knobs
from tests.mock.mock_site import ALIAS, NAME, VMR, Site, until

pytestmark = pytest.mark.asyncio

CONFERENCE = "configuration/v1/conference/"
VMR_FIELDS = {
    *("id", "resource_uri", "name", "service_type", "description", "tag", "aliases", "allow_guests", "pin"),
    *("guest_pin", "mute_all_guests", "guests_can_present", "participant_limit", "primary_owner_email_address"),
    *("enable_chat", "enable_overlay_text", "enable_active_speaker_indication", "host_view", "guest_view"),
    *("guests_can_see_guests", "force_presenter_into_main", "call_type", "crypto_mode", "max_callrate_in"),
    *("max_callrate_out", "max_pixels_per_second", "direct_media", "direct_media_notification_duration"),
    *("breakout_rooms", "denoise_enabled", "softmute_enabled", "live_captions_enabled", "non_idp_participants"),
    *("host_identity_provider_group", "guest_identity_provider_group", "ivr_theme", "pinning_config"),
    *("automatic_participants", "creation_time", "sync_tag", "two_stage_dial_type", "system_location"),
}
STATUS_PARTICIPANT_FIELDS = {
    *("id", "call_uuid", "conversation_id", "conference", "display_name", "participant_alias", "source_alias"),
    *("destination_alias", "role", "service_type", "service_tag", "protocol", "call_direction", "call_quality"),
    *("call_tag", "connect_time", "encryption", "has_media", "is_muted", "is_client_muted", "is_on_hold"),
    *("is_presenting", "is_streaming", "is_recording", "is_transcribing", "is_disconnect_supported", "bandwidth"),
    *("rx_bandwidth", "tx_bandwidth", "license_count", "license_type", "media_node", "signalling_node"),
    *("proxy_node", "remote_address", "remote_port", "system_location", "vendor", "parent_id", "resource_uri"),
}


def objects(body: object) -> list[dict[str, object]]:
    assert isinstance(body, dict)
    return list(body["objects"])


async def test_02_a_vmr_is_created_without_a_body_changed_with_202_and_deleted_with_204(site: Site) -> None:
    created = await site.admin("POST", CONFERENCE, {"name": "second", "aliases": [{"alias": "second"}]})
    assert (created.status, created.body) == (201, None)
    path = created.headers["Location"]
    read = await site.admin("GET", path)
    assert read.status == 200
    assert isinstance(read.body, dict)
    assert set(read.body) >= VMR_FIELDS
    assert "locked" not in read.body
    assert (await site.admin("PATCH", path, {"enable_chat": "no", "description": "x"})).status == 202
    changed = (await site.admin("GET", path)).body
    assert isinstance(changed, dict)
    assert (changed["enable_chat"], changed["description"], changed["name"]) == ("no", "x", "second")
    assert (await site.admin("PUT", path, {"name": "third"})).status == 204
    replaced = (await site.admin("GET", path)).body
    assert isinstance(replaced, dict)
    assert (replaced["name"], replaced["enable_chat"], replaced["aliases"]) == ("third", "default", [])
    assert (await site.admin("DELETE", path)).status == 204
    assert (await site.admin("GET", path)).status == 404


async def test_what_exists_already_is_a_nested_400(site: Site) -> None:
    again = await site.admin("POST", CONFERENCE, VMR)
    assert again.status == 400
    assert isinstance(again.body, dict)
    assert set(again.body) == {"conference"}
    assert all("already exists" in again.body["conference"][field][0] for field in ("name", "aliases"))


@pytest.mark.parametrize(
    ("allow_guests", "pin", "guest_pin", "fault"),
    [
        (False, "", "", None),
        (False, "1234", "", None),
        (False, "1234", "5678", "guest_pin"),
        (True, "", "5678", "pin"),
        (True, "1234", "", None),
        (True, "1234", "5678", None),
        (True, "1234", "56789", "__all__"),
        (True, "1234#", "56789#", None),
        (True, "1234#", "5678", "__all__"),
        (True, "1234", "1234", "__all__"),
        (False, "12", "", "pin"),
        (False, "12ab", "", "pin"),
    ],
)
async def test_28_the_table_of_pins(
    site: Site, allow_guests: bool, pin: str, guest_pin: str, fault: str | None
) -> None:
    draft = {"name": "pins", "allow_guests": allow_guests, "pin": pin, "guest_pin": guest_pin}
    answer = await site.admin("POST", CONFERENCE, draft)
    if fault is None:
        assert answer.status == 201
    else:
        assert answer.status == 400
        assert isinstance(answer.body, dict)
        assert set(answer.body["conference"]) == {fault}


async def test_05_lists_come_in_twenties_and_next_keeps_the_filter(site: Site) -> None:
    for number in range(25):
        await site.admin("POST", CONFERENCE, {"name": f"row {number}", "tag": "mine"})
    seen: list[object] = []
    path: str | None = f"{CONFERENCE}?tag=mine"
    pages = 0
    while path is not None:
        answer = await site.admin("GET", path)
        assert isinstance(answer.body, dict)
        assert answer.body["meta"]["total_count"] == 25
        seen += [one["name"] for one in objects(answer.body)]
        path = answer.body["meta"]["next"]
        pages += 1
    assert (pages, seen) == (2, [f"row {number}" for number in range(25)])
    only = await site.admin("GET", f"{CONFERENCE}?name__in=row 1,row 2&order_by=-name")
    assert [one["name"] for one in objects(only.body)] == ["row 2", "row 1"]


@pytest.mark.parametrize("query", ["limit=x", "no_such_field=1", "name__near=row", "name__regex=("])
async def test_a_filter_that_means_nothing_is_a_400(site: Site, query: str) -> None:
    assert (await site.admin("GET", f"{CONFERENCE}?{query}")).status == 400


async def test_35_deleting_the_list_is_refused(site: Site) -> None:
    assert (await site.admin("DELETE", CONFERENCE)).status == 403
    assert len(objects((await site.admin("GET", CONFERENCE)).body)) == 1


async def test_credentials_methods_and_slashes(site: Site) -> None:
    url = f"{site.server.management_url}/api/admin/{CONFERENCE}"
    without = await site.call("GET", url)
    assert (without.status, without.headers["WWW-Authenticate"]) == (401, 'Basic realm="Management"')
    assert (await site.call("GET", url, headers={"Authorization": "Basic YTpi"})).status == 401
    assert (await site.admin("POST", "status/v1/participant/", {})).status == 405
    assert (await site.admin("GET", f"{CONFERENCE}999/")).status == 404
    assert (await site.admin("GET", "status/v1/participant/0-0/")).status == 404


async def test_29_over_a_thousand_requests_a_minute_is_429(site: Site) -> None:
    site.server.world.knobs = Knobs.fast().changed({"rate_limit": 30})
    statuses = [(await site.admin("GET", CONFERENCE)).status for _ in range(31)]
    assert statuses[-1] == 429
    limited = await site.admin("GET", CONFERENCE)
    assert 1 <= int(limited.headers["Retry-After"]) <= 60


async def test_33_names_with_quotes_and_spaces_are_found_exactly(site: Site) -> None:
    await site.token()
    url = f"{site.server.management_url}/api/admin/status/v1/conference/"
    found = await site.call("GET", url, params={"name": NAME}, headers=site.admin_headers)
    (conference,) = objects(found.body)
    assert (conference["name"], conference["is_locked"], conference["is_started"]) == (NAME, False, False)
    missed = await site.call("GET", url, params={"name": NAME[:-1]}, headers=site.admin_headers)
    assert objects(missed.body) == []


async def test_status_participants_have_every_field_and_say_who_is_control_only(site: Site) -> None:
    await site.token(call_tag="ours")
    await site.person(kind="phone", name="01632 960123", number="+441632960123")
    listed = objects((await site.admin("GET", "status/v1/participant/")).body)
    assert [set(one) >= STATUS_PARTICIPANT_FIELDS for one in listed] == [True, True]
    control, phone = listed
    assert (control["protocol"], control["license_type"], control["call_tag"]) == ("API", "nolicense", "ours")
    assert (phone["protocol"], phone["service_type"], phone["role"]) == ("SIP", "waiting_room", "guest")
    assert phone["source_alias"] == "sip:+441632960123@sbc.example.org"
    assert phone["destination_alias"] == ALIAS


async def test_03_commands_are_accepted_and_what_is_gone_is_a_nested_400(site: Site) -> None:
    await site.token()
    guest = await site.person()
    (conference,) = objects((await site.admin("GET", "status/v1/conference/")).body)
    commands = [
        ("conference/lock", {"conference_id": conference["id"]}),
        ("participant/unlock", {"participant_id": guest}),
        ("participant/mute", {"participant_id": guest}),
        ("participant/role", {"participant_id": guest, "role": "chair"}),
        ("conference/unlock", {"conference_id": conference["id"]}),
        ("participant/disconnect", {"participant_id": guest}),
        ("conference/disconnect", {"conference_id": conference["id"]}),
    ]
    for path, body in commands:
        answer = await site.admin("POST", f"command/v1/{path}/", body)
        assert (answer.status, answer.body) == (202, {"status": "success", "data": None}), path
    for path, body in commands:
        answer = await site.admin("POST", f"command/v1/{path}/", body)
        field = next(iter(body))
        sentence = f"Failed to find {field.removesuffix('_id')}."
        assert (answer.status, answer.body) == (400, {path.rpartition("/")[2]: {field: [sentence]}}), path
    reasons = {one["name"]: one["reason"] for one in (await site.conference())["participants"]}  # type: ignore[attr-defined]
    assert reasons == {
        "Ann Advocate": "Disconnected by an administrator",
        "vmrd": "Conference terminated by an administrator",
    }


async def test_dialling_by_command_starts_an_instance_and_names_the_leg(site: Site) -> None:
    dialled = await site.admin(
        "POST",
        "command/v1/participant/dial/",
        {"conference_alias": ALIAS, "destination": "room1@rooms.example.org", "role": "chair"},
    )
    assert dialled.status == 202
    assert isinstance(dialled.body, dict)
    uuid = dialled.body["data"]["participant_id"]
    read = await site.admin("GET", f"status/v1/participant/{uuid}/")
    assert isinstance(read.body, dict)
    assert (read.body["call_direction"], read.body["role"]) == ("out", "chair")
    assert read.body["destination_alias"] == "sip:room1@rooms.example.org"


async def test_what_has_ended_is_history_with_its_reason(site: Site) -> None:
    token = await site.token()
    await site.node("POST", "release_token", token=token)
    (conference,) = objects((await site.admin("GET", "history/v1/conference/")).body)
    (participant,) = objects((await site.admin("GET", "history/v1/participant/")).body)
    assert (conference["name"], conference["participant_count"]) == (NAME, 1)
    assert participant["disconnect_reason"] == "User initiated disconnect"


async def test_an_alias_can_be_added_and_taken_away(site: Site) -> None:
    (vmr,) = objects((await site.admin("GET", CONFERENCE)).body)
    added = await site.admin(
        "POST",
        "configuration/v1/conference_alias/",
        {"alias": "more@vmr.example.org", "conference": vmr["resource_uri"]},
    )
    assert added.status == 201
    aliases = objects((await site.admin("GET", "configuration/v1/conference_alias/")).body)
    assert [one["alias"] for one in aliases] == [ALIAS, "more@vmr.example.org"]
    again = await site.admin(
        "POST", "configuration/v1/conference_alias/", {"alias": ALIAS, "conference": vmr["resource_uri"]}
    )
    assert again.status == 400
    assert (await site.admin("DELETE", added.headers["Location"])).status == 204
    assert len(objects((await site.admin("GET", "configuration/v1/conference_alias/")).body)) == 1


async def test_the_platforms_timers_can_be_read_and_set(site: Site) -> None:
    read = await site.admin("GET", "configuration/v1/global/1/")
    assert isinstance(read.body, dict)
    assert (read.body["waiting_for_chair_timeout"], read.body["guests_only_timeout"]) == (900, 60)
    assert (await site.admin("PATCH", "configuration/v1/global/1/", {"guests_only_timeout": 5})).status == 202
    assert site.server.world.knobs.guests_only_timeout == 5


async def test_01_a_deleted_vmr_is_answered_for_until_the_nodes_have_heard(site: Site) -> None:
    (vmr,) = objects((await site.admin("GET", CONFERENCE)).body)
    assert (await site.admin("DELETE", str(vmr["resource_uri"]))).status == 204

    async def unknown() -> bool:
        return (await site.node("POST", "request_token", {"display_name": "probe"})).status == 404

    await until(unknown)
    (deleted,) = (await site.state())["vmrs"]  # type: ignore[misc]
    assert deleted["deleted"] is True
