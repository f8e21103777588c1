"""The prison room is called once, by the node whose token we hold or by the Management Node, whatever gets lost.

Every test asks Pexip afterwards: how many legs of the room there are, and what the Management Node was asked for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from benchmarks.samples import plan
from pexip_mock.faults import How
from pexip_mock.front import MANAGEMENT
from pexip_mock.knobs import Knobs
from pexip_mock.operations import Operation
from pexip_mock.people import Leg, Service
from tests.pexip.samples import spec
from tests.pexip.test_against_mock import SPEC, Site, platform
from vmrd.carry import Carrier
from vmrd.lifecycle import commands as c
from vmrd.lifecycle import inputs as i
from vmrd.lifecycle.decide import Decision, decide
from vmrd.lifecycle.rules import Rules
from vmrd.lifecycle.session import Session
from vmrd.pexip.errors import Unreachable
from vmrd.pexip.last_look import Withheld, looking
from vmrd.pexip.tokens import Token
from vmrd.store.base import OutboxItem
from vmrd.watch import Controls

pytestmark = pytest.mark.asyncio

NINE = 1_777_971_600_000
DOMAIN = "example.org"
ROOM = "room1@rooms.example.org"
CALL = c.EnsureEndpointInside(ROOM)
FAST = Knobs.fast()
FOREVER = 3_600.0
"""Seconds: whoever waits out such a lag is not back within a test's patience."""


@dataclass
class Prison:
    """A session's vmr on the platform, and what is needed to have its room called. `lag`: as the carrier knows it."""

    site: Site
    session: Session
    controls: Controls = field(default_factory=Controls)
    location: str | None = None
    lag: float = 0.0
    _before: int = 0

    async def hold(self) -> Token:
        """From now on a control token is held."""
        token = await self.site.client.take(f"{self.session.alias}@{DOMAIN}", SPEC.host_pin, "tag")
        self.controls.tokens[self.session.id] = token
        return token

    async def call(self) -> i.CommandOutcome:
        """Carry the command out once; what came of it."""
        site = self.site
        asked = site.server.platform.asked
        self._before = asked[-1].seq if asked else 0
        carrier = Carrier(
            None,  # type: ignore[arg-type]  # the store has no part in a call
            site.client,
            site.management,
            self.controls,
            DOMAIN,
            self.location,
            self.lag,
        )
        item = OutboxItem(1, self.session.id, "MDI", c.lane(CALL), c.key(CALL), CALL, 0, None, 1)
        return await carrier.carry(item, self.session)

    async def called(self) -> str:
        """Carry it out; the leg that was told of."""
        outcome = await self.call()
        assert isinstance(outcome, i.RoomCalled), outcome
        return outcome.leg

    @property
    def legs(self) -> list[Leg]:
        """Legs of the room that are there now."""
        return [leg for leg in self.site.server.world.floor.legs.values() if leg.shown.outbound and not leg.left_at]

    def asked(self, *, management: bool) -> list[str]:
        """What the Management Node was asked for the last call, or the other nodes."""
        since = self.site.server.platform.asked_after(self._before)
        return [each.operation for each in since if (each.node == MANAGEMENT) is management]


@asynccontextmanager
async def a_prison(knobs: Knobs = FAST, *, token: bool = True) -> AsyncIterator[Prison]:
    planned = decide(None, plan("01JZZZZZZZZZZZZZZZZZZZZZZZ", NINE), NINE, Rules())
    assert isinstance(planned, Decision)
    session = planned.session
    async with platform(knobs) as site:
        await site.management.ensure_vmr(spec(name=session.vmr_name, aliases=(f"{session.alias}@{DOMAIN}",)))
        site.replicate()
        prison = Prison(site, session)
        if token:
            await prison.hold()
        yield prison


# --- which way -------------------------------------------------------------------------------------------------------


async def test_with_a_token_the_node_calls_and_the_management_node_is_asked_nothing() -> None:
    async with a_prison() as prison:
        await prison.site.client.set_lock(prison.controls.tokens[prison.session.id], True)
        called = await prison.called()
        assert prison.asked(management=True) == []
        assert prison.asked(management=False) == ["participants", "dial"]
        (leg,) = prison.legs
        assert (leg.uuid, leg.role.value, leg.shown.display_name) == (called, "chair", prison.session.room)
        assert leg.shown.service is Service.CONFERENCE, "it comes in past the lock"


async def test_without_a_token_the_management_node_calls() -> None:
    async with a_prison(token=False) as prison:
        called = await prison.called()
        assert prison.asked(management=True) == ["participants", "dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


async def test_a_site_whose_calls_leave_from_a_location_keeps_it_and_only_looks_by_the_node() -> None:
    knobs = replace(FAST, node_locations=("Main", "Prisons"))
    async with a_prison(knobs) as prison:
        prison.location = "Prisons"
        called = await prison.called()
        assert prison.asked(management=True) == ["dial"]
        assert prison.asked(management=False) == ["participants"]
        (leg,) = prison.legs
        assert (leg.uuid, leg.shown.location) == (called, "Prisons")


async def test_where_clients_may_not_dial_out_the_management_node_calls() -> None:
    async with a_prison(replace(FAST, dialout_enabled=False)) as prison:
        called = await prison.called()
        assert prison.asked(management=True) == ["dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 503])
async def test_where_the_node_says_no_the_management_node_calls(status: int) -> None:
    async with a_prison() as prison:
        prison.site.break_(Operation.DIAL, How.STATUS, status=status)
        called = await prison.called()
        assert prison.asked(management=True) == ["dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


async def test_with_a_dead_token_the_management_node_looks_and_calls() -> None:
    async with a_prison() as prison:
        await prison.site.client.release(prison.controls.tokens[prison.session.id])
        called = await prison.called()
        assert prison.asked(management=True) == ["participants", "dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


async def test_a_node_that_left_the_configuration_is_no_way() -> None:
    async with a_prison() as prison:
        held = prison.controls.tokens
        held[prison.session.id] = replace(held[prison.session.id], node="https://former.example.org")
        called = await prison.called()
        assert prison.asked(management=True) == ["participants", "dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


async def test_a_call_that_comes_too_late_goes_neither_way() -> None:
    def too_late() -> None:
        raise Withheld(expired=True)

    async with a_prison() as prison:
        with looking(too_late):
            assert await prison.call() == i.CommandFailed("room", i.Failure.EXPIRED)
        assert prison.asked(management=True) == prison.asked(management=False) == []
        assert not prison.legs


# --- lost on the way -------------------------------------------------------------------------------------------------


async def test_a_call_of_the_node_whose_answer_is_lost_is_found_at_once_and_not_made_again() -> None:
    async with a_prison(replace(FAST, status_lag_s=FOREVER)) as prison:
        prison.lag = FOREVER
        prison.site.break_(Operation.DIAL, How.LOSE_ANSWER)
        called = await prison.called()
        assert prison.asked(management=True) == []
        assert [leg.uuid for leg in prison.legs] == [called]


@pytest.mark.parametrize("token", [False, True])
async def test_a_call_of_the_management_node_whose_answer_is_lost_is_found_after_the_lag(token: bool) -> None:
    async with a_prison(replace(FAST, status_lag_s=0.2), token=token) as prison:
        prison.lag, prison.location = 0.5, "Main"
        prison.site.break_(Operation.DIAL, How.LOSE_ANSWER)
        called = await prison.called()
        assert [leg.uuid for leg in prison.legs] == [called]


async def no_answer(_token: Token) -> tuple[i.Sighting, ...]:
    raise Unreachable(sent=True)


async def test_where_the_node_falls_silent_after_the_call_the_management_node_is_looked_at_before_any_other() -> None:
    async with a_prison() as prison:
        prison.site.client.legs = no_answer  # type: ignore[method-assign]
        prison.site.break_(Operation.DIAL, How.LOSE_ANSWER)
        called = await prison.called()
        assert prison.asked(management=True) == ["participants", "participants"]
        assert prison.asked(management=False) == ["dial"]
        assert [leg.uuid for leg in prison.legs] == [called]


@pytest.mark.parametrize("token", [False, True])
async def test_a_call_that_never_reached_pexip_is_said_to_have_failed_and_made_when_asked_again(token: bool) -> None:
    async with a_prison(token=token) as prison:
        prison.site.break_(Operation.DIAL, How.DROP)
        assert await prison.call() == i.CommandFailed("room", i.Failure.UNREACHABLE)
        assert not prison.legs
        called = await prison.called()
        assert [leg.uuid for leg in prison.legs] == [called]


@pytest.mark.parametrize("later", [False, True])
async def test_a_call_made_one_way_is_not_made_again_the_other_way(later: bool) -> None:
    """The token comes between two tries, or goes."""
    async with a_prison(token=later) as prison:
        prison.site.server.world.dialling.silent.add(ROOM)
        called = await prison.called()
        if later:
            prison.controls.tokens.clear()
        else:
            await prison.hold()
        assert await prison.called() == called
        assert [leg.uuid for leg in prison.legs] == [called]
        assert "dial" not in prison.asked(management=True) + prison.asked(management=False)


# --- what is there already -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", [False, True])
async def test_of_several_calls_the_one_that_was_answered_stays(token: bool) -> None:
    async with a_prison(token=token) as prison:
        silent = prison.site.server.world.dialling.silent
        silent.add(ROOM)
        alias = f"{prison.session.alias}@{DOMAIN}"
        await prison.site.management.dial(alias, ROOM)
        silent.clear()
        answered = await prison.site.management.dial(alias, ROOM)
        silent.add(ROOM)
        await prison.site.management.dial(alias, ROOM)
        assert len(prison.legs) == 3
        assert await prison.called() == answered
        assert [leg.uuid for leg in prison.legs] == [answered]
        assert prison.asked(management=True) == ([] if token else ["participants", "refuse", "refuse"])


async def test_an_extra_call_that_ends_by_itself_is_no_failure() -> None:
    async with a_prison() as prison:
        prison.site.server.world.dialling.silent.add(ROOM)
        for _ in range(2):
            await prison.site.management.dial(f"{prison.session.alias}@{DOMAIN}", ROOM)
        prison.site.break_(Operation.DISCONNECT, How.STATUS, status=404)
        assert await prison.called() in {leg.uuid for leg in prison.legs}


async def test_a_room_that_was_busy_is_called_again() -> None:
    async with a_prison() as prison:
        busy = prison.site.server.world.dialling.busy
        busy.add(ROOM)
        first = await prison.called()
        assert not prison.legs
        busy.clear()
        second = await prison.called()
        assert second != first
        assert [leg.uuid for leg in prison.legs] == [second]
