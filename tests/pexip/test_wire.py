"""From vendor JSON to sightings."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter

from tests.pexip.samples import client_person, conference_state, envelope, sink_person, status_person
from vmrd.lifecycle.inputs import Protocol, Sighting
from vmrd.lifecycle.words import Role, Where
from vmrd.pexip.errors import Malformed
from vmrd.pexip.wire import ClientConference, ClientParticipant, ConferenceState, Envelope, PlatformParticipant, parse

CLIENT = TypeAdapter(ClientParticipant)
PLATFORM = TypeAdapter(PlatformParticipant)
PEOPLE = TypeAdapter(Envelope[list[ClientParticipant]])
STATE = TypeAdapter(ClientConference)


def from_client(**changes: Any) -> Sighting:
    return parse(CLIENT, json.dumps(client_person(**changes)), "participant").sighting()


def from_status(**changes: Any) -> Sighting:
    return parse(PLATFORM, json.dumps(status_person(**changes)), "participant").sighting()


def test_a_person_in_a_browser() -> None:
    assert from_client() == Sighting(
        leg="5e1c0000-0000-4000-a000-000000000001",
        name="Ms A. Sample",
        address="Ms A. Sample",
        protocol=Protocol.WEB,
        dialled_out=False,
        role=Role.GUEST,
        where=Where.INSIDE,
        has_media=True,
        has_video=True,
        audio_only=False,
        streaming=False,
        encrypted=True,
        presenting=False,
        call_tag="",
        vendor="Mozilla/5.0 Firefox/130.0",
    )


def test_a_telephone_at_the_pin_screen() -> None:
    seen = from_client(
        uri="sip:+441632960123@sbc.example.org",
        protocol="sip",
        role="unknown",
        service_type="ivr",
        is_audio_only_call="YES",
        is_video_call="NO",
        encryption="Off",
    )
    assert (seen.where, seen.role, seen.audio_only, seen.has_video) == (Where.ARRIVING, Role.UNKNOWN, True, False)
    assert seen.address == "sip:+441632960123@sbc.example.org"
    assert not seen.encrypted


def test_a_web_user_who_has_no_media_yet_is_inside_all_the_same() -> None:
    seen = from_client(protocol="api", has_media=False, is_video_call="NO", encryption="Off")
    assert (seen.protocol, seen.where, seen.has_video, seen.encrypted) == (Protocol.CONTROL, Where.INSIDE, False, True)


@pytest.mark.parametrize(
    "changes",
    [{"is_video_muted": True}, {"has_media": False}, {"is_video_call": "NO"}, {"is_audio_only_call": "YES"}],
)
def test_whoever_sends_no_picture_has_no_video(changes: dict[str, Any]) -> None:
    assert not from_client(**changes).has_video


@pytest.mark.parametrize("changes", [{"is_streaming_conference": True}, {"protocol": "rtmp"}])
def test_a_stream_or_recorder_is_told_by_flag_or_protocol(changes: dict[str, Any]) -> None:
    assert from_client(**changes).streaming


def test_unencrypted_and_presenting_and_dialled_out_are_seen() -> None:
    seen = from_client(encryption="Off", is_presenting="YES", call_direction="OUT", call_tag="vmrd-x")
    assert (seen.encrypted, seen.presenting, seen.dialled_out, seen.call_tag) == (False, True, True, "vmrd-x")


def test_a_leg_with_nothing_but_an_id_is_an_unknown_inside_without_encryption() -> None:
    seen = parse(CLIENT, '{"uuid": "5e1c"}', "participant").sighting()
    assert (seen.where, seen.protocol, seen.role) == (Where.INSIDE, Protocol.UNKNOWN, Role.UNKNOWN)
    assert not seen.encrypted
    assert not seen.has_video


def test_odd_types_do_not_hide_a_leg() -> None:
    seen = from_client(display_name=None, uri=441632960123, vendor=["x"], role=7, encryption=None, buzz_time="soon")
    assert (seen.name, seen.address, seen.role) == ("", "441632960123", Role.UNKNOWN)


@pytest.mark.parametrize("bad", ['{"uuid": ""}', '{"display_name": "x"}', "[]", "null", "", "<html>"])
def test_a_leg_without_an_id_is_malformed(bad: str) -> None:
    with pytest.raises(Malformed):
        parse(CLIENT, bad, "participant")


def test_half_a_roster_never_looks_complete() -> None:
    body = json.dumps(envelope([client_person(), {"display_name": "no id"}]))
    with pytest.raises(Malformed):
        parse(PEOPLE, body, "participants")


def test_a_telephone_in_the_status() -> None:
    seen = from_status()
    assert seen.leg == "7f0c0000-0000-4000-a000-000000000001"
    assert (seen.protocol, seen.where, seen.role) == (Protocol.SIP, Where.WAITING, Role.UNKNOWN)
    assert (seen.audio_only, seen.has_video, seen.encrypted) == (True, False, False)
    assert seen.address == "sip:+441632960123@sbc.example.org"


def test_a_room_system_in_the_status_has_video() -> None:
    seen = from_status(bandwidth=1920, protocol="H323", service_type="conference", encryption="On")
    assert (seen.has_video, seen.audio_only, seen.encrypted) == (True, False, True)


@pytest.mark.parametrize("bandwidth", [0, None, "n/a"])
def test_without_a_bandwidth_neither_video_nor_telephone_is_claimed(bandwidth: object) -> None:
    seen = from_status(bandwidth=bandwidth, rx_bandwidth=0, tx_bandwidth=0)
    assert (seen.has_video, seen.audio_only) == (False, False)


def test_the_remote_end_of_a_leg_dialled_out_is_its_destination() -> None:
    seen = from_status(call_direction="out", source_alias=ALIAS_OF_VMR, destination_alias="room3@codec.example.org")
    assert (seen.address, seen.dialled_out) == ("room3@codec.example.org", True)


ALIAS_OF_VMR = "qwkzt@vc.example.org"


@pytest.mark.parametrize("flag", ["is_streaming", "is_recording", "is_transcribing"])
def test_a_leg_that_carries_the_meeting_away_is_streaming(flag: str) -> None:
    assert from_status(**{flag: True}).streaming


def test_sink_and_status_see_the_same_leg() -> None:
    sink = parse(PLATFORM, json.dumps(sink_person()), "participant").sighting()
    assert sink == from_status()


def test_some_releases_name_the_place_differently_in_sinks() -> None:
    person = sink_person()
    person["current_service_type"] = person.pop("service_type")
    assert parse(PLATFORM, json.dumps(person), "participant").sighting().where is Where.WAITING


@pytest.mark.parametrize("flag", ["recording", "transcribing", "streaming", "public_streaming", "ai_enabled"])
def test_every_way_out_of_the_room_counts_as_recording(flag: str) -> None:
    state = parse(STATE, json.dumps(conference_state(**{flag: True})), "state").state()
    assert state == ConferenceState(locked=False, started=True, recording=True)


@pytest.mark.parametrize("missing", ["locked", "started"])
def test_lock_and_start_are_never_guessed(missing: str) -> None:
    told = conference_state()
    del told[missing]
    with pytest.raises(Malformed):
        parse(STATE, json.dumps(told), "state")


def test_what_pexip_sent_does_not_show_in_a_repr() -> None:
    assert "Sample" not in repr(parse(CLIENT, json.dumps(client_person()), "participant"))
