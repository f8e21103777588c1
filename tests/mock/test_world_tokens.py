"""Tokens, PINs and nodes in the pure world."""

import pytest

from pexip_mock.events import (
    RefreshWanted,
)
from pexip_mock.knobs import Knobs
from pexip_mock.people import Role, Where
from pexip_mock.refusal import PinChallenge, Refusal
from tests.mock.mock_house import ALIAS, GUEST_PIN, House, farewell, names_of, refused


def test_pitfall_17_without_a_refresh_the_participant_is_dropped_and_jumps_of_business_time_do_not_matter() -> None:
    house = House()
    token = house.host()
    house.world.take_events(token)
    house.later(business=100_000, elapsed=119)
    token = house.world.refresh_token(token).token
    house.later(elapsed=119)
    assert house.world.whoami(token).where is Where.INSIDE
    house.later(elapsed=2)
    assert farewell(house.world.take_events(token)) == "Timer expired awaiting token refresh"
    with pytest.raises(Refusal) as caught:
        house.world.refresh_token(token)
    assert refused(caught.value) == (403, "Invalid token")


def test_pitfall_17_the_old_token_is_good_for_a_moment_after_a_refresh() -> None:
    house = House()
    old = house.host()
    new = house.world.refresh_token(old).token
    house.later(elapsed=4)
    assert house.world.lock(old) is True
    house.later(elapsed=2)
    with pytest.raises(Refusal):
        house.world.lock(old)
    assert house.world.unlock(new) is True


def test_pitfall_17_each_request_token_is_another_participant() -> None:
    house = House()
    token = house.host()
    house.host()
    assert names_of(house.world.participants(token)) == ["vmrd", "vmrd"]


def test_pitfall_17_a_refresh_tells_of_a_changed_role() -> None:
    house = House()
    host = house.host()
    guest = house.world.request_token(house.node, ALIAS, "Ann", pin=GUEST_PIN)
    house.world.take_events(guest.token)
    house.world.set_role(host, guest.participant.uuid, Role.CHAIR)
    assert RefreshWanted() in house.world.take_events(guest.token)
    assert house.world.refresh_token(guest.token).role is Role.CHAIR


def test_pitfall_18_no_pin_is_a_challenge_and_a_wrong_one_an_error_and_a_challenge_leaves_no_trace() -> None:
    house = House()
    for pin, answer in ((None, PinChallenge("required", "required")), ("0000", "Invalid PIN"), ("none", "Invalid PIN")):
        with pytest.raises(Refusal) as caught:
            house.world.request_token(house.node, ALIAS, "Ann", pin=pin)
        assert refused(caught.value) == (403, answer)
    assert house.world.floor.running == {}


def test_pitfall_18_guests_without_a_pin_say_none() -> None:
    house = House(guest_pin="")
    with pytest.raises(Refusal) as caught:
        house.world.request_token(house.node, ALIAS, "Ann")
    assert caught.value.result == PinChallenge("required", "none")
    assert house.world.request_token(house.node, ALIAS, "Ann", pin="none").role is Role.GUEST


def test_pitfall_20_a_fresh_host_token_may_not_command_yet() -> None:
    house = House(Knobs.fast().changed({"fresh_host_token_delay_s": 1.5}))
    token = house.host()
    with pytest.raises(Refusal) as caught:
        house.world.lock(token)
    assert refused(caught.value) == (403, "Invalid role")
    house.later(elapsed=1.6)
    assert house.world.lock(token) is True


def test_pitfall_20_a_guest_may_not_command_at_all() -> None:
    house = House()
    guest = house.world.request_token(house.node, ALIAS, "Ann", pin=GUEST_PIN).token
    with pytest.raises(Refusal) as caught:
        house.world.lock(guest)
    assert refused(caught.value) == (403, "Invalid role")


def test_pitfall_30_maintenance_refuses_newcomers_kills_tokens_and_spares_the_other_node() -> None:
    house = House()
    token, other = house.host(), house.host(house.other_node)
    house.world.take_events(token)
    house.world.set_maintenance(house.node, True)
    with pytest.raises(Refusal) as caught:
        house.world.node_status(house.node)
    assert refused(caught.value) == (503, "Maintenance mode")
    assert farewell(house.world.take_events(token)) == "System in maintenance mode"
    with pytest.raises(Refusal) as caught:
        house.host()
    assert caught.value.status == 503
    assert house.world.lock(other) is True
    house.world.set_maintenance(house.node, False)
    assert house.host()


def test_pitfall_30_every_node_shows_everybody_a_little_later() -> None:
    house = House(Knobs(node_lag_s=0.5, event_delay_s=0.0))
    far = house.host(house.other_node)
    house.later(elapsed=1)
    house.guest(node=house.node)
    assert names_of(house.world.participants(far)) == ["vmrd"]
    house.later(elapsed=0.6)
    assert names_of(house.world.participants(far)) == ["vmrd", "Ann Advocate"]


def test_pitfall_30_a_token_is_good_at_its_own_node_only() -> None:
    house = House()
    token = house.host()
    with pytest.raises(Refusal) as caught:
        house.world.lock(token, node=house.other_node)
    assert refused(caught.value) == (403, "Invalid token")
