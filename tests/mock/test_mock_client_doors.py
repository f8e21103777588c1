"""Coming in by browser and going again: challenges, bodies, pages of any origin, calls without media, dialling out."""

import pytest

from tests.mock.client_drive import OFFER, OTHER_ALIAS, another_vmr, join, party
from tests.mock.mock_site import GUEST_PIN, HOST_PIN, Site

pytestmark = pytest.mark.asyncio


def url_of(site: Site, alias: str, path: str = "request_token") -> str:
    return f"{site.server.node_urls[0]}/api/client/v2/conferences/{alias}/{path}"


async def history_of(site: Site, uuid: str) -> dict:
    conference = await site.conference()
    (found,) = [one for one in conference["participants"] if one["id"] == uuid]
    return found


@pytest.mark.parametrize(
    ("guest_pin", "asked_of_guests"), [("8888", "required"), ("", "none")], ids=["guest PIN", "no guest PIN"]
)
async def test_a_browser_is_told_which_pins_are_wanted(site: Site, guest_pin: str, asked_of_guests: str) -> None:
    await another_vmr(site, allow_guests=True, pin="9999", guest_pin=guest_pin)
    challenge = await site.call("POST", url_of(site, OTHER_ALIAS), json={"display_name": "Ann"})
    assert challenge.status == 403
    assert challenge.result == {
        "pin": "required",
        "guest_pin": asked_of_guests,
        "version": {"version_id": "38", "pseudo_version": "82000.0.0"},
    }
    without = await site.call("POST", url_of(site, OTHER_ALIAS), json={"display_name": "A"}, headers={"pin": "none"})
    if guest_pin:
        assert (without.status, without.result) == (403, "Invalid PIN")
    else:
        assert (without.status, without.result["role"]) == (200, "GUEST")


async def test_whoever_comes_in_needs_a_name(site: Site) -> None:
    for body in ({}, {"display_name": ""}, {"display_name": False}, {"display_name": 7}):
        refused = await site.node("POST", "request_token", body, pin=HOST_PIN)
        assert (refused.status, refused.body["status"]) == (400, "failed"), body
        assert "display_name" in refused.result


async def test_a_body_that_is_not_json_is_an_unsupported_media_type(site: Site) -> None:
    token = await site.token()
    for path, headers in (("request_token", {"pin": HOST_PIN}), ("dial", {"token": token})):
        url = url_of(site, "qwkzrbtm@vmr.example.org", path)
        refused = await site.call("POST", url, data={"display_name": "Ann"}, headers=headers)
        assert (refused.status, refused.body) == (415, {"status": "failed", "result": "Unsupported media type"})


async def test_half_a_character_is_refused_before_it_could_break_a_roster(site: Site) -> None:
    url = url_of(site, "qwkzrbtm@vmr.example.org")
    for name, status in ((r"\ud83d", 400), (r"\ud83d\ude00", 200)):
        headers = {"Content-Type": "application/json", "pin": HOST_PIN}
        answer = await site.call("POST", url, data=f'{{"display_name": "{name}"}}', headers=headers)
        assert answer.status == status, answer.body


async def test_a_virtual_reception_asks_which_room_and_lets_into_it(site: Site) -> None:
    await another_vmr(site, name="Reception", service_type="two_stage_dialing", aliases=[{"alias": "desk"}])
    await another_vmr(site)
    asked = await site.call("POST", url_of(site, "desk"), json={"display_name": "Ann"})
    assert (asked.status, asked.result) == (
        403,
        {"conference_extension": "required", "conference_extension_type": "standard"},
    )
    body = {"display_name": "Ann", "conference_extension": OTHER_ALIAS}
    granted = await site.call("POST", url_of(site, "desk"), json=body)
    assert (granted.status, granted.result["conference_name"]) == (200, "Other")
    unknown = await site.call("POST", url_of(site, "desk"), json=body | {"conference_extension": "99"})
    assert (unknown.status, unknown.result) == (404, "Neither conference nor gateway found")
    again = await site.call("POST", url_of(site, "desk"), json=body | {"conference_extension": "desk"})
    assert again.result["conference_extension"] == "required"


async def test_no_vmr_has_a_theme_of_its_own(site: Site) -> None:
    token = await site.token()
    for path in ("theme", "theme/"):
        themed = await site.node("GET", path, token=token)
        assert (themed.status, themed.body) == (204, None)
        assert (await site.node("GET", path, token="no such token")).status == 403


async def test_in_a_virtual_auditorium_those_inside_are_in_a_lecture(site: Site) -> None:
    await another_vmr(site, service_type="lecture", allow_guests=True, pin="9999")
    guest = await join(site, "none", "Guest", alias=OTHER_ALIAS)
    host = await join(site, "9999", "Host", alias=OTHER_ALIAS)
    listed = await site.call("GET", url_of(site, OTHER_ALIAS, "participants"), headers={"token": host.token})
    where = {one["uuid"]: one["service_type"] for one in listed.result}
    assert where == {guest.uuid: "waiting_room", host.uuid: "lecture"}


async def test_start_conference_if_host_starts_at_the_door_for_hosts_alone(site: Site) -> None:
    guest = await join(site, GUEST_PIN, "Guest", start_conference_if_host=True)
    assert (await site.conference())["started"] is False
    await join(site, HOST_PIN, "Host", start_conference_if_host=True)
    assert (await site.conference())["started"] is True
    assert (await history_of(site, guest.uuid))["where"] == "inside"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"json": {"reason": "Browser closed"}}, "Browser closed"),
        (
            {"data": '{"reason": "Browser closed"}', "headers": {"Content-Type": "text/plain"}},
            "User initiated disconnect",
        ),
        ({"data": b"", "headers": {"Content-Type": "application/json"}}, "User initiated disconnect"),
        ({}, "User initiated disconnect"),
    ],
    ids=["JSON", "beacon of text", "empty", "nothing"],
)
async def test_a_closing_browser_releases_its_token_in_the_query(site: Site, sent: dict, reason: str) -> None:
    guest = await join(site, GUEST_PIN, "Guest")
    url = url_of(site, "qwkzrbtm@vmr.example.org", "release_token")
    released = await site.call("POST", url, params={"token": guest.token}, **sent)
    assert (released.status, released.body) == (200, {"status": "success", "result": True})
    assert (await history_of(site, guest.uuid))["reason"] == reason


async def test_a_page_of_any_origin_may_ask(site: Site) -> None:
    page = {"Origin": "https://consultations.example.org", "Access-Control-Request-Headers": "token"}
    url = url_of(site, "qwkzrbtm@vmr.example.org")
    preflight = await site.call("OPTIONS", url, headers=page)
    assert preflight.status == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type, pin, token"
    token = await site.token()
    for method, path, status in (
        ("GET", "participants", 200),
        ("POST", "participants", 405),
        ("POST", "no_such_request", 404),
        ("OPTIONS", "no_such_request", 404),
    ):
        answer = await site.node(method, path, token=token)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (status, "*"), path
    refused = await site.node("POST", "lock", token="no such token")
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (403, "*")
    events = url_of(site, "qwkzrbtm@vmr.example.org", "events")
    async with site.session.get(events, params={"token": token}) as stream:
        assert stream.headers["Access-Control-Allow-Origin"] == "*"


async def test_an_offer_is_answered_medium_by_medium(site: Site) -> None:
    async with party(site) as together:
        path = f"participants/{together.guest.uuid}/calls"
        placed = await together.guest_asks(path, {"call_type": "WEBRTC", "sdp": OFFER})
        lines = placed.result["sdp"].split("\r\n")
        assert lines[0] == "v=0"
        assert "a=group:BUNDLE 0 1 2 3" in lines
        assert [line for line in lines if line.startswith("m=")] == [
            line for line in OFFER.split("\r\n") if line.startswith("m=")
        ]
        assert [line for line in lines if line in ("a=sendrecv", "a=recvonly", "a=sendonly", "a=inactive")] == [
            "a=sendrecv",
            "a=recvonly",
            "a=inactive",
        ]
        assert "a=sctp-port:5000" in lines
        assert not [line for line in lines if line.startswith("a=candidate") or line == "a=setup:actpass"]
        again = await together.guest_asks(f"{path}/{placed.result['call_uuid']}/update", {"sdp": OFFER})
        assert again.result == placed.result
        entry = await together.entry(together.guest.uuid)
        assert (entry["protocol"], entry["has_media"], entry["is_video_call"]) == ("webrtc", True, "YES")


async def test_a_call_for_sound_alone_has_its_pictures_turned_down(site: Site) -> None:
    await another_vmr(site, call_type="audio")
    for alias, more in (("qwkzrbtm@vmr.example.org", {"media_type": "audio"}), (OTHER_ALIAS, {})):
        guest = await join(site, HOST_PIN, "Guest", alias=alias)
        url = url_of(site, alias, f"participants/{guest.uuid}/calls")
        body = {"call_type": "WEBRTC", "sdp": OFFER} | more
        placed = await site.call("POST", url, json=body, headers={"token": guest.token})
        media = [line.split()[:2] for line in placed.result["sdp"].split("\r\n") if line.startswith("m=")]
        assert media == [["m=audio", "9"], ["m=video", "0"], ["m=video", "0"], ["m=application", "9"]]
        assert "a=group:BUNDLE 0 3" in placed.result["sdp"]
        listed = await site.call("GET", url_of(site, alias, "participants"), headers={"token": guest.token})
        assert [one["is_audio_only_call"] for one in listed.result] == ["YES"]


async def test_an_offer_that_is_none_is_refused_and_brings_no_media(site: Site) -> None:
    async with party(site) as together:
        path = f"participants/{together.guest.uuid}/calls"
        for sdp in ("", "nonsense", "v=0\r\ns=-\r\n", "v=0\r\nm=audio\r\n"):
            refused = await together.guest_asks(path, {"call_type": "WEBRTC", "sdp": sdp})
            assert (refused.status, refused.result) == (400, "Invalid SDP"), sdp
        assert (await together.entry(together.guest.uuid))["has_media"] is False


async def test_a_call_that_ends_leaves_its_leg_without_media(site: Site) -> None:
    async with party(site) as together:
        call = await together.call(together.guest)
        assert call == together.guest.uuid
        path = f"participants/{together.guest.uuid}/calls/{call}/disconnect"
        assert (await together.guest_asks(path)).body == {"status": "success", "result": None}
        entry = await together.entry(together.guest.uuid)
        assert (entry["protocol"], entry["has_media"], entry["is_video_call"]) == ("api", False, "NO")
        again = await together.guest_asks(path)
        assert (again.status, again.result) == (404, "Call not found")


async def test_a_host_whose_call_ends_keeps_the_guests_no_longer(site: Site) -> None:
    async with party(site) as together:
        call = await together.call(together.host)
        await together.host_asks(f"participants/{together.host.uuid}/calls/{call}/disconnect")
        await site.control("POST", "clock", {"advanceSeconds": 61})
        left = await history_of(site, together.guest.uuid)
        assert left["reason"] == "All conference hosts departed hosted conference"


async def test_dialling_out_minds_every_field(site: Site) -> None:
    body = {"destination": "room1@rooms.example.org", "protocol": "sip", "role": "GUEST"}
    async with party(site) as together:
        for wrong in (
            {"role": "chair"},
            {"protocol": "teams"},
            {"destination": ""},
            {"destination": None},
            {"streaming": "maybe"},
            {"streaming": True},
            {"call_type": "voice"},
            {"keep_conference_alive": "always"},
            {"dtmf_sequence": 1},
            {"text": 1},
        ):
            refused = await together.host_asks("dial", body | wrong)
            assert (refused.status, refused.body["status"]) == (400, "failed"), wrong
        assert len((await site.conference())["participants"]) == 2


async def test_a_dialled_leg_appears_as_it_was_asked_to(site: Site) -> None:
    body = {
        "destination": "+441632960123",
        "protocol": "auto",
        "role": "HOST",
        "call_type": "audio",
        "remote_display_name": "Interpreter",
        "text": "INTERPRETER",
        "source": "desk@vmr.example.org",
        "source_display_name": "Desk",
        "dtmf_sequence": "12,3",
    }
    async with party(site) as together:
        (uuid,) = (await together.host_asks("dial", body)).result
        entry = await together.entry(uuid)
        assert (entry["call_direction"], entry["role"], entry["is_audio_only_call"]) == ("out", "chair", "YES")
        assert (entry["display_name"], entry["overlay_text"]) == ("Interpreter", "INTERPRETER")


async def test_a_request_that_is_ignored_answers_in_the_shape_of_its_success(site: Site) -> None:
    async with party(site) as together:
        guest = together.guest.uuid
        for verb, result in (("take_floor", None), ("buzz", True)):
            await site.fault("other", "ignore")
            answer = await together.guest_asks(f"participants/{guest}/{verb}")
            assert answer.body == {"status": "success", "result": result}
        entry = await together.entry(guest)
        assert (entry["is_presenting"], entry["buzz_time"]) == ("NO", 0)


@pytest.mark.parametrize(
    ("asked", "lives_on"), [({}, False), ({"keep_conference_alive": "keep_conference_alive"}, True)]
)
async def test_a_stream_keeps_the_conference_alive_only_if_told_to(site: Site, asked: dict, lives_on: bool) -> None:
    host = await join(site, HOST_PIN, "Host")
    body = {"destination": "rtmps://stream.example.org/live", "protocol": "rtmp", "role": "GUEST", "streaming": "yes"}
    await site.node("POST", "dial", body | asked, token=host.token)
    await site.node("POST", "release_token", token=host.token)
    assert ((await site.conference())["endedAt"] is None) is lives_on


async def test_an_unknown_participant_may_be_refused_as_a_403_instead(site: Site) -> None:
    async with party(site) as together:
        path = "participants/00000000-0000-4000-a000-000000000000/mute"
        answer = await together.host_asks(path)
        assert (answer.status, answer.body) == (404, {"status": "failed", "result": "Participant not found"})
        site.server.world.knobs = site.server.world.knobs.changed({"unknown_participant_status": 403})
        answer = await together.host_asks(path)
        assert (answer.status, answer.body) == (403, {"status": "success", "result": "Participant not found"})
