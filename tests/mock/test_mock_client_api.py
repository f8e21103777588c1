"""The client API over HTTP: shapes as the vendor's own web client checks them, envelopes, and event streams."""

import pytest

from tests.mock.client_drive import OFFER
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, NAME, Site

pytestmark = pytest.mark.asyncio

GRANT_REQUIRED = {
    "token",
    "expires",
    "participant_uuid",
    "version",
    "role",
    "display_name",
    "current_service_type",
}
CURRENT_SERVICE_TYPES = {"conference", "gateway", "test_call", "waiting_room", "ivr", "lecture", "media_playback"}
PARTICIPANT_TYPES: dict[str, type | tuple[type, ...] | set[str]] = {
    "uuid": str,
    "buzz_time": (int, float),
    "call_direction": {"in", "out"},
    "disconnect_supported": {"YES", "NO"},
    "display_name": str,
    "encryption": {"On", "Off"},
    "external_node_uuid": str,
    "fecc_supported": {"YES", "NO"},
    "has_media": bool,
    "is_audio_only_call": {"YES", "NO"},
    "is_external": bool,
    "is_muted": {"YES", "NO"},
    "is_presenting": {"YES", "NO"},
    "is_streaming_conference": bool,
    "is_video_call": {"YES", "NO"},
    "is_video_muted": bool,
    "is_video_silent": bool,
    "local_alias": str,
    "mute_supported": {"YES", "NO"},
    "overlay_text": str,
    "protocol": {"api", "webrtc", "sip", "rtmp", "h323", "mssip", ""},
    "role": {"chair", "guest"},
    "rx_presentation_policy": {"ALLOW", "DENY"},
    "spotlight": (int, float),
    "start_time": float,
    "supports_direct_chat": bool,
    "transfer_supported": {"YES", "NO"},
    "can_receive_personal_mix": bool,
    "receive_from_video_mix": dict,
    "service_type": {"connecting", "waiting_room", "ivr", "conference", "lecture", "gateway", "test_call"},
}


def assert_participant(participant: object) -> None:
    assert isinstance(participant, dict)
    for key, wanted in PARTICIPANT_TYPES.items():
        value = participant[key]
        if isinstance(wanted, set):
            assert value in wanted, key
        else:
            assert isinstance(value, wanted), key
            assert isinstance(value, bool) is (wanted is bool), key
    assert set(participant["receive_from_video_mix"]) >= {"mix_name", "timestamp"}


async def test_a_grant_has_what_the_web_client_requires(site: Site) -> None:
    host = await site.node("POST", "request_token", {"display_name": "vmrd", "call_tag": "tag"}, pin=HOST_PIN)
    guest = await site.node("POST", "request_token", {"display_name": "Ann"}, pin=GUEST_PIN)
    for answer, role, service in ((host, "HOST", "conference"), (guest, "GUEST", "waiting_room")):
        assert answer.status == 200
        assert isinstance(answer.body, dict)
        assert answer.body["status"] == "success"
        result = answer.result
        assert isinstance(result, dict)
        assert set(result) >= GRANT_REQUIRED
        assert result["expires"] == "120"
        assert isinstance(result["version"], dict)
        assert (result["role"], result["current_service_type"]) == (role, service)
        assert result["current_service_type"] in CURRENT_SERVICE_TYPES
        assert result["service_name"] == NAME
    assert isinstance(host.result, dict)
    assert host.result["call_tag"] == "tag"


async def test_19_the_envelopes_of_refusals_say_success_on_403_and_failed_on_404(site: Site) -> None:
    challenge = await site.node("POST", "request_token", {"display_name": "Ann"})
    wrong = await site.node("POST", "request_token", {"display_name": "Ann"}, pin="0000")
    unknown = await site.call(
        "POST",
        f"{site.server.node_urls[0]}/api/client/v2/conferences/nobody/request_token",
        json={"display_name": "Ann"},
    )
    assert (challenge.status, wrong.status, unknown.status) == (403, 403, 404)
    assert isinstance(challenge.result, dict)
    assert {"pin": "required", "guest_pin": "required"}.items() <= challenge.result.items()
    assert set(challenge.result["version"]) == {"version_id", "pseudo_version"}
    assert wrong.body == {"status": "success", "result": "Invalid PIN"}
    assert unknown.body == {"status": "failed", "result": "Neither conference nor gateway found"}


async def test_verbs_answer_true_and_a_bad_token_is_a_403(site: Site) -> None:
    token = await site.token()
    guest = await site.person()
    for verb in (
        "start_conference",
        "lock",
        "unlock",
        "muteguests",
        "unmuteguests",
        f"participants/{guest}/unlock",
        f"participants/{guest}/mute",
        f"participants/{guest}/unmute",
        f"participants/{guest}/dtmf",
        f"participants/{guest}/disconnect",
    ):
        body = {"digits": "1"} if verb.endswith("dtmf") else None
        answer = await site.node("POST", verb, body, token=token)
        assert (answer.status, answer.body) == (200, {"status": "success", "result": True}), verb
        refused = await site.node("POST", verb, body, token="no such token")
        assert (refused.status, refused.body) == (403, {"status": "success", "result": "Invalid token"}), verb
    gone = await site.node("POST", f"participants/{guest}/unlock", token=token)
    assert (gone.status, gone.body) == (404, {"status": "failed", "result": "Participant not found"})


async def test_refresh_answers_token_and_a_string_of_seconds_and_release_a_boolean(site: Site) -> None:
    token = await site.token()
    refreshed = await site.node("POST", "refresh_token", token=token)
    assert isinstance(refreshed.result, dict)
    assert refreshed.result["expires"] == "120"
    assert refreshed.result["role"] == "HOST"
    assert refreshed.result["token"] != token
    released = await site.node("POST", "release_token", token=str(refreshed.result["token"]))
    assert released.body == {"status": "success", "result": True}


async def test_22_every_kind_of_participant_passes_the_web_clients_check(site: Site) -> None:
    token = await site.token()
    for kind in ("browser", "app", "room-system", "skype", "phone", "recorder", "h323"):
        await site.person(kind=kind, name=kind)
    await site.node("POST", "dial", {"destination": "r", "protocol": "rtmp", "role": "GUEST"}, token=token)
    listed = await site.node("GET", "participants", token=token)
    assert isinstance(listed.result, list)
    assert len(listed.result) == 9
    for participant in listed.result:
        assert_participant(participant)
    by_name = {participant["display_name"]: participant for participant in listed.result}
    assert by_name["phone"]["is_audio_only_call"] == "YES"
    assert by_name["phone"]["uri"].startswith("sip:")
    assert by_name["recorder"]["is_streaming_conference"] is True
    assert by_name["vmrd"]["is_video_call"] == by_name["vmrd"]["is_audio_only_call"] == "NO"


async def test_guests_see_no_addresses(site: Site) -> None:
    await site.person(kind="phone", number="+441632960123")
    guest = await site.node("POST", "request_token", {"display_name": "Ann"}, pin=GUEST_PIN)
    assert isinstance(guest.result, dict)
    listed = await site.node("GET", "participants", token=guest.result["token"])
    assert isinstance(listed.result, list)
    assert [(one["uri"], one["vendor"], one["protocol"]) for one in listed.result] == [("", "", "")] * 2


async def test_conference_status_follows_the_lock(site: Site) -> None:
    token = await site.token()
    await site.node("POST", "lock", token=token)
    status = await site.node("GET", "conference_status", token=token)
    assert isinstance(status.result, dict)
    assert {"locked": True, "started": False, "guests_muted": False}.items() <= status.result.items()


async def test_dial_answers_uuids_and_refuses_what_is_no_protocol(site: Site) -> None:
    token = await site.token()
    body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "HOST"}
    dialled = await site.node("POST", "dial", body, token=token)
    (uuid,) = dialled.result if isinstance(dialled.result, list) else []
    conference = await site.conference()
    people = conference["participants"]
    assert isinstance(people, list)
    assert (people[-1]["id"], people[-1]["where"], conference["started"]) == (uuid, "inside", True)
    refused = await site.node("POST", "dial", body | {"protocol": "teams"}, token=token)
    assert refused.status == 400


async def test_21_the_stream_begins_with_status_and_roster_and_ends_after_disconnect(site: Site) -> None:
    token = await site.token()
    guest = await site.person()
    async with site.watching(token) as watch:
        await watch.until(lambda seen: "participant_sync_end" in seen.names())
        assert watch.names() == [
            "conference_update",
            "participant_sync_begin",
            "participant_create",
            "participant_create",
            "participant_sync_end",
        ]
        assert watch.events[1] == ("participant_sync_begin", None)
        await site.node("POST", "start_conference", token=token)
        await watch.until(lambda seen: "participant_update" in seen.names())
        (update,) = [data for name, data in watch.events if name == "participant_update"]
        assert isinstance(update, dict)
        assert (update["uuid"], update["service_type"]) == (guest, "conference")
        assert_participant(update)
        await site.node("POST", "disconnect", token=token)
        await watch.until(lambda seen: seen.over)
        assert watch.events[-1] == ("disconnect", {"reason": "Conference terminated by another participant"})


async def test_a_second_stream_of_one_token_ends_the_first(site: Site) -> None:
    token = await site.token()
    async with site.watching(token) as first, site.watching(token) as second:
        await first.until(lambda seen: seen.over)
        await second.until(lambda seen: "participant_sync_end" in seen.names())
        assert not second.over


async def test_a_node_in_maintenance_says_so_and_the_other_does_not(site: Site) -> None:
    await site.control("POST", f"nodes/{site.server.knobs.nodes[0]}", {"maintenance": True})
    statuses = [await site.call("GET", f"{url}/api/client/v2/status") for url in site.server.node_urls]
    assert [(answer.status, answer.body) for answer in statuses] == [
        (503, {"status": "failed", "result": "Maintenance mode"}),
        (200, {"status": "success", "result": "OK"}),
    ]


async def test_a_caller_by_http_sends_media_and_is_a_browser_then(site: Site) -> None:
    granted = await site.node("POST", "request_token", {"display_name": "Ann"}, pin=GUEST_PIN)
    assert isinstance(granted.result, dict)
    token, own = granted.result["token"], granted.result["participant_uuid"]
    called = await site.node("POST", f"participants/{own}/calls", {"call_type": "WEBRTC", "sdp": OFFER}, token=token)
    assert isinstance(called.result, dict)
    assert set(called.result) >= {"call_uuid", "sdp"}
    (participant,) = (await site.conference())["participants"]  # type: ignore[misc]
    assert (participant["protocol"], participant["has_media"], participant["where"]) == ("webrtc", True, "waiting")


async def test_the_alias_is_matched_in_any_case(site: Site) -> None:
    answer = await site.call(
        "POST",
        f"{site.server.node_urls[1]}/api/client/v2/conferences/{ALIAS.upper()}/request_token",
        json={"display_name": "vmrd"},
        headers={"pin": HOST_PIN},
    )
    assert answer.status == 200
