"""A tile's button does what it says."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.browser.stage import staged
from vmrd.lifecycle.rules import HOUR

pytestmark = pytest.mark.asyncio


async def test_a_tile_that_says_take_the_prisoner_out_does_not_say_that_they_are_out(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        room = await stage.private("1")
        await stage.advance(HOUR, room)
        async with aiohttp.ClientSession(cookies={"vmrd": stage.cookie}) as client:
            board = await (await client.get(f"{stage.url}/panel")).text()
            own = await (await client.get(f"{stage.url}/panel/sessions/{room.id}")).text()
    tile = board.partition(f'id="tile-{room.id}"')[2].partition("</li>")[0]
    assert "take the prisoner out" in tile
    assert "prisoner-out" not in tile
    assert f"/panel/sessions/{room.id}/prisoner-out" in own, "there it is asked whether they are"
