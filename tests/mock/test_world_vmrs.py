"""VMRs in the pure world: who learns of them when, what they are called, how many may come."""

import pytest

from pexip_mock.knobs import Knobs
from pexip_mock.people import Role, Service
from pexip_mock.refusal import FieldErrors, Refusal
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World
from tests.mock.mock_house import ALIAS, HOST_PIN, House, a_vmr, refused


def test_pitfall_01_a_new_alias_is_dialable_later_and_at_its_own_moment_at_each_node() -> None:
    world = World(Knobs(), seed=3, start=0.0)
    vmr_id = world.create_vmr(a_vmr())
    vmr = world.directory.get(vmr_id)
    moments: dict[str, float] = {}
    while len(moments) < 2:
        due, _ = world.next_due()
        assert due is not None
        for node in world.knobs.nodes:
            if world.directory.is_dialable(node, vmr):
                moments.setdefault(node, world.business)
        world.advance(business=due)
        for node in world.knobs.nodes:
            if world.directory.is_dialable(node, vmr):
                moments.setdefault(node, world.business)
    first, second = moments.values()
    assert first != second
    assert all(48 <= moment <= 72 for moment in moments.values())


def test_pitfall_01_before_replication_the_alias_is_unknown() -> None:
    world = World(Knobs(), seed=3, start=0.0)
    world.create_vmr(a_vmr())
    with pytest.raises(Refusal) as caught:
        world.request_token(world.knobs.nodes[0], ALIAS, "vmrd", pin=HOST_PIN)
    assert refused(caught.value) == (404, "Neither conference nor gateway found")


def test_pitfall_01_a_new_pin_and_a_deletion_reach_the_nodes_late_too() -> None:
    house = House(Knobs())
    world = house.world
    world.change_vmr(a_vmr(id=house.vmr_id, pin="111111"))
    assert world.request_token(house.node, ALIAS, "old pin", pin=HOST_PIN).role is Role.CHAIR
    house.later(business=80)
    with pytest.raises(Refusal):
        world.request_token(house.node, ALIAS, "old pin", pin=HOST_PIN)
    world.delete_vmr(house.vmr_id)
    assert world.request_token(house.node, ALIAS, "new pin", pin="111111").role is Role.CHAIR
    house.later(business=80)
    with pytest.raises(Refusal) as caught:
        world.request_token(house.node, ALIAS, "new pin", pin="111111")
    assert caught.value.status == 404


def test_pitfall_04_each_instance_has_a_uuid_of_its_own_and_is_found_by_the_vmrs_name() -> None:
    house = House()
    uuids = []
    for _ in range(2):
        token = house.host()
        (facts,) = house.world.status_conferences("Legal visit 4711")
        uuids.append(facts.uuid)
        house.world.release_token(token)
    assert uuids[0] != uuids[1]
    assert house.world.status_conferences() == []


def test_pitfall_28_twenty_wrong_pins_make_the_vmr_vanish_for_ten_minutes() -> None:
    house = House()
    for _ in range(21):
        with pytest.raises(Refusal) as caught:
            house.world.request_token(house.node, ALIAS, "Mallory", pin="0000")
        assert caught.value.status == 403
    with pytest.raises(Refusal) as caught:
        house.host()
    assert caught.value.status == 404
    house.later(business=601)
    assert house.host()


@pytest.mark.parametrize(
    "dialled", [ALIAS.upper(), f"sip:{ALIAS}", f"sips:{ALIAS};transport=tls", f"h323:{ALIAS}:5061"]
)
def test_pitfall_31_aliases_are_matched_without_case_and_scheme(dialled: str) -> None:
    house = House()
    assert house.world.request_token(house.node, dialled, "vmrd", pin=HOST_PIN).role is Role.CHAIR


def test_pitfall_31_names_and_aliases_are_unique() -> None:
    house = House()
    with pytest.raises(Refusal) as caught:
        house.world.create_vmr(Vmr(name="Legal visit 4711", aliases=(Alias(ALIAS.upper()),)))
    assert isinstance(caught.value.result, FieldErrors)
    faults = dict(caught.value.result.faults)
    assert set(faults) == {"name", "aliases"}
    assert all("already exists" in sentence for sentence in faults.values())


def test_pitfall_32_deleting_a_vmr_ends_nothing_and_changing_it_changes_nothing_that_runs() -> None:
    house = House()
    token = house.host()
    chair = house.chair()
    house.world.change_vmr(a_vmr(id=house.vmr_id, enable_chat="no"))
    house.world.delete_vmr(house.vmr_id)
    house.later(business=100)
    assert house.service(chair) is Service.CONFERENCE
    assert house.world.message(token, "text/plain", "hello") is True


def test_pitfall_34_a_full_room_refuses_the_next_and_control_does_not_count() -> None:
    house = House(participant_limit=1)
    house.host()
    house.guest()
    with pytest.raises(Refusal) as caught:
        house.guest("One too many")
    assert refused(caught.value) == (403, "Participant limit reached")
    assert house.host()


@pytest.mark.parametrize("seed", range(20))
def test_pitfall_01_a_deletion_is_never_overtaken_by_the_creation_before_it(seed: int) -> None:
    world = World(Knobs(), seed=seed, start=0.0)
    world.delete_vmr(world.create_vmr(a_vmr()))
    world.advance(business=200)
    assert [world.directory.dialable(node, ALIAS) for node in world.knobs.nodes] == [None, None]
