"""The door in the pure world: who is held, who comes in, and what becomes of a meeting without a Host."""

import pytest

from pexip_mock.calls import DialRequest
from pexip_mock.entrance import Verdict
from pexip_mock.events import (
    ConferenceUpdate,
)
from pexip_mock.floor import HOSTS_DEPARTED, WAITED_TOO_LONG
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Person, Role, Service, Where
from tests.mock.mock_house import ALIAS, GUEST_PIN, HOST_PIN, House, a_vmr


def test_pitfall_10_a_phone_stands_at_the_pin_screen_then_waits_then_is_in() -> None:
    house = House(Knobs())
    token = house.host()
    phone = house.guest("01632 960123", Kind.PHONE, number="+441632960123")
    shown = house.leg(phone).shown
    assert (shown.service, shown.role, shown.audio_only, shown.video) == (Service.IVR, Role.UNKNOWN, True, False)
    assert shown.uri == "sip:+441632960123@sbc.example.org"
    house.later(elapsed=1)
    assert (house.service(phone), house.leg(phone).shown.role) == (Service.WAITING_ROOM, Role.GUEST)
    house.world.start_conference(token)
    house.later(elapsed=2)
    assert house.service(phone) is Service.CONFERENCE


@pytest.mark.parametrize(("digits", "locked"), [("*7", True), ("*7*7", False), ("12*7", True), ("*", False)])
def test_pitfall_10_a_host_can_lock_and_unlock_with_keys(digits: str, locked: bool) -> None:
    house = House()
    chair = house.chair()
    for digit in digits:
        house.world.dtmf(chair, digit)
    assert house.leg(chair).conference.flags.locked is locked


def test_pitfall_10_a_host_can_end_with_keys_and_a_guest_cannot() -> None:
    house = House()
    chair, guest = house.chair(), house.guest(kind=Kind.PHONE)
    house.world.dtmf(guest, "##")
    assert house.service(guest) is Service.CONFERENCE
    house.world.dtmf(chair, "##")
    assert house.reason(guest) == "Conference host ended the conference with a DTMF command"
    assert house.world.floor.running == {}


def test_pitfall_10_a_dialled_endpoint_with_the_host_role_has_the_keys_too() -> None:
    house = House()
    token = house.host()
    (endpoint,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    house.world.lock(token)
    house.world.dtmf(endpoint, "*7")
    assert not house.world.conference_status(token).locked


def test_pitfall_11_waiting_is_only_a_service_type_and_may_hide_the_role() -> None:
    house = House(Knobs.fast().changed({"waiting_role_unknown": True}))
    token, guest = house.host(), house.guest()
    (_, shown) = house.world.participants(token)
    assert (shown.service, shown.role) == (Service.WAITING_ROOM, Role.UNKNOWN)
    house.world.start_conference(token)
    assert house.leg(guest).shown.role is Role.GUEST


def test_pitfall_12_with_a_host_pin_guests_are_held_and_hosts_walk_through_the_lock() -> None:
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    assert house.service(house.guest()) is Service.WAITING_ROOM
    assert house.service(house.chair()) is Service.CONFERENCE


def test_pitfall_12_without_a_host_pin_everybody_new_is_held() -> None:
    house = House(allow_guests=False, pin="", guest_pin="")
    first = house.world.dial_in(Person(ALIAS, "First"))
    token = house.world.request_token(house.node, ALIAS, "vmrd").token
    house.world.lock(token)
    late = house.world.dial_in(Person(ALIAS, "Late"))
    assert (house.service(first), house.service(late)) == (Service.CONFERENCE, Service.WAITING_ROOM)
    house.world.unlock(token)
    assert house.service(late) is Service.CONFERENCE


def test_pitfall_12_a_dialled_host_and_one_let_past_by_policy_enter_a_locked_room_and_a_dialled_guest_does_not() -> (
    None
):
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    (chair,) = house.world.dial(token, DialRequest("room1@rooms.example.org", role=Role.CHAIR))
    (guest,) = house.world.dial(token, DialRequest("room2@rooms.example.org", role=Role.GUEST))
    favoured = house.world.dial_in(Person(ALIAS, "Favoured", pin=GUEST_PIN), Verdict(bypasses_lock=True))
    assert [house.service(leg) for leg in (chair, guest, favoured)] == [
        Service.CONFERENCE,
        Service.WAITING_ROOM,
        Service.CONFERENCE,
    ]


def test_pitfall_12_unlocking_lets_everybody_in_and_admitting_only_one() -> None:
    house = House()
    token = house.host()
    house.world.start_conference(token)
    house.world.lock(token)
    first, second, third = (house.guest(name) for name in ("One", "Two", "Three"))
    house.world.admit(token, second)
    assert [house.leg(leg).where for leg in (first, second, third)] == [Where.WAITING, Where.INSIDE, Where.WAITING]
    house.world.take_events(token)
    house.world.unlock(token)
    assert [house.leg(leg).where for leg in (first, second, third)] == [Where.INSIDE] * 3
    assert isinstance(house.world.take_events(token)[0], ConferenceUpdate)


def test_pitfall_12_before_the_start_admitting_answers_true_and_does_nothing() -> None:
    house = House()
    token, guest = house.host(), house.guest()
    assert house.world.admit(token, guest) is True
    assert house.service(guest) is Service.WAITING_ROOM


@pytest.mark.parametrize(("holds", "where"), [(True, Where.WAITING), (False, Where.INSIDE)])
def test_pitfall_12_a_lock_set_before_the_start_holds_or_not(holds: bool, where: Where) -> None:
    house = House(Knobs.fast().changed({"lock_before_start_holds": holds}))
    token, guest = house.host(), house.guest()
    house.world.lock(token)
    house.world.start_conference(token)
    assert house.leg(guest).where is where


def test_pitfall_13_one_waiting_timer_with_one_reason_for_unstarted_and_locked_rooms() -> None:
    house = House()
    token = house.host()
    early = house.guest("Early")
    house.later(business=899)
    house.world.start_conference(token)
    house.world.lock(token)
    late = house.guest("Late")
    house.chair()
    house.later(business=899)
    assert house.service(early) is Service.CONFERENCE
    assert house.service(late) is Service.WAITING_ROOM
    house.later(business=2)
    assert house.reason(late) == WAITED_TOO_LONG
    unstarted = House()
    alone = unstarted.guest()
    unstarted.later(business=901)
    assert unstarted.reason(alone) == WAITED_TOO_LONG


def test_pitfall_14_the_lock_dies_with_the_instance_unless_policy_sets_it() -> None:
    house = House()
    token = house.host()
    house.world.lock(token)
    house.world.release_token(token)
    assert not house.world.conference_status(house.host()).locked
    locked = House()
    service = a_vmr(locked_at_birth=True)
    grant = locked.world.request_token(locked.node, ALIAS, "vmrd", pin=HOST_PIN, verdict=Verdict(service=service))
    assert locked.world.conference_status(grant.token).locked


def test_pitfall_15_a_control_only_host_neither_starts_nor_keeps_the_meeting() -> None:
    house = House()
    token, guest = house.host(), house.guest()
    assert not house.world.conference_status(token).started
    assert house.service(guest) is Service.WAITING_ROOM
    house.world.start_conference(token)
    assert house.service(guest) is Service.CONFERENCE
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_pitfall_15_unless_a_knob_says_that_the_one_who_started_it_keeps_it() -> None:
    house = House(Knobs.fast().changed({"control_host_keeps_alive": True}))
    token, guest = house.host(), house.guest()
    house.world.start_conference(token)
    house.later(business=600)
    assert house.service(guest) is Service.CONFERENCE
    house.world.release_token(token)
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_pitfall_15_start_conference_if_host_starts_at_joining() -> None:
    house = House()
    guest = house.guest()
    house.world.request_token(house.node, ALIAS, "vmrd", pin=HOST_PIN, start_if_host=True)
    assert house.service(guest) is Service.CONFERENCE


def test_pitfall_16_guests_stay_a_minute_after_the_last_host_and_his_return_cancels_it() -> None:
    house = House()
    house.host()
    chair, guest = house.chair(), house.guest()
    house.world.leave(chair)
    house.later(business=59)
    assert house.service(guest) is Service.CONFERENCE
    back = house.chair()
    house.later(business=600)
    assert house.service(guest) is Service.CONFERENCE
    house.world.leave(back)
    house.later(business=61)
    assert house.reason(guest) == HOSTS_DEPARTED


def test_the_unmeant_direction_of_each_knob_has_an_effect_worth_a_knob() -> None:
    held = House(Knobs.fast().changed({"admit_needs_start": True}))
    token, guest = held.host(), held.guest()
    held.world.lock(token)
    held.world.admit(token, guest)
    assert held.service(guest) is Service.WAITING_ROOM
    free = House()
    token, guest = free.host(), free.guest()
    free.world.lock(token)
    free.world.admit(token, guest)
    assert free.service(guest) is Service.CONFERENCE
