"""Callers at a whole vmrd and a whole mock Pexip that does not ask first: who is put out, who stays, what is shown."""

from __future__ import annotations

import pytest

from vmrd.demo import cast
from vmrd.demo.stage import Plan, stage

pytestmark = pytest.mark.asyncio


async def test_a_phone_that_withholds_its_number_is_put_out_and_a_room_named_by_a_number_is_not() -> None:
    async with stage(Plan()) as built:
        built.controls.has_story = False
        officer, crowd = built.players.officers[cast.PRIVATE.room], built.players.crowd
        alias = (await officer.until(lambda seen: bool(seen.alias))).alias

        await crowd.phone(alias, "anonymous")
        seen = await officer.until(
            lambda seen: any(each.kind == "phone" and each.where == "left" for each in seen.people)
        )
        assert "phone-was-inside" not in {key.partition(":")[0] for key in seen.alerts}

        await crowd.dial(alias, "Chambers", "room-system", "441632960199@rooms.example.org")
        await officer.until(lambda seen: seen.person("Chambers") is not None)
        await crowd.browser(alias, "1234")
        seen = await officer.until(lambda seen: seen.person("1234") is not None and bool(seen.ringing))
        room, person = seen.person("Chambers"), seen.person("1234")
        assert room is not None
        assert (room.kind, room.where) == ("room-system", "waiting")
        assert person is not None
        assert (person.kind, person.where) == ("browser", "waiting")


async def test_a_number_is_hidden_from_the_first_moment_wherever_it_stands() -> None:
    async with stage(Plan()) as built:
        built.controls.has_story = False
        officer, crowd = built.players.officers[cast.PRIVATE.room], built.players.crowd
        alias = (await officer.until(lambda seen: bool(seen.alias))).alias

        await crowd.dial(alias, "ACME LTD 01632 960177", "phone", "01632960177")
        seen = await officer.until(lambda seen: any(each.kind == "phone" for each in seen.people))
        names = {each.name for each in seen.people}
        assert "ACME LTD number ending 177" in names
        assert not any("960" in name for name in names)
