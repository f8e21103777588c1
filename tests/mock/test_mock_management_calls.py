"""The management API over HTTP: commands to running conferences, and participants a VMR calls by itself."""

import pytest

from tests.mock.mock_site import ALIAS, HOST_PIN, Site, body_of, objects

pytestmark = pytest.mark.asyncio

CALLS = "configuration/v1/automatic_participant/"
DIAL = "command/v1/participant/dial/"
RECORDER, ROOM = "recorder@rooms.example.org", "room1@rooms.example.org"


async def the_vmr(site: Site) -> str:
    (vmr,) = objects(await site.admin("GET", "configuration/v1/conference/"))
    return str(vmr["resource_uri"])


async def called(site: Site) -> list[dict[str, object]]:
    """The legs the platform placed, as the status API shows them."""
    return objects(await site.admin("GET", "status/v1/participant/?call_direction=out&order_by=display_name"))


async def replicated(site: Site) -> None:
    """Let the nodes hear of what was configured."""
    await site.control("POST", "clock", {"advanceSeconds": 1})


async def test_automatic_participants_are_called_with_their_role_when_the_conference_starts(site: Site) -> None:
    vmr = await the_vmr(site)
    second = (await site.admin("POST", "configuration/v1/system_location/", {"name": "Second"})).headers["Location"]
    await site.admin("PATCH", "configuration/v1/worker_vm/2/", {"system_location": second})
    for body in (
        {"alias": ROOM, "role": "chair", "remote_display_name": "Prison room", "system_location": second},
        {"alias": RECORDER, "protocol": "rtmp", "streaming": True, "remote_display_name": "Recorder"},
        {"alias": "meet@example.org", "protocol": "gms", "remote_display_name": "Zoom room"},
    ):
        assert (await site.admin("POST", CALLS, body | {"conference": [vmr]})).status == 201
    await replicated(site)
    assert await called(site) == []
    await site.person("Ann")
    shown = [
        [one[name] for name in ("display_name", "role", "protocol", "is_streaming", "signalling_node")]
        for one in await called(site)
    ]
    assert shown == [
        ["Prison room", "chair", "SIP", False, "10.10.0.12"],
        ["Recorder", "guest", "RTMP", True, "10.10.0.11"],
        ["Zoom room", "guest", "GMS", False, "10.10.0.11"],
    ]
    await site.person("Ben")
    assert len(await called(site)) == 3


async def test_automatic_participants_can_be_made_to_wait_for_a_host(site: Site) -> None:
    site.server.world.knobs = site.server.world.knobs.changed({"automatic_calls_wait_for_host": True})
    await site.admin("POST", CALLS, {"alias": ROOM, "conference": [await the_vmr(site)]})
    await replicated(site)
    await site.person("Ann")
    assert await called(site) == []
    await site.person("Host", kind="room-system", pin=HOST_PIN)
    assert [one["destination_alias"] for one in await called(site)] == [f"sip:{ROOM}"]


async def test_a_conference_ends_when_only_automatic_participants_that_may_not_keep_it_are_left(site: Site) -> None:
    body = {"alias": ROOM, "conference": [await the_vmr(site)], "keep_conference_alive": "keep_conference_alive_never"}
    await site.admin("POST", CALLS, body)
    await replicated(site)
    guest = await site.person("Host", kind="room-system", pin=HOST_PIN)
    assert len(await called(site)) == 1
    await site.control("POST", f"people/{guest}/leave")
    assert await called(site) == []
    assert (await site.conference())["endedAt"] is not None


async def test_a_vmr_and_its_automatic_participants_name_each_other(site: Site) -> None:
    vmr = await the_vmr(site)
    made = await site.admin("POST", CALLS, {"alias": ROOM})
    call = made.headers["Location"]
    assert body_of(await site.admin("GET", call))["conference"] == []
    assert (await site.admin("PATCH", vmr, {"automatic_participants": [call, {"alias": RECORDER}]})).status == 202
    shown = body_of(await site.admin("GET", vmr))["automatic_participants"]
    assert shown == objects(await site.admin("GET", f"{CALLS}?conference={vmr}"))
    assert isinstance(shown, list)
    assert [(one["alias"], one["conference"]) for one in shown] == [(ROOM, [vmr]), (RECORDER, [vmr])]
    assert objects(await site.admin("GET", f"{CALLS}?conference__name__startswith=Alice&order_by=-alias")) == shown[::1]
    await site.admin("PATCH", vmr, {"automatic_participants": [{"resource_uri": call}]})
    assert [one["conference"] for one in objects(await site.admin("GET", CALLS))] == [[vmr], []]
    for body in ({"protocol": "skype"}, {"role": "HOST"}, {"conference": ["/nowhere/"]}, {"routing": "luck"}):
        refused = await site.admin("PATCH", call, body)
        assert list(body_of(refused)["automatic_participant"]) == list(body)  # type: ignore[call-overload]
    before = objects(await site.admin("GET", CALLS))
    half_right = {"automatic_participants": [{"alias": "new@rooms.example.org"}, "/nobody/"], "tag": "changed"}
    assert (await site.admin("PATCH", vmr, half_right)).status == 400
    assert objects(await site.admin("GET", CALLS)) == before
    assert body_of(await site.admin("GET", vmr))["tag"] != "changed"
    assert (await site.admin("DELETE", vmr)).status == 204
    assert body_of(await site.admin("GET", call))["conference"] == []


async def test_whom_to_dial_and_how_is_checked_field_by_field(site: Site) -> None:
    whom = {"conference_alias": ALIAS, "destination": ROOM}
    for wrong, field in (
        ({"destination": ""}, "destination"),
        ({"destination": "x" * 251}, "destination"),
        ({"conference_alias": None}, "conference_alias"),
        ({"conference_alias": "nobody@vmr.example.org"}, "conference_alias"),
        ({"protocol": "skype"}, "protocol"),
        ({"role": "HOST"}, "role"),
        ({"call_type": "smoke"}, "call_type"),
        ({"routing": "luck"}, "routing"),
        ({"routing": "manual"}, "__all__"),
        ({"system_location": "Nowhere"}, "system_location"),
        ({"node": "10.10.0.99"}, "node"),
        ({"streaming": "yes"}, "streaming"),
        ({"keep_conference_alive": "always"}, "keep_conference_alive"),
        ({"remote_display_name": "x" * 251}, "remote_display_name"),
        ({"dtmf_sequence": 5}, "dtmf_sequence"),
    ):
        refused = await site.admin("POST", DIAL, whom | wrong)
        assert (refused.status, list(body_of(refused)["dial"])) == (400, [field]), wrong  # type: ignore[call-overload]
    assert await called(site) == []


async def test_a_dialled_leg_has_the_protocol_the_place_and_the_name_it_was_given(site: Site) -> None:
    for number, (options, shown) in enumerate(
        (
            ({"protocol": "RTMP", "streaming": True}, ["RTMP", "guest", "10.10.0.11"]),
            ({"protocol": "h323", "role": "chair", "node": "10.10.0.12"}, ["H323", "chair", "10.10.0.12"]),
            ({"protocol": "teams", "routing": "routing_rule"}, ["TEAMS", "guest", "10.10.0.11"]),
            ({"routing": "manual", "system_location": "Main"}, ["SIP", "guest", "10.10.0.11"]),
            ({"call_type": "audio", "protocol": "mssip"}, ["MSSIP", "guest", "10.10.0.11"]),
        )
    ):
        body = {"conference_alias": ALIAS, "destination": ROOM, "remote_display_name": f"leg {number}"} | options
        answer = await site.admin("POST", DIAL, body)
        assert answer.status == 202
        data = body_of(answer)["data"]
        assert isinstance(data, dict)
        assert data["participant_ids"] == [data["participant_id"]]
        leg = body_of(await site.admin("GET", f"status/v1/participant/{data['participant_id']}/"))
        assert [leg[name] for name in ("protocol", "role", "signalling_node")] == shown
        assert (leg["display_name"], leg["call_direction"]) == (f"leg {number}", "out")


async def test_guests_and_legs_are_muted_and_unmuted_by_command(site: Site) -> None:
    await site.token()
    guest = await site.person("Ann")
    (conference,) = objects(await site.admin("GET", "status/v1/conference/"))
    leg, room = {"participant_id": guest}, {"conference_id": conference["id"]}
    for command, body, muted in (
        ("participant/mute", leg, True),
        ("participant/unmute", leg, False),
        ("conference/mute_guests", room, True),
        ("conference/unmute_guests", room, False),
    ):
        assert (await site.admin("POST", f"command/v1/{command}/", body)).status == 202
        assert body_of(await site.admin("GET", f"status/v1/participant/{guest}/"))["is_muted"] is muted, command
    (conference,) = objects(await site.admin("GET", "status/v1/conference/"))
    assert conference["guests_muted"] is False


async def test_a_leg_is_moved_to_another_vmr_by_command(site: Site) -> None:
    body = {"name": "other", "aliases": [{"alias": "other@vmr.example.org"}]}
    await site.admin("POST", "configuration/v1/conference/", body)
    await replicated(site)
    guest = await site.person("Ann")
    move = {"participant_id": guest, "conference_alias": "other@vmr.example.org", "role": "chair"}
    assert (await site.admin("POST", "command/v1/participant/transfer/", move)).status == 202
    (leg,) = objects(await site.admin("GET", "status/v1/participant/"))
    assert (leg["conference"], leg["role"], leg["display_name"], leg["id"] != guest) == ("other", "chair", "Ann", True)


async def test_a_command_without_its_target_or_with_a_wrong_word_is_a_nested_400(site: Site) -> None:
    guest = await site.person("Ann")
    for command, body, field in (
        ("conference/lock", {}, "conference_id"),
        ("conference/unlock", {"conference_id": "x" * 201}, "conference_id"),
        ("participant/mute", {"participant_id": 5}, "participant_id"),
        ("participant/role", {"participant_id": guest}, "role"),
        ("participant/role", {"participant_id": guest, "role": "HOST"}, "role"),
        ("participant/transfer", {"participant_id": guest, "role": "guest"}, "conference_alias"),
        ("participant/transfer", {"participant_id": guest, "conference_alias": "nobody"}, "conference_alias"),
        ("participant/transfer", {"conference_alias": ALIAS}, "participant_id"),
    ):
        refused = await site.admin("POST", f"command/v1/{command}/", body)
        told = body_of(refused)[command.rpartition("/")[2]]
        assert (refused.status, list(told)) == (400, [field]), command  # type: ignore[call-overload]


async def test_commands_the_mock_cannot_play_answer_501_with_a_sentence(site: Site) -> None:
    unplayed = {
        *("conference/transform_layout", "conference/sync", "conference/send_conference_email"),
        *("conference/send_device_email", "platform/backup_create", "platform/backup_restore"),
        *("platform/certificates_import", "platform/snapshot", "platform/software_bundle"),
        *("platform/start_cloudnode", "platform/upgrade"),
    }
    listed = body_of(await site.admin("GET", "command/v1/"))
    assert len(listed) == 12 + len(unplayed)
    for command in unplayed:
        assert command in listed
        answer = await site.admin("POST", f"command/v1/{command}/", {})
        assert (answer.status, str(body_of(answer)["error"])[:9]) == (501, "This mock"), command
