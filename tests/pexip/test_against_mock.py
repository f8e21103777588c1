"""Both APIs against a running stand-in for Pexip: what we ask for happens there, and what happens there we see.

The mock shares no code with vmrd, so agreement is more than an echo.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
import pytest_asyncio

from pexip_mock.faults import How
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.people import Kind, Person
from pexip_mock.server import MockServer
from tests.pexip.samples import spec
from vmrd.lifecycle.inputs import Protocol
from vmrd.lifecycle.words import Role, Where
from vmrd.pexip.client import Client
from vmrd.pexip.errors import BadToken, Busy, Gone, NotOurs, NotYet, Rejected, Unreachable
from vmrd.pexip.http import PexipHttp
from vmrd.pexip.management import Management
from vmrd.pexip.sse import Disconnected, LegChanged, LegDeleted, StateChanged, StreamEvent, Synced
from vmrd.pexip.tokens import Probe, Token
from vmrd.pexip.vmr import Ensured

pytestmark = pytest.mark.asyncio
SPEC = spec()
ALIAS = SPEC.aliases[1]
PERSON = "Ms A. Sample"
E = TypeVar("E", bound=StreamEvent)


@dataclass
class Site:
    """A platform with our vmr on it."""

    server: MockServer
    management: Management
    client: Client

    def replicate(self) -> None:
        """Let every node learn what the Management Node knows."""
        self.server.platform.clock.advance(120)
        self.server.platform.catch_up()

    def dial_in(self, kind: Kind = Kind.BROWSER, name: str = PERSON) -> str:
        pin = SPEC.guest_pin if kind is not Kind.PHONE else None
        number = "01632960123" if kind is Kind.PHONE else None
        return self.server.world.dial_in(Person(ALIAS, name, kind, pin=pin, number=number))

    async def take(self) -> Token:
        return await self.client.take(ALIAS, SPEC.host_pin, "vmrd-tag")

    def break_(self, operation: Operation, how: How, *, status: int = 503) -> None:
        self.server.platform.order_fault(operation, how, 1, 1.0, status)


@asynccontextmanager
async def platform(knobs: Knobs, **http: object) -> AsyncIterator[Site]:
    async with MockServer(knobs) as server, asyncio.timeout(30):
        upstream = PexipHttp(server.management_url, auth=(server.user, server.password), **http)  # type: ignore[arg-type]
        async with upstream, Client(server.node_urls) as client:
            yield Site(server, Management(upstream, tag_prefix="vmrd:"), client)


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    """A site whose vmr stands and answers."""
    async with platform(Knobs.fast()) as site:
        await site.management.ensure_vmr(SPEC)
        site.replicate()
        yield site


async def until(events: AsyncIterator[StreamEvent], kind: type[E], wanted: Callable[[E], bool] = lambda _: True) -> E:
    """The next such event."""
    async with asyncio.timeout(60):
        async for event in events:
            if isinstance(event, kind) and wanted(event):
                return event
    raise AssertionError(f"the stream ended without {kind.__name__}")


def place(leg: str, where: Where) -> Callable[[LegChanged], bool]:
    return lambda event: event.sighting.leg == leg and event.sighting.where is where


# --- vmrs ------------------------------------------------------------------------------------------------------------


async def test_ensuring_twice_makes_one_vmr() -> None:
    async with platform(Knobs.fast()) as site:
        assert await site.management.ensure_vmr(SPEC) == Ensured(created=True)
        assert await site.management.ensure_vmr(SPEC) == Ensured(created=False)
        (vmr,) = site.server.world.directory.records.values()
        assert (vmr.name, vmr.tag, vmr.enable_chat, vmr.allow_guests) == (SPEC.name, SPEC.tag, "no", True)
        assert dict(vmr.others)["live_captions_enabled"] == "no"
        assert [alias.alias for alias in vmr.aliases] == list(SPEC.aliases)


async def test_a_lost_answer_still_makes_one_vmr() -> None:
    async with platform(Knobs.fast()) as site:
        site.break_(Operation.CREATE_VMR, How.LOSE_ANSWER)
        assert await site.management.ensure_vmr(SPEC) == Ensured(created=False)
        assert len(site.server.world.directory.records) == 1


async def test_a_dropped_request_is_unknown_and_the_next_try_makes_the_vmr() -> None:
    async with platform(Knobs.fast()) as site:
        site.break_(Operation.CREATE_VMR, How.DROP)
        with pytest.raises(Unreachable) as caught:
            await site.management.ensure_vmr(SPEC)
        assert caught.value.sent is True
        assert await site.management.ensure_vmr(SPEC) == Ensured(created=True)


async def test_drift_is_put_right(site: Site) -> None:
    (vmr,) = site.server.world.directory.records.values()
    site.server.world.change_vmr(replace(vmr, enable_chat="yes", guest_pin="111111"))
    assert await site.management.ensure_vmr(SPEC) == Ensured(created=False)
    (vmr,) = site.server.world.directory.records.values()
    assert (vmr.enable_chat, vmr.guest_pin) == ("no", SPEC.guest_pin)


async def test_somebody_elses_vmr_is_left_alone(site: Site) -> None:
    (before,) = site.server.world.directory.records.values()
    with pytest.raises(NotOurs):
        await site.management.ensure_vmr(replace(SPEC, tag="vmrd:other"))
    with pytest.raises(NotOurs):
        await site.management.ensure_vmr(replace(SPEC, name="vmrd-other"))
    assert list(site.server.world.directory.records.values()) == [before]


async def test_deleting_takes_our_vmr_and_only_that(site: Site) -> None:
    await site.management.ensure_vmr(spec(name="vmrd-2", aliases=("second",)))
    await site.management.ensure_vmr(spec(name="court-1", aliases=("third",), tag="court"))
    assert await site.management.delete_vmr(SPEC.name) is True
    assert await site.management.delete_vmr(SPEC.name) is False
    with pytest.raises(NotOurs):
        await site.management.delete_vmr("court-1")
    assert {vmr.name for vmr in site.server.world.directory.records.values()} == {"vmrd-2", "court-1"}
    assert [vmr.name for vmr in await site.management.vmrs("vmrd-")] == ["vmrd-2"]


async def test_over_the_rate_limit_is_busy_with_a_time_to_wait() -> None:
    async with platform(replace(Knobs.fast(), rate_limit=3)) as site:
        for _ in range(3):
            await site.management.nodes()
        with pytest.raises(Busy) as caught:
            await site.management.nodes()
        assert caught.value.retry_after is not None
        assert caught.value.retry_after >= 1


async def test_wrong_credentials_are_told(site: Site) -> None:
    async with PexipHttp(site.server.management_url, auth=("admin", "wrong")) as http:
        with pytest.raises(Rejected) as caught:
            await Management(http, tag_prefix="vmrd:").nodes()
    assert caught.value.code == "sign-in-refused"


# --- probing and tokens ----------------------------------------------------------------------------------------------


async def test_an_alias_answers_only_when_the_nodes_have_learned_it() -> None:
    async with platform(replace(Knobs.fast(), replication_delay_s=60.0, replication_jitter=0.0)) as site:
        await site.management.ensure_vmr(SPEC)
        assert await site.client.probe(ALIAS) == Probe(0, 2, 0, unguarded=False)
        with pytest.raises(NotYet):
            await site.take()
        site.replicate()
        assert await site.client.probe(ALIAS) == Probe(2, 2, 0, unguarded=False)
        assert not site.server.world.floor.running, "probing must not bring a conference to life"


@pytest.mark.parametrize(("limit", "dead"), [(20, False), (0, True)])
async def test_a_live_link_is_never_called_dead_because_the_platform_hides_everything_from_us(
    limit: int, dead: bool
) -> None:
    """Many meetings have ended: the platform takes our questions for a scan. Not minding its limit shows the harm."""
    async with platform(replace(Knobs.fast(), alias_scan_quarantine=True)) as site:
        await site.management.ensure_vmr(SPEC)
        site.replicate()
        async with Client(site.server.node_urls, alias_scan_limit=limit) as client:
            for number in range(40):
                await client.probe(f"gone{number}@meet.example.org")
            found = await client.probe(ALIAS)
        assert (found.answering == found.unreached == 0) is dead
        assert (await site.client.probe(ALIAS) == Probe(2, 2, 0, unguarded=False)) is not dead


async def test_a_node_in_maintenance_does_not_answer_and_the_other_takes_us(site: Site) -> None:
    site.server.world.set_maintenance(site.server.knobs.nodes[0], True)
    assert await site.client.probe(ALIAS) == Probe(1, 2, 1, unguarded=False)
    assert (await site.take()).node == site.server.node_urls[1]


async def test_a_token_is_taken_refreshed_and_given_back(site: Site) -> None:
    token = await site.take()
    assert (token.role, token.expires_s) == (Role.HOST, 120.0)
    renewed = await site.client.refresh(token)
    assert renewed.token != token.token
    (own,) = (await site.client.read(renewed)).sightings
    assert (own.leg, own.protocol, own.call_tag, own.has_media) == (token.leg, Protocol.CONTROL, "vmrd-tag", False)
    await site.client.release(renewed)
    await site.client.release(renewed)
    with pytest.raises(BadToken):
        await site.client.read(renewed)


async def test_a_wrong_host_pin_is_refused(site: Site) -> None:
    with pytest.raises(Rejected) as caught:
        await site.client.take(ALIAS, "000000", "vmrd-tag")
    assert caught.value.code == "wrong-pin"


# --- a meeting -------------------------------------------------------------------------------------------------------


async def test_a_meeting_as_the_stream_tells_it(site: Site) -> None:
    guest = site.dial_in()
    token = await site.take()
    async with site.client.events(token) as events:
        synced = await until(events, Synced)
        assert {leg.leg: leg.where for leg in synced.roster.sightings}[guest] is Where.WAITING
        assert (synced.roster.locked, synced.roster.started) == (False, False)

        await site.client.start(token)
        await until(events, LegChanged, place(guest, Where.INSIDE))

        endpoint = await site.client.dial(token, "room3@codec.example.org", display_name="Room 3")
        inside = await until(events, LegChanged, place(endpoint, Where.INSIDE))
        assert (inside.sighting.role, inside.sighting.dialled_out) == (Role.HOST, True)

        await site.client.set_lock(token, True)
        assert (await until(events, StateChanged)).locked is True

        knock = site.dial_in(name="Mr B. Example")
        await until(events, LegChanged, place(knock, Where.WAITING))
        phone = site.dial_in(Kind.PHONE)
        caller = await until(events, LegChanged, lambda event: event.sighting.leg == phone)
        assert (caller.sighting.audio_only, caller.sighting.has_video) == (True, False)
        assert "1632960123" in caller.sighting.address

        await site.client.admit(token, knock)
        await until(events, LegChanged, place(knock, Where.INSIDE))
        await site.client.disconnect(token, phone)
        await until(events, LegDeleted, lambda event: event.leg == phone)

        seen = await site.client.read(token)
        assert (seen.locked, seen.started) == (True, True)
        assert {leg.leg for leg in seen.sightings} == {guest, endpoint, knock, token.leg}

        await site.client.end(token)
        assert (await until(events, Disconnected)).reason == "host-ended"
    assert not site.server.world.floor.running


async def test_admitting_who_has_left_is_gone(site: Site) -> None:
    guest = site.dial_in()
    token = await site.take()
    site.server.world.leave(guest)
    with pytest.raises(Gone):
        await site.client.admit(token, guest)


async def test_our_own_removal_ends_stream_and_token(site: Site) -> None:
    token = await site.take()
    async with site.client.events(token) as events:
        await until(events, Synced)
        await site.management.disconnect(token.leg)
        assert (await until(events, Disconnected)).reason == "admin"
    with pytest.raises(BadToken):
        await site.client.read(token)


async def test_a_cut_stream_is_an_error_and_the_next_connection_is_the_whole_truth(site: Site) -> None:
    token = await site.take()
    async with site.client.events(token) as events:
        await until(events, Synced)
        site.server.platform.cut_streams()
        with pytest.raises(Unreachable):
            await until(events, LegChanged)
    guest = site.dial_in()
    async with site.client.events(token) as events:
        synced = await until(events, Synced)
    assert guest in {leg.leg for leg in synced.roster.sightings}


@pytest.mark.parametrize("how", [How.LOSE_ANSWER, How.DROP])
async def test_a_lock_without_an_answer_is_unknown_and_a_read_tells(site: Site, how: How) -> None:
    token = await site.take()
    site.break_(Operation.LOCK, how)
    with pytest.raises(Unreachable) as caught:
        await site.client.set_lock(token, True)
    assert caught.value.sent is True
    assert (await site.client.read(token)).locked is (how is How.LOSE_ANSWER)


async def test_a_call_without_an_answer_was_placed_once(site: Site) -> None:
    token = await site.take()
    site.break_(Operation.DIAL, How.LOSE_ANSWER)
    with pytest.raises(Unreachable):
        await site.client.dial(token, "room3@codec.example.org")
    assert [leg.dialled_out for leg in (await site.client.read(token)).sightings].count(True) == 1


# --- the fallback: status and commands -------------------------------------------------------------------------------


async def test_more_legs_than_a_page_holds(site: Site) -> None:
    await site.management.ensure_vmr(replace(SPEC, participant_limit=None))
    site.replicate()
    guests = {site.dial_in(name=f"Person {n}") for n in range(45)}
    async with PexipHttp(site.server.management_url, auth=(site.server.user, site.server.password)) as http:
        legs = await Management(http, tag_prefix="vmrd:", page_size=20).legs(SPEC.name)
    assert {leg.leg for leg in legs} == guests
    assert len(legs) == 45
    assert all(leg.where is Where.WAITING for leg in legs)


async def test_steering_without_a_token(site: Site) -> None:
    assert await site.management.live(SPEC.name) is None
    with pytest.raises(Gone):
        await site.management.set_lock(SPEC.name, True)
    endpoint = await site.management.dial(ALIAS, "room3@codec.example.org", location="Main", display_name="Room 3")
    token = await site.take()
    async with site.client.events(token) as events:
        await until(events, Synced)
        await site.management.set_lock(SPEC.name, True)
        assert (await until(events, StateChanged, lambda event: event.locked)).locked
        running = await site.management.live(SPEC.name)
        assert running is not None
        assert running.locked
        assert await site.management.instances("vmrd-") == [(SPEC.name, running.id)]

        guest = site.dial_in()
        await until(events, LegChanged, place(guest, Where.WAITING))
        await site.management.admit(guest)
        await until(events, LegChanged, place(guest, Where.INSIDE))
        await site.management.disconnect(guest)
        await until(events, LegDeleted, lambda event: event.leg == guest)
        with pytest.raises(Gone):
            await site.management.disconnect(guest)

        assert endpoint in {leg.leg for leg in await site.management.legs(SPEC.name)}
        assert await site.management.end(SPEC.name) is True
        await until(events, Disconnected)
    assert await site.management.end(SPEC.name) is False
