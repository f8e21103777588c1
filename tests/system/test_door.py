"""The door of a whole vmrd, at which a whole mock Pexip asks before it lets anybody in."""

from __future__ import annotations

import pytest

from vmrd.demo import cast
from vmrd.demo.run import WrongOption, asked_first
from vmrd.demo.stage import Plan, stage

pytestmark = pytest.mark.asyncio


async def test_a_phone_never_comes_as_far_as_the_roster_and_an_officer_hears_of_it() -> None:
    async with stage(Plan(policy=True)) as built:
        controls, officer = built.controls, built.players.officers[cast.PRIVATE.room]
        controls.has_story = False
        room = {"room": cast.PRIVATE.room}

        assert await controls.act("phone", room) == "Nobody answers under that link."
        seen = await officer.until(lambda seen: "phone-at-door" in seen.alerts)
        assert not any(person.kind == "phone" for person in seen.people)
        assert seen.secure
        assert not any(leg.kind == "phone" for leg in built.mock.world.floor.legs.values())

        assert await controls.act("knock", room) is None  # people come as before
        await officer.until(lambda seen: bool(seen.ringing))


async def test_a_story_that_has_a_phone_in_it_cannot_be_played_with_policy() -> None:
    with pytest.raises(WrongOption):
        asked_first(Plan(), "consultation")
    assert asked_first(Plan(), "none").policy
