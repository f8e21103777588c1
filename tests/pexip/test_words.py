"""The vendor spells one thing in many ways; what nobody told us of must not light anything."""

import pytest

from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.words import Role, Where
from vmrd.pexip import words


@pytest.mark.parametrize("word", ["HOST", "host", "Host", "chair", "CHAIR", " chair "])
def test_every_word_for_host_is_host(word: str) -> None:
    assert words.role(word) is Role.HOST


@pytest.mark.parametrize("word", ["GUEST", "guest", "Guest"])
def test_every_word_for_guest_is_guest(word: str) -> None:
    assert words.role(word) is Role.GUEST


@pytest.mark.parametrize("word", ["unknown", "", "presenter", "host2"])
def test_any_other_role_is_unknown(word: str) -> None:
    assert words.role(word) is Role.UNKNOWN


@pytest.mark.parametrize(
    ("service_type", "where"),
    [
        ("connecting", Where.ARRIVING),
        ("ivr", Where.ARRIVING),
        ("IVR", Where.ARRIVING),
        ("waiting_room", Where.WAITING),
        ("Waiting_Room", Where.WAITING),
        ("conference", Where.INSIDE),
        ("lecture", Where.INSIDE),
        ("gateway", Where.INSIDE),
        ("test_call", Where.INSIDE),
        ("media_playback", Where.INSIDE),
        ("two_stage_dialing", Where.INSIDE),
    ],
)
def test_place_is_read_from_the_service_type(service_type: str, where: Where) -> None:
    assert words.where(service_type) is where


@pytest.mark.parametrize("service_type", ["", "holding_pen"])
def test_an_unknown_place_counts_as_inside(service_type: str) -> None:
    assert words.where(service_type) is Where.INSIDE


@pytest.mark.parametrize(
    ("word", "protocol"),
    [
        ("webrtc", Protocol.WEB),
        ("WebRTC", Protocol.WEB),
        ("WEBRTC", Protocol.WEB),
        ("sip", Protocol.SIP),
        ("SIP", Protocol.SIP),
        ("H323", Protocol.H323),
        ("mssip", Protocol.SKYPE),
        ("MSSIP", Protocol.SKYPE),
        ("RTMP", Protocol.STREAMING),
        ("TEAMS", Protocol.GATEWAY),
        ("gms", Protocol.GATEWAY),
        ("GHM", Protocol.GATEWAY),
        ("", Protocol.UNKNOWN),
        ("carrier-pigeon", Protocol.UNKNOWN),
    ],
)
def test_protocols_in_any_case(word: str, protocol: Protocol) -> None:
    assert words.protocol(word, has_media=True) is protocol


def test_an_api_leg_is_control_until_it_has_media() -> None:
    assert words.protocol("API", has_media=False) is Protocol.CONTROL
    assert words.protocol("api", has_media=True) is Protocol.WEB


@pytest.mark.parametrize("value", ["YES", "yes", "True", "On", True, 1])
def test_truth_in_every_spelling(value: object) -> None:
    assert words.truth(value) is True


@pytest.mark.parametrize("value", ["NO", "Off", "false", "", None, False, 0, [], {}, "maybe"])
def test_anything_else_is_false(value: object) -> None:
    assert words.truth(value) is False


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Conference host ended the conference with a DTMF command", "host-ended"),
        ("Conference terminated by an administrator", "admin"),
        ("Disconnected by another participant", "removed"),
        ("Timer expired awaiting token refresh", "token-expired"),
        (
            "Timeout waiting for conference host to join or permit access to locked conference",
            "waited-too-long",
        ),
        ("All conference hosts departed hosted conference", "hosts-left"),
        ("Call disconnected", "hung-up"),
        ("call disconnected. [#pex151]", "hung-up"),
        ("Participant limit reached", "full"),
    ],
)
def test_known_reasons_have_codes(text: str, code: str) -> None:
    assert words.reason(text) == code


@pytest.mark.parametrize("text", ["", "Ms A. Sample pressed a button", "Call disconnected by Ms A. Sample"])
def test_an_endpoints_own_reason_is_not_passed_on(text: str) -> None:
    assert words.reason(text) == "other"
