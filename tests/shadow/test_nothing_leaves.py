"""In shadow no command reaches Pexip, whoever gives it, by whatever part: the transport refuses, counts and tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args

import pytest
import pytest_asyncio

from benchmarks.samples import plan
from pexip_mock.knobs import Knobs
from pexip_mock.people import Kind, Person
from pexip_mock.server import MockServer
from pexip_mock.vmrs import Alias, Vmr
from tests.pexip.samples import spec
from vmrd.carry import Carrier, KeepTrying
from vmrd.holding import Controls
from vmrd.lifecycle import commands as c
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.lifecycle.words import Letter, Role
from vmrd.metrics import Metrics
from vmrd.pexip.client import Client
from vmrd.pexip.http import PexipHttp, carried, tls
from vmrd.pexip.management import Management
from vmrd.pexip.tokens import Token
from vmrd.pexip.watch_only import CommandRefused, Tally, WatchOnly
from vmrd.shadow.carrier import Silent
from vmrd.store.base import OutboxItem

pytestmark = pytest.mark.asyncio

SESSION = "01JD0000000000000000000001"
NAME, ALIAS = f"vmrd-{SESSION}-1", "qwkzrbtmvpxh"
ADDRESS, PIN = f"{ALIAS}@meet.example.org", "482913"
COMMANDS: tuple[c.Command, ...] = (
    c.EnsureVmr(1, NAME, ALIAS),
    c.ProbeAlias(1, ALIAS),
    c.DeleteVmr(1, NAME),
    c.EndInstance(NAME),
    c.StartConference(),
    c.SetLock(True),
    c.SetLock(False),
    c.AdmitLeg("leg"),
    c.DisconnectLeg("leg"),
    c.EnsureEndpointInside("room1@rooms.example.org"),
    c.EndConference(),
    c.ReleaseControl(),
)
HARMLESS = (c.WipeSecrets(), c.Tell("session.ready", 1), c.Write(Letter.CONFIRMED, 1))
"""Of which none goes to Pexip: two are for people, and the third is our own secrets."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """The live parts, over the transport of a shadow."""

    mock: MockServer
    tally: Tally
    metrics: Metrics
    client: Client
    management: Management
    http: PexipHttp

    async def reached(self) -> list[tuple[str, str]]:
        """What Pexip was asked, by its own account."""
        return [(asked.method, asked.route) for asked in self.mock.platform.asked_after(0)]


@pytest_asyncio.fixture
async def guarded() -> AsyncIterator[Guarded]:
    metrics = Metrics()
    tally = Tally(metrics.shadow_refused)
    async with MockServer(Knobs.fast()) as mock:
        http = PexipHttp(
            mock.management_url, auth=(mock.user, mock.password), transport=WatchOnly(carried(tls(True)), tally)
        )
        async with http, Client(mock.node_urls, transport=WatchOnly(carried(tls(True)), tally)) as client:
            yield Guarded(mock, tally, metrics, client, Management(http, tag_prefix="vmrd:"), http)


class Vault:
    """A store that has the one secret making a vmr needs."""

    async def read(self, _query: Callable[[Any], Any]) -> bytes:
        return PIN.encode()


def a_session() -> Session:
    planned = decide(None, plan(SESSION, 1_777_971_600_000), 1_777_971_600_000, Rules())
    assert isinstance(planned, Decision)
    return planned.session


async def test_every_kind_of_command_is_tried_here() -> None:
    assert {type(each) for each in (*COMMANDS, *HARMLESS)} == set(get_args(c.Command))


@pytest.mark.parametrize("with_token", [False, True], ids=["by-management", "by-client-api"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: f"{type(each).__name__}")
async def test_no_command_leaves_even_if_the_live_carrier_is_given_it(
    guarded: Guarded, command: c.Command, with_token: bool
) -> None:
    world = guarded.mock.world
    world.create_vmr(Vmr(name=NAME, aliases=(Alias(ADDRESS),), allow_guests=True, pin=PIN, tag="vmrd:x"))
    world.advance(world.business + 2 * world.knobs.replication_delay_s, world.elapsed)
    world.dial_in(Person(ADDRESS, "Room 1", Kind.ROOM_SYSTEM, pin=PIN))
    session = a_session()
    controls = Controls()
    if with_token:
        controls.tokens[session.id] = Token(guarded.mock.node_urls[0], ALIAS, "token", "own", 120.0, Role.HOST)
    carrier = Carrier(
        Vault(),  # type: ignore[arg-type]  # all that is asked of the store here
        guarded.client,
        guarded.management,
        controls,
        "meet.example.org",
        None,
        status_lag=0.0,
    )
    item = OutboxItem(1, session.id, "MDI", c.lane(command), c.key(command), command, 0, None, 1)

    try:
        async with asyncio.timeout(20):
            await carrier.carry(item, session)
    except (CommandRefused, KeepTrying, BaseExceptionGroup):
        pass

    if with_token or not isinstance(command, c.StartConference | c.ReleaseControl):  # which need one to be tried
        assert guarded.tally.refused >= 1
    reached = await guarded.reached()
    assert {method for method, _ in reached} <= {"GET"}
    assert all(route.startswith("/api/admin/") for _, route in reached)
    assert guarded.metrics.registry.get_sample_value("vmrd_shadow_refused_total") == guarded.tally.refused


TRIES: dict[str, Callable[[Guarded], Awaitable[object]]] = {
    "a vmr": lambda g: g.management.ensure_vmr(spec()),
    "a disconnection": lambda g: g.management.disconnect("leg"),
    "a call": lambda g: g.management.dial("a@meet.example.org", "room1@rooms.example.org"),
    "a token": lambda g: g.client.take("a@meet.example.org", "482913", "tag"),
    "a post": lambda g: g.http.request("POST", "/api/admin/command/v1/conference/lock/", operation="x", json={}),
    "a patch": lambda g: g.http.request("PATCH", "/api/admin/configuration/v1/conference/", operation="x", json={}),
    "a deletion": lambda g: g.http.request("DELETE", "/api/admin/configuration/v1/conference/1/", operation="x"),
    "a read by client API": lambda g: g.http.request("GET", "/api/client/v2/conferences/a/participants", operation="x"),
    "a command by GET": lambda g: g.http.request("GET", "/api/admin/command/v1/conference/lock/", operation="x"),
    "a way round": lambda g: g.http.request(
        "GET", "/api/admin/status/v1/../../command/v1/conference/lock/", operation="x"
    ),
    "a hidden way round": lambda g: g.http.request(
        "GET", "/api/admin/status/v1/%2e%2e/%2e%2e/command/v1/conference/lock/", operation="x"
    ),
    "a sign-in page": lambda g: g.http.request("GET", "/accounts/login/", operation="x"),
}


@pytest.mark.parametrize("name", TRIES)
async def test_it_is_refused_counted_and_told_before_anything_is_sent(guarded: Guarded, name: str) -> None:
    with pytest.raises(CommandRefused):
        await TRIES[name](guarded)
    assert guarded.tally.refused == 1
    assert guarded.tally.sent == {}
    assert guarded.metrics.registry.get_sample_value("vmrd_shadow_refused_total") == 1.0
    assert await guarded.reached() == []


async def test_an_event_stream_is_refused_too(guarded: Guarded) -> None:
    token = Token(guarded.mock.node_urls[0], ALIAS, "token", "own", 120.0, Role.HOST)
    with pytest.raises(CommandRefused):
        async with guarded.client.events(token):
            pass
    assert await guarded.reached() == []


async def test_reads_of_the_management_api_pass_and_are_counted(guarded: Guarded) -> None:
    assert await guarded.management.running() == []
    assert await guarded.management.aliases("a room") == ()
    assert guarded.tally.sent == {"GET": 2}
    assert guarded.tally.refused == 0


async def test_a_callback_is_refused_counted_and_told() -> None:
    metrics = Metrics()
    tally = Tally(metrics.shadow_refused)
    with pytest.raises(CommandRefused):
        await Silent(tally)("https://bookings.example.org/vmrd", b"{}", {})
    assert tally.refused == 1
    assert metrics.registry.get_sample_value("vmrd_shadow_refused_total") == 1.0
