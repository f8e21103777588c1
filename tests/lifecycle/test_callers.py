"""What kind of participant a leg is taken for: an address convicts, a name never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lifecycle.story import TAG, browser, codec, own, phone, recorder, secure, starting, waiting
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.callers import Class, classify
from vmrd.lifecycle.inputs import Protocol, Sighting
from vmrd.lifecycle.words import Kind, Role, Where

TAGS = (TAG,)
SIP = {"protocol": Protocol.SIP}


@pytest.mark.parametrize(
    ("seen", "kind", "settled"),
    [
        (own(), Kind.OWN, True),
        (recorder(), Kind.RECORDER, True),
        (browser(streaming=True), Kind.RECORDER, True),
        (browser(), Kind.BROWSER, True),
        (browser(vendor="Pexip Infinity Connect/1.13.0"), Kind.APP, True),
        (browser(vendor="Mozilla/5.0 (Linux; Android 14) Chrome/131.0"), Kind.BROWSER, True),
        (browser(protocol=Protocol.SKYPE), Kind.SKYPE, True),
        (codec(), Kind.ROOM_SYSTEM, True),
        (codec(protocol=Protocol.H323), Kind.ROOM_SYSTEM, True),
        (phone(), Kind.PHONE, True),
        (phone(address="tel:+441632960123"), Kind.PHONE, True),
        (phone(address="01632 960123@sbc.example.org"), Kind.PHONE, True),
        (phone(address="00441632960123"), Kind.PHONE, True),
        (phone(protocol=Protocol.H323, address="01632960123"), Kind.PHONE, True),
        (phone(protocol=Protocol.GATEWAY), Kind.PHONE, True),
        (phone(protocol=Protocol.UNKNOWN), Kind.PHONE, True),
        (browser(protocol=Protocol.UNKNOWN), Kind.UNSURE, False),
        (browser(protocol=Protocol.GATEWAY), Kind.UNSURE, False),
    ],
)
def test_the_table(seen: Sighting, kind: Kind, settled: bool) -> None:
    assert classify(seen, TAGS) == Class(kind, settled)


@pytest.mark.parametrize("protocol", [Protocol.WEB, Protocol.CONTROL, Protocol.SKYPE])
def test_a_web_user_without_media_is_not_yet_taken_for_anything(protocol: Protocol) -> None:
    connecting = browser(protocol=protocol, has_media=False, has_video=False)
    assert not classify(connecting, TAGS).settled
    assert classify(replace(connecting, has_media=True), TAGS).settled
    assert classify(replace(connecting, where=Where.WAITING), TAGS).settled


def test_a_room_system_with_a_numeric_alias_and_video_is_no_phone() -> None:
    room = browser(address="sip:441632960123@rooms.example.org", **SIP)
    assert classify(room, TAGS) == Class(Kind.ROOM_SYSTEM, True)


def test_a_room_extension_is_too_short_to_be_a_telephone_number() -> None:
    silent = phone(address="sip:4711@rooms.example.org", vendor="")
    assert classify(silent, TAGS) == Class(Kind.UNSURE, False)
    assert classify(replace(silent, vendor="Session Border Controller"), TAGS) == Class(Kind.PHONE, True)


def test_a_room_system_that_sends_sound_alone_may_have_lost_its_camera() -> None:
    room = phone(address="sip:441632960123@rooms.example.org", vendor="Cisco/CE 9.15")
    assert classify(room, TAGS) == Class(Kind.UNSURE, False)
    assert classify(replace(room, address="tel:+441632960123"), TAGS) == Class(Kind.PHONE, True)


def test_who_showed_a_picture_stays_a_room_system_when_it_fails() -> None:
    room = codec("room", address="sip:01632960123@rooms.example.org", dialled_out=False, role=Role.GUEST, vendor="")
    story = secure().seen(room).seen(replace(room, has_video=False, audio_only=True))
    assert story.session.legs["room"].kind is Kind.ROOM_SYSTEM
    assert story.session.asks == {}


def test_a_room_called_by_a_number_is_no_phone_before_pexip_names_its_leg() -> None:
    silent = phone("codec", address="sip:01632960199@mdi.example.org", dialled_out=True, role=Role.HOST)
    story = starting(None, room_address="01632960199@mdi.example.org").roster(own(), browser(), silent, started=True)
    assert story.session.legs["codec"].kind is Kind.UNSURE
    assert not story.has(c.DisconnectLeg)
    story.when(i.RoomCalled("codec"), after=1).seen(silent)
    assert story.session.legs["codec"].kind is Kind.ENDPOINT


def test_a_picture_seen_second_hand_settles_no_room_system() -> None:
    room = codec("room", role=Role.GUEST, dialled_out=False)
    story = secure().when(i.LegSeen(i.Order(0, 0), i.Source.HINT, room))
    assert story.dark() == {"unsure:room"}
    assert story.seen(room).dark() == {"unchecked:room"}


@pytest.mark.parametrize("name", ["1234", "+44 7700 900123", "tel:01632960123"])
def test_a_person_may_call_themselves_a_number(name: str) -> None:
    assert classify(browser(name=name, address=name), TAGS).kind is Kind.BROWSER
    assert classify(replace(codec(), name=name), TAGS).kind is Kind.ROOM_SYSTEM


def test_a_browser_without_a_camera_is_a_person_who_cannot_be_checked() -> None:
    quiet = browser(has_video=False, audio_only=True, address="01632960123")
    assert classify(quiet, TAGS).kind is Kind.BROWSER


def test_a_caller_who_copies_our_tag_but_sends_media_is_not_ours() -> None:
    assert classify(browser(call_tag=TAG), TAGS).kind is Kind.BROWSER
    assert classify(phone(call_tag=TAG), TAGS).kind is Kind.PHONE
    assert classify(own(tag="tag-2"), TAGS).kind is Kind.BROWSER
    assert classify(own(tag=""), ("",)).kind is Kind.BROWSER


def test_a_ghost_of_ours_is_neither_threat_nor_person_but_is_both_once_it_sends_media() -> None:
    story = secure().seen(own("ghost"))
    assert story.dark() == set()
    story.seen(browser("ghost", call_tag=TAG))
    assert story.dark() == {"unchecked:ghost"}


def test_a_class_once_settled_is_kept_when_media_stops_but_a_threat_may_still_show_itself() -> None:
    story = secure().seen(browser(has_media=False, has_video=False))
    assert story.dark() == set()
    story.seen(browser(streaming=True))
    assert "recorder:ada" in story.dark()


def test_a_web_user_is_a_stranger_while_connecting_and_a_browser_once_held() -> None:
    story = secure().seen(waiting("late", "Bo", has_media=False, has_video=False))
    assert story.session.legs["late"].kind is Kind.BROWSER
    connecting = browser("quick", "Cy", has_media=False, has_video=False)
    assert story.seen(connecting).dark() == {"unsure:quick"}


@given(st.text(max_size=40))
def test_any_address_can_be_read(address: str) -> None:
    classify(phone(address=address), TAGS)
