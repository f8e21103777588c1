"""A screen on which our eyes have moved on shows what a screen that was loaded then would show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.house import House, leg, soon
from vmrd.web.hub import Client

pytestmark = pytest.mark.asyncio


async def lit(client: Client, session: str, after: str) -> dict[str, Any]:
    """The first view of this session that is lit and later than this."""
    while True:
        for text in await soon(client.take()):
            view: dict[str, Any] = json.loads(text)
            if view["id"] == session and view["secure"] and view["asOf"] > after:
                return view


async def test_a_read_moves_the_end_of_the_light_and_leaves_a_whole_view(home: House) -> None:
    session = await home.secured(leg("Bea Advocate"))
    client = await soon(home.deps.hub.connect(()))
    first = await lit(client, session, "")
    home.clock.at += 3_000
    home.monotonic[0] += 3
    home.eyes.saw(session, home.monotonic[0])

    second = await lit(client, session, first["asOf"])

    assert second["secureUntil"] > first["secureUntil"]
    assert second == await home.view(session)
    assert {name for name in second if second[name] != first[name]} == {
        *("asOf", "secureUntil", "evidence", "clocks", "eyes")
    }
