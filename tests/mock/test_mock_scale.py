"""What stays right, and what stays bounded, when much has happened. What it costs is measured in `benchmarks`."""

import gc
from contextlib import suppress
from dataclasses import replace
from random import Random
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

import pytest

from pexip_mock.clockwork import Clockwork, Timer
from pexip_mock.faults import FAULTS_KEPT, ON_EVENTS, ON_REQUESTS, FaultBook, How
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.people import Kind, Person
from pexip_mock.refusal import Refusal
from pexip_mock.vmrs import Alias, Vmr
from pexip_mock.world import World
from tests.mock.mock_house import GUEST_PIN, HOST_PIN, House, a_vmr
from tests.mock.mock_site import VMR, Site

STATUS, CONFIGURATION = "status/v1", "configuration/v1"
CODE = (type, ModuleType, CodeType, BuiltinFunctionType)


def alive(kind: type) -> int:
    """How many objects of this kind there are in this process."""
    gc.collect()
    return sum(type(one) is kind for one in gc.get_objects())


def held(world: World) -> int:
    """How many objects this world holds, its account of what happened apart."""
    seen, found = set[int](), list[object]([world])
    while found:
        one = found.pop()
        if id(one) not in seen and one is not world.account and not isinstance(one, CODE):
            seen.add(id(one))
            within = (one.__closure__, one.__defaults__) if isinstance(one, FunctionType) else gc.get_referents(one)
            found.extend(within)
    return len(seen)


def visit(house: House, number: int) -> None:
    """One VMR from its making to its end, and some who do not get in."""
    world, link = house.world, f"visit{number}@vmr.example.org"
    vmr_id = world.create_vmr(a_vmr(name=f"visit {number}", aliases=(Alias(link),)))
    house.later(business=90, elapsed=1)
    for alias, pin in ((link, "000000"), (f"guess{number}@vmr.example.org", GUEST_PIN)):
        with suppress(Refusal):
            world.dial_in(Person(alias, f"caller {number}", Kind.BROWSER, pin=pin))
    token = world.request_token(house.node, link, "vmrd", pin=HOST_PIN).token
    world.open_stream(token)
    world.start_conference(token)
    guest = world.dial_in(Person(link, "Ann Advocate", Kind.BROWSER, pin=GUEST_PIN, node=house.other_node))
    token = world.refresh_token(token).token
    world.lock(token)
    late = world.dial_in(Person(link, "Ben Barrister", Kind.ROOM_SYSTEM, pin=GUEST_PIN))
    house.later(elapsed=1)
    world.leave(guest)
    world.disconnect_participant(token, late)
    world.release_token(token)
    world.delete_vmr(vmr_id)
    house.later(business=90, elapsed=5)


@pytest.mark.asyncio
async def test_a_running_conference_and_a_live_leg_are_read_by_id_until_they_are_gone(site: Site) -> None:
    token = await site.token()
    leg = await site.person()
    conference = (await site.conference())["id"]
    shown = await site.admin("GET", f"{STATUS}/conference/{conference}/")
    assert isinstance(shown.body, dict)
    assert shown.body["name"] == VMR["name"]
    shown = await site.admin("GET", f"{STATUS}/participant/{leg}/")
    assert isinstance(shown.body, dict)
    assert (shown.body["display_name"], shown.body["conference"]) == ("Ann Advocate", VMR["name"])
    await site.node("POST", "disconnect", token=token)
    assert (await site.admin("GET", f"{STATUS}/conference/{conference}/")).status == 404
    assert (await site.admin("GET", f"{STATUS}/participant/{leg}/")).status == 404


@pytest.mark.asyncio
async def test_pages_of_many_vmrs_hold_each_of_them_once_and_a_name_finds_one(site: Site) -> None:
    for number in range(45):
        site.server.world.create_vmr(Vmr(name=f"vmr {number}", aliases=(Alias(f"vmr{number}@vmr.example.org"),)))
    seen: list[str] = []
    following: str | None = f"{CONFIGURATION}/conference/"
    while following:
        page = (await site.admin("GET", following)).body
        assert isinstance(page, dict)
        seen += [row["name"] for row in page["objects"]]
        following = page["meta"]["next"]
    assert seen == [VMR["name"], *(f"vmr {number}" for number in range(45))]
    found = (await site.admin("GET", f"{CONFIGURATION}/conference/?name=vmr%2017")).body
    assert isinstance(found, dict)
    assert [row["name"] for row in found["objects"]] == ["vmr 17"]
    missed = (await site.admin("GET", f"{CONFIGURATION}/conference/?name=vmr%2099")).body
    assert isinstance(missed, dict)
    assert missed["meta"]["total_count"] == 0


@pytest.mark.asyncio
async def test_an_alias_is_read_by_its_id_through_changes_of_its_vmr(site: Site) -> None:
    world = site.server.world
    vmr_id = world.create_vmr(Vmr(name="moved", aliases=(Alias("one@vmr.example.org"), Alias("two@vmr.example.org"))))
    one, two = world.directory.get(vmr_id).aliases
    world.change_vmr(replace(world.directory.get(vmr_id), aliases=(two,)))
    kept = await site.admin("GET", f"{CONFIGURATION}/conference_alias/{two.id}/")
    assert isinstance(kept.body, dict)
    assert kept.body["alias"] == "two@vmr.example.org"
    assert (await site.admin("GET", f"{CONFIGURATION}/conference_alias/{one.id}/")).status == 404
    world.delete_vmr(vmr_id)
    assert (await site.admin("GET", f"{CONFIGURATION}/conference_alias/{two.id}/")).status == 404


def test_of_thousands_of_faults_the_oldest_that_fits_happens_and_the_last_are_told_of() -> None:
    book = FaultBook()
    for number in range(FAULTS_KEPT):
        book.order(Operation.LOCK, How.DELAY if number % 2 else How.STATUS)
    unlimited = book.order(Operation.ANY, How.DROP, times=None)
    met = [book.meet((Operation.LOCK, Operation.ANY), ON_REQUESTS) for _ in range(FAULTS_KEPT)]
    assert [fault.id for fault in met if fault] == list(range(1, FAULTS_KEPT + 1))
    assert book.meet((Operation.LOCK, Operation.ANY), ON_REQUESTS) is unlimited
    assert book.meet((Operation.LOCK, Operation.ANY), ON_EVENTS) is None
    last = [book.order(Operation.LOCK, How.DROP) for _ in range(3)]
    listed = book.listed()
    assert len(listed) == FAULTS_KEPT
    assert listed[-3:] == last
    assert unlimited in listed


def test_a_fault_taken_back_never_happens_and_the_next_does() -> None:
    book = FaultBook()
    first, second, third = (book.order(Operation.LOCK, How.DROP) for _ in range(3))
    assert book.remove(second.id) is second
    assert book.meet((Operation.LOCK,), ON_REQUESTS) is first
    assert book.meet((Operation.LOCK,), ON_REQUESTS) is third
    assert book.meet((Operation.LOCK,), ON_REQUESTS) is None


def test_timers_that_are_cancelled_are_not_kept_until_they_were_due() -> None:
    before, clock = alive(Timer), Clockwork(0.0)
    wanted = clock.after_elapsed(1e6, lambda: None)
    for _ in range(1000):
        clock.after_elapsed(120.0, lambda: None).cancel()
        clock.after_business(900.0, lambda: None).cancel()
    assert alive(Timer) - before < 300
    assert clock.next_due() == (None, wanted.due)


def test_whatever_is_cancelled_the_others_fire_in_order() -> None:
    dice, clock, fired = Random(5), Clockwork(0.0), list[int]()
    timers = [clock.after_elapsed(dice.randrange(50), lambda n=n: fired.append(n)) for n in range(1000)]  # type: ignore[misc]
    kept = set(dice.sample(range(1000), 200))
    for number, timer in enumerate(timers):
        if number not in kept:
            timer.cancel()
            timer.cancel()
    clock.advance(elapsed=25.0)
    for number in kept:
        timers[number].cancel()  # those that fired, too
    clock.advance(elapsed=100.0)
    assert fired == [n for n in sorted(kept, key=lambda n: (timers[n].due, n)) if timers[n].due <= 25.0]


@pytest.mark.asyncio
async def test_history_and_requests_after_a_number_are_the_rest_of_the_whole(site: Site) -> None:
    await site.person()
    await site.person("Ben Barrister")
    whole = (await site.state())["history"]
    assert isinstance(whole, list)
    for after in (0, whole[-3]["seq"], whole[-1]["seq"]):
        rest = (await site.control("GET", f"state?after={after}")).body
        assert isinstance(rest, dict)
        assert rest["history"] == [line for line in whole if line["seq"] > after]
    asked = (await site.control("GET", "requests")).body
    assert isinstance(asked, list)
    for after in (0, asked[1]["seq"], asked[-1]["seq"], asked[-1]["seq"] + 5):
        rest = (await site.control("GET", f"requests?after={after}")).body
        assert rest == [line for line in asked if line["seq"] > after]
    assert (await site.control("GET", "state?after=now")).status == 400


@pytest.mark.parametrize("lag", [0.0, 0.5], ids=["fast", "lagging"])
def test_a_world_holds_no_more_after_many_visits_than_after_some(lag: float) -> None:
    knobs = replace(Knobs(), ended_kept=20, alias_scan_quarantine=True, event_delay_s=lag, status_lag_s=lag)
    house = House(knobs)
    for number in range(600):
        visit(house, number)
    before = held(house.world)
    for number in range(600, 1200):
        visit(house, number)
    assert len(house.world.floor.ended) == len(house.world.directory.deleted) == 20
    assert held(house.world) < before * 1.01
