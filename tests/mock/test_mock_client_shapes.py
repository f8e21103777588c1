"""Every request that the vendor's own client library makes, driven to every answer the mock can give, and each checked
against the shape in which that library accepts it (`client_shapes.json`); the events of the stream likewise.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from tests.mock.client_drive import OFFER, OTHER_ALIAS, Member, Party, another_vmr, party
from tests.mock.mock_site import ALIAS, GUEST_PIN, HOST_PIN, Site
from tests.mock.shape_check import facts, misfits

CLIENT = facts("client_shapes.json")
EVENTS = facts("event_shapes.json")
MOVE = {"action": "start", "target": "1", "movement": [{"axis": "pan", "direction": "left"}], "timeout": 500}


@dataclass(frozen=True)
class Exercise:
    """Who asks successfully, about whom, with what body; `usual` is the answer then."""

    by: str = "host"
    on: str = "guest"
    body: object = None
    usual: str = "200"


OWN = Exercise(by="guest")
EXERCISES: dict[str, Exercise] = {
    "POST request_token": Exercise(body={"display_name": "Ann", "call_tag": "tag", "direct_media": True}),
    "POST refresh_token": OWN,
    "POST release_token": Exercise(by="guest", body={"reason": "Browser closed"}),
    "POST dial": Exercise(body={"role": "GUEST", "destination": "room1@rooms.example.org", "protocol": "sip"}),
    "GET conference_status": OWN,
    "POST set_guests_can_unmute": Exercise(body={"setting": False}),
    "POST message": Exercise(by="guest", body={"type": "text/plain", "payload": "hello"}),
    "GET participants": OWN,
    "POST silent_video_detection": Exercise(body={"config": {"enable": True, "silent_after": 10}}),
    "GET theme/": Exercise(by="guest", usual="204"),
    **{
        f"POST {verb}": Exercise()
        for verb in (
            *("lock", "unlock", "start_conference", "muteguests", "unmuteguests", "disconnect", "clearallbuzz"),
            *(f"participants/{{participant}}/{verb}" for verb in ("disconnect", "mute", "unmute", "unlock")),
            *(f"participants/{{participant}}/{verb}" for verb in ("video_muted", "video_unmuted")),
            *(f"participants/{{participant}}/{verb}" for verb in ("allowrxpresentation", "denyrxpresentation")),
            *(f"participants/{{participant}}/{verb}" for verb in ("spotlighton", "spotlightoff", "buzz", "clearbuzz")),
        )
    },
    **{
        f"POST participants/{{participant}}/{verb}": OWN
        for verb in ("client_mute", "client_unmute", "take_floor", "release_floor", "notify_not_afk")
    },
    "POST participants/{participant}/dtmf": Exercise(body={"digits": "12#"}),
    "POST participants/{participant}/calls": Exercise(by="guest", body={"call_type": "WEBRTC", "sdp": OFFER}),
    "POST participants/{participant}/overlaytext": Exercise(body={"text": "Ann"}),
    "POST participants/{participant}/pres_in_mix": Exercise(body={"state": True}),
    "POST participants/{participant}/role": Exercise(body={"role": "chair"}),
    "POST participants/{participant}/fecc": Exercise(body=MOVE),
    "POST participants/{participant}/transfer": Exercise(body={"role": "guest", "conference_alias": OTHER_ALIAS}),
    "POST participants/{participant}/message": Exercise(body={"type": "application/json", "payload": "{}"}),
    "GET participants/{participant}/avatar.jpg": Exercise(usual="404"),
    "POST participants/{participant}/preferred_aspect_ratio": Exercise(by="guest", body={"aspect_ratio": 1.77}),
    **{
        f"POST participants/{{participant}}/calls/{{call}}/{verb}": Exercise(by="guest", body=body)
        for verb, body in (
            ("ack", {}),
            ("disconnect", None),
            ("dtmf", {"digits": "1"}),
            ("fecc", {key: MOVE[key] for key in ("action", "movement", "timeout")}),
            ("new_candidate", {"candidate": "", "mid": "0"}),
            ("update", {"sdp": OFFER}),
            ("statistics", {"audio": {"rx_bitrate": 40.5, "rx_packets_lost": 0}}),
        )
    },
}

LAYOUT, BREAKOUT, CAPTION = "layouts", "breakout rooms", "live captions"
NOT_FAKED: dict[str, tuple[str, object]] = {
    "POST transform_layout": (LAYOUT, {"transforms": {"layout": "1:7"}}),
    "GET available_layouts": (LAYOUT, None),
    "GET layout_svgs": (LAYOUT, None),
    "POST video_mixes/create": (LAYOUT, {"mix_name": "mine"}),
    "POST video_mixes/{mix}/configure": (LAYOUT, {"transform_layout": {"layout": "1:0"}}),
    "POST video_mixes/{mix}/delete": (LAYOUT, None),
    "POST breakoutbuzz": (BREAKOUT, None),
    "POST clearbreakoutbuzz": (BREAKOUT, None),
    "POST participants/{participant}/show_live_captions": (CAPTION, None),
    "POST participants/{participant}/hide_live_captions": (CAPTION, None),
    "POST participants/{participant}/calls (RTMP)": ("RTMP", {"call_type": "RTMP"}),
}
ALSO_NOT_FAKED = (
    ("POST set_guests_can_see_guests", LAYOUT),
    ("POST set_pinning_config", LAYOUT),
    ("GET get_pinning_config", LAYOUT),
    ("GET available_pinning_configs", LAYOUT),
    ("POST set_classification_level", "classification"),
    ("GET get_classification_level", "classification"),
    ("POST set_clock", "clock"),
    ("GET get_clock", "clock"),
    ("POST breakouts", BREAKOUT),
    ("POST breakouts/some/lock", BREAKOUT),
    ("GET presentation.jpeg", "pictures"),
    ("GET presentation_high.jpeg", "pictures"),
    ("GET participants/{participant}/get_properties", "properties"),
)
FOR_ANYBODY = {
    "POST request_token",
    "POST participants/{participant}/message",
    "GET participants/{participant}/avatar.jpg",
}
NEVER_GIVEN = {("GET theme/", "200"): "no VMR here has a theme of its own"}


async def asked(party: Party, operation: str, body: object, member: Member, **more: object) -> tuple[str, str]:
    """One request of a member about the exercise's participant; status and text of the answer."""
    method, path = operation.removesuffix(" (RTMP)").split(" ", 1)
    call = await party.call(party.guest) if "{call}" in path else ""
    on = party.guest if EXERCISES.get(operation, OWN).on == "guest" else party.host
    path = path.format(participant=more.pop("on", on).uuid, call=call, mix="mine")
    base = f"{party.site.server.node_urls[0]}/api/client/v2/conferences/{more.pop('alias', quote(ALIAS, safe=''))}"
    headers = {"token": member.token, **more.pop("headers", {})}
    if operation == "POST request_token":
        headers = {"pin": HOST_PIN, **headers}
        del headers["token"]
    sent = {"json": body} if body is not None and "data" not in more else {}
    async with party.site.session.request(method, f"{base}/{path}", headers=headers, **sent, **more) as response:
        return str(response.status), (await response.read()).decode()


async def provoked(party: Party, operation: str, status: str) -> tuple[str, str]:
    """What makes the platform give this answer to this request."""
    exercise = EXERCISES[operation]
    member: Member = getattr(party, exercise.by)
    if status == exercise.usual:
        return await asked(party, operation, exercise.body, member)
    match operation, status:
        case "POST request_token", "403":
            return await asked(party, operation, exercise.body, member, headers={"pin": "0000"})
        case "POST request_token", "404":
            return await asked(party, operation, exercise.body, member, alias="nobody")
        case _, "403":
            return await asked(party, operation, exercise.body, Member("no such token", ""))
        case _, "415":
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return await asked(party, operation, None, member, data="display_name=Ann", headers=headers)
        case _, "400":
            return await asked(party, operation, {"call_type": "WEBRTC", "sdp": "nonsense"}, member)
        case _:
            named = "request_token" if operation == "POST request_token" else "other"
            if "{call}" in operation:  # the call that this request is about is placed without it
                return await _within_a_call(party, operation, status)
            await party.site.fault(named, "status", status=int(status))
            return await asked(party, operation, exercise.body, member)


async def _within_a_call(party: Party, operation: str, status: str) -> tuple[str, str]:
    call = await party.call(party.guest)
    await party.site.fault("other", "status", status=int(status))
    path = operation.removeprefix("POST ").format(participant=party.guest.uuid, call=call)
    answer = await party.guest_asks(path, EXERCISES[operation].body)
    return str(answer.status), json.dumps(answer.body)


def faults_of(operation: str, status: str, text: str) -> list[str]:
    """What the vendor's library would find wrong with this answer."""
    shape = CLIENT["operations"][operation]["answers"][status]
    body = text if shape == "string" else json.loads(text)
    return misfits(body, shape, CLIENT["shapes"], f"{operation} {status}")


def test_every_request_of_the_vendors_library_has_an_exercise_or_a_reason() -> None:
    assert set(CLIENT["operations"]) == {*EXERCISES, *NOT_FAKED}
    assert not set(EXERCISES) & set(NOT_FAKED)
    for operation, exercise in EXERCISES.items():
        asks = CLIENT["operations"][operation].get("asks")
        if asks is not None and exercise.body is not None:
            assert misfits(exercise.body, asks, CLIENT["shapes"], operation) == []


@pytest.mark.asyncio
async def test_every_answer_has_the_shape_the_vendors_library_accepts(site: Site) -> None:
    await another_vmr(site)
    faults = []
    for operation in EXERCISES:
        for status in CLIENT["operations"][operation]["answers"]:
            if (operation, status) in NEVER_GIVEN:
                continue
            async with party(site) as together:
                given, text = await provoked(together, operation, status)
            faults += [f"{operation}: {given} for {status}"] if given != status else faults_of(operation, status, text)
    assert faults == []


@pytest.mark.asyncio
async def test_a_guest_who_asks_what_is_for_hosts_or_about_others_is_refused_in_the_same_shape(site: Site) -> None:
    await another_vmr(site)
    for operation, exercise in EXERCISES.items():
        about_somebody = "{participant}" in operation
        if operation in FOR_ANYBODY or (exercise.by == "guest" and not about_somebody):
            continue
        async with party(site) as together:
            given, text = await asked(together, operation, exercise.body, together.guest, on=together.host)
        assert (given, json.loads(text)) == ("403", {"status": "success", "result": "Invalid role"}), operation
        if "403" in CLIENT["operations"][operation]["answers"]:
            assert faults_of(operation, "403", text) == []


@pytest.mark.asyncio
async def test_what_is_not_faked_answers_501_and_says_so(site: Site) -> None:
    async with party(site) as together:
        for operation, (what, body) in NOT_FAKED.items():
            given, text = await asked(together, operation, body, together.guest)
            assert given == "501", operation
            assert what in json.loads(text)["result"]
        for operation, what in ALSO_NOT_FAKED:
            given, text = await asked(together, operation, None, together.guest)
            assert given == "501", operation
            assert what in json.loads(text)["result"]
    url = f"{site.server.node_urls[0]}/api/client/v2/registrations/somebody@vmr.example.org"
    for method, path in (("POST", "request_token"), ("GET", "events")):
        refused = await site.call(method, f"{url}/{path}")
        assert (refused.status, refused.result) == (501, "This mock does not fake registrations.")


@pytest.mark.asyncio
async def test_every_event_of_the_stream_has_the_shape_the_vendors_client_reads(site: Site) -> None:
    await another_vmr(site)
    async with party(site) as together:
        host, guest = together.host, together.guest
        async with site.watching(guest.token) as watch:
            await watch.until(lambda seen: "participant_sync_end" in seen.names())
            await together.call(guest, fecc_supported=True)
            await together.call(guest, present="send")
            await together.host_asks(f"participants/{host.uuid}/take_floor")
            await together.host_asks(f"participants/{host.uuid}/release_floor")
            await together.host_asks("message", {"type": "text/plain", "payload": "hello"})
            await together.host_asks(f"participants/{guest.uuid}/fecc", MOVE)
            await together.host_asks(f"participants/{guest.uuid}/role", {"role": "guest"})
            body = {"role": "guest", "conference_alias": OTHER_ALIAS}
            await together.host_asks(f"participants/{guest.uuid}/transfer", body)
            leaving = await site.person(kind="phone", pin=GUEST_PIN)
            await site.control("POST", f"people/{leaving}/leave")
            await together.host_asks("lock")
            await together.host_asks("disconnect")
            await watch.until(lambda seen: seen.over)
        assert set(watch.names()) == set(EVENTS["events"])
        faults = [
            fault
            for name, data in watch.events
            for fault in misfits(data, EVENTS["events"][name], EVENTS["shapes"], name)
        ]
        assert faults == []


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (1, "boolean"),
        (True, "number"),
        ("x", {"one of": ["y"]}),
        (1, {"one of": [True]}),
        ([1], {"list of": "string"}),
        ({}, {"list of": "string"}),
        ({"a": 1}, {"map to": "string"}),
        ({}, {"a": "string"}),
        ({"a": 1}, {"a?": "string"}),
        (None, {"a": "string"}),
        (1, {"either": ["string", "null"]}),
        (1, "$named"),
    ],
)
def test_a_misfit_is_found(value: object, shape: object) -> None:
    assert len(misfits(value, shape, {"named": "string"})) == 1
